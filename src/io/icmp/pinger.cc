#include "io/icmp/pinger.h"

#include <system_error>

#include <fmt/format.h>

#include "io/icmp/socket.h"

namespace mmm {

namespace {

// Known to the socket as long as the coroutine lives, cancelled or not.
class Registration {
 public:
  Registration(icmp::Socket& socket, icmp::Waiting& ping) : socket_(socket), ping_(ping), added_(socket.add(ping)) {}
  ~Registration() {
    if (added_) socket_.remove(ping_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  explicit operator bool() const { return added_; }

 private:
  icmp::Socket& socket_;
  icmp::Waiting& ping_;
  bool added_;
};

std::string cannot_reach(const std::string& ip, int code) {
  return fmt::format("ping {}: {}", ip, std::generic_category().message(code));
}

}  // namespace

Pinger::Pinger(asio::any_io_executor loop) : loop_(std::move(loop)) {}
Pinger::~Pinger() = default;

Result<std::shared_ptr<icmp::Socket>> Pinger::socket_for(bool v4) {
  auto& socket = sockets_[v4 ? 0 : 1];
  if (!socket) {
    auto opened = icmp::Socket::open(loop_, v4 ? icmp::Family::v4 : icmp::Family::v6);
    if (!opened) return std::unexpected(opened.error());
    socket = std::move(*opened);
  }
  return socket;
}

Task<Result<Duration>> Pinger::ping(std::string ip, Deadline deadline) {
  const auto limit = std::chrono::round<std::chrono::milliseconds>(deadline.left());
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(ip, bad);
  if (bad) co_return fail(fmt::format("ping {}: this is no IP address", ip));
  const auto socket = socket_for(address.is_v4());
  if (!socket) co_return std::unexpected(socket.error());

  icmp::Waiting waiting(loop_, deadline);
  const Registration registration(**socket, waiting);
  if (!registration) co_return fail(fmt::format("ping {}: {} pings are under way already", ip, kPingsMax));
  if (const int error = (*socket)->send(waiting, asio::ip::icmp::endpoint(address, 0)); error != 0) {
    co_return fail(cannot_reach(ip, error));
  }
  co_await waiting.answered.async_wait(no_throw);
  if (!waiting.result) co_return fail(fmt::format("ping {}: no answer within {} ms", ip, limit.count()));
  if (!*waiting.result) co_return fail(cannot_reach(ip, waiting.result->error()));
  co_return **waiting.result;
}

}  // namespace mmm
