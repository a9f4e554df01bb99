#pragma once
// Makes the faults of a plan happen, and takes them back.

namespace mmm::sim {

struct World;

// Ensures: every fault of the plan will begin, and end at its time.
void schedule_faults(World& world);

}  // namespace mmm::sim
