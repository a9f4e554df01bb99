#pragma once
// Lines over TCP: what both wire protocols and the control port are made of.

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

namespace mmm {

// Owns one connection. Thread: its event loop. One read and one write may be under way at a time.
class LineStream {
 public:
  explicit LineStream(asio::ip::tcp::socket socket);

  // Connects to a numeric address. Errors: names the address and why.
  // `from`: the local address, where the other end has to know it; "": the kernel's choice.
  static Task<Result<LineStream>> connect(std::string ip, std::uint16_t port, Deadline deadline, std::string from = "");

  // The next line, without its newline. Errors: the peer closed, the line is longer than `limit`, the deadline passed
  // (the connection is closed then: half a line may have been read).
  Task<Result<std::string>> read_line(std::size_t limit, Deadline deadline);
  // Everything until the peer closes; for answers that have no other end.
  Task<Result<std::string>> read_some(Deadline deadline);

  // Errors: the connection is closed then.
  Task<Status> write(std::string bytes, Deadline deadline);

  void close();
  bool is_open() const { return socket_.is_open(); }
  std::string peer_ip() const;  // canonical text; "" when it is gone. An IPv4 peer of an IPv6 socket is shown as IPv4.

 private:
  Status broken(const std::string& what, const boost::system::error_code& error);

  asio::ip::tcp::socket socket_;
  std::string buffer_;
};

// Accepts connections on one address and port.
class Listener {
 public:
  // Errors: names address and port and says what to do (port in use, no such address here).
  static Result<Listener> open(asio::any_io_executor loop, const std::string& ip, std::uint16_t port);

  // Nothing: the listener was closed, or the process is out of descriptors (try again a little later).
  Task<std::optional<LineStream>> accept();
  void close();

 private:
  explicit Listener(asio::ip::tcp::acceptor acceptor) : acceptor_(std::move(acceptor)) {}

  asio::ip::tcp::acceptor acceptor_;
};

}  // namespace mmm
