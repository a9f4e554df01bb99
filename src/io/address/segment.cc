#include "io/address/segment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/address/frames.h"

namespace mmm {

using address::Bytes;
using address::cannot;
using address::Ip;
using address::Link;

namespace {

int open_socket(int domain, int protocol) {
  return ::socket(domain, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

sockaddr_ll packet_address(const Link& link) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ARP);
  to.sll_ifindex = link.index;
  to.sll_halen = ETH_ALEN;
  std::memcpy(to.sll_addr, address::kBroadcast.bytes.data(), ETH_ALEN);
  return to;
}

sockaddr_in6 ipv6_address(const Ip& ip, const Link& link) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  std::memcpy(&to.sin6_addr, ip.bytes(), ip.size());
  to.sin6_scope_id = static_cast<std::uint32_t>(link.index);
  return to;
}

template <class Address>
bool send(int fd, const Bytes& bytes, const Address& to) {
  return ::sendto(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), sizeof to) >= 0;
}

template <class Address>
bool bind_to(int fd, const Address& here) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0;
}

// Messages out of this interface, with hop limit 255: one with less came through a router and is dropped
// (RFC 4861 7.1). In: none, or only advertisements.
bool prepare_v6(int fd, const Link& link, bool advertisements) {
  const int hops = 255;
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  if (advertisements) ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
  return ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) == 0 &&
         ::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) == 0 &&
         ::setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &link.index, sizeof link.index) == 0;
}

// Lets only ARP frames whose sender claims `ip` through, or none at all.
void let_through(int fd, const Ip* ip) {
  constexpr unsigned kSenderIp = 28;  // in an Ethernet frame
  const auto* b = ip != nullptr ? ip->bytes() : nullptr;
  const std::uint32_t wanted = b ? std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3] : 0;
  sock_filter claims[] = {
      {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = kSenderIp},
      {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = wanted},
      {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0xffff},
      {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0},
  };
  sock_fprog program{.len = 4, .filter = claims};
  if (ip == nullptr) program = {.len = 1, .filter = claims + 3};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// The answer of another host among what has arrived.
std::optional<Mac> read_answer(int fd, const Ip& ip, const Mac& ours) {
  std::uint8_t buffer[256];  // an ARP frame has 42 bytes, an advertisement 32 and rarely a further option
  for (;;) {
    const auto size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size < 0) return std::nullopt;
    const std::span<const std::uint8_t> bytes(buffer, static_cast<std::size_t>(size));
    const auto claim = ip.is_v4() ? address::arp_claim(bytes, ip) : address::advertised_claim(bytes, ip);
    if (claim && *claim != ours) return claim;
  }
}

}  // namespace

// A socket for one question at a time.
struct Segment::Asker {
  asio::posix::stream_descriptor socket;
  int bound_to = 0;  // the index of the interface; ARP only
  Link link;         // at the time of the question

  int fd() { return socket.native_handle(); }
  bool ask(const Ip& ip) {
    if (ip.is_v4()) return send(fd(), address::arp_probe(ip, link.mac), packet_address(link));
    return send(fd(), address::neighbour_solicitation(ip, link.mac), ipv6_address(address::solicited_node(ip), link));
  }
};

// Has the socket for the time of a question, whichever way that ends.
class Segment::Asking {
 public:
  Asking(Segment& segment, std::unique_ptr<Asker> asker, const Ip& ip) : segment_(segment), asker_(std::move(asker)) {
    ++segment_.asking_;
    if (ip.is_v4()) let_through(asker_->fd(), &ip);
    read_answer(asker_->fd(), ip, asker_->link.mac);  // of an earlier question
  }
  ~Asking() {
    --segment_.asking_;
    if (asker_->bound_to == 0) return;
    let_through(asker_->fd(), nullptr);
    segment_.idle_.push_back(std::move(asker_));
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  Asker* operator->() const { return asker_.get(); }

 private:
  Segment& segment_;
  std::unique_ptr<Asker> asker_;
};

Segment::Segment(asio::any_io_executor loop, std::string interface)
    : loop_(std::move(loop)), interface_(std::move(interface)) {}

Segment::~Segment() {
  if (sender_ >= 0) ::close(sender_);
}

Result<int> Segment::sender(const std::string& what) {
  if (sender_ < 0) sender_ = open_socket(AF_PACKET, 0);  // protocol 0: it receives nothing
  if (sender_ < 0) return cannot(what, errno);
  return sender_;
}

Status Segment::announce(const std::string& text) {
  const auto ip = Ip::parse(text);
  if (!ip) return std::unexpected(ip.error());
  const auto what = fmt::format("announce {} on {}", text, interface_);
  return ip->is_v4() ? announce_v4(*ip, what) : announce_v6(*ip, what);
}

Status Segment::announce_v4(const Ip& ip, const std::string& what) {
  const auto fd = sender(what);
  if (!fd) return std::unexpected(fd.error());
  const auto link = address::find_link(*fd, interface_, what);
  if (!link) return std::unexpected(link.error());
  for (const bool as_reply : {false, true}) {
    if (!send(*fd, address::arp_announcement(ip, link->mac, as_reply), packet_address(*link))) return cannot(what, errno);
  }
  return {};
}

Status Segment::announce_v6(const Ip& ip, const std::string& what) {
  const int fd = open_socket(AF_INET6, IPPROTO_ICMPV6);
  if (fd < 0) return cannot(what, errno);
  const asio::posix::stream_descriptor owner(loop_, fd);
  const auto link = address::find_link(fd, interface_, what);
  if (!link) return std::unexpected(link.error());
  if (!prepare_v6(fd, *link, false) || !bind_to(fd, ipv6_address(ip, *link)) ||
      !send(fd, address::neighbour_advertisement(ip, link->mac), ipv6_address(*Ip::parse("ff02::1"), *link))) {
    return cannot(what, errno);
  }
  return {};
}

Result<std::unique_ptr<Segment::Asker>> Segment::asker(const Ip& ip, const std::string& what) {
  if (asking_ >= kQuestionsMax) return fail(fmt::format("cannot {}: {} questions are under way already", what, asking_));
  const auto fd = sender(what);
  if (!fd) return std::unexpected(fd.error());
  const auto link = address::find_link(*fd, interface_, what);
  if (!link) return std::unexpected(link.error());
  auto made = ip.is_v4() ? asker_v4(*link, what) : asker_v6(*link, what);
  if (made) (*made)->link = *link;
  return made;
}

Result<std::unique_ptr<Segment::Asker>> Segment::asker_v4(const Link& link, const std::string& what) {
  std::unique_ptr<Asker> made;
  if (!idle_.empty()) {
    made = std::move(idle_.back());
    idle_.pop_back();
  } else {
    const int fd = open_socket(AF_PACKET, 0);
    if (fd < 0) return cannot(what, errno);
    let_through(fd, nullptr);
    made = std::make_unique<Asker>(Asker{.socket = asio::posix::stream_descriptor(loop_, fd)});
  }
  // Again if the interface was made anew.
  if (made->bound_to != link.index && !bind_to(made->fd(), packet_address(link))) return cannot(what, errno);
  made->bound_to = link.index;
  return made;
}

Result<std::unique_ptr<Segment::Asker>> Segment::asker_v6(const Link& link, const std::string& what) {
  const int fd = open_socket(AF_INET6, IPPROTO_ICMPV6);
  if (fd < 0) return cannot(what, errno);
  auto made = std::make_unique<Asker>(Asker{.socket = asio::posix::stream_descriptor(loop_, fd)});
  const auto name_size = static_cast<socklen_t>(interface_.size());
  if (!prepare_v6(fd, link, true) || ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface_.data(), name_size) != 0) {
    return cannot(what, errno);
  }
  return made;
}

Result<Mac> Segment::mac() {
  const auto what = fmt::format("find the hardware address of {}", interface_);
  const auto fd = sender(what);
  if (!fd) return std::unexpected(fd.error());
  const auto link = address::find_link(*fd, interface_, what);
  if (!link) return std::unexpected(link.error());
  return link->mac;
}

Task<Result<std::optional<Mac>>> Segment::resolve(std::string ip, Deadline deadline) {
  const auto macs = co_await ask(std::move(ip), deadline, Until::first_answer);
  if (!macs) co_return std::unexpected(macs.error());
  co_return macs->empty() ? std::nullopt : std::optional(macs->front());
}

Task<Result<std::vector<Mac>>> Segment::resolve_all(std::string ip, Deadline deadline) {
  return ask(std::move(ip), deadline, Until::deadline);
}

Task<Result<std::vector<Mac>>> Segment::ask(std::string text, Deadline deadline, Until until) {
  const auto ip = Ip::parse(text);
  if (!ip) co_return std::unexpected(ip.error());
  const auto what = fmt::format("ask on {} who has {}", interface_, text);
  auto made = asker(*ip, what);
  if (!made) co_return std::unexpected(made.error());
  const Asking asking(*this, std::move(*made), *ip);
  std::vector<Mac> found;
  auto ask_again = Deadline::in(Duration{0});
  while (!deadline.passed()) {
    if (ask_again.passed()) {
      if (!asking->ask(*ip)) co_return cannot(what, errno);
      ask_again = Deadline::in(kResolveRepeat);
    }
    const auto woken = co_await wait_readable(asking->socket, Deadline{std::min(ask_again.at, deadline.at)});
    if (woken == Wakeup::cancelled) break;
    while (const auto mac = read_answer(asking->fd(), *ip, asking->link.mac)) {
      if (std::ranges::find(found, *mac) == found.end() && found.size() < kAnswersMax) found.push_back(*mac);
      if (until == Until::first_answer) co_return found;
    }
  }
  co_return found;
}

}  // namespace mmm
