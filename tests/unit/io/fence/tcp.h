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

inline sockaddr_in endpoint(const std::string& ip) {
  sockaddr_in name{.sin_family = AF_INET, .sin_port = htons(kPort)};
  ::inet_pton(AF_INET, ip.c_str(), &name.sin_addr);
  return name;
}

inline int listen_everywhere() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto name = endpoint("0.0.0.0");
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  EXPECT_EQ(::listen(fd, 64), 0);
  return fd;
}

struct Dialled {
  int fd = -1;
  int error = 0;  // of connect; ETIMEDOUT: no answer
};

inline Dialled dial(const std::string& ip) {
  Dialled call{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
  const auto name = endpoint(ip);
  if (::connect(call.fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return call;
  pollfd waiting{.fd = call.fd, .events = POLLOUT};
  call.error = ETIMEDOUT;
  if (errno != EINPROGRESS || ::poll(&waiting, 1, kPatienceMs) != 1) return call;
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
