#pragma once
// A TCP client and server between the two hosts of ../network.h.

#include <cerrno>
#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mmm {

inline constexpr std::uint16_t kPort = 3306;
inline constexpr int kPatienceMs = 20'000;  // for what must happen but need not be quick

struct Endpoint {
  sockaddr_storage name{};
  socklen_t size = 0;
  int family() const { return name.ss_family; }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&name); }
};

// Of an IPv4 or IPv6 address.
inline Endpoint endpoint(const std::string& ip, std::uint16_t port = kPort) {
  Endpoint made;
  if (ip.find(':') == std::string::npos) {
    auto& name = reinterpret_cast<sockaddr_in&>(made.name);
    name = {.sin_family = AF_INET, .sin_port = htons(port)};
    ::inet_pton(AF_INET, ip.c_str(), &name.sin_addr);
    made.size = sizeof name;
  } else {
    auto& name = reinterpret_cast<sockaddr_in6&>(made.name);
    name = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    ::inet_pton(AF_INET6, ip.c_str(), &name.sin6_addr);
    made.size = sizeof name;
  }
  return made;
}

// `ip`: any address of its family.
inline int listen_everywhere(const std::string& ip = "0.0.0.0") {
  const auto name = endpoint(ip);
  const int fd = ::socket(name.family(), SOCK_STREAM, 0);
  const int only = 1;
  if (name.family() == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  EXPECT_EQ(::bind(fd, name.address(), name.size), 0);
  EXPECT_EQ(::listen(fd, 64), 0);
  return fd;
}

struct Dialled {
  int fd = -1;
  int error = 0;  // of connect; ETIMEDOUT: no answer
};

// `from`: the client's own address; empty: any.
inline Dialled dial(const std::string& ip, const std::string& from = "") {
  const auto name = endpoint(ip);
  Dialled call{::socket(name.family(), SOCK_STREAM | SOCK_NONBLOCK, 0)};
  if (!from.empty()) {
    const auto own = endpoint(from, 0);
    EXPECT_EQ(::bind(call.fd, own.address(), own.size), 0);
  }
  if (::connect(call.fd, name.address(), name.size) == 0) return call;
  call.error = errno;  // on "lo" the answer is there at once
  if (call.error != EINPROGRESS) return call;
  pollfd waiting{.fd = call.fd, .events = POLLOUT};
  call.error = ETIMEDOUT;
  if (::poll(&waiting, 1, kPatienceMs) != 1) return call;
  socklen_t size = sizeof call.error;
  ::getsockopt(call.fd, SOL_SOCKET, SO_ERROR, &call.error, &size);
  return call;
}

// The error number of the connection once something is heard on it; 0: its end, or data.
inline int next_word(int fd) {
  pollfd waiting{.fd = fd, .events = POLLIN};
  if (::poll(&waiting, 1, kPatienceMs) != 1) return ETIMEDOUT;
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_DONTWAIT) < 0 ? errno : 0;
}

}  // namespace mmm
