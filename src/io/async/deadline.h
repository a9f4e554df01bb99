#pragma once
// A point in time by which an operation must have ended, and the waits that keep to it.

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "io/async/task.h"

namespace mmm {

struct Deadline {
  using Clock = std::chrono::steady_clock;

  Clock::time_point at;

  static Deadline in(Duration d) { return {Clock::now() + d}; }
  static Deadline never() { return {Clock::time_point::max()}; }

  // What is left of it; zero once it has passed.
  Duration left() const { return std::max(Duration{0}, Duration{at - Clock::now()}); }
  bool passed() const { return at <= Clock::now(); }
  // The earlier of this and `d` from now: bounds one step of an operation more tightly.
  Deadline within(Duration d) const { return {std::min(at, Clock::now() + d)}; }
};

enum class Wakeup {
  ready,      // what was waited for happened (for a descriptor: also an error or a hang-up on it)
  expired,    // the deadline passed
  cancelled,  // the descriptor or timer was closed or cancelled, or the task was
};

// Waits until the descriptor is readable (data, end of file or an error is there to be read), or writable.
// The descriptor is an asio one or a socket of asio's; it stays open. Requires: it outlives the wait.
Task<Wakeup> wait_readable(asio::posix::stream_descriptor& descriptor, Deadline deadline);
Task<Wakeup> wait_writable(asio::posix::stream_descriptor& descriptor, Deadline deadline);
// Either of the two, e.g. for libraries that say what they want at each step. Requires: at least one is true.
Task<Wakeup> wait_ready(asio::posix::stream_descriptor& descriptor, bool read, bool write, Deadline deadline);

// Sleeps; `expired` in the ordinary case.
Task<Wakeup> sleep_until(Deadline deadline);
Task<Wakeup> sleep_for(Duration d);

// Runs `work`, but not longer than the deadline: then it is cancelled and waited for. True when it ended by itself.
// The template below is what callers use; this one keeps Asio's templates out of their files.
Task<bool> run_until(Task<void> work, Deadline deadline);

// As above, with the result of `work`; nothing when the deadline passed first.
// Requires: `work` reacts to cancellation, that is, it waits in asio operations and holds nothing that only a normal
// end would free. For an operation that may have taken effect prefer one that takes a Deadline itself and tells
// failed from unknown.
template <class T>
Task<std::optional<T>> with_deadline(Task<T> work, Deadline deadline) {
  std::optional<T> result;
  const auto keep = [](Task<T> inner, std::optional<T>& into) -> Task<void> { into = co_await std::move(inner); };
  auto kept = keep(std::move(work), result);
  if (!co_await run_until(std::move(kept), deadline)) result.reset();
  co_return result;
}

}  // namespace mmm
