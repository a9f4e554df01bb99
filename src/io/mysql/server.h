#pragma once
// What MMM asks of a MariaDB server (10.6 - 11.x), statement by statement. Nothing here decides; a caller that gets
// an unknown outcome observes before it acts again.
//
// All of it: Deadline: every statement ends by it. Unknown: the session is closed then (Connection::query).

#include <cstdint>
#include <string>
#include <vector>

#include "io/mysql/connection.h"
#include "model/server_status.h"

namespace mmm::mysql {

// Two round trips. Needs SLAVE MONITOR.
Task<SqlResult<ServerStatus>> observe(Connection& server, Deadline deadline);

// Switches global read_only and reads it back.
// Ensures: on success the server confirmed the value. With `true`, no session without READ_ONLY ADMIN commits a write
//          from then on; it waits for running writes, not for open transactions (their next write or COMMIT fails).
// Errors:  code 1205: somebody holds it up (LOCK TABLES … WRITE, a long statement, a committer that waits for a
//          semi-sync acknowledgement) and nothing changed: end_client_sessions, then try again.
Task<SqlStatus> set_read_only(Connection& server, bool on, Deadline deadline);

// Lets commits of this server wait for a replica's acknowledgement, or not. A replica's applier waits too (10.11): where
// nobody replicates from it, it hangs with its first transaction (rpl_semi_sync_master_wait_no_slave).
// Requires, with `false`: no client has a commit waiting; it would be told OK for what nobody acknowledged.
// Needs REPLICATION MASTER ADMIN.
Task<SqlStatus> set_semi_sync_source(Connection& server, bool on, Deadline deadline);

// Kills (hard) every client session that is open when it is called and waits until they are gone. Spared are
// replication in both directions, the server's own threads, sessions of our own user and of `spared_users`, and
// clients that have not logged in yet. Sessions that come later are not chased: call it once read_only is on, and
// they can't write. A committer stuck in a semi-sync wait is freed: its connection is lost without an OK
// (10.11.19, 11.8.6), so its client can't know whether the transaction stays; it does.
// Returns how many it killed. Needs CONNECTION ADMIN and PROCESS.
// Unknown: some were killed; a repetition does the rest.
Task<SqlResult<std::size_t>> end_client_sessions(Connection& server, std::vector<std::string> spared_users,
                                                 Deadline deadline);

}  // namespace mmm::mysql
