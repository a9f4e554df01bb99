#pragma once
// The host-state table (docs/mmm2-reference.md §4): from, when, to, because. First row that matches.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/monitor/checks.h"
#include "model/host_state.h"
#include "model/mode.h"

namespace mmm {

// Everything the table looks at, for one host. "peer" of a master is its `peer`; of a slave, the active master.
struct HostFacts {
  HostState state = HostState::unknown;
  Verdict ping = Verdict::pending, mysql = Verdict::pending;
  Verdict rep_threads = Verdict::pending, rep_backlog = Verdict::pending;
  bool is_active_master = false;
  bool can_be_active_master = false;       // among the `hosts` of the active master role
  bool there_is_active_master = false;     // some host holds that role
  bool left_in_order = false;              // the last writer: it has all there is, and nobody has taken over yet
  HostState peer_state = HostState::unknown;  // unknown also when there is no peer
  Duration peer_online_for{0};             // how long the peer has been ONLINE; 0 when it is not
  bool peer_serves = false;                // its ping and mysql are good
  bool diverged = false;                   // it has transactions that the writer lacks (S3)
  bool flapping = false;
  Duration in_state{0};                    // how long it has been in `state`
  Duration since_check_change{0};          // since any of its checks changed
  std::optional<Duration> downtime;        // by its own uptime, from leaving ONLINE until now; absent: rebooted or unknown
  Duration auto_set_online{0};             // 0: never
  Duration flap_duration{0};
};

struct StateRow {
  HostState from;
  bool (*when)(const HostFacts&, MonitorMode);
  HostState to;
  bool drops_roles;          // its roles are taken away and its agent is told (else kill_host); see takes_roles_away
  std::string_view because;  // for the log and the administrator
  bool in_manual_too = false;  // its roles go in MANUAL and WAIT mode too
};

std::span<const StateRow> state_table();

// Whether the change of `row` takes the host's roles away in `mode`. MANUAL and WAIT: an administrator moves the roles
// of a failed host: the state changes, the roles stay. A diverged host loses them all the same, it must never serve
// (S3). PASSIVE: no role changes.
bool takes_roles_away(const StateRow& row, MonitorMode mode);

// The first row that matches. Requires: the monitor has network and the host is not ADMIN_OFFLINE (no row leaves it).
// In PASSIVE mode states still follow the table.
// HostState::unknown has no row either: the start of the monitor (startup.h) gives a host its first state.
const StateRow* next_state(const HostFacts& facts, MonitorMode mode);

}  // namespace mmm
