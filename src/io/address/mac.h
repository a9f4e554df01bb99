#pragma once
// The hardware address of an Ethernet interface.

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace mmm {

struct Mac {
  std::array<std::uint8_t, 6> bytes{};

  auto operator<=>(const Mac&) const = default;
};

std::string to_string(const Mac& mac);  // "02:42:ac:11:00:02"

}  // namespace mmm
