#include "runtime/session.h"

namespace mmm {

Session::Session(asio::any_io_executor loop, LineStream stream)
    : stream_(std::move(stream)), wanted_(loop, std::chrono::steady_clock::time_point::max()), drained_(loop) {}

void Session::send(std::string line) {
  line += '\n';
  send_bytes(std::move(line));
}

void Session::send_bytes(std::string bytes) {
  if (closed_) return;
  if (queue_.size() >= kQueueMax) return close();
  queue_.push_back(std::move(bytes));
  wanted_.cancel();
}

Task<void> Session::drain(Deadline deadline) {
  while (!closed_ && !deadline.passed() && (writing_ || !queue_.empty())) {
    drained_.expires_at(deadline.at);
    co_await drained_.async_wait(no_throw);
  }
}

void Session::close() {
  closed_ = true;
  stream_.close();
  wanted_.cancel();
  drained_.cancel();
}

Task<void> Session::turn_away(std::string bytes) {
  constexpr std::size_t kAnything = 64 * 1024;
  send_bytes(std::move(bytes));
  co_await drain(Deadline::in(kLastWordLimit));
  if (!closed_) co_await read_line(kAnything, Deadline::in(kLastWordLimit));
  close();
}

Task<void> Session::write_loop() {
  const auto self = shared_from_this();  // the owner may drop the session while a write is under way
  while (!closed_) {
    if (queue_.empty()) {
      wanted_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await wanted_.async_wait(no_throw);
      continue;
    }
    std::string bytes;
    for (auto& line : queue_) bytes += line;
    queue_.clear();
    writing_ = true;
    const auto written = co_await stream_.write(std::move(bytes), Deadline::in(kWriteLimit));
    writing_ = false;
    if (!written) close();
    if (queue_.empty()) drained_.cancel();
  }
}

}  // namespace mmm
