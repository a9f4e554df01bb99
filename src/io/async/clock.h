#pragma once
// The clocks of this machine. Only the shell reads them; the core is handed instants.

#include <cstdint>

#include "base/time.h"

namespace mmm {

// CLOCK_BOOTTIME: goes on while the machine is suspended, is not set by anyone, begins anew with each boot.
Instant boot_now();

// Milliseconds since 1970 (CLOCK_REALTIME). May jump: for people and logs, never for decisions.
std::int64_t wall_clock_ms();

}  // namespace mmm
