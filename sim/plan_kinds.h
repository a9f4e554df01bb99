#pragma once
// Schedules of a special kind: what they break is chosen for one question, which a checker of their own answers.

#include "sim/plan.h"

namespace mmm::sim {

// The writer's lease survives when its agent is away for this long: two thirds of it are left when the agent goes, and a
// connection comes back within 0.1 s.
inline constexpr Duration kAgentBack = 1s;
// PlanKind::single_faults: peace after each fault. A connection takes up to 6 s to be whole again after a link was (a held
// packet up to 3 s, a peer's silence 5 s): before that the next fault would be a second one.
inline constexpr Duration kWholeAgain = 6s;

// By the last digit of the seed, so that a general plan's meaning does not depend on what other kinds there are.
PlanKind kind_of(std::uint64_t seed);

// Nothing happens but that processes of ours restart, each within the lease, or are stopped on purpose within the grace: S5
// is judged. (A stop in the middle of a change of the configuration is another question.)
bool only_restarts(const Plan& plan);

// Makes the general plan one of its kind. Ensures: nothing changes where that is `general`.
void shape_by_kind(Plan& plan);

}  // namespace mmm::sim
