#include "io/async/clock.h"

#include <ctime>

#include "base/check.h"

namespace mmm {

namespace {

Duration read_clock(clockid_t id) {
  timespec now{};
  MMM_CHECK(::clock_gettime(id, &now) == 0);  // fails only for a clock that does not exist
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Instant boot_now() { return Instant{read_clock(CLOCK_BOOTTIME)}; }

std::int64_t wall_clock_ms() { return milliseconds(read_clock(CLOCK_REALTIME)); }

}  // namespace mmm
