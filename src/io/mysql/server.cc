#include "io/mysql/server.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace mmm::mysql {

namespace {

constexpr auto kVariables =
    "SELECT @@global.read_only, @@version, @@global.gtid_binlog_state, @@global.gtid_slave_pos, "
    "@@global.rpl_semi_sync_master_enabled, @@global.rpl_semi_sync_slave_enabled, "
    "@@global.auto_increment_increment AS auto_increment_increment, @@global.auto_increment_offset AS auto_increment_offset";
constexpr auto kReplicas = "SHOW ALL SLAVES STATUS";
constexpr auto kReadOnlyOn = "SET GLOBAL read_only=1";
constexpr auto kReadOnlyOff = "SET GLOBAL read_only=0";
constexpr auto kReadOnly = "SELECT @@global.read_only";
constexpr auto kSemiSyncSourceOn = "SET GLOBAL rpl_semi_sync_master_enabled=1";
constexpr auto kSemiSyncSourceOff = "SET GLOBAL rpl_semi_sync_master_enabled=0";
// Without INFO and TIME: nothing of a session is locked for its text.
constexpr auto kSessions =
    "SELECT ID, USER, COMMAND, SUBSTRING_INDEX(USER(), '@', 1), CONNECTION_ID() FROM information_schema.PROCESSLIST";

// The server gives up waiting for locks this long before our deadline, so that its answer, "nothing changed",
// reaches us instead of an unknown outcome.
constexpr auto kAnswerMargin = 250ms;

// A killed session is gone in a few milliseconds, except when it has much to roll back.
constexpr auto kFirstLook = 2ms;
constexpr auto kLastLook = 50ms;

// 0 and 1; from MariaDB 12 on OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN.
bool is_on(const std::string& read_only) { return read_only != "0" && read_only != "OFF"; }

IoThread io_thread(const std::string& word) {
  if (word == "Yes") return IoThread::yes;
  return word == "No" ? IoThread::no : IoThread::connecting;  // "Connecting", "Preparing"
}

std::string joined_error(const Rows& rows, std::size_t row) {
  const auto io = rows.text(row, "Last_IO_Error");
  const auto sql = rows.text(row, "Last_SQL_Error");
  return io.empty() || sql.empty() ? io + sql : fmt::format("{}; {}", sql, io);
}

// Reads the row of the default connection ("" in Connection_name); others are not MMM's.
Result<ReplicationStatus> replication_of(const Rows& rows) {
  ReplicationStatus status;
  std::size_t row = 0;
  while (row < rows.size() && !rows.text(row, "Connection_name").empty()) ++row;
  if (row == rows.size()) return status;
  auto received = parse_gtid_set(rows.text(row, "Gtid_IO_Pos"));
  if (!received) return std::unexpected(received.error());
  status.configured = true;
  status.source_ip = rows.text(row, "Master_Host");
  status.source_port = static_cast<std::uint16_t>(rows.number(row, "Master_Port").value_or(0));
  status.source_server_id = static_cast<std::uint32_t>(rows.number(row, "Master_Server_Id").value_or(0));
  status.io = io_thread(rows.text(row, "Slave_IO_Running"));
  status.sql = rows.text(row, "Slave_SQL_Running") == "Yes";
  status.seconds_behind = rows.number(row, "Seconds_Behind_Master");
  status.received = std::move(*received);
  status.error = joined_error(rows, row);
  return status;
}

SqlError strange(const Connection& server, const std::string& what) {
  return SqlError{{fmt::format("{}: {}", server.name(), what)}};
}

// lock_wait_timeout is whole seconds; 1 is the least that lets a running write end.
std::string lock_wait_statement(Deadline deadline) {
  const auto bound = std::chrono::duration_cast<std::chrono::seconds>(deadline.left() - kAnswerMargin).count();
  return fmt::format("SET SESSION lock_wait_timeout={}", std::clamp<std::int64_t>(bound, 1, 3600));
}

// Is this session a client's?
bool is_client(const Rows& sessions, std::size_t row, const std::vector<std::string>& spared_users) {
  const auto user = sessions.text(row, 1);
  const auto command = sessions.text(row, 2);
  if (user == "system user" || user == "event_scheduler" || user == "unauthenticated user") return false;
  if (command.starts_with("Binlog Dump") || command.starts_with("Slave") || command == "Daemon") return false;
  const bool ours = user == sessions.text(row, 3) || sessions.text(row, 0) == sessions.text(row, 4);
  return !ours && std::find(spared_users.begin(), spared_users.end(), user) == spared_users.end();
}

std::set<std::string> client_ids(const Rows& sessions, const std::vector<std::string>& spared_users) {
  std::set<std::string> ids;
  for (std::size_t row = 0; row < sessions.size(); ++row) {
    if (is_client(sessions, row, spared_users)) ids.insert(sessions.text(row, 0));
  }
  return ids;
}

Task<SqlStatus> kill_all(Connection& server, const std::set<std::string>& ids, Deadline deadline) {
  for (const auto& id : ids) {
    auto killed = co_await server.query("KILL HARD CONNECTION " + id, deadline);
    if (!killed && killed.error().code != kNoSuchThread) co_return std::unexpected(std::move(killed.error()));
  }
  co_return SqlStatus{};
}

}  // namespace

Task<SqlResult<ServerStatus>> observe(Connection& server, Deadline deadline) {
  auto variables = co_await server.query(kVariables, deadline);
  if (!variables) co_return std::unexpected(std::move(variables.error()));
  auto replicas = co_await server.query(kReplicas, deadline);
  if (!replicas) co_return std::unexpected(std::move(replicas.error()));

  if (variables->empty()) co_return std::unexpected(strange(server, "no row for its variables"));
  ServerStatus status;
  status.read_only = is_on(variables->text(0, 0));
  status.version = variables->text(0, 1);
  for (const std::size_t column : {2U, 3U}) {
    const auto set = parse_gtid_set(variables->text(0, column));
    if (!set) co_return std::unexpected(strange(server, set.error().text));
    status.has.add(*set);
  }
  status.semi_sync_source = is_on(variables->text(0, 4));
  status.semi_sync_replica = is_on(variables->text(0, 5));
  status.auto_increment_increment = variables->number(0, "auto_increment_increment").value_or(0);
  status.auto_increment_offset = variables->number(0, "auto_increment_offset").value_or(0);
  auto replication = replication_of(*replicas);
  if (!replication) co_return std::unexpected(strange(server, replication.error().text));
  status.replication = std::move(*replication);
  co_return status;
}

Task<SqlStatus> set_read_only(Connection& server, bool on, Deadline deadline) {
  auto bounded = co_await server.query(lock_wait_statement(deadline), deadline);
  if (!bounded) co_return std::unexpected(std::move(bounded.error()));
  auto set = co_await server.query(on ? kReadOnlyOn : kReadOnlyOff, deadline);
  if (!set) co_return std::unexpected(std::move(set.error()));
  auto now = co_await server.query(kReadOnly, deadline);
  if (!now) co_return std::unexpected(std::move(now.error()));
  if (now->empty() || is_on(now->text(0, 0)) != on) {
    co_return std::unexpected(strange(server, "read_only is not what we have just set; does somebody else set it?"));
  }
  co_return SqlStatus{};
}

Task<SqlStatus> set_semi_sync_source(Connection& server, bool on, Deadline deadline) {
  auto set = co_await server.query(on ? kSemiSyncSourceOn : kSemiSyncSourceOff, deadline);
  if (!set) co_return std::unexpected(std::move(set.error()));
  co_return SqlStatus{};
}

Task<SqlResult<std::size_t>> end_client_sessions(Connection& server, std::vector<std::string> spared_users,
                                                 Deadline deadline) {
  std::size_t killed = 0;
  std::set<std::string> remaining;
  auto pause = Duration{kFirstLook};
  for (bool first = true; first || !remaining.empty(); first = false) {
    if (!first) {
      const auto woken = co_await sleep_until(deadline.within(pause));
      if (deadline.passed() || woken == Wakeup::cancelled) {
        co_return sql_fail(fmt::format("{}: {} of {} killed sessions have not ended", server.name(), remaining.size(),
                                       killed), 0, Certainty::unknown);
      }
      pause = std::min<Duration>(2 * pause, kLastLook);
    }
    auto sessions = co_await server.query(kSessions, deadline);
    if (!sessions) co_return std::unexpected(std::move(sessions.error()));
    const auto present = client_ids(*sessions, spared_users);
    if (first) {
      auto done = co_await kill_all(server, present, deadline);
      if (!done) co_return std::unexpected(std::move(done.error()));
      killed = present.size();
      remaining = present;
    } else {
      std::erase_if(remaining, [&present](const std::string& id) { return !present.contains(id); });
    }
  }
  co_return killed;
}

}  // namespace mmm::mysql
