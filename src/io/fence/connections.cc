#include "io/fence/connections.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mmm {

namespace {

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 diag;
};

struct Found {
  std::uint8_t family;
  inet_diag_sockid id;
};

class Channel {
 public:
  Channel() : fd_(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    const timeval limit{.tv_sec = 1, .tv_usec = 0};  // the kernel answers at once
    if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Channel() {
    if (fd_ >= 0) ::close(fd_);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  bool ask(const Request& request) const { return ::send(fd_, &request, sizeof request, 0) == sizeof request; }
  ssize_t read(std::array<char, 32768>& into) const { return ::recv(fd_, into.data(), into.size(), 0); }

 private:
  int fd_;
};

Request request_for(std::uint16_t type, std::uint16_t flags, std::uint8_t family) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = type;
  request.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  request.diag.sdiag_family = family;
  request.diag.sdiag_protocol = IPPROTO_TCP;
  // Nobody waits for an answer on a connection that is over, and older kernels refuse to destroy one (EOPNOTSUPP).
  request.diag.idiag_states = ~((1U << TCP_LISTEN) | (1U << TCP_TIME_WAIT) | (1U << TCP_CLOSE));
  return request;
}

// A server that listens on :: has its IPv4 clients on IPv6 sockets, with mapped addresses.
bool has_local(const inet_diag_msg& socket, const std::string& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(socket.idiag_family, socket.id.idiag_src, text, sizeof text);
  return ip == text || "::ffff:" + ip == text;
}

// 0, or the error number that a message of type NLMSG_ERROR holds.
int code_in(const char* message, std::size_t size) {
  int code = 0;
  if (size < NLMSG_HDRLEN + sizeof code) return EPROTO;
  std::memcpy(&code, message + NLMSG_HDRLEN, sizeof code);
  return -code;
}

// Collects from one part of the dump. An error number; 0 once it was the last part; nothing: it goes on.
std::optional<int> collect(const char* data, std::size_t size, const std::string& ip, std::vector<Found>& found) {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
    nlmsghdr header;
    std::memcpy(&header, data + at, sizeof header);
    if (header.nlmsg_len < sizeof header || at + header.nlmsg_len > size) return EPROTO;
    if (header.nlmsg_type == NLMSG_DONE) return 0;
    if (header.nlmsg_type == NLMSG_ERROR) return code_in(data + at, header.nlmsg_len);
    inet_diag_msg socket;
    if (header.nlmsg_len >= NLMSG_HDRLEN + sizeof socket) {
      std::memcpy(&socket, data + at + NLMSG_HDRLEN, sizeof socket);
      if (has_local(socket, ip)) found.push_back({socket.idiag_family, socket.id});
    }
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return std::nullopt;
}

Result<std::vector<Found>> connections_of(const Channel& kernel, const std::string& ip) {
  const auto failed = [&](int code) {
    return fail(fmt::format("cannot list the connections of {}: {}", ip, std::strerror(code)));
  };
  std::vector<Found> found;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    if (!kernel.ask(request_for(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family))) return failed(errno);
    std::array<char, 32768> buffer;
    std::optional<int> end;
    while (!end) {
      const auto size = kernel.read(buffer);
      if (size < 0) return failed(errno);
      end = collect(buffer.data(), static_cast<std::size_t>(size), ip, found);
    }
    if (*end != 0) return failed(*end);
  }
  return found;
}

// 0, or the kernel's error number.
int destroy(const Channel& kernel, const Found& connection) {
  auto request = request_for(SOCK_DESTROY, NLM_F_ACK, connection.family);
  request.diag.id = connection.id;
  std::array<char, 32768> buffer;
  if (!kernel.ask(request)) return errno;
  const auto size = kernel.read(buffer);
  return size < 0 ? errno : code_in(buffer.data(), static_cast<std::size_t>(size));
}

}  // namespace

Status end_connections(const std::string& ip) {
  const Channel kernel;
  const auto found = connections_of(kernel, ip);
  if (!found) return std::unexpected(found.error());
  int first = 0, left = 0;
  for (const auto& connection : *found) {
    const int error = destroy(kernel, connection);
    if (error == 0 || error == ENOENT) continue;  // gone by itself in between
    if (left++ == 0) first = error;
  }
  if (left == 0) return {};
  return fail(fmt::format("cannot end {} of {} connections of {}: {}", left, found->size(), ip, std::strerror(first)));
}

}  // namespace mmm
