#pragma once
// One question to a segment, as an agent and the monitor ask it.

#include "io/address/segment.h"
#include "io/async/task.h"
#include "model/messages.h"

namespace mmm {

// Who answers for the address of the question: every hardware address that is heard within 200 ms, or the problem.
// Requires: both outlive the task.
Task<Resolved> answer_of(Segment& segment, const Resolve& question);

}  // namespace mmm
