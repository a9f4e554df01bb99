#include "core/monitor/host_states.h"

#include <algorithm>
#include <array>

namespace mmm {

namespace {

// MMM 2's number. A peer that came ONLINE a moment ago was down before: the replicas need time to find it again.
constexpr Duration kPeerSettles = 60s;
// MMM 2's number. Shorter than any reboot: a host that was away for less only had a hiccup.
constexpr Duration kShortDowntime = 60s;

bool serves(const HostFacts& f) { return f.ping == Verdict::good && f.mysql == Verdict::good; }
bool diverges(const HostFacts& f) { return f.diverged && !f.is_active_master; }

// The active master's own replication checks never matter.
bool threads_bad(const HostFacts& f) { return !f.is_active_master && f.rep_threads == Verdict::bad; }
bool backlog_bad(const HostFacts& f) { return !f.is_active_master && f.rep_backlog == Verdict::bad; }
bool replicates(const HostFacts& f) {
  return f.is_active_master || (f.rep_threads == Verdict::good && f.rep_backlog == Verdict::good);
}
bool all_good(const HostFacts& f) { return serves(f) && replicates(f); }

// Else nobody can say whom the host is behind.
bool peer_can_be_followed(const HostFacts& f) {
  return f.peer_state == HostState::online && f.peer_online_for >= kPeerSettles && f.peer_serves;
}
// A host that may become the active master while there is none is not held back by its replication.
bool must_replicate(const HostFacts& f) { return f.there_is_active_master || !f.can_be_active_master; }

// ---- the predicates of the rows, one each -----------------------------------------------------------------------

using F = const HostFacts&;
using M = MonitorMode;

bool unreachable(F f, M) { return f.ping == Verdict::bad || f.mysql == Verdict::bad; }
bool serves_but_diverged(F f, M) { return serves(f) && diverges(f); }

bool threads_bad_while_peer_serves(F f, M) { return threads_bad(f) && peer_can_be_followed(f); }
bool backlog_bad_while_peer_serves(F f, M) {
  return backlog_bad(f) && f.rep_threads == Verdict::good && peer_can_be_followed(f);
}

bool left_in_order(F f, M) {
  return serves(f) && !f.flapping && f.left_in_order && f.can_be_active_master && !f.there_is_active_master;
}
bool calm_after_flapping(F f, M) {
  return f.flapping && all_good(f) && f.auto_set_online > 0s && f.since_check_change >= f.flap_duration;
}
bool was_away_shortly(F f, M) { return !f.flapping && all_good(f) && f.downtime && *f.downtime < kShortDowntime; }
bool good_for_auto_set_online(F f, M) {
  return !f.flapping && all_good(f) && f.auto_set_online > 0s && f.in_state >= f.auto_set_online;
}

bool back_with_threads_bad(F f, M) { return serves(f) && must_replicate(f) && threads_bad(f); }
bool back_with_backlog_bad(F f, M) { return serves(f) && must_replicate(f) && backlog_bad(f); }
bool back(F f, M) { return serves(f); }

bool only_late(F f, M) {
  return serves(f) && !diverges(f) && f.rep_threads == Verdict::good && backlog_bad(f);
}
bool threads_failed(F f, M) { return serves(f) && threads_bad(f); }
bool replication_no_obstacle(F f) {
  return serves(f) && !diverges(f) && (replicates(f) || f.peer_state != HostState::online);
}
bool recovered(F f, M) { return !f.flapping && replication_no_obstacle(f); }
bool recovered_flapping(F f, M) { return f.flapping && replication_no_obstacle(f); }

constexpr auto kOnline = HostState::online;
constexpr auto kAwaiting = HostState::awaiting_recovery;
constexpr auto kHard = HostState::hard_offline;
constexpr auto kFail = HostState::replication_fail;
constexpr auto kDelay = HostState::replication_delay;

constexpr bool kDrops = true;
constexpr bool kKeeps = false;
constexpr std::string_view kDivergedText = "has transactions that the writer lacks";

// The rows with kDivergedText (S3) and that of `left_in_order` (docs/lease.md, availability) are ours, the others are MMM 2's.
constexpr auto kTable = std::to_array<StateRow>({
    // from    when                           to         roles   because
    {kOnline, unreachable, kHard, kDrops, "ping or mysql failed"},
    {kOnline, serves_but_diverged, kFail, kDrops, kDivergedText, true},
    {kOnline, threads_bad_while_peer_serves, kFail, kDrops, "rep_threads failed"},
    {kOnline, backlog_bad_while_peer_serves, kDelay, kDrops, "rep_backlog failed"},

    {kAwaiting, unreachable, kHard, kKeeps, "ping or mysql failed"},
    {kAwaiting, serves_but_diverged, kFail, kDrops, kDivergedText, true},
    {kAwaiting, left_in_order, kOnline, kKeeps, "it was the last writer, stopped in order, and nobody has taken over"},
    {kAwaiting, calm_after_flapping, kOnline, kKeeps, "was flapping, but no check changed for flap_duration"},
    {kAwaiting, was_away_shortly, kOnline, kKeeps, "all checks are good and it was away for less than 60 s"},
    {kAwaiting, good_for_auto_set_online, kOnline, kKeeps, "all checks have been good for auto_set_online"},

    {kHard, serves_but_diverged, kFail, kDrops, kDivergedText, true},
    {kHard, back_with_threads_bad, kFail, kKeeps, "ping and mysql are good again, rep_threads is not"},
    {kHard, back_with_backlog_bad, kDelay, kKeeps, "ping and mysql are good again, rep_backlog is not"},
    {kHard, back, kAwaiting, kKeeps, "ping and mysql are good again"},

    {kFail, only_late, kDelay, kKeeps, "rep_threads is good again, rep_backlog is not"},
    {kFail, recovered, kOnline, kKeeps, "replication is good again, or its peer is not ONLINE"},
    {kFail, recovered_flapping, kAwaiting, kKeeps, "replication is good again, but the host is flapping"},
    {kFail, unreachable, kHard, kDrops, "ping or mysql failed"},

    {kDelay, serves_but_diverged, kFail, kDrops, kDivergedText, true},
    {kDelay, threads_failed, kFail, kKeeps, "rep_threads failed"},
    {kDelay, recovered, kOnline, kKeeps, "replication is good again, or its peer is not ONLINE"},
    {kDelay, recovered_flapping, kAwaiting, kKeeps, "replication is good again, but the host is flapping"},
    {kDelay, unreachable, kHard, kDrops, "ping or mysql failed"},
});

}  // namespace

std::span<const StateRow> state_table() { return kTable; }

bool takes_roles_away(const StateRow& row, MonitorMode mode) {
  switch (mode) {
    case MonitorMode::active: return row.drops_roles;
    case MonitorMode::manual:
    case MonitorMode::wait: return row.drops_roles && row.in_manual_too;
    case MonitorMode::passive: return false;
  }
  return false;
}

const StateRow* next_state(const HostFacts& facts, MonitorMode mode) {
  const auto row = std::ranges::find_if(
      kTable, [&](const StateRow& candidate) { return candidate.from == facts.state && candidate.when(facts, mode); });
  return row == kTable.end() ? nullptr : &*row;
}

}  // namespace mmm
