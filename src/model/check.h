#pragma once
// The classic checks of MMM.

#include <array>
#include <optional>
#include <string_view>

namespace mmm {

enum class CheckName { ping, mysql, rep_threads, rep_backlog };

// In the order in which `mmm_control checks` prints them.
inline constexpr std::array kAllChecks{CheckName::ping, CheckName::mysql, CheckName::rep_threads,
                                       CheckName::rep_backlog};

std::string_view to_string(CheckName check);
std::optional<CheckName> parse_check(std::string_view word);

// What one run of a check found. `unknown` changes nothing.
enum class Outcome { good, bad, unknown };

}  // namespace mmm
