#pragma once
// Is the whole machine going down, or only our process?

#include <string>

#include "io/async/task.h"

namespace mmm {

// What the init system says: `systemctl is-system-running` says "stopping" (systemctl(1)); without systemd the run level
// is 0 or 6 (utmp(5)). Where neither can be asked it is false: a process that is stopped by hand.
//
// Deadline: 1 s.
Task<bool> machine_stops(std::string systemctl = "systemctl");

}  // namespace mmm
