#pragma once
// An IP address as netlink and packets want it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace mmm::address {

class Ip {
 public:
  // Errors: it is no address (a prefix length, a scope or a name is none); says what it is.
  static Result<Ip> parse(const std::string& text);

  bool is_v4() const { return size_ == 4; }
  int family() const;                       // AF_INET or AF_INET6
  unsigned full_prefix() const { return static_cast<unsigned>(size_ * 8); }
  const std::uint8_t* bytes() const { return bytes_.data(); }
  std::size_t size() const { return size_; }
  std::span<const std::uint8_t> span() const { return {bytes_.data(), size_}; }
  std::string text() const;                 // canonical

 private:
  std::array<std::uint8_t, 16> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace mmm::address
