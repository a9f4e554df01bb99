#pragma once
// ARP frames (RFC 826, RFC 5227) and neighbour discovery messages (RFC 4861) as bytes.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "io/address/ip.h"
#include "io/address/mac.h"

namespace mmm::address {

using Bytes = std::vector<std::uint8_t>;

inline constexpr Mac kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

// "This address is at `mac`", to all, as a request or as a reply. Whole Ethernet frames. Linux and most others learn
// from either form; some routers and load balancers only from one of them, hence both.
Bytes arp_announcement(const Ip& ip, const Mac& mac, bool as_reply);

// "Who has this address?", with 0.0.0.0 as the asker's own: nobody's table changes by it (an ARP probe).
Bytes arp_probe(const Ip& ip, const Mac& asker);

// Who claims the address in this frame, as the sender of a request or a reply. Nothing: the frame says nothing of it.
std::optional<Mac> arp_claim(std::span<const std::uint8_t> frame, const Ip& ip);

// An unsolicited neighbour advertisement with the override flag, from the ICMPv6 header on; the kernel does the checksum.
Bytes neighbour_advertisement(const Ip& ip, const Mac& mac);

// A neighbour solicitation, likewise.
Bytes neighbour_solicitation(const Ip& ip, const Mac& asker);

// The multicast group that a solicitation for the address goes to.
Ip solicited_node(const Ip& ip);

// Who claims the address in this advertisement.
std::optional<Mac> advertised_claim(std::span<const std::uint8_t> message, const Ip& ip);

}  // namespace mmm::address
