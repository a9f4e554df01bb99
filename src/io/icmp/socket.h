#pragma once
// One socket for echo packets, and who waits for an answer on it.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/async/deadline.h"
#include "io/async/task.h"
#include "io/icmp/packet.h"

namespace mmm::icmp {

// A ping under way. It lives in the coroutine that waits for it, and is known to the socket while it does.
struct Waiting {
  Waiting(const asio::any_io_executor& loop, Deadline deadline) : answered(loop, deadline.at) {}

  asio::steady_timer answered;  // cancelled when `result` is there
  Echo echo;
  Instant sent;
  std::optional<std::expected<Duration, int>> result;  // the round trip, or why there will be none (an errno)
};

class Socket : public std::enable_shared_from_this<Socket> {
 public:
  // Raw, which needs CAP_NET_RAW; else a datagram socket, which needs our group in net.ipv4.ping_group_range.
  static Result<std::shared_ptr<Socket>> open(const asio::any_io_executor& loop, Family family);

  Socket(const asio::any_io_executor& loop, Family family, bool raw, int fd);

  // Makes `ping` known and gives it its number; `remove` must follow. False: too many already.
  bool add(Waiting& ping);
  void remove(const Waiting& ping);

  // The errno of a failed send, or 0.
  int send(Waiting& ping, const asio::ip::icmp::endpoint& to);

 private:
  void listen();
  void take_replies();
  void take_errors();
  Waiting* find(const std::optional<Echo>& echo);
  static void finish(Waiting& ping, std::expected<Duration, int> result);

  Family family_;
  bool raw_;           // false: the kernel puts its own id into what we send, and gives us only answers to it
  std::uint16_t id_;   // tells our answers from those of other programs' raw sockets
  std::uint16_t next_sequence_ = 0;
  bool listening_ = false;
  std::map<std::uint16_t, Waiting*> waiting_;  // by sequence
  asio::posix::stream_descriptor descriptor_;
};

}  // namespace mmm::icmp
