#pragma once
// A read-only picture of what the monitor knows: what the commands show and refuse by.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/monitor/checks.h"
#include "core/monitor/resolution.h"
#include "core/monitor/roles.h"
#include "model/config.h"
#include "model/host_state.h"
#include "model/lease.h"

namespace mmm {

struct HostView {
  HostName name;
  HostState state = HostState::unknown;
  bool agent_reachable = false;
  bool flapping = false;
  bool diverged = false;             // it has transactions that the writer lacks (S3)
  bool unproven = false;             // a writer was made without asking it what it has
  std::string because;               // why it is in this state, one sentence; "" when nothing is to be said
  std::map<CheckName, CheckView> checks;
};

// The warning that says why a monitor does not lead starts with this; refusals repeat it.
inline constexpr std::string_view kNotLeading = "This monitor does not lead yet: ";

struct ClusterView {
  const Config* config = nullptr;
  MonitorMode mode = MonitorMode::active;
  std::string passive_cause;         // PASSIVE mode: why
  std::vector<HostView> hosts;       // in the order of the configuration
  RoleOwners owners;
  std::map<std::string, Resolutions::View> resolutions;  // by address, of those that are up
  std::optional<HostName> active_master;
  Assignment assignment;
  bool leads = true;                 // rule 1; while false nothing is granted and no role moves
  int utc_offset_s = 0;              // local time minus UTC now, for the times shown; MMM 2 printed local time
  std::vector<std::string> warnings; // each a sentence: what is wrong and what to do; shown by `show` as "# Warning: …"

  const HostView* host(const HostName& name) const {
    for (const auto& candidate : hosts)
      if (candidate.name == name) return &candidate;
    return nullptr;
  }
};

}  // namespace mmm
