#include "io/address/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

namespace mmm::address {

Result<Ip> Ip::parse(const std::string& text) {
  Ip ip;
  if (::inet_pton(AF_INET, text.c_str(), ip.bytes_.data()) == 1) {
    ip.size_ = 4;
  } else if (::inet_pton(AF_INET6, text.c_str(), ip.bytes_.data()) == 1) {
    ip.size_ = 16;
  } else {
    return fail(fmt::format("\"{}\" is no IP address", text));
  }
  return ip;
}

int Ip::family() const { return is_v4() ? AF_INET : AF_INET6; }

std::string Ip::text() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(family(), bytes_.data(), text, sizeof text);
  return text;
}

}  // namespace mmm::address
