#pragma once
// No needless fail-over: while the writer's server is healthy and one link, or one process of ours, is at fault, the
// writer's role stays where it is.

#include <optional>

#include "sim/checkers/checker.h"

namespace mmm::sim {

// Judges the schedules of PlanKind::single_faults. The host that accepts writes when the first fault begins accepts them
// throughout, and the monitor gives the role to nobody else. Whether a client gets through is another question: its own
// link may be the one that is cut. While a writer's agent is away for longer than its lease nothing is judged: nobody can
// renew that, and nobody else knows why. Whoever accepts writes when that is over has to keep the role.
class NoNeedlessMove : public Checker {
 public:
  using Checker::Checker;
  void state_changed() override;
  void at_end() override;

 private:
  std::optional<Node> accepting() const;
  bool judges_schedule() const;
  bool may_move() const;

  std::optional<Node> writer_;       // when the first fault began, or a move that was none of the needless was over
  bool moves_ = false;               // the role may move, or did, and nobody serves yet
};

}  // namespace mmm::sim
