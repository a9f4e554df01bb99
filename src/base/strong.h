#pragma once
// Ids, ports and counters as distinct types: a generation can't be passed where a version is meant.

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace mmm {

template <class T, class Tag>
struct Strong {
  T value{};

  constexpr auto operator<=>(const Strong&) const = default;
  constexpr Strong next() const { return Strong{static_cast<T>(value + 1)}; }
};

// The name of a host or role as the configuration gives it.
using HostName = std::string;
using RoleName = std::string;

}  // namespace mmm

template <class T, class Tag>
struct std::hash<mmm::Strong<T, Tag>> {
  std::size_t operator()(const mmm::Strong<T, Tag>& s) const noexcept { return std::hash<T>{}(s.value); }
};
