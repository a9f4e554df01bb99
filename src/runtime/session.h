#pragma once
// A standing connection: one task reads, one writes, lines wait in a bounded queue between.

#include <deque>
#include <memory>
#include <string>

#include "io/wire/line_stream.h"

namespace mmm {

// Thread: one event loop.
class Session : public std::enable_shared_from_this<Session> {
 public:
  // More waiting lines than this mean that the peer does not read; the connection is given up.
  static constexpr std::size_t kQueueMax = 1024;
  // A line that can't be written within this time: as above.
  static constexpr Duration kWriteLimit = 3s;
  static constexpr Duration kLastWordLimit = 1s;

  Session(asio::any_io_executor loop, LineStream stream);

  // Adds the newline. After `close` it does nothing.
  void send(std::string line);
  // As it is.
  void send_bytes(std::string bytes);
  // Waits until everything that was sent is with the kernel, or the session is closed.
  Task<void> drain(Deadline deadline);
  Task<Result<std::string>> read_line(std::size_t limit, Deadline deadline) { return stream_.read_line(limit, deadline); }
  void close();
  // Says a last word and closes. Waits a little for the other end to have it: a connection that is closed while there is
  // something to read is reset, and what was sent may be lost with it.
  Task<void> turn_away(std::string bytes);
  std::string peer_ip() const { return stream_.peer_ip(); }

  // Writes what was sent until the session is closed. Spawn it once.
  Task<void> write_loop();

 private:
  LineStream stream_;
  std::deque<std::string> queue_;
  asio::steady_timer wanted_;
  asio::steady_timer drained_;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace mmm
