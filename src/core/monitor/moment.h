#pragma once
// The two times of an event: one to measure with, one to show.

#include <cstdint>

#include "base/time.h"

namespace mmm {

struct Moment {
  Instant at;                // this machine's CLOCK_BOOTTIME
  std::int64_t wall_ms = 0;  // milliseconds since 1970, UTC; for people and files only, never for a decision
  int utc_offset_s = 0;      // local time minus UTC, for the times shown
};

}  // namespace mmm
