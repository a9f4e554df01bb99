#include "sim/plan_disasters.h"

#include <iterator>

namespace mmm::sim {

namespace {

// Everything loses its power. Any subset comes back first, none and all included; the others up to a dozen seconds later.
Fault draw_power_cut(const Topology& topology, Random& random) {
  Fault fault{.kind = FaultKind::power_cut, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 14s)), .who = kMonitor};
  fault.amount = random.between(100ms, 4s);
  fault.lasts = fault.amount + random.between(Duration{0}, 10s);
  topology.each_node([&](Node node) {
    if (node != kClient) fault.first_back.set(node, random.chance(0.5));
  });
  return fault;
}

// The masters are where the writer is.
Node draw_host(const Topology& topology, Random& random) {
  return random.chance(0.7) ? random.below(topology.likely_writers()) : random.below(topology.hosts());
}

Fault draw_lost_disk(const Topology& topology, Random& random) {
  return {.kind = FaultKind::lose_disk, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)),
          .lasts = random.between(1s, 12s), .who = draw_host(topology, random)};
}

// The state file of an agent or of the monitor.
Fault draw_disk_fault(const Topology& topology, Random& random) {
  Fault fault{.at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)), .lasts = random.between(500ms, 12s)};
  fault.who = random.chance(0.3) ? kMonitor : draw_host(topology, random);
  switch (random.below(3)) {
    case 0: fault.kind = FaultKind::fill_disk; break;
    case 1:
      fault.kind = FaultKind::slow_disk;
      fault.amount = random.chance(0.5) ? random.between(20ms, 500ms) : random.between(500ms, 3s);
      break;
    default:
      fault.kind = FaultKind::tear_file;
      if (random.chance(0.6)) fault.lasts = random.between(10ms, 300ms);
  }
  return fault;
}

Fault draw_still_machine(const Topology& topology, Random& random) {
  return {.kind = random.chance(0.5) ? FaultKind::pause : FaultKind::suspend,
          .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)),
          .lasts = random.chance(0.3) ? random.between(50ms, 2s) : random.between(1500ms, 12s), .who = draw_host(topology, random)};
}

Fault draw_bad_server(const Topology& topology, Random& random) {
  return {.kind = random.chance(0.5) ? FaultKind::restart_writable : FaultKind::slow_read_only,
          .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 10s)), .lasts = random.between(20ms, 8s),
          .who = draw_host(topology, random)};
}

// An older copy of an agent's state file, as of a machine that was set back to a snapshot.
Fault draw_restored_file(const Topology& topology, Random& random) {
  Fault fault{.kind = FaultKind::restore_file, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)), .who = draw_host(topology, random)};
  fault.lasts = random.chance(0.6) ? random.between(10ms, 300ms) : random.between(1s, 12s);
  fault.amount = random.between(500ms, Duration(fault.at));
  return fault;
}

// An administrator in a hurry.
void add_commands(Plan& plan, Random& random) {
  const auto from = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s));
  for (auto count = 1 + random.below(4); count > 0; --count) {
    Fault fault{.kind = FaultKind::command, .at = from + random.between(Duration{0}, Duration(10s)), .who = draw_host(plan.topology, random)};
    constexpr Errand kErrands[] = {Errand::force_writer, Errand::unfenced_writer, Errand::unfenced_writer, Errand::move_reader,
                                 Errand::set_online,   Errand::set_ip,          Errand::take_lead,       Errand::ask};
    fault.errand = kErrands[random.below(std::size(kErrands))];
    if (random.chance(0.2)) {
      fault.kind = FaultKind::change_mode;
      fault.manual = random.chance(0.5);
      fault.lasts = random.between(500ms, 10s);
    }
    if (fault.at + fault.lasts > kCalmFrom) fault.lasts = kCalmFrom - fault.at;
    plan.faults.push_back(fault);
  }
}

}  // namespace

void add_disasters(Plan& plan, Random& random) {
  if (random.chance(0.08)) plan.faults.push_back(draw_power_cut(plan.topology, random));
  if (random.chance(0.04)) plan.faults.push_back(draw_lost_disk(plan.topology, random));
  if (random.chance(0.12)) plan.faults.push_back(draw_disk_fault(plan.topology, random));
  if (random.chance(0.12)) plan.faults.push_back(draw_still_machine(plan.topology, random));
  if (random.chance(0.15)) plan.faults.push_back(draw_bad_server(plan.topology, random));
  if (random.chance(0.15)) add_commands(plan, random);
  if (random.chance(0.06)) plan.faults.push_back(draw_restored_file(plan.topology, random));
}

}  // namespace mmm::sim
