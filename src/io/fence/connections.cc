#include "io/fence/connections.h"

#include <array>
#include <cerrno>
#include <cstring>
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
  request.diag.idiag_states = ~(1U << TCP_LISTEN);
  return request;
}

// A server that listens on :: has its IPv4 clients on IPv6 sockets, with mapped addresses.
bool has_local(const inet_diag_msg& socket, const std::string& ip) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(socket.idiag_family, socket.id.idiag_src, text, sizeof text);
  return ip == text || "::ffff:" + ip == text;
}

// Collects from one part of the dump. True once it was the last.
bool collect(const char* data, std::size_t size, const std::string& ip, std::vector<Found>& found) {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
    nlmsghdr header;
    std::memcpy(&header, data + at, sizeof header);
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return true;
    if (header.nlmsg_len < sizeof header || at + header.nlmsg_len > size) return true;
    inet_diag_msg socket;
    if (header.nlmsg_len >= NLMSG_HDRLEN + sizeof socket) {
      std::memcpy(&socket, data + at + NLMSG_HDRLEN, sizeof socket);
      if (has_local(socket, ip)) found.push_back({socket.idiag_family, socket.id});
    }
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
  return false;
}

Result<std::vector<Found>> connections_of(const Channel& kernel, const std::string& ip) {
  std::vector<Found> found;
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    if (!kernel.ask(request_for(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family)))
      return fail(fmt::format("cannot list the connections of {}: {}", ip, std::strerror(errno)));
    std::array<char, 32768> buffer;
    for (bool last = false; !last;) {
      const auto size = kernel.read(buffer);
      if (size < 0) return fail(fmt::format("cannot list the connections of {}: {}", ip, std::strerror(errno)));
      last = collect(buffer.data(), static_cast<std::size_t>(size), ip, found);
    }
  }
  return found;
}

// 0, or the kernel's error number.
int destroy(const Channel& kernel, const Found& connection) {
  auto request = request_for(SOCK_DESTROY, NLM_F_ACK, connection.family);
  request.diag.id = connection.id;
  std::array<char, 32768> buffer;
  if (!kernel.ask(request) || kernel.read(buffer) < static_cast<ssize_t>(NLMSG_HDRLEN + sizeof(int))) return errno;
  int code = 0;
  std::memcpy(&code, buffer.data() + NLMSG_HDRLEN, sizeof code);
  return -code;
}

}  // namespace

Status end_connections(const std::string& ip) {
  const Channel kernel;
  const auto found = connections_of(kernel, ip);
  if (!found) return std::unexpected(found.error());
  for (const auto& connection : *found) {
    const int error = destroy(kernel, connection);
    if (error != 0 && error != ENOENT)  // gone by itself in between
      return fail(fmt::format("cannot end the connections of {}: {}", ip, std::strerror(error)));
  }
  return {};
}

}  // namespace mmm
