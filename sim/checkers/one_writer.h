#pragma once
// S1: at no instant do two hosts accept writes through the writer's address.

#include "sim/checkers/checker.h"

namespace mmm::sim {

// Accepts writes: a commit acknowledgement of this host can reach a client through the writer's address. Exactly:
//
//   - the machine has power and its kernel holds the address (from an interface without it nothing can be sent from it,
//     and nothing to it is taken), and
//   - mysqld runs, is not frozen, and read_only is off. A commit that was let in before read_only went on can't be
//     acknowledged afterwards: SET GLOBAL read_only waits for it, and
//   - the write fence, where there is one, lets packets pass.
//
// A machine that was paused or suspended goes on with what was left of its kernel's timers, and no process on it can close
// the fence before it runs: rule 12 documents that limit. So such a host is left out for the rest of a lease after it
// resumed, and not a moment longer.
//
// Whether a client can be reached is left out: some client stands on the same side of any cut. Besides, no acknowledgement
// leaves a host while another one accepts writes.
class OneWriter : public Checker {
 public:
  using Checker::Checker;
  void state_changed() override;
  void acknowledges(Node host) override;
};

}  // namespace mmm::sim
