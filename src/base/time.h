#pragma once
// Time as a value. Nothing here reads a clock: the shell does (io/clock.h) and hands instants in.

#include <chrono>
#include <cstdint>

namespace mmm {

using namespace std::chrono_literals;
using Duration = std::chrono::nanoseconds;

// A point on one machine's CLOCK_BOOTTIME (it runs on while the machine is suspended). Instants of two machines
// must never be compared.
struct BootTimeline {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootTimeline>;
  static constexpr bool is_steady = true;
};
using Instant = BootTimeline::time_point;

inline constexpr Instant kNever = Instant::max();  // "no end": a pinned lease, a timer that is not set
inline constexpr Instant kLongAgo = Instant::min();

constexpr double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
constexpr Duration from_seconds(double s) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}
constexpr std::int64_t milliseconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace mmm
