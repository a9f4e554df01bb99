#pragma once
// The states of a host (docs/mmm2-reference.md §4).

#include <array>
#include <optional>
#include <string_view>

namespace mmm {

enum class HostState {
  unknown,  // before the first decision
  online,
  admin_offline,
  hard_offline,
  awaiting_recovery,
  replication_delay,
  replication_fail,
};

inline constexpr std::array kAllHostStates{HostState::unknown,           HostState::online,
                                           HostState::admin_offline,     HostState::hard_offline,
                                           HostState::awaiting_recovery, HostState::replication_delay,
                                           HostState::replication_fail};

std::string_view to_string(HostState state);  // "AWAITING_RECOVERY"
std::optional<HostState> parse_host_state(std::string_view word);

}  // namespace mmm
