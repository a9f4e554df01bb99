#pragma once
// The rare, great faults: drawn apart from the others, so that each share of schedules is set here alone.

#include "sim/plan.h"
#include "sim/random.h"

namespace mmm::sim {

// Adds to a share of the plans what befalls whole machines and all that is on them.
void add_disasters(Plan& plan, Random& random);

}  // namespace mmm::sim
