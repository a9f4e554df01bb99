#pragma once
// Echo requests (RFC 792, RFC 4443) to other hosts.

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

namespace mmm {

namespace icmp {
class Socket;
}

// Pings that may run at once: more hosts than a cluster has, less than the sequence numbers of one socket.
inline constexpr std::size_t kPingsMax = 256;

// Sends pings over one socket for IPv4 and one for IPv6, opened when they are first needed.
//
// Requires: CAP_NET_RAW, or a group within net.ipv4.ping_group_range (icmp(7)).
// Thread:   that of the loop. It must outlive its pings.
class Pinger {
 public:
  explicit Pinger(asio::any_io_executor loop);
  ~Pinger();
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;

  // Sends one echo request and waits for its answer: how long that took.
  //
  // Errors: no answer by the deadline; or a router, or our own kernel, says that the host can't be reached (known
  //         before the deadline); or the address is none, or can't be sent to. Names the address.
  // Each `ping` is one packet: a caller that wants to bear the loss of one asks again.
  Task<Result<Duration>> ping(std::string ip, Deadline deadline);

 private:
  Result<std::shared_ptr<icmp::Socket>> socket_for(bool v4);

  asio::any_io_executor loop_;
  std::array<std::shared_ptr<icmp::Socket>, 2> sockets_;  // IPv4, IPv6
};

}  // namespace mmm
