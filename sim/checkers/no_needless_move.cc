#include "sim/checkers/no_needless_move.h"

#include <algorithm>

#include "sim/plan_kinds.h"
#include "sim/world.h"

namespace mmm::sim {

std::optional<Node> NoNeedlessMove::accepting() const {
  for (const auto& host : world_.hosts)
    if (host->accepts_writes()) return host->id;
  return std::nullopt;
}

// A host that comes or goes may take the role with it.
bool NoNeedlessMove::judges_schedule() const {
  return world_.plan.kind == PlanKind::single_faults && world_.plan.changes.empty();
}

bool NoNeedlessMove::may_move() const {
  return std::ranges::any_of(world_.plan.faults, [this](const Fault& fault) {
    const bool agent = fault.kind == FaultKind::kill_agent || fault.kind == FaultKind::freeze_agent;
    const bool silences = agent && fault.who == writer_ && fault.lasts > kAgentBack;
    return silences && world_.now() >= fault.at && world_.now() < fault.at + fault.lasts + kWholeAgain;
  });
}

void NoNeedlessMove::state_changed() {
  if (!judges_schedule()) return;
  const auto now = accepting();
  moves_ = moves_ || may_move();
  if (moves_ && !now) return;  // on the way
  if (world_.now() < kFaultsFrom || moves_) writer_ = now;
  moves_ = may_move();
  if (now == writer_) return;
  world_.violate("needless", fmt::format("one link or process was at fault, {} is healthy, and {}",
                                         writer_ ? name_of(*writer_) : "nobody",
                                         now ? fmt::format("{} accepts writes instead", name_of(*now))
                                             : std::string("it accepts no writes any more")));
}

void NoNeedlessMove::at_end() {
  if (!judges_schedule() || !writer_ || moves_) return;
  const auto& given = world_.monitor.brain().book().assignment().writer;
  if (given != name_of(*writer_))
    world_.violate("needless", fmt::format("the monitor gave the role of {}, which is healthy, to {}", name_of(*writer_), given));
}

}  // namespace mmm::sim
