#pragma once
// Schedules in which the configuration changes while everything runs: hosts come and go, candidates too.

#include "sim/plan.h"

namespace mmm::sim {

// Draws the changes, the layout before them included. A schedule of PlanKind::restarts loses its faults: only the programs
// restart, one after the other, each with the new configuration. Ensures: every program has it before kCalmFrom.
void add_changes(Plan& plan);

}  // namespace mmm::sim
