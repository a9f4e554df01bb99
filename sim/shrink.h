#pragma once
// A failing schedule made short: what is left is needed for the failure.

#include "sim/batch.h"

namespace mmm::sim {

// Leaves out faults and shortens others for as long as the same checker speaks first. Not the least of all plans: one from
// which nothing more can be taken away alone. A plan that violates nothing is left as it is.
Plan shrink(Plan plan);

}  // namespace mmm::sim
