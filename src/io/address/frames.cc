#include "io/address/frames.h"

#include <algorithm>

#include <fmt/format.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>

namespace mmm {

std::string to_string(const Mac& mac) { return fmt::format("{:02x}", fmt::join(mac.bytes, ":")); }

}  // namespace mmm

namespace mmm::address {

namespace {

// Offsets in an ARP frame for Ethernet and IPv4.
constexpr std::size_t kOperation = 20, kSenderMac = 22, kSenderIp = 28, kArpSize = 42;
// Offsets in a neighbour message: the target address, and one option (type, length in 8 bytes, a hardware address).
constexpr std::size_t kTarget = 8, kOptions = 24, kOptionSize = 8;

template <class Range>
void append(Bytes& bytes, const Range& more) {
  bytes.insert(bytes.end(), std::begin(more), std::end(more));
}

void append_u16(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
}

unsigned u16_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<unsigned>(bytes[at]) << 8 | bytes[at + 1];
}

Bytes arp(unsigned operation, const Mac& from, std::span<const std::uint8_t> from_ip, const Mac& to,
          std::span<const std::uint8_t> to_ip) {
  Bytes frame;
  append(frame, kBroadcast.bytes);
  append(frame, from.bytes);
  append_u16(frame, ETHERTYPE_ARP);
  append_u16(frame, ARPHRD_ETHER);
  append_u16(frame, ETHERTYPE_IP);
  frame.push_back(ETH_ALEN);
  frame.push_back(4);
  append_u16(frame, operation);
  append(frame, from.bytes);
  append(frame, from_ip);
  append(frame, to.bytes);
  append(frame, to_ip);
  return frame;
}

Mac mac_at(std::span<const std::uint8_t> bytes, std::size_t at) {
  Mac mac;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), mac.bytes.size(), mac.bytes.begin());
  return mac;
}

bool ip_at(std::span<const std::uint8_t> bytes, std::size_t at, const Ip& ip) {
  return std::ranges::equal(bytes.subspan(at, ip.size()), ip.span());
}

Bytes neighbour_message(std::uint8_t type, std::uint8_t flags, const Ip& ip, std::uint8_t option, const Mac& mac) {
  Bytes message{type, 0, 0, 0, flags, 0, 0, 0};
  append(message, ip.span());
  message.push_back(option);
  message.push_back(1);
  append(message, mac.bytes);
  return message;
}

}  // namespace

Bytes arp_announcement(const Ip& ip, const Mac& mac, bool as_reply) {
  // A reply names us as its target too: Linux takes only that for gratuitous (arp_is_garp in net/ipv4/arp.c).
  return as_reply ? arp(ARPOP_REPLY, mac, ip.span(), mac, ip.span()) : arp(ARPOP_REQUEST, mac, ip.span(), Mac{}, ip.span());
}

Bytes arp_probe(const Ip& ip, const Mac& asker) {
  constexpr std::uint8_t nobody[4] = {};
  return arp(ARPOP_REQUEST, asker, nobody, Mac{}, ip.span());
}

std::optional<Mac> arp_claim(std::span<const std::uint8_t> frame, const Ip& ip) {
  if (frame.size() < kArpSize || u16_at(frame, 12) != ETHERTYPE_ARP || u16_at(frame, 14) != ARPHRD_ETHER ||
      u16_at(frame, 16) != ETHERTYPE_IP) {
    return std::nullopt;
  }
  const auto operation = u16_at(frame, kOperation);
  if ((operation != ARPOP_REQUEST && operation != ARPOP_REPLY) || !ip_at(frame, kSenderIp, ip)) return std::nullopt;
  return mac_at(frame, kSenderMac);
}

Bytes neighbour_advertisement(const Ip& ip, const Mac& mac) {
  constexpr std::uint8_t override = 0x20;  // RFC 4861 4.4: replaces what neighbours have
  return neighbour_message(ND_NEIGHBOR_ADVERT, override, ip, ND_OPT_TARGET_LINKADDR, mac);
}

Bytes neighbour_solicitation(const Ip& ip, const Mac& asker) {
  return neighbour_message(ND_NEIGHBOR_SOLICIT, 0, ip, ND_OPT_SOURCE_LINKADDR, asker);
}

Ip solicited_node(const Ip& ip) {
  const auto* b = ip.bytes();
  return *Ip::parse(fmt::format("ff02::1:ff{:02x}:{:02x}{:02x}", b[13], b[14], b[15]));
}

std::optional<Mac> advertised_claim(std::span<const std::uint8_t> message, const Ip& ip) {
  if (message.size() < kOptions || message[0] != ND_NEIGHBOR_ADVERT || !ip_at(message, kTarget, ip)) return std::nullopt;
  auto options = message.subspan(kOptions);
  while (options.size() >= kOptionSize) {
    const std::size_t size = static_cast<std::size_t>(options[1]) * 8;
    if (options[0] == ND_OPT_TARGET_LINKADDR) return mac_at(options, 2);
    if (size == 0 || size > options.size()) return std::nullopt;
    options = options.subspan(size);
  }
  return std::nullopt;
}

}  // namespace mmm::address
