#include "io/icmp/socket.h"

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/async/clock.h"
#include "io/icmp/pinger.h"

namespace mmm::icmp {

namespace {

// An answer is 8 + 8 bytes and at most 60 of IPv4 header; the quoted request of an error is not longer.
constexpr std::size_t kPacketMax = 512;

int domain_of(Family family) { return family == Family::v4 ? AF_INET : AF_INET6; }

int open_socket(Family family, int type) {
  const int protocol = family == Family::v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  return ::socket(domain_of(family), type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

// A raw socket sees every ICMP packet that comes to this host: let only answers through.
void pass_only_replies(Family family, int fd) {
  if (family == Family::v4) {
    const icmp_filter filter{.data = ~(1U << ICMP_ECHOREPLY)};
    ::setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
  } else {
    icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    ::setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  }
}

// Lets errors (no route beyond a router, no such neighbour) come back with the request that they are about.
void ask_for_errors(Family family, int fd) {
  const int on = 1;
  if (family == Family::v4) {
    ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  } else {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  }
}

// Of a message from the error queue; 0 if it holds none.
int error_of(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    const bool v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err error;
    std::memcpy(&error, CMSG_DATA(part), sizeof error);
    return static_cast<int>(error.ee_errno);
  }
  return 0;
}

}  // namespace

Result<std::shared_ptr<Socket>> Socket::open(const asio::any_io_executor& loop, Family family) {
  bool raw = true;
  int fd = open_socket(family, SOCK_RAW);
  if (fd < 0 && (errno == EPERM || errno == EACCES)) {
    raw = false;
    fd = open_socket(family, SOCK_DGRAM);
  }
  if (fd < 0) {
    return fail(fmt::format("cannot open a socket for pings over {} (it needs CAP_NET_RAW): {}",
                            family == Family::v4 ? "IPv4" : "IPv6", std::generic_category().message(errno)));
  }
  if (raw) pass_only_replies(family, fd);
  ask_for_errors(family, fd);
  return std::make_shared<Socket>(loop, family, raw, fd);
}

Socket::Socket(const asio::any_io_executor& loop, Family family, bool raw, int fd)
    : family_(family), raw_(raw), id_(static_cast<std::uint16_t>(std::random_device{}())), descriptor_(loop, fd) {}

bool Socket::add(Waiting& ping) {
  if (waiting_.size() >= kPingsMax) return false;
  while (waiting_.contains(next_sequence_)) ++next_sequence_;
  std::random_device random;
  ping.echo = {.id = id_, .sequence = next_sequence_++, .cookie = std::uint64_t{random()} << 32 | random()};
  waiting_.emplace(ping.echo.sequence, &ping);
  return true;
}

void Socket::remove(const Waiting& ping) {
  waiting_.erase(ping.echo.sequence);
  if (waiting_.empty()) descriptor_.cancel();  // nothing of ours is left on the loop
}

int Socket::send(Waiting& ping, const asio::ip::icmp::endpoint& to) {
  const auto packet = echo_request(family_, ping.echo);
  // An error that came for another ping makes the next send fail, whatever its destination (ip(7), IP_RECVERR): take
  // what there is, and what comes in between once more.
  for (int attempt = 0;; ++attempt) {
    take_errors();
    ping.sent = boot_now();
    const auto sent = ::sendto(descriptor_.native_handle(), packet.data(), packet.size(), 0,
                               static_cast<const sockaddr*>(to.data()), static_cast<socklen_t>(to.size()));
    if (sent >= 0) break;
    if (attempt == 1) return errno;
  }
  listen();
  return 0;
}

void Socket::listen() {
  if (listening_ || waiting_.empty()) return;
  listening_ = true;
  // An error in the queue makes the socket readable too (EPOLLERR).
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [weak = weak_from_this()](boost::system::error_code error) {
                           const auto self = weak.lock();
                           if (!self) return;
                           // Also when it was cancelled: a new ping may have come since.
                           self->listening_ = false;
                           if (!error) {
                             self->take_errors();
                             self->take_replies();
                           }
                           self->listen();
                         });
}

void Socket::take_replies() {
  std::uint8_t buffer[kPacketMax];
  // Bounded, so that a flood of answers for others can't hold the loop; what is left wakes us again.
  for (std::size_t i = 0; i < kPingsMax; ++i) {
    const auto size = ::recv(descriptor_.native_handle(), buffer, sizeof buffer, 0);
    if (size < 0) return;
    const auto now = boot_now();
    std::span<const std::uint8_t> packet(buffer, static_cast<std::size_t>(size));
    if (raw_ && family_ == Family::v4) packet = without_ipv4_header(packet);
    const auto echo = parse_reply(family_, packet);
    Waiting* ping = find(echo);
    if (ping != nullptr && ping->echo.cookie == echo->cookie) finish(*ping, now - ping->sent);
  }
}

void Socket::take_errors() {
  for (std::size_t i = 0; i < kPingsMax; ++i) {
    std::uint8_t buffer[kPacketMax];
    alignas(cmsghdr) char control[512];
    iovec data{.iov_base = buffer, .iov_len = sizeof buffer};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(descriptor_.native_handle(), &message, MSG_ERRQUEUE);
    if (size < 0) return;
    // The request as we sent it, perhaps cut off after its first 8 bytes.
    Waiting* ping = find(parse_request(family_, {buffer, static_cast<std::size_t>(size)}));
    if (const int error = error_of(message); ping != nullptr && error != 0) finish(*ping, std::unexpected(error));
  }
}

Waiting* Socket::find(const std::optional<Echo>& echo) {
  if (!echo || (raw_ && echo->id != id_)) return nullptr;
  const auto found = waiting_.find(echo->sequence);
  return found == waiting_.end() ? nullptr : found->second;
}

void Socket::finish(Waiting& ping, std::expected<Duration, int> result) {
  if (ping.result) return;
  ping.result = result;
  ping.answered.cancel();
}

}  // namespace mmm::icmp
