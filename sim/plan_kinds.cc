#include "sim/plan_kinds.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "sim/random.h"

namespace mmm::sim {

namespace {

// Every process of ours is killed now and then and is back well within the lease, also several of them at once. What is
// left of a lease when its holder dies is two thirds of it (1.3 s) at least; the same process dies again only after it
// could renew.
void plan_restarts(Plan& plan, Random& random) {
  plan.faults.clear();
  for (std::size_t i = 0; i <= plan.topology.hosts(); ++i) {
    const auto who = plan.topology.node(i);  // every host, then the monitor
    auto at = kFaultsFrom + random.between(Duration{0}, Duration(6s));
    while (at < kCalmFrom - 1s) {
      plan.faults.push_back({.kind = who == kMonitor ? FaultKind::kill_monitor : FaultKind::kill_agent,
                             .at = at, .lasts = random.between(10ms, 300ms), .who = who});
      at += random.chance(0.5) ? random.between(2s, 3s) : random.between(2s, 12s);
    }
  }
}

// One link, or one process of ours.
Fault draw_single_fault(const Topology& topology, Random& random, TrueTime at) {
  Fault fault{.at = at, .lasts = random.chance(0.5) ? random.between(100ms, 2500ms) : random.between(2s, 5s)};
  fault.who = random.below(topology.hosts());
  switch (random.below(6)) {
    case 0:
    case 1: fault.kind = FaultKind::cut_link; break;
    case 2: fault.kind = random.chance(0.5) ? FaultKind::slow_link : FaultKind::lossy_link; break;
    case 3: fault.kind = random.chance(0.5) ? FaultKind::kill_agent : FaultKind::freeze_agent; break;
    case 4: fault.kind = random.chance(0.5) ? FaultKind::kill_monitor : FaultKind::freeze_monitor; break;
    default: fault.kind = FaultKind::isolate; break;  // the monitor's cable
  }
  const bool of_agent = fault.kind == FaultKind::kill_agent || fault.kind == FaultKind::freeze_agent;
  const bool of_monitor = fault.kind == FaultKind::kill_monitor || fault.kind == FaultKind::freeze_monitor ||
                          fault.kind == FaultKind::isolate;
  if (of_monitor) fault.who = kMonitor;
  // The writer's has to be back in time: its lease ends without it.
  if (of_agent && random.chance(0.5)) fault.lasts = random.between(10ms, kAgentBack);
  if (!of_agent && !of_monitor) {
    do fault.other = topology.node(random.below(topology.nodes())); while (fault.other == fault.who);
    fault.one_way = random.chance(0.4);
    if (fault.one_way && random.chance(0.5)) std::swap(fault.who, fault.other);
    fault.amount = random.chance(0.5) ? random.between(5ms, 200ms) : random.between(200ms, 2500ms);
    fault.probability = static_cast<double>(random.between(1, 20)) / 100;
  }
  return fault;
}

// One after the other.
void plan_single_faults(Plan& plan, Random& random) {
  plan.faults.clear();
  auto at = kFaultsFrom + random.between(Duration{0}, Duration(1s));
  while (at < kCalmFrom - 6s) {
    plan.faults.push_back(draw_single_fault(plan.topology, random, at));
    at += plan.faults.back().lasts + kWholeAgain;
  }
}

// Rule 5: the other candidates are away for so long (10 s) that the writer lives without them, and come back while something
// else happens to it or to the monitor.
void plan_pins(Plan& plan, Random& random) {
  constexpr Duration kGone = 10s;
  const auto writer = random.below(plan.topology.likely_writers());
  const auto at = random.between(kFaultsFrom, TrueTime(8s));
  const auto lasts = kGone + random.between(-500ms, 5s);
  plan.faults.clear();
  for (Node host = 0; host < plan.topology.candidates; ++host)
    if (host != writer)
      plan.faults.push_back({.kind = random.chance(0.5) ? FaultKind::kill_agent : FaultKind::isolate,
                             .at = at + random.between(Duration{0}, Duration(300ms)), .lasts = lasts, .who = host});
  // Around the two changes of the set: when it shrinks to nobody, and when it grows again.
  const auto around = at + (random.chance(0.3) ? kGone : lasts);
  for (std::size_t i = 1 + random.below(3); i > 0; --i) {
    Fault fault{.kind = FaultKind::cut_link, .at = around + random.between(-1500ms, 2s), .lasts = random.between(500ms, 8s),
                .who = random.chance(0.8) ? writer : random.below(plan.topology.hosts()), .other = kMonitor};
    fault.one_way = random.chance(0.5);
    if (fault.one_way && random.chance(0.5)) std::swap(fault.who, fault.other);
    switch (random.below(6)) {
      case 0: fault.kind = FaultKind::freeze_agent, fault.who = writer; break;
      case 1: fault.kind = FaultKind::isolate, fault.who = writer; break;
      case 2: fault.kind = FaultKind::slow_link, fault.amount = random.between(100ms, 1500ms); break;
      case 3: fault.kind = FaultKind::kill_agent, fault.who = writer, fault.lasts = random.between(10ms, 3s); break;
      default: break;
    }
    plan.faults.push_back(fault);
  }
  if (random.chance(0.4))
    plan.faults.push_back({.kind = FaultKind::kill_monitor, .at = around + random.between(-1s, 2s),
                           .lasts = random.between(10ms, 3s), .who = kMonitor});
}

// An offer is on its way for longer than the survey before it keeps its target from promising: the writer, which the monitor
// can't reach, is thawed meanwhile, and does not hear of the new generation at once.
void plan_slow_offer(Plan& plan, Random& random) {
  const auto at = random.between(kFaultsFrom, TrueTime(15s));
  const auto writer = random.below(plan.topology.likely_writers());
  const auto target = writer == 0 ? Node{1} : Node{0};
  const auto surveyed = at + random.between(1750ms, 2150ms), late = random.between(5s, 6500ms);
  plan.faults = {{.kind = FaultKind::cut_link, .at = at, .lasts = 14s, .who = writer, .other = kMonitor},
                 {.kind = FaultKind::freeze_agent, .at = at, .lasts = surveyed - at + random.between(500ms, 5500ms), .who = writer},
                 {.kind = FaultKind::slow_link, .at = surveyed, .lasts = late + random.between(100ms, 1500ms), .who = kMonitor,
                  .other = target, .one_way = true, .amount = late},
                 {.kind = FaultKind::cut_link, .at = surveyed + late + random.between(-200ms, 200ms), .lasts = 3s, .who = target,
                  .other = writer, .one_way = true}};
}

// The candidates do not reach each other, so that the monitor alone renews; then the writer, or the monitor, is away.
void plan_grants(Plan& plan, Random& random) {
  const auto at = random.between(kFaultsFrom, TrueTime(18s));
  plan.faults.clear();
  for (Node one = 0; one < plan.topology.candidates; ++one)
    for (Node other = one + 1; other < plan.topology.candidates; ++other)
      plan.faults.push_back({.kind = FaultKind::cut_link, .at = at, .lasts = random.between(8s, 14s), .who = one, .other = other});
  const auto then = at + random.between(4500ms, 6s);  // no promise runs any more
  const auto who = random.below(plan.topology.likely_writers());
  Fault fault{.kind = FaultKind::freeze_agent, .at = then, .lasts = random.between(1500ms, 7s), .who = who};
  switch (random.below(5)) {
    case 0: fault.kind = FaultKind::kill_agent, fault.lasts = random.between(10ms, 3s); break;
    case 1:
    case 2:
      fault.kind = FaultKind::cut_link;
      fault.other = kMonitor;
      fault.one_way = random.chance(0.7);
      if (fault.one_way && random.chance(0.5)) std::swap(fault.who, fault.other);
      break;
    default: break;
  }
  plan.faults.push_back(fault);
  if (random.chance(0.5))
    plan.faults.push_back({.kind = FaultKind::slow_link, .at = then - random.between(100ms, 3s), .lasts = random.between(3s, 8s),
                           .who = who, .other = kMonitor, .amount = random.between(100ms, 1900ms)});
  if (random.chance(0.4))
    plan.faults.push_back({.kind = FaultKind::kill_monitor, .at = then + random.between(-500ms, 2s),
                           .lasts = random.between(10ms, 1s), .who = kMonitor});
  // The role is wanted elsewhere just then, from a writer that says nothing and holds a lease; and what its server was
  // asked while the fence was open is answered when that is closed.
  if (random.chance(0.4))
    plan.faults.push_back({.kind = FaultKind::move_role, .at = then + random.between(50ms, 1500ms), .who = who == 0 ? Node{1} : Node{0}});
  if (random.chance(0.3)) {
    plan.faults.push_back({.kind = FaultKind::kill_agent, .at = then, .lasts = random.between(4s, 7s), .who = who});
    const auto hangs = then + random.between(Duration{0}, Duration(1s));
    plan.faults.push_back({.kind = FaultKind::freeze_mysqld, .at = hangs,
                           .lasts = then + random.between(1500ms, 2700ms) - hangs, .who = who});
  }
  if (random.chance(0.12)) plan_slow_offer(plan, random);
}

// S5 with rule 9: agents are stopped on purpose, one at a time, for longer than a lease and shorter than a grace and than
// reader_ttl lets an address live.
void plan_quiet_graces(Plan& plan, Random& random) {
  plan.faults.clear();
  auto at = kFaultsFrom + random.between(Duration{0}, Duration(1s));
  while (at < kCalmFrom - 7s) {
    plan.faults.push_back({.kind = FaultKind::stop_agent, .at = at, .lasts = random.between(100ms, 6s), .who = random.below(plan.topology.hosts())});
    at += plan.faults.back().lasts + random.between(2500ms, 5s);
  }
}

// Whoever gave the writer time restarts at this moment, and knows only what was on its disk.
void restart_all_givers(Plan& plan, Random& random, Node writer, TrueTime at) {
  for (std::size_t i = 0; i <= plan.topology.hosts(); ++i)  // every host, then the monitor
    if (const auto giver = plan.topology.node(i); giver != writer)
      plan.faults.push_back({.kind = giver == kMonitor ? FaultKind::kill_monitor : FaultKind::kill_agent,
                             .at = at + random.between(Duration{0}, Duration(300ms)), .lasts = random.between(10ms, 300ms), .who = giver});
}

// The same when lease_ttl is lowered: a longer lease still runs, and its holder says nothing any more.
void plan_lower_ttl(Plan& plan, Random& random) {
  const auto who = random.below(plan.topology.likely_writers());
  const auto at = random.between(kFaultsFrom, TrueTime(14s));
  const auto lasts = random.between(2s, 6s);
  plan.faults.push_back({.kind = FaultKind::change_ttl, .at = at, .lasts = lasts, .amount = random.between(4s, 8s)});
  const auto silent = at + lasts + random.between(-1s, 100ms);
  plan.faults.push_back({.kind = random.chance(0.5) ? FaultKind::isolate : FaultKind::freeze_agent, .at = silent,
                         .lasts = random.between(5s, 10s), .who = who});
  restart_all_givers(plan, random, who, at + lasts + random.between(200ms, 1s));
}

// Rule 9: the writer's agent is stopped on purpose, once or twice; while it is away, or has just come back, something else
// happens to it, to those that gave it the time, or to lease_ttl.
void plan_graces(Plan& plan, Random& random) {
  const auto who = random.below(plan.topology.likely_writers());
  const auto other = (who + 1) % plan.topology.likely_writers();
  const auto at = random.between(kFaultsFrom, TrueTime(16s));
  const auto lasts = random.chance(0.5) ? random.between(300ms, 7s) : random.between(5s, 12s);
  plan.faults.clear();
  if (random.chance(0.2)) return plan_lower_ttl(plan, random);
  plan.faults.push_back({.kind = FaultKind::stop_agent, .at = at, .lasts = lasts, .who = who});
  if (random.chance(0.3)) restart_all_givers(plan, random, who, at + random.between(300ms, 3s));
  if (random.chance(0.5))
    plan.faults.push_back({.kind = FaultKind::stop_agent, .at = at + lasts + random.between(100ms, 2500ms),
                           .lasts = random.between(300ms, 12s), .who = who});
  for (std::size_t i = 1 + random.below(3); i > 0; --i) {
    Fault fault{.at = at + random.between(-1s, lasts + 2s), .lasts = random.between(100ms, 5s), .who = who, .other = kMonitor};
    switch (random.below(9)) {
      case 0: fault.kind = FaultKind::kill_monitor, fault.who = kMonitor; break;
      case 1: fault.kind = FaultKind::kill_agent, fault.who = other; break;
      case 2: fault.kind = random.chance(0.5) ? FaultKind::kill_mysqld : FaultKind::freeze_mysqld; break;
      case 3: fault.kind = FaultKind::lose_host, fault.lasts = random.between(1s, 14s); break;
      case 4: fault.kind = FaultKind::isolate; break;
      case 5: fault.kind = FaultKind::cut_link, fault.one_way = random.chance(0.4); break;
      case 6: fault.kind = FaultKind::cut_link, fault.other = other; break;
      case 7: fault.kind = FaultKind::move_role, fault.who = other; break;
      default:
        fault.kind = FaultKind::change_ttl;
        fault.amount = random.between(300ms, 5s);
        fault.lasts = random.between(1s, 12s);
    }
    plan.faults.push_back(fault);
  }
  if (random.chance(0.4))
    plan.faults.push_back({.kind = FaultKind::isolate, .at = at + lasts + random.between(-500ms, 6s), .lasts = random.between(3s, 12s), .who = who});
  for (auto& fault : plan.faults) fault.at = std::clamp(fault.at, kFaultsFrom, TrueTime(kCalmFrom - 100ms));
}

// The first monitor and one master here, the second monitor and the other hosts there: each side has what could be a
// writer.
void split_between_monitors(Plan& plan, SecondPlan& second, Random& random) {
  const auto here = random.below(plan.topology.likely_writers());
  const auto at = second.at + random.between(-3s, 2s);
  const auto lasts = random.between(8s, 14s);
  const auto cut = [&](Node one, Node other) {
    plan.faults.push_back({.kind = FaultKind::cut_link, .at = at, .lasts = lasts, .who = one, .other = other});
  };
  cut(here, kClient);
  for (Node there = 0; there < plan.topology.hosts(); ++there) {
    if (there == here) continue;
    cut(there, here);
    cut(there, kMonitor);
  }
  second.until = std::min(std::max(second.until, at + lasts), kCalmFrom);
}

// Rule 1's traps. The first monitor is away, and is restarted so often that its leadership is the higher one; the second leads
// meanwhile. Then the first one reaches a single candidate, which nobody else reaches. In half of the cases it leads by a word
// that lies on its disk, since a host was missing.
void plan_returning_monitor(Plan& plan, SecondPlan& second, Random& random) {
  const bool word = random.chance(0.5);
  const auto away = word ? random.between(10s, TrueTime(13s)) : random.between(kFaultsFrom, TrueTime(12s));
  const auto back = away + random.between(5500ms, 7s), end = back + random.between(7s, 10s);
  const auto alone = random.below(plan.topology.likely_writers());
  second = {.at = away + random.between(300ms, 1s), .until = end};
  plan.faults.clear();
  const auto cut = [&](Node one, Node other, TrueTime from, TrueTime to) {
    plan.faults.push_back({.kind = FaultKind::cut_link, .at = from, .lasts = to - from, .who = one, .other = other});
  };
  for (Node host = 0; host < plan.topology.hosts(); ++host) {
    cut(host, kMonitor, away, host == alone ? back : end);
    if (host != alone) cut(host, alone, back - 300ms, end);
  }
  cut(alone, kClient, back - 2600ms, end);
  auto restart = away + 500ms;
  for (auto i = 2 + random.below(3); i > 0; --i, restart += 700ms)
    plan.faults.push_back({.kind = FaultKind::kill_monitor, .at = restart, .lasts = random.between(10ms, 300ms), .who = kMonitor});
  if (!word) return;
  plan.faults.push_back({.kind = FaultKind::lose_host, .at = 4s, .lasts = away - 4s, .who = plan.topology.hosts() - 1});
  plan.faults.push_back({.kind = FaultKind::tear_file, .at = 4100ms, .lasts = 200ms, .who = kMonitor});
  for (const TrueTime asked : {6800ms, 8000ms})
    plan.faults.push_back({.kind = FaultKind::command, .at = asked, .errand = Errand::take_lead});
}

// Rule 2. The role moves while some hosts don't hear the monitor; then that one dies, and the two that know of the move are off.
// The next monitor leads by an operator's word, and hears of the later generation when they are back.
void plan_unheard_generation(Plan& plan, SecondPlan& second, Random& random) {
  const auto moved = random.between(TrueTime(7s), TrueTime(16s));
  plan.faults = {{.kind = FaultKind::move_role, .at = moved, .who = random.below(plan.topology.likely_writers())}};
  for (Node host = 0; host < plan.topology.hosts(); ++host) {
    if (host >= 2)
      plan.faults.push_back({.kind = FaultKind::cut_link, .at = moved - 200ms, .lasts = 3s, .who = host, .other = kMonitor});
    else
      plan.faults.push_back({.kind = FaultKind::lose_host, .at = moved + random.between(200ms, 1s), .lasts = random.between(8s, 14s), .who = host});
  }
  second = {.at = moved + random.between(500ms, 2s), .file = static_cast<StateFile>(random.below(3))};
  second.first_dies = moved + random.between(200ms, 1s);
  second.copied_at = second.at - random.between(1s, 3s);
}

// A second monitor, and what makes it dangerous: the first one is away for a while, or for good, with a host that can't be
// asked.
void plan_second_monitor(Plan& plan, Random& random) {
  SecondPlan second{.at = random.between(TrueTime(5s), TrueTime(24s))};
  second.until = second.at + random.between(2s, 12s);
  second.file = static_cast<StateFile>(random.below(3));
  second.copied_at = random.between(TrueTime(1s), second.at);
  // What only one agent knew, and is set back there, a monitor that never heard of it can't know (docs/lease.md).
  std::erase_if(plan.faults, [](const Fault& fault) { return fault.kind == FaultKind::lossy_link || fault.kind == FaultKind::restore_file; });
  if (random.chance(0.5)) {
    // What a monitor's configuration lacks it can't ask: it must not be one whose acknowledgements count.
    if (plan.topology.slaves > 0 && random.chance(0.3) && !plan.semi_sync) second.lacks = plan.topology.hosts() - 1;
    if (random.chance(0.7))
      plan.faults.push_back({.kind = random.chance(0.6) ? FaultKind::freeze_monitor : FaultKind::isolate,
                             .at = second.at + random.between(-2s, 3s), .lasts = random.between(2s, 8s), .who = kMonitor});
  } else {
    second.first_dies = second.at + random.between(-4s, 4s);
    const auto lost = random.chance(0.7) ? 1 + random.below(2) : 0;
    for (std::size_t i = 0; i < lost; ++i)
      plan.faults.push_back({.kind = FaultKind::lose_host, .at = second.at + random.between(-1s, 3s),
                             .lasts = random.between(3s, 12s), .who = random.below(plan.topology.hosts())});
    // The administrator is listened to where nothing begins meanwhile.
    std::erase_if(plan.faults, [&](const Fault& fault) {
      return fault.kind != FaultKind::lose_host && fault.at > second.at + 2s && fault.at < second.at + 7s;
    });
  }
  if (!second.first_dies && plan.seed / 10 % 4 == 2) split_between_monitors(plan, second, random);
  // Of before a candidate was there: what that one accepted counts for this monitor, too (rule 1).
  const bool may_lack = !second.first_dies && !plan.semi_sync && plan.topology.candidates > 2;  // two make a configuration
  if (may_lack && random.chance(0.5)) second.lacks = random.below(plan.topology.candidates);
  if (random.chance(0.1)) plan_returning_monitor(plan, second, random);
  else if (random.chance(0.07)) plan_unheard_generation(plan, second, random);
  for (auto& fault : plan.faults) fault.at = std::max(fault.at, kFaultsFrom);
  plan.second = second;
}

// A busy machine: our processes get their turn late, again and again, and now and then that is more than a lease lasts.
void add_busy_machines(Plan& plan, Random& random) {
  while (random.chance(0.15)) {
    Fault fault{.kind = FaultKind::busy, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 1s)), .lasts = random.between(500ms, 15s)};
    fault.who = plan.topology.node(random.below(plan.topology.hosts() + 1));  // a host, or the monitor
    fault.amount = random.chance(0.7) ? random.between(1ms, 100ms) : random.between(100ms, 3s);
    plan.faults.push_back(fault);
  }
}

// The monitor is a virtual machine, too.
void add_still_monitor(Plan& plan, Random& random) {
  constexpr std::ptrdiff_t kOthers = 2;
  const auto fits = [](const Fault& fault) {
    const bool its_process = fault.kind == FaultKind::kill_monitor || fault.kind == FaultKind::freeze_monitor ||
                             (fault.kind == FaultKind::tear_file && fault.who == kMonitor);
    return !its_process && fault.kind != FaultKind::power_cut;
  };
  if (!random.chance(0.04) || std::ranges::count_if(plan.faults, fits) < kOthers) return;
  std::erase_if(plan.faults, std::not_fn(fits));
  plan.faults.push_back({.kind = random.chance(0.5) ? FaultKind::pause : FaultKind::suspend,
                         .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 1s)), .lasts = random.between(50ms, 15s), .who = kMonitor});
}

}  // namespace

bool only_restarts(const Plan& plan) {
  const bool quiet_graces = plan.kind == PlanKind::graces && plan.seed / 10 % 3 == 0;
  return plan.kind == PlanKind::restarts || (quiet_graces && plan.changes.empty());
}

PlanKind kind_of(std::uint64_t seed) {
  switch (seed % 10) {
    case 2: return PlanKind::grants;
    case 3: return PlanKind::restarts;
    case 5: return PlanKind::single_faults;
    case 6: return PlanKind::pins;
    case 8: return PlanKind::second_monitor;
    case 9: return PlanKind::graces;
    default: return PlanKind::general;
  }
}

void shape_by_kind(Plan& plan) {
  plan.kind = kind_of(plan.seed);
  Random random(plan.seed ^ 0x6B696E64u);
  random.next();
  switch (plan.kind) {
    case PlanKind::general:
      add_busy_machines(plan, random);
      add_still_monitor(plan, random);
      break;
    case PlanKind::restarts: plan_restarts(plan, random); break;
    case PlanKind::grants: plan_grants(plan, random); break;
    case PlanKind::pins: plan_pins(plan, random); break;
    case PlanKind::second_monitor: plan_second_monitor(plan, random); break;
    case PlanKind::graces: only_restarts(plan) ? plan_quiet_graces(plan, random) : plan_graces(plan, random); break;
    case PlanKind::single_faults: plan_single_faults(plan, random); break;
  }
  for (auto& fault : plan.faults) fault.lasts = std::min(fault.lasts, kCalmFrom - fault.at);
  if (plan.kind != PlanKind::general) plan.skip_slave_start = false;
  std::ranges::stable_sort(plan.faults, {}, &Fault::at);
}

std::string describe(const SecondPlan& second) {
  const auto file = second.file == StateFile::copied ? std::string("a copy of the first one's state file")
                    : second.file == StateFile::old
                        ? fmt::format("the first one's state file of {:.3f} s", seconds(second.copied_at))
                        : std::string("no state file");
  return fmt::format("{}{}", file, second.lacks ? fmt::format(" and a configuration without {}", name_of(*second.lacks)) : "");
}

}  // namespace mmm::sim
