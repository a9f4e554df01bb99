#pragma once
// What lines of ours on the control port begin with; no command of MMM 2 does.

#include <string_view>

namespace mmm::control {

inline constexpr std::string_view kFrameWord = "MMM3|";

}  // namespace mmm::control
