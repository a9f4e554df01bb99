#include "io/wire/line_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace mmm {

namespace {

using asio::ip::tcp;

// Unacknowledged bytes for this long mean that the peer's host is gone; the default of Linux is a quarter of an hour.
constexpr int kUserTimeoutMs = 3000;

void tune(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
}

Task<boost::system::error_code> connect_socket(tcp::socket& socket, tcp::endpoint endpoint) {
  auto [error] = co_await socket.async_connect(endpoint, no_throw);
  co_return error;
}

Task<std::pair<boost::system::error_code, std::size_t>> read_into(tcp::socket& socket, std::string& buffer) {
  char chunk[16384];
  auto [error, count] = co_await socket.async_read_some(asio::buffer(chunk), no_throw);
  buffer.append(chunk, count);
  co_return std::pair(error, count);
}

Task<boost::system::error_code> write_all(tcp::socket& socket, const std::string& bytes) {
  auto [error, count] = co_await asio::async_write(socket, asio::buffer(bytes), no_throw);
  co_return error;
}

}  // namespace

LineStream::LineStream(tcp::socket socket) : socket_(std::move(socket)) { tune(socket_); }

Task<Result<LineStream>> LineStream::connect(std::string ip, std::uint16_t port, Deadline deadline, std::string from) {
  boost::system::error_code bad;
  const auto address = asio::ip::make_address(ip, bad);
  if (bad) co_return fail(fmt::format("\"{}\" is not an IP address", ip));
  tcp::socket socket(co_await asio::this_coro::executor);
  if (!from.empty()) {
    const auto local = asio::ip::make_address(from, bad);
    if (!bad) socket.open(local.is_v4() ? tcp::v4() : tcp::v6(), bad);
    if (!bad) socket.bind({local, 0}, bad);
    if (bad) co_return fail(fmt::format("cannot connect to {} port {} from {}: {}", ip, port, from, bad.message()));
  }
  const auto error = co_await with_deadline(connect_socket(socket, {address, port}), deadline);
  if (!error) co_return fail(fmt::format("cannot connect to {} port {}: no answer in time", ip, port));
  if (*error) co_return fail(fmt::format("cannot connect to {} port {}: {}", ip, port, error->message()));
  co_return LineStream(std::move(socket));
}

Status LineStream::broken(const std::string& what, const boost::system::error_code& error) {
  close();
  if (error == asio::error::eof) return fail("the other end closed the connection");
  return fail(what + ": " + error.message());
}

Task<Result<std::string>> LineStream::read_line(std::size_t limit, Deadline deadline) {
  std::size_t searched = 0;
  while (true) {
    const auto end = buffer_.find('\n', searched);
    if (end != std::string::npos && end <= limit) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      co_return line;
    }
    searched = buffer_.size();
    if (searched > limit) {
      close();
      co_return fail(fmt::format("a line is longer than {} bytes", limit));
    }
    const auto got = co_await with_deadline(read_into(socket_, buffer_), deadline);
    if (!got) {
      close();
      co_return fail("no line came in time");
    }
    if (got->first) co_return std::unexpected(broken("cannot read", got->first).error());
  }
}

Task<Result<std::string>> LineStream::read_some(Deadline deadline) {
  if (buffer_.empty()) {
    const auto got = co_await with_deadline(read_into(socket_, buffer_), deadline);
    if (!got) {
      close();
      co_return fail("no answer came in time");
    }
    if (got->first) co_return std::unexpected(broken("cannot read", got->first).error());
  }
  co_return std::exchange(buffer_, {});
}

Task<Status> LineStream::write(std::string bytes, Deadline deadline) {
  const auto error = co_await with_deadline(write_all(socket_, bytes), deadline);
  if (!error) {
    close();
    co_return fail("the other end does not read");
  }
  if (*error) co_return broken("cannot write", *error);
  co_return Status{};
}

void LineStream::close() {
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

std::string LineStream::peer_ip() const {
  boost::system::error_code error;
  auto address = socket_.remote_endpoint(error).address();
  if (error) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

Result<Listener> Listener::open(asio::any_io_executor loop, const std::string& ip, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(ip, error);
  if (error) return fail(fmt::format("cannot listen: \"{}\" is not an IP address", ip));
  const tcp::endpoint endpoint(address, port);
  tcp::acceptor acceptor(loop);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return Listener(std::move(acceptor));
  const auto* advice = error == asio::error::address_in_use
                           ? "; another program uses the port: stop it, or give another port in the configuration"
                       : error == boost::system::errc::address_not_available
                           ? "; no interface of this host has that address: check the ip in the configuration"
                           : "";
  return fail(fmt::format("cannot listen on {} port {}: {}{}", ip, port, error.message(), advice));
}

Task<std::optional<LineStream>> Listener::accept() {
  auto [error, socket] = co_await acceptor_.async_accept(no_throw);
  if (error) co_return std::nullopt;
  co_return LineStream(std::move(socket));
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace mmm
