#pragma once
// A role with one of its addresses, as MMM writes it: writer(10.0.0.80).

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong.h"

namespace mmm {

struct Role {
  RoleName name;
  std::string ip;

  auto operator<=>(const Role&) const = default;
};

std::string to_string(const Role& role);                 // "writer(10.0.0.80)"
std::optional<Role> parse_role(std::string_view text);   // nothing unless it is NAME(IP)

}  // namespace mmm
