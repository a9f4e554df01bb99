#include "sim/plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/plan_changes.h"
#include "sim/plan_disasters.h"
#include "sim/plan_kinds.h"
#include "sim/random.h"

namespace mmm::sim {

namespace {

// How often each kind is drawn, of about a hundred. What the protocol is about comes most.
constexpr struct {
  FaultKind kind;
  int weight;
} kKinds[] = {
    {FaultKind::kill_mysqld, 10}, {FaultKind::kill_agent, 9},   {FaultKind::kill_monitor, 9},
    {FaultKind::freeze_mysqld, 4}, {FaultKind::freeze_agent, 10}, {FaultKind::freeze_monitor, 6},
    {FaultKind::lose_host, 7},    {FaultKind::cut_link, 12},    {FaultKind::isolate, 8},
    {FaultKind::slow_link, 6},    {FaultKind::lossy_link, 3},   {FaultKind::lag, 4},
    {FaultKind::stop_applier, 3}, {FaultKind::move_role, 7},    {FaultKind::set_offline, 4},
};

// Faults lie around the lease's length, where the protocol is decided, or well beyond it.
Duration draw_length(Random& random) {
  switch (random.below(4)) {
    case 0: return random.between(20ms, 500ms);
    case 1: return random.between(500ms, 2500ms);
    case 2: return random.between(1800ms, 6s);
    default: return random.between(3s, 15s);
  }
}

FaultKind draw_kind(Random& random) {
  int total = 0;
  for (const auto& [kind, weight] : kKinds) total += weight;
  auto ticket = static_cast<int>(random.below(static_cast<std::size_t>(total)));
  for (const auto& [kind, weight] : kKinds)
    if ((ticket -= weight) < 0) return kind;
  return kKinds[0].kind;
}

// Most clocks are nearly right; some are as wrong as the protocol allows.
std::int64_t draw_rate(Random& random) {
  switch (random.below(4)) {
    case 0: return 10'000;
    case 1: return -10'000;
    case 2: return random.between(-10'000, 10'000);
    default: return random.between(-100, 100);
  }
}

Fault draw_fault(const Topology& topology, Random& random, TrueTime at) {
  Fault fault{.kind = draw_kind(random), .at = at, .lasts = draw_length(random)};
  // The masters are where the writer is.
  fault.who = random.chance(0.7) ? random.below(topology.likely_writers()) : random.below(topology.hosts());
  switch (fault.kind) {
    case FaultKind::kill_agent: fault.lasts = random.between(10ms, 300ms); break;
    case FaultKind::kill_monitor:
      fault.who = kMonitor;
      if (random.chance(0.5)) fault.lasts = random.between(10ms, 300ms);
      break;
    case FaultKind::freeze_monitor: fault.who = kMonitor; break;
    case FaultKind::cut_link:
    case FaultKind::slow_link:
    case FaultKind::lossy_link:
      // Any two ends; the monitor's links are the ones that decide.
      if (random.chance(0.6)) fault.other = kMonitor;
      else do fault.other = topology.node(random.below(topology.nodes())); while (fault.other == fault.who);
      fault.one_way = random.chance(0.4);
      if (fault.one_way && random.chance(0.5)) std::swap(fault.who, fault.other);
      fault.amount = random.chance(0.5) ? random.between(5ms, 200ms) : random.between(200ms, 2500ms);
      fault.probability = static_cast<double>(random.between(1, 20)) / 100;
      break;
    case FaultKind::isolate: fault.who = random.chance(0.2) ? kMonitor : fault.who; break;
    case FaultKind::lag: fault.amount = random.between(100ms, 12s); break;
    default: break;
  }
  if (fault.at + fault.lasts > kCalmFrom) fault.lasts = kCalmFrom - fault.at;
  return fault;
}

// Two faults that only together touch the protocol's edge: answers are slow, and their reader stops, or its questions
// don't get through, while some of them are on their way.
void add_duet(Plan& plan, Random& random) {
  const auto at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 14s));
  const auto who = random.below(plan.topology.likely_writers());
  plan.faults.push_back({.kind = FaultKind::slow_link, .at = at, .lasts = random.between(3s, 12s), .who = who,
                         .other = kMonitor, .amount = random.between(100ms, 1900ms)});
  Fault second{.kind = FaultKind::freeze_agent, .at = at + random.between(1s, 4s), .lasts = random.between(1500ms, 6s),
               .who = who};
  if (random.chance(0.5)) {
    second.kind = FaultKind::cut_link;
    second.other = kMonitor;
    second.one_way = true;
  }
  plan.faults.push_back(second);
}

// The monitor loses the writer, which lives on promises; then those who promised restart, or lose it, too.
void add_trio(Plan& plan, Random& random) {
  const auto at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 14s));
  const auto writer = random.below(plan.topology.likely_writers());
  plan.faults.push_back({.kind = FaultKind::cut_link, .at = at, .lasts = random.between(4s, 13s), .who = writer, .other = kMonitor});
  for (Node other = 0; other < plan.topology.hosts(); ++other) {
    if (other == writer || random.chance(0.3)) continue;
    Fault second{.kind = FaultKind::kill_agent, .at = at + random.between(500ms, 6s), .lasts = random.between(10ms, 300ms),
                 .who = other};
    if (random.chance(0.5)) {
      second = {.kind = FaultKind::cut_link, .at = second.at, .lasts = random.between(500ms, 6s), .who = other, .other = writer,
                .one_way = random.chance(0.3)};
    }
    plan.faults.push_back(second);
  }
}

Topology draw_topology(std::uint64_t seed, Scale scale) {
  Random random(seed ^ 0x746F706Fu);
  random.next();
  if (scale == Scale::changing) return {.candidates = 2 + random.below(3), .slaves = 1 + random.below(3)};
  const auto candidates = kCandidatesMin + random.below(kCandidatesMax - kCandidatesMin + 1);
  return {.candidates = candidates, .slaves = random.below(kSlavesMax + 1)};
}

std::string names(const NodeSet& nodes) {
  std::string list;
  for (Node node = 0; node < kNodesMax; ++node)
    if (nodes.test(node)) list += fmt::format(" {}", name_of(node));
  return list.empty() ? " none" : list;
}

}  // namespace

Plan make_plan(std::uint64_t seed, Scale scale) {
  Random random(seed ^ 0x6D6D6D33u);
  random.next();
  Plan plan{.seed = seed, .scale = scale};
  plan.semi_sync = random.chance(0.6);
  plan.fence = random.chance(0.6);
  if (random.chance(0.3)) plan.topology = {.candidates = 3, .slaves = 0};
  if (scale != Scale::standard) plan.topology = draw_topology(seed, scale);
  plan.layout = layout_of(plan.topology);
  const bool skip_slave_start = random.chance(0.25);
  plan.link_delay = random.between(80us, 600us);
  plan.write_every = random.between(60ms, 250ms);
  plan.topology.each_node([&](Node node) { plan.clock_ppm[node] = draw_rate(random); });
  const auto count = 3 + random.below(5);
  // Half of the schedules crowd their faults: two things that break within a lease are what protocols die of.
  const bool crowded = random.chance(0.5);
  const auto from = crowded ? random.between(kFaultsFrom, TrueTime(20s)) : kFaultsFrom;
  const auto to = crowded ? from + 10s : TrueTime(kCalmFrom - 1s);
  for (std::size_t i = 0; i < count; ++i) plan.faults.push_back(draw_fault(plan.topology, random, random.between(from, to)));
  if (random.chance(0.25)) add_duet(plan, random);
  if (random.chance(0.25)) add_trio(plan, random);
  add_disasters(plan, random);
  // An agent that finds replication stopped when it starts leaves it alone: it can't know who stopped it (MMM 2 didn't
  // either). So the two don't come together here.
  plan.skip_slave_start = skip_slave_start && std::ranges::none_of(plan.faults, [](const Fault& fault) {
    return fault.kind == FaultKind::kill_agent || fault.kind == FaultKind::tear_file || fault.kind == FaultKind::restore_file ||
           fault.kind == FaultKind::lose_host || fault.kind == FaultKind::lose_disk ||
           fault.kind == FaultKind::power_cut;
  });
  std::ranges::stable_sort(plan.faults, {}, &Fault::at);
  shape_by_kind(plan);
  if (scale == Scale::changing) add_changes(plan);
  return plan;
}

std::string describe(const Fault& fault) {
  const auto who = name_of(fault.who), other = name_of(fault.other);
  const auto lasts = seconds(fault.lasts), amount = seconds(fault.amount);
  const auto arrow = fault.one_way ? "->" : "<->";
  switch (fault.kind) {
    case FaultKind::kill_mysqld: return fmt::format("mysqld of {} is killed, starts again after {:.3f} s", who, lasts);
    case FaultKind::kill_agent: return fmt::format("the agent of {} is killed, starts again after {:.3f} s", who, lasts);
    case FaultKind::kill_monitor: return fmt::format("the monitor is killed, starts again after {:.3f} s", lasts);
    case FaultKind::freeze_mysqld: return fmt::format("mysqld of {} is frozen for {:.3f} s", who, lasts);
    case FaultKind::freeze_agent: return fmt::format("the agent of {} is frozen for {:.3f} s", who, lasts);
    case FaultKind::freeze_monitor: return fmt::format("the monitor is frozen for {:.3f} s", lasts);
    case FaultKind::busy:
      return fmt::format("the machine of {} is busy for {:.3f} s: MMM does everything up to {:.3f} s late", who, lasts, seconds(fault.amount));
    case FaultKind::lose_host: return fmt::format("{} loses its power for {:.3f} s", who, lasts);
    case FaultKind::lose_disk: return fmt::format("{} loses its power for {:.3f} s, and its disk for ever", who, lasts);
    case FaultKind::power_cut:
      return fmt::format("everything loses its power;{} come back after {:.3f} s, the others after {:.3f} s",
                         names(fault.first_back), amount, lasts);
    case FaultKind::pause: return fmt::format("the virtual machine {} is paused for {:.3f} s", who, lasts);
    case FaultKind::suspend: return fmt::format("{} is suspended for {:.3f} s", who, lasts);
    case FaultKind::restart_writable:
      return fmt::format("mysqld of {} is killed, starts again after {:.3f} s, WRITABLE", who, lasts);
    case FaultKind::slow_read_only: return fmt::format("a long transaction on {} holds read_only up for {:.3f} s", who, lasts);
    case FaultKind::change_mode:
      return fmt::format("the administrator sets the monitor {} for {:.3f} s", fault.manual ? "manual" : "passive", lasts);
    case FaultKind::command: return fmt::format("the administrator does what nobody asked for, to {}", who);
    case FaultKind::fill_disk: return fmt::format("the state file of {} can't be written for {:.3f} s: no space", who, lasts);
    case FaultKind::slow_disk:
      return fmt::format("each write of {}'s state file takes {:.3f} s longer for {:.3f} s", who, amount, lasts);
    case FaultKind::tear_file:
      return fmt::format("the process of MMM on {} is killed and its state file torn; it starts again after {:.3f} s", who, lasts);
    case FaultKind::restore_file:
      return fmt::format("the agent of {} is killed and its state file replaced by that of {:.3f} s before; it starts again after {:.3f} s",
                         who, amount, lasts);
    case FaultKind::cut_link: return fmt::format("the link {}{}{} is cut for {:.3f} s", who, arrow, other, lasts);
    case FaultKind::isolate: return fmt::format("{} is cut off from everyone for {:.3f} s", who, lasts);
    case FaultKind::slow_link:
      return fmt::format("the link {}{}{} is {:.3f} s slower for {:.3f} s", who, arrow, other, amount, lasts);
    case FaultKind::lossy_link:
      return fmt::format("the link {}{}{} loses {:.0f} % and repeats as many for {:.3f} s", who, arrow, other, fault.probability * 100, lasts);
    case FaultKind::lag: return fmt::format("the applier of {} is {:.3f} s late for {:.3f} s", who, amount, lasts);
    case FaultKind::stop_applier: return fmt::format("the applier of {} is broken for {:.3f} s", who, lasts);
    case FaultKind::move_role: return fmt::format("the administrator wants the writer on {}", who);
    case FaultKind::stop_agent: return fmt::format("the agent of {} is stopped on purpose, starts again after {:.3f} s", who, lasts);
    case FaultKind::change_ttl: return fmt::format("lease_ttl becomes {:.3f} s for {:.3f} s", amount, lasts);
    case FaultKind::set_offline: return fmt::format("the administrator sets {} offline for {:.3f} s", who, lasts);
  }
  return "?";
}

}  // namespace mmm::sim
