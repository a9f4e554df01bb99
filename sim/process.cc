#include "sim/process.h"

#include <utility>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// An event loop that asks to be woken now comes round again after this time. It also shows a core that asks for ever:
// the schedule then has far too many steps.
constexpr Duration kLoopRound = 50us;

}  // namespace

Process::Process(World& world, Node machine) : world_(world), queue_(world.queue), machine_(machine) {}

void Process::begin_life() {
  ++life_;
  running_ = true;
  frozen_ = false;
  backlog_.clear();
  wanted_ = kNever;
  timer_.reset();
  world_.process_changed();
}

void Process::end_life() {
  ++life_;
  running_ = frozen_ = false;
  backlog_.clear();
  world_.process_changed();
}

void Process::freeze() {
  if (!running_ || frozen_) return;
  frozen_ = true;
  world_.process_changed();
}

void Process::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  world_.process_changed();
  const auto life = life_;
  auto backlog = std::exchange(backlog_, {});
  for (auto& action : backlog) {
    if (life != life_) return;
    action();
  }
}

void Process::be_late(Duration most, Random random) {
  late_by_ = most;
  late_random_ = random;
  world_.process_changed();
}

void Process::put_off(Action action) {
  // Of two at the same time the queue takes the earlier one first.
  last_due_ = std::max(last_due_, queue_.now() + late_random_.between(Duration{0}, late_by_));
  queue_.at(last_due_, [this, life = life_, action = std::move(action)]() mutable {
    if (life == life_ && running_) handle_now(std::move(action));
  });
}

void Process::wake_at(Instant at) {
  wanted_ = at;
  if (at == kNever) return;
  set_timer(std::max(world_.clock(machine_).when(at), world_.now() + kLoopRound));
}

void Process::set_timer(TrueTime at) {
  if (timer_ && *timer_ <= at) return;  // looks again when that one rings
  timer_ = at;
  queue_.at(at, [this, life = life_, at] {
    if (life != life_ || timer_ != at) return;
    timer_.reset();
    handle([this] {
      if (wanted_ == kNever) return;
      if (world_.local(machine_) < wanted_) return set_timer(world_.clock(machine_).when(wanted_));
      wanted_ = kNever;
      tick();
    });
  });
}

}  // namespace mmm::sim
