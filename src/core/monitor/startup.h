#pragma once
// What the monitor believes when it starts: host states and votes for each role (docs/mmm2-reference.md §6).

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/monitor/roles.h"
#include "model/config.h"
#include "model/host_state.h"

namespace mmm {

// What is known of one host when the monitor starts.
struct HostEvidence {
  std::optional<HostState> file_state;    // from the status file
  std::vector<Role> file_roles;
  std::optional<HostState> agent_state;   // what its agent was last told; absent: no agent answered, or it knows nothing
  std::vector<Role> agent_roles;
  bool writable = false;                  // its MySQL takes writes now
  std::vector<std::string> ips;           // role addresses really on its interface
  std::string source_ip;                  // whom it replicates from; "" when nobody
  bool agent_answered = true;             // else the fields above say nothing of what is
};

struct StartDecision {
  std::map<HostName, HostState> states;
  RoleOwners owners;
  MonitorMode mode = MonitorMode::active;
  std::string passive_cause;              // PASSIVE: why; by careful_startup: the evidence, a line a host
  std::vector<std::string> story;         // each vote and choice, a line each, for the log
  std::vector<std::string> warnings;
};

// Requires: rule 14 of the lease allows votes for the active master role, else `writer` names who holds it and no vote is
// taken for it. The worst of file and agent decides a host's state; each address goes to the host with most votes (ties
// in the order of the role's hosts; no vote at all: nobody). Replicas that follow a host count for the active master
// role only beside a vote of the host's own: on a fresh cluster the administrator says who is the first writer.
// careful_startup makes the monitor PASSIVE only where votes chose the writer; a known assignment settles who is to
// let the address go, and a warning says so.
StartDecision decide_start(const Config& config, const std::map<HostName, HostEvidence>& evidence,
                           const std::optional<HostName>& writer, MonitorMode configured_mode);

}  // namespace mmm
