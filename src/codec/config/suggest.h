#pragma once
// "did you mean …?"

#include <optional>
#include <string_view>
#include <vector>

namespace mmm::conf {

// The candidate that is most like `word`, if one is near enough to be a slip of the finger.
std::optional<std::string_view> nearest_name(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace mmm::conf
