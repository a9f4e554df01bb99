#pragma once
// Starting, stopping and pointing MariaDB's replication (the default connection). The rules of server.h hold.
//
// Learned by experiment on MariaDB 10.11.19 (gtid_strict_mode=1, log_slave_updates=1, two masters in a ring and a
// replica, MASTER_USE_GTID=slave_pos):
// - In the ring a writer's own events come back; its receiver drops them, but gtid_slave_pos moves on with them. As
//   long as its replication runs, a writer's gtid_slave_pos is its last own transaction, and a change of roles needs
//   no CHANGE MASTER between the masters.
// - A receiver whose gtid_slave_pos lags behind its own writes is sent them again and drops them; fine, as long as the
//   source's binary log reaches back that far. A gtid_slave_pos before transactions of *others* that the host
//   has already (e.g. empty, after RESET SLAVE ALL and a restored position) ends with 1950 out of order.
// - A relay log survives a crash of the server, STOP SLAVE SQL_THREAD and STOP SLAVE IO_THREAD. It does not survive a
//   start of a thread while *both* are stopped: START SLAVE and START SLAVE SQL_THREAD then throw away what was
//   received and not applied and begin at gtid_slave_pos again. If the source is dead, that is lost. So keep one
//   thread running until everything received is applied.

#include <cstdint>
#include <string>

#include "io/mysql/connection.h"

namespace mmm::mysql {

struct Source {
  std::string ip;
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
};

// Makes the server replicate from `source` by GTID, from where it is: STOP SLAVE, CHANGE MASTER TO, start_replication.
//
// Requires: everything received is applied (compare ReplicationStatus::received with ServerStatus::has), or the new
//           source has it too: CHANGE MASTER throws the relay log away.
// Ensures:  on success the threads were started. That the source answers and has our position shows only in observe.
// `demote`: the host may have written while its replication did not run. Its own last transaction then counts as
//           replicated (MASTER_DEMOTE_TO_SLAVE, 10.10+; before, gtid_slave_pos is set to gtid_current_pos, which is
//           the same for a host's own writes). On 10.11.19 it changes nothing on a host without such writes, so it may
//           be given always. If the source lacks a transaction of ours, replication with demote stops at once with
//           1236 (Last_IO_Error); without it, it looks healthy until the source's next write and stops with 1950 then.
//           So: always with `demote` on a host of mode master; a plain replica needs it not.
// Unknown:  replication may be stopped, point to the old or the new source. A repetition is safe.
Task<SqlStatus> follow(Connection& server, Source source, bool demote, Deadline deadline);

// STOP SLAVE: both threads; an event group that is being applied is finished first. See above for what is lost
// when they are started again. With semi-sync the receiver connects to the source to end its dump
// thread: 2 s when the source is frozen (measured with a heartbeat of 1 s; at most
// rpl_semi_sync_slave_kill_conn_timeout, 5 s by default); no wait when the source is dead. Meanwhile `observe` answers
// in another session, but every start or stop there waits for this one to end.
Task<SqlStatus> stop_replication(Connection& server, Deadline deadline);
// START SLAVE. Lowers slave_net_timeout to 2 s before, so that a receiver gives up a silent source soon.
Task<SqlStatus> start_replication(Connection& server, Deadline deadline);

// The applier alone; neither talks to the source, so they are quick unless a stop_replication or stop_receiver runs.
Task<SqlStatus> stop_applier(Connection& server, Deadline deadline);
Task<SqlStatus> start_applier(Connection& server, Deadline deadline);

// The receiver alone. With semi-sync it may take as long as stop_replication.
Task<SqlStatus> stop_receiver(Connection& server, Deadline deadline);

}  // namespace mmm::mysql
