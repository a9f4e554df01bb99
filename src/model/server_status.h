#pragma once
// What an agent observes of its MySQL server.

#include <cstdint>
#include <optional>
#include <string>

#include "model/gtid.h"

namespace mmm {

enum class IoThread { no, connecting, yes };

struct ReplicationStatus {
  bool configured = false;          // SHOW ALL SLAVES STATUS has a row for the default connection
  std::string source_ip;
  std::uint16_t source_port = 0;
  std::uint32_t source_server_id = 0;  // Master_Server_Id, of the last source it was connected to; 0: none yet
  IoThread io = IoThread::no;
  bool sql = false;                 // the applier thread runs
  std::optional<std::int64_t> seconds_behind;  // absent: NULL
  GtidSet received;                 // Gtid_IO_Pos: what the IO thread has written to the relay log
  std::string error;                // last IO or SQL error, "" when none

  bool operator==(const ReplicationStatus&) const = default;
};

struct ServerStatus {
  bool read_only = true;
  GtidSet has;                      // gtid_binlog_state and gtid_slave_pos: every transaction it has applied or written
  ReplicationStatus replication;
  std::string version;              // "10.11.14-MariaDB"
  // Two masters must not make the same keys. 0: its agent did not say.
  std::int64_t auto_increment_increment = 0;
  std::int64_t auto_increment_offset = 0;
  // Semi-synchronous replication. As a source its commits wait for an acknowledgement, those of its applier too; only
  // the writer may be one. A server that acknowledges as a replica belongs to a site that wants it.
  bool semi_sync_source = false;    // rpl_semi_sync_master_enabled
  bool semi_sync_replica = false;   // rpl_semi_sync_slave_enabled

  bool operator==(const ServerStatus&) const = default;
};

}  // namespace mmm
