#include "core/monitor/host_states.h"

#include <array>
#include <functional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace mmm {
namespace {

constexpr auto kActive = MonitorMode::active;

// Everything good, away for long, no automatic return.
HostFacts facts(HostState state) {
  HostFacts f;
  f.state = state;
  f.ping = f.mysql = f.rep_threads = f.rep_backlog = Verdict::good;
  f.can_be_active_master = f.there_is_active_master = true;
  f.peer_state = HostState::online;
  f.peer_online_for = 3600s;
  f.peer_serves = true;
  f.in_state = 3600s;
  f.since_check_change = 3600s;
  f.flap_duration = 3600s;
  return f;
}

using Change = std::function<void(HostFacts&)>;
const Change kNothing = [](HostFacts&) {};
const Change kNoPing = [](HostFacts& f) { f.ping = Verdict::bad; };
const Change kNoMysql = [](HostFacts& f) { f.mysql = Verdict::bad; };
const Change kThreadsBad = [](HostFacts& f) { f.rep_threads = Verdict::bad; };
const Change kBacklogBad = [](HostFacts& f) { f.rep_backlog = Verdict::bad; };
const Change kBothBad = [](HostFacts& f) { f.rep_threads = f.rep_backlog = Verdict::bad; };
const Change kDiverged = [](HostFacts& f) { f.diverged = true; };
const Change kFlapping = [](HostFacts& f) { f.flapping = true; };
const Change kLeftInOrder = [](HostFacts& f) {
  f.left_in_order = f.can_be_active_master = true;
  f.there_is_active_master = false;
};

Change both(Change a, Change b) {
  return [=](HostFacts& f) { a(f), b(f); };
}

constexpr auto kOnline = HostState::online;
constexpr auto kAdmin = HostState::admin_offline;
constexpr auto kHard = HostState::hard_offline;
constexpr auto kAwaiting = HostState::awaiting_recovery;
constexpr auto kDelay = HostState::replication_delay;
constexpr auto kFail = HostState::replication_fail;
constexpr auto kStays = HostState::unknown;  // no row matches

struct Case {
  const char* what;
  HostState from;
  Change change;
  HostState to;
};

HostState next(const Case& c, MonitorMode mode = kActive) {
  auto f = facts(c.from);
  c.change(f);
  const auto* row = next_state(f, mode);
  return row ? row->to : kStays;
}

std::vector<Case> online_cases() {
  return {
      {"all good", kOnline, kNothing, kStays},
      {"no ping", kOnline, kNoPing, kHard},
      {"no mysql", kOnline, kNoMysql, kHard},
      {"not checked yet is no failure", kOnline, [](HostFacts& f) { f.ping = f.mysql = Verdict::pending; }, kStays},
      {"the active master without mysql", kOnline, both(kNoMysql, [](HostFacts& f) { f.is_active_master = true; }),
       kHard},
      {"threads bad", kOnline, kThreadsBad, kFail},
      {"both bad", kOnline, kBothBad, kFail},
      {"backlog bad", kOnline, kBacklogBad, kDelay},
      {"backlog bad, threads not known", kOnline,
       both(kBacklogBad, [](HostFacts& f) { f.rep_threads = Verdict::pending; }), kStays},
      {"the active master's replication never matters", kOnline,
       both(kBothBad, [](HostFacts& f) { f.is_active_master = true; }), kStays},
      {"peer ONLINE for 59.999 s", kOnline, both(kThreadsBad, [](HostFacts& f) { f.peer_online_for = 59'999ms; }),
       kStays},
      {"peer ONLINE for 60 s", kOnline, both(kThreadsBad, [](HostFacts& f) { f.peer_online_for = 60s; }), kFail},
      {"late, peer ONLINE for 59.999 s", kOnline, both(kBacklogBad, [](HostFacts& f) { f.peer_online_for = 59'999ms; }),
       kStays},
      {"late, peer ONLINE for 60 s", kOnline, both(kBacklogBad, [](HostFacts& f) { f.peer_online_for = 60s; }), kDelay},
      {"peer not ONLINE", kOnline, both(kThreadsBad, [](HostFacts& f) { f.peer_state = kHard; }), kStays},
      {"peer ONLINE but its checks bad", kOnline, both(kThreadsBad, [](HostFacts& f) { f.peer_serves = false; }),
       kStays},
      {"no peer", kOnline, both(kBothBad, [](HostFacts& f) { f.peer_state = HostState::unknown; }), kStays},
      {"ping counts before replication", kOnline, both(kNoPing, kThreadsBad), kHard},
      {"diverged", kOnline, kDiverged, kFail},
      {"diverged, whatever its peer does", kOnline, both(kDiverged, [](HostFacts& f) { f.peer_state = kHard; }), kFail},
      {"the writer cannot diverge from itself", kOnline,
       both(kDiverged, [](HostFacts& f) { f.is_active_master = true; }), kStays},
      {"dead and diverged", kOnline, both(kNoMysql, kDiverged), kHard},
  };
}

std::vector<Case> awaiting_cases() {
  const Change calm = [](HostFacts& f) { f.flapping = true, f.auto_set_online = 60s, f.flap_duration = 600s; };
  return {
      {"all good, but nobody asked", kAwaiting, kNothing, kStays},
      {"no ping", kAwaiting, kNoPing, kHard},
      {"no mysql", kAwaiting, kNoMysql, kHard},
      {"diverged", kAwaiting, kDiverged, kFail},
      {"diverged and away for a second only", kAwaiting, both(kDiverged, [](HostFacts& f) { f.downtime = 1s; }), kFail},
      {"flapping, calm for 599.999 s", kAwaiting, both(calm, [](HostFacts& f) { f.since_check_change = 599'999ms; }),
       kStays},
      {"flapping, calm for 600 s", kAwaiting, both(calm, [](HostFacts& f) { f.since_check_change = 600s; }), kOnline},
      {"flapping, calm, but never automatically", kAwaiting, both(calm, [](HostFacts& f) { f.auto_set_online = 0s; }),
       kStays},
      {"flapping, calm, replication bad", kAwaiting, both(calm, kBacklogBad), kStays},
      {"flapping, away for a second only", kAwaiting, both(kFlapping, [](HostFacts& f) { f.downtime = 1s; }), kStays},
      {"flapping, long in this state, a check changed lately", kAwaiting,
       both(calm, [](HostFacts& f) { f.since_check_change = 1s; }), kStays},
      {"away for 59.999 s", kAwaiting, [](HostFacts& f) { f.downtime = 59'999ms; }, kOnline},
      {"away for 60 s", kAwaiting, [](HostFacts& f) { f.downtime = 60s; }, kStays},
      {"away shortly, replication bad", kAwaiting, both(kThreadsBad, [](HostFacts& f) { f.downtime = 1s; }), kStays},
      {"away shortly, a check not known", kAwaiting,
       [](HostFacts& f) { f.downtime = 1s, f.rep_backlog = Verdict::pending; }, kStays},
      {"the last writer, stopped in order, nobody has taken over", kAwaiting, both(kBothBad, kLeftInOrder), kOnline},
      {"the same, flapping", kAwaiting, both(kFlapping, kLeftInOrder), kStays},
      {"the same, diverged", kAwaiting, both(kDiverged, kLeftInOrder), kFail},
      {"the same, and somebody holds the role", kAwaiting, both(kLeftInOrder, [](HostFacts& f) { f.there_is_active_master = true; }),
       kStays},
      {"the same, and it is no candidate any more", kAwaiting, both(kLeftInOrder, [](HostFacts& f) { f.can_be_active_master = false; }),
       kStays},
      {"auto_set_online at 29.999 s", kAwaiting, [](HostFacts& f) { f.auto_set_online = 30s, f.in_state = 29'999ms; },
       kStays},
      {"auto_set_online at 30 s", kAwaiting, [](HostFacts& f) { f.auto_set_online = 30s, f.in_state = 30s; }, kOnline},
      {"auto_set_online, late", kAwaiting, both(kBacklogBad, [](HostFacts& f) { f.auto_set_online = 30s; }), kStays},
      {"the active master whose role stayed (MANUAL)", kAwaiting,
       both(kBothBad, [](HostFacts& f) { f.is_active_master = true, f.downtime = 1s; }), kOnline},
  };
}

std::vector<Case> hard_cases() {
  const Change no_master = [](HostFacts& f) { f.there_is_active_master = false; };
  const Change slave = [](HostFacts& f) { f.can_be_active_master = false; };
  return {
      {"still no ping", kHard, kNoPing, kStays},
      {"still no mysql", kHard, kNoMysql, kStays},
      {"not checked yet", kHard, [](HostFacts& f) { f.mysql = Verdict::pending; }, kStays},
      {"back", kHard, kNothing, kAwaiting},
      {"back, threads bad", kHard, kThreadsBad, kFail},
      {"back, both bad", kHard, kBothBad, kFail},
      {"back, late", kHard, kBacklogBad, kDelay},
      {"back, threads bad, but it may become the active master", kHard, both(kThreadsBad, no_master), kAwaiting},
      {"back, late, but it may become the active master", kHard, both(kBacklogBad, no_master), kAwaiting},
      {"back, threads bad, no active master, a slave", kHard, both(both(kThreadsBad, no_master), slave), kFail},
      {"back, late, no active master, a slave", kHard, both(both(kBacklogBad, no_master), slave), kDelay},
      {"back, the active master whose role stayed (MANUAL)", kHard,
       both(kBothBad, [](HostFacts& f) { f.is_active_master = true; }), kAwaiting},
      {"back, diverged", kHard, kDiverged, kFail},
      {"diverged, not back", kHard, both(kDiverged, kNoPing), kStays},
  };
}

std::vector<Case> replication_cases() {
  const Change alone = [](HostFacts& f) { f.peer_state = kHard; };
  return {
      {"threads still bad", kFail, kThreadsBad, kStays},
      {"threads good, late", kFail, kBacklogBad, kDelay},
      {"good again", kFail, kNothing, kOnline},
      {"good again, flapping", kFail, kFlapping, kAwaiting},
      {"threads bad, peer not ONLINE", kFail, both(kThreadsBad, alone), kOnline},
      {"threads bad, peer not ONLINE, flapping", kFail, both(both(kThreadsBad, alone), kFlapping), kAwaiting},
      {"a check not known, peer ONLINE", kFail, [](HostFacts& f) { f.rep_backlog = Verdict::pending; }, kStays},
      {"no ping", kFail, kNoPing, kHard},
      {"no mysql", kFail, kNoMysql, kHard},
      {"diverged, replication good", kFail, kDiverged, kStays},
      {"diverged, late", kFail, both(kDiverged, kBacklogBad), kStays},
      {"diverged, peer not ONLINE", kFail, both(kDiverged, alone), kStays},
      {"diverged and dead", kFail, both(kDiverged, kNoMysql), kHard},

      {"still late", kDelay, kBacklogBad, kStays},
      {"threads bad", kDelay, kThreadsBad, kFail},
      {"both bad", kDelay, kBothBad, kFail},
      {"good again", kDelay, kNothing, kOnline},
      {"good again, flapping", kDelay, kFlapping, kAwaiting},
      {"late, peer not ONLINE", kDelay, both(kBacklogBad, alone), kOnline},
      {"late, peer not ONLINE, flapping", kDelay, both(both(kBacklogBad, alone), kFlapping), kAwaiting},
      {"no ping", kDelay, kNoPing, kHard},
      {"no mysql", kDelay, kNoMysql, kHard},
      {"diverged", kDelay, kDiverged, kFail},
      {"diverged, peer not ONLINE", kDelay, both(kDiverged, alone), kFail},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& part : {online_cases(), awaiting_cases(), hard_cases(), replication_cases()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

void expect_all(const std::vector<Case>& cases) {
  for (const auto& c : cases)
    EXPECT_EQ(to_string(next(c)), to_string(c.to)) << to_string(c.from) << ", " << c.what;
}

TEST(HostStates, AnOnlineHostStaysUntilItFails) { expect_all(online_cases()); }
TEST(HostStates, AnAwaitingHostComesBackOnlyWhereItIsAllowedTo) { expect_all(awaiting_cases()); }
TEST(HostStates, ADeadHostComesBackToTheStateItsReplicationDeserves) { expect_all(hard_cases()); }
TEST(HostStates, AHostWithBadReplicationFollowsItsChecks) { expect_all(replication_cases()); }

TEST(HostStates, NoRowLeavesAdminOfflineOrUnknown) {
  for (const auto& row : state_table()) {
    EXPECT_NE(row.from, kAdmin);
    EXPECT_NE(row.from, HostState::unknown);
  }
  for (const auto state : {kAdmin, HostState::unknown})
    for (const auto& change : {kNothing, kNoPing, kThreadsBad, kDiverged})
      EXPECT_EQ(next({"", state, change, kStays}), kStays);
}

// Goal:   no dead row. Each one is what some facts get, so no earlier row shadows it.
// Method: the cases of this file are run and the rows that they hit are counted.
TEST(HostStates, EveryRowIsUsed) {
  std::set<const StateRow*> hit;
  for (const auto& c : all_cases()) {
    auto f = facts(c.from);
    c.change(f);
    if (const auto* row = next_state(f, kActive)) hit.insert(row);
  }
  for (const auto& row : state_table())
    EXPECT_TRUE(hit.contains(&row)) << to_string(row.from) << " -> " << to_string(row.to) << ": " << row.because;
}

TEST(HostStates, EveryStateIsReachableFromOnlineOrByCommand) {
  std::set<HostState> reached{kOnline, kAdmin};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const auto& row : state_table())
      if (reached.contains(row.from)) reached.insert(row.to);
  }
  for (const auto state : kAllHostStates)
    EXPECT_EQ(reached.contains(state), state != HostState::unknown) << to_string(state);
}

TEST(HostStates, EveryRowChangesTheStateAndSaysWhy) {
  for (const auto& row : state_table()) {
    EXPECT_NE(row.from, row.to);
    EXPECT_FALSE(row.because.empty());
  }
}

TEST(HostStates, TheStatesFollowTheTableInEveryMode) {
  for (const auto mode : {MonitorMode::manual, MonitorMode::wait, MonitorMode::passive})
    for (const auto& c : all_cases()) EXPECT_EQ(next(c, mode), next(c)) << c.what;
}

TEST(HostStates, RolesGoInActiveModeAndStayInManualWaitAndPassive) {
  auto f = facts(kOnline);
  f.mysql = Verdict::bad;
  const auto* row = next_state(f, kActive);
  ASSERT_TRUE(row);
  EXPECT_TRUE(takes_roles_away(*row, MonitorMode::active));
  EXPECT_FALSE(takes_roles_away(*row, MonitorMode::manual));
  EXPECT_FALSE(takes_roles_away(*row, MonitorMode::wait));
  EXPECT_FALSE(takes_roles_away(*row, MonitorMode::passive));
}

TEST(HostStates, ADivergedHostLosesItsRolesInManualAndWaitToo) {
  auto f = facts(kOnline);
  f.diverged = true;
  const auto* row = next_state(f, MonitorMode::manual);
  ASSERT_TRUE(row);
  EXPECT_TRUE(takes_roles_away(*row, MonitorMode::active));
  EXPECT_TRUE(takes_roles_away(*row, MonitorMode::manual));
  EXPECT_TRUE(takes_roles_away(*row, MonitorMode::wait));
  EXPECT_FALSE(takes_roles_away(*row, MonitorMode::passive)) << "nothing moves in PASSIVE mode";
}

TEST(HostStates, EveryChangeAwayFromOnlineTakesTheRoles) {
  for (const auto& row : state_table()) {
    const bool takes = takes_roles_away(row, kActive);
    EXPECT_TRUE(takes || row.from != kOnline) << row.because;
    EXPECT_FALSE(takes && row.to == kOnline) << row.because;
  }
}

// ---- every combination of facts -----------------------------------------------------------------------------------

template <class Visit>
void for_each_facts(HostState state, Visit visit) {
  constexpr std::array kVerdicts{Verdict::pending, Verdict::good, Verdict::bad};
  for (const auto ping : kVerdicts)
    for (const auto mysql : kVerdicts)
      for (const auto threads : kVerdicts)
        for (const auto backlog : kVerdicts)
          for (unsigned bits = 0; bits < 1024; ++bits) {
            auto f = facts(state);
            f.ping = ping, f.mysql = mysql, f.rep_threads = threads, f.rep_backlog = backlog;
            f.is_active_master = bits & 1, f.diverged = bits & 2, f.flapping = bits & 4;
            f.there_is_active_master = bits & 8, f.can_be_active_master = bits & 16;
            f.peer_state = bits & 32 ? kOnline : kHard;
            f.peer_online_for = bits & 64 ? 60s : 0s;
            f.peer_serves = bits & 128;
            f.auto_set_online = bits & 256 ? 30s : 0s;
            if (bits & 512) f.downtime = 1s;
            visit(f);
          }
}

TEST(HostStates, ADivergedHostNeverComesOnlineAndNeverStaysOnlineWhileItAnswers) {
  for (const auto state : kAllHostStates)
    for_each_facts(state, [&](const HostFacts& f) {
      if (!f.diverged || f.is_active_master) return;
      const auto* row = next_state(f, kActive);
      const auto to = row ? row->to : state;
      const bool serves = f.ping == Verdict::good && f.mysql == Verdict::good;
      ASSERT_FALSE(row && to == kOnline);
      ASSERT_FALSE(state == kOnline && serves && to != kFail);
    });
}

TEST(HostStates, NothingComesOnlineThatDoesNotAnswer) {
  for (const auto state : kAllHostStates)
    for_each_facts(state, [&](const HostFacts& f) {
      const auto* row = next_state(f, kActive);
      const bool serves = f.ping == Verdict::good && f.mysql == Verdict::good;
      ASSERT_TRUE(serves || !row || row->to != kOnline);
    });
}

// Goal: facts that stand still never make a host run in circles.
TEST(HostStates, SettlesAfterAtMostThreeChangesWhileNothingElseChanges) {
  for (const auto state : kAllHostStates)
    for_each_facts(state, [&](HostFacts f) {
      int changes = 0;
      while (const auto* row = next_state(f, kActive)) {
        f.state = row->to;
        ASSERT_LE(++changes, 3) << "from " << to_string(state) << ", now " << to_string(f.state);
      }
    });
}

}  // namespace
}  // namespace mmm
