#pragma once
// What every process of ours has in common: it lives, is frozen, dies, starts again; it is woken in time.

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/event_queue.h"
#include "sim/topology.h"

namespace mmm::sim {

struct World;

class Process {
 public:
  Process(World& world, Node machine) : world_(world), machine_(machine) {}
  virtual ~Process() = default;
  Process(const Process&) = delete;

  bool running() const { return running_; }
  bool frozen() const { return frozen_; }
  bool works() const { return running_ && !frozen_; }

  // SIGSTOP: nothing is handled until the thaw, then everything at once, in the order in which it came.
  void freeze();
  void thaw();

 protected:
  using Action = EventQueue::Action;

  void begin_life();
  void end_life();
  // Runs the action in this life of the process: now, at the thaw, or never.
  void handle(Action action);
  void later(Duration wait, Action action);
  // Calls `tick` when the machine's clock shows `at`, once; a later call replaces an earlier one.
  void wake_at(Instant at);
  virtual void tick() = 0;

  World& world_;
  const Node machine_;

 private:
  void set_timer(TrueTime at);

  bool running_ = false, frozen_ = false;
  std::uint64_t life_ = 0;
  std::vector<Action> backlog_;
  Instant wanted_ = kNever;
  std::optional<TrueTime> timer_;      // the earliest that is set
};

}  // namespace mmm::sim
