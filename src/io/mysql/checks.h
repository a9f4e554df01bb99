#pragma once
// The monitor's checks of a MySQL server: mysql, rep_threads, rep_backlog (MMM 2 reference, section 5). Each run opens
// a connection of its own, because being able to connect is what a client needs. Outcomes are MMM 2's; the messages
// are what `mmm_control checks` shows behind "OK: " or "ERROR: ", empty for a plain OK.

#include <cstdint>
#include <string>

#include "io/mysql/connection.h"
#include "model/check.h"

namespace mmm::mysql {

struct CheckRun {
  Outcome outcome = Outcome::unknown;
  std::string message;

  bool operator==(const CheckRun&) const = default;
};

// Connects and runs a trivial statement. Bad: no answer by the deadline, refused, access denied. "Too many
// connections" is unknown: the server lives.
Task<CheckRun> check_mysql(Target target, Deadline deadline);

// Bad: the IO or the SQL thread says No, replication is not configured, or the user lacks the privilege to look
// (the message names it). A thread that is connecting is good. What can't be asked is unknown.
Task<CheckRun> check_rep_threads(Target target, Deadline deadline);

// Bad: more than `max_backlog` seconds behind the source. NULL counts as 0.
Task<CheckRun> check_rep_backlog(Target target, std::int64_t max_backlog, Deadline deadline);

}  // namespace mmm::mysql
