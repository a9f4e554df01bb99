// The words of the small enumerations of the model.

#include <algorithm>
#include <string>

#include "model/check.h"
#include "model/config.h"
#include "model/host_state.h"
#include "model/mode.h"
#include "model/role.h"

namespace mmm {

std::string_view to_string(MonitorMode mode) {
  switch (mode) {
    case MonitorMode::active: return "ACTIVE";
    case MonitorMode::manual: return "MANUAL";
    case MonitorMode::wait: return "WAIT";
    case MonitorMode::passive: return "PASSIVE";
  }
  return "?";
}

std::optional<MonitorMode> parse_mode(std::string_view word) {
  std::string upper(word);
  std::ranges::transform(upper, upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait, MonitorMode::passive})
    if (to_string(mode) == upper) return mode;
  return std::nullopt;
}

std::string_view to_string(CheckName check) {
  switch (check) {
    case CheckName::ping: return "ping";
    case CheckName::mysql: return "mysql";
    case CheckName::rep_threads: return "rep_threads";
    case CheckName::rep_backlog: return "rep_backlog";
  }
  return "?";
}

std::optional<CheckName> parse_check(std::string_view word) {
  for (const auto check : kAllChecks)
    if (to_string(check) == word) return check;
  return std::nullopt;
}

const HostConfig* Config::host(const HostName& wanted) const {
  const auto it = std::ranges::find(hosts, wanted, &HostConfig::name);
  return it == hosts.end() ? nullptr : &*it;
}

const RoleConfig* Config::role(const RoleName& wanted) const {
  const auto it = std::ranges::find(roles, wanted, &RoleConfig::name);
  return it == roles.end() ? nullptr : &*it;
}

std::string_view to_string(HostState state) {
  switch (state) {
    case HostState::unknown: return "UNKNOWN";
    case HostState::online: return "ONLINE";
    case HostState::admin_offline: return "ADMIN_OFFLINE";
    case HostState::hard_offline: return "HARD_OFFLINE";
    case HostState::awaiting_recovery: return "AWAITING_RECOVERY";
    case HostState::replication_delay: return "REPLICATION_DELAY";
    case HostState::replication_fail: return "REPLICATION_FAIL";
  }
  return "?";
}

std::optional<HostState> parse_host_state(std::string_view word) {
  for (const auto state : kAllHostStates)
    if (to_string(state) == word) return state;
  return std::nullopt;
}

std::string to_string(const Role& role) { return role.name + '(' + role.ip + ')'; }

std::optional<Role> parse_role(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || open == 0 || !text.ends_with(')') || text.size() < open + 3)
    return std::nullopt;
  return Role{RoleName(text.substr(0, open)), std::string(text.substr(open + 1, text.size() - open - 2))};
}

}  // namespace mmm
