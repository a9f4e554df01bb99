#include "sim/plan_disasters.h"

namespace mmm::sim {

namespace {

// Everything loses its power. Any subset comes back first, none and all included; the others up to a dozen seconds later.
Fault draw_power_cut(Random& random) {
  Fault fault{.kind = FaultKind::power_cut, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 14s)), .who = kMonitor};
  fault.amount = random.between(100ms, 4s);
  fault.lasts = fault.amount + random.between(Duration{0}, 10s);
  for (Node node = 0; node < kClient; ++node) fault.first_back.set(node, random.chance(0.5));
  return fault;
}

// The masters are where the writer is.
Node draw_host(Random& random) { return random.chance(0.7) ? random.below(2) : random.below(kDatabases); }

Fault draw_lost_disk(Random& random) {
  return {.kind = FaultKind::lose_disk, .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)),
          .lasts = random.between(1s, 12s), .who = draw_host(random)};
}

// The state file of an agent or of the monitor.
Fault draw_disk_fault(Random& random) {
  Fault fault{.at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)), .lasts = random.between(500ms, 12s)};
  fault.who = random.chance(0.3) ? kMonitor : draw_host(random);
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

Fault draw_still_machine(Random& random) {
  return {.kind = random.chance(0.5) ? FaultKind::pause : FaultKind::suspend,
          .at = random.between(kFaultsFrom, TrueTime(kCalmFrom - 12s)),
          .lasts = random.chance(0.3) ? random.between(50ms, 2s) : random.between(1500ms, 12s), .who = draw_host(random)};
}

}  // namespace

void add_disasters(Plan& plan, Random& random) {
  if (random.chance(0.08)) plan.faults.push_back(draw_power_cut(random));
  if (random.chance(0.04)) plan.faults.push_back(draw_lost_disk(random));
  if (random.chance(0.12)) plan.faults.push_back(draw_disk_fault(random));
  if (random.chance(0.12)) plan.faults.push_back(draw_still_machine(random));
}

}  // namespace mmm::sim
