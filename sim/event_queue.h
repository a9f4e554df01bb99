#pragma once
// Virtual time: what happens next, and when.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace mmm::sim {

// True time: nanoseconds since the schedule began. No process of ours can see it; each sees its machine's Clock.
using TrueTime = Duration;

class EventQueue {
 public:
  using Action = std::move_only_function<void()>;

  TrueTime now() const { return now_; }

  // Ensures: actions of one instant run in the order in which they were added.
  void at(TrueTime when, Action&& action) {
    heap_.push_back({std::max(when, now_), next_++, store(std::move(action))});
    std::ranges::push_heap(heap_, Later{});
  }
  void after(Duration wait, Action&& action) { at(now_ + wait, std::move(action)); }

  // Runs the next action. Ensures: returns false when nothing is left that happens before `end`.
  bool run_next(TrueTime end) {
    if (heap_.empty() || heap_.front().when >= end) return false;
    std::ranges::pop_heap(heap_, Later{});
    const auto entry = heap_.back();
    heap_.pop_back();
    now_ = entry.when;
    auto action = std::move(actions_[entry.slot]);
    free_.push_back(entry.slot);
    action();
    return true;
  }

 private:
  // The heap is of plain values; the actions stay where they are.
  struct Entry {
    TrueTime when;
    std::uint64_t number;
    std::size_t slot;
  };
  // A type of its own, not a function: the heap's loops have it inlined.
  struct Later {
    bool operator()(const Entry& a, const Entry& b) const {
      return a.when != b.when ? a.when > b.when : a.number > b.number;
    }
  };

  std::size_t store(Action&& action) {
    if (free_.empty()) {
      actions_.push_back(std::move(action));
      return actions_.size() - 1;
    }
    const auto slot = free_.back();
    free_.pop_back();
    actions_[slot] = std::move(action);
    return slot;
  }

  TrueTime now_{0};
  std::uint64_t next_ = 0;
  std::vector<Entry> heap_;
  std::vector<Action> actions_;
  std::vector<std::size_t> free_;
};

}  // namespace mmm::sim
