// fence_cmd: the last step of a writer whose lease has ended, after read_only was set and its clients' sessions were ended,
// or could not be.

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

// Room for read_only, the sessions that hold it up, and read_only again (1.5 s, 2 s, 1.5 s).
constexpr Duration kStopBound = 5s;

}  // namespace

void Brain::lose_lease(Generation generation) {
  note(Severity::error, "the lease has ended and nobody renewed it: stops writes, ends sessions, drops the address");
  if (config_.fence_cmd.empty() || (memory_.fenced && *memory_.fenced >= generation)) return;
  fencing_ = Fencing{generation, now_ + kStopBound};
}

void Brain::settle_fence_command() {
  if (memory_.fenced && fenced_and_back()) problems_.erase(std::string(kFenceCommand));
  if (!fencing_) return;
  const bool renewed = entitled();
  if (renewed || mysqld_ == Life::down) {
    note(Severity::info, fmt::format("fence_cmd is not run for generation {}: {}", fencing_->generation.value,
                                     renewed ? "this host holds a lease again" : "mysqld is down"));
    fencing_.reset();
    return;
  }
  const bool stopped = read_only_ == true;
  const bool all_done = stopped && !end_sessions_ && lane_free(Lane::writer);
  if (!all_done && now_ < fencing_->give_up_at) return wake_at(fencing_->give_up_at);
  if (!try_run(FenceCommand{fencing_->generation, stopped})) return;
  note(Severity::warning, fmt::format("runs fence_cmd for generation {}: {}", fencing_->generation.value,
                                      all_done  ? "read_only is set, the sessions are ended"
                                      : stopped ? "read_only is set, but some sessions could not be ended in time"
                                                : "read_only could not be set in time"));
  memory_.fenced = fencing_->generation;
  persist();
  fencing_.reset();
}

// A failed fence_cmd is shown until the host is in service again.
bool Brain::fenced_and_back() const {
  if (entitled()) return true;
  const auto* plan = own_plan();
  return plan && plan->state == HostState::online && memory_.accepted.generation > *memory_.fenced;
}

}  // namespace mmm::agent
