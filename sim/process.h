#pragma once
// What every process of ours has in common: it lives, is frozen, dies, starts again; it is woken in time.

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/event_queue.h"
#include "sim/random.h"
#include "sim/topology.h"

namespace mmm::sim {

struct World;

class Process {
 public:
  Process(World& world, Node machine);
  virtual ~Process() = default;
  Process(const Process&) = delete;

  Node machine() const { return machine_; }
  bool running() const { return running_; }
  bool frozen() const { return frozen_; }
  bool works() const { return running_ && !frozen_; }

  // SIGSTOP: nothing is handled until the thaw, then everything at once, in the order in which it came.
  void freeze();
  void thaw();
  // The machine is busy: whatever comes is handled late, by up to this, still in the order in which it came. 0: no more.
  void be_late(Duration most, Random random);
  // An answer that takes three steps comes within a silence that MMM bears (2.5 s).
  bool is_prompt() const { return late_by_ <= Duration(800ms); }

 protected:
  using Action = EventQueue::Action;

  void begin_life();
  void end_life();
  // Runs the action in this life of the process: now, at the thaw, or never.
  template <std::invocable F>
  void handle(F&& action) {
    if (!running_) return;
    if (is_late()) put_off(std::forward<F>(action));
    else handle_now(std::forward<F>(action));
  }
  template <std::invocable F>
  void later(Duration wait, F action) {
    queue_.after(wait, [this, life = life_, action = std::move(action)]() mutable {
      if (life == life_) handle(std::move(action));
    });
  }
  // Calls `tick` when the machine's clock shows `at`, once; a later call replaces an earlier one.
  void wake_at(Instant at);
  virtual void tick() = 0;

  World& world_;
  EventQueue& queue_;
  const Node machine_;

 private:
  void set_timer(TrueTime at);
  template <std::invocable F>
  void handle_now(F&& action) {
    if (frozen_) backlog_.push_back(std::forward<F>(action));
    else action();
  }
  // Also while something waits from the time when it was.
  bool is_late() const { return late_by_ > Duration{0} || queue_.now() < last_due_; }
  void put_off(Action action);

  bool running_ = false, frozen_ = false;
  std::uint64_t life_ = 0;
  std::vector<Action> backlog_;
  Duration late_by_{0};                // at most
  TrueTime last_due_{0};               // when the last that was put off is handled
  Random late_random_{0};
  Instant wanted_ = kNever;
  std::optional<TrueTime> timer_;      // the earliest that is set
};

}  // namespace mmm::sim
