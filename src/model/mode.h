#pragma once
// The monitor's modes (docs/mmm2-reference.md §2, §4).

#include <optional>
#include <string_view>

namespace mmm {

enum class MonitorMode {
  active,   // decides and acts
  manual,   // keeps roles on hosts that fail; an administrator moves them
  wait,     // manual until both masters are up, or one has been for wait_for_other_master
  passive,  // watches only
};

std::string_view to_string(MonitorMode mode);           // "ACTIVE"
std::optional<MonitorMode> parse_mode(std::string_view word);  // any case

}  // namespace mmm
