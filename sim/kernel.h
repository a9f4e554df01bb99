#pragma once
// The addresses of one machine's interface, with their lifetimes (valid_lft). They outlive the agent that put them and
// end with the machine.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sim/clock.h"
#include "sim/event_queue.h"
#include "sim/random.h"

namespace mmm::sim {

class Kernel {
 public:
  // `changed`: called after every change of the addresses.
  Kernel(EventQueue& queue, Random random, std::function<void()> changed)
      : queue_(queue), random_(random), changed_(std::move(changed)) {}

  // Puts the address, or gives it a new lifetime. Linux counts lifetimes in whole seconds: `lifetime` is rounded up, one
  // second at least. It is never taken early, but up to a second late (facts: 15-350 ms, 1 s with many addresses).
  void put(const std::string& ip, Duration lifetime, const Clock& clock);
  void put_untimed(const std::string& ip);
  void drop(const std::string& ip);
  // The power is gone.
  void clear();
  // The machine is paused or suspended: its timers keep what is left of them.
  void stand_still() { still_since_ = queue_.now(); }
  void go_on();

  // The write fence. Its elements end to the millisecond, never late.
  void stage(std::uint64_t id, std::optional<Duration> lease, const Clock& clock);
  void reopen();  // by a new process: what was staged before can't be armed, what passes runs on
  Status arm(std::uint64_t id);
  void limit(Duration lease, const Clock& clock);
  void close();
  bool passes() const { return armed_ && elements_.contains(*armed_); }
  bool passes_without_end() const;

  bool has(const std::string& ip) const { return addresses_.contains(ip); }
  std::set<std::string> addresses() const;
  std::set<std::string> untimed() const;

 private:
  using Action = EventQueue::Action;

  void after(Duration wait, Action&& action);     // of the time in which the machine runs
  void ring(Duration stood, Action&& action);

  EventQueue& queue_;
  Random random_;
  std::function<void()> changed_;
  static constexpr std::uint64_t kNoTimer = 0;

  std::map<std::string, std::uint64_t> addresses_;  // -> the timer that ends it
  std::uint64_t next_timer_ = 1;
  std::map<std::uint64_t, std::uint64_t> elements_;  // staged -> the timer that ends it
  std::optional<std::uint64_t> armed_;

  struct Stalled {
    Duration left{0};
    Action action;
  };
  std::optional<TrueTime> still_since_;
  Duration stood_{0};              // in all
  std::vector<Stalled> stalled_;   // would have rung by now
};

}  // namespace mmm::sim
