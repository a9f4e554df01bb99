#include "io/mysql/replication.h"

#include <utility>

namespace mmm::mysql {

namespace {

constexpr auto kStop = "STOP SLAVE";
constexpr auto kStart = "START SLAVE";
constexpr auto kStopApplier = "STOP SLAVE SQL_THREAD";
constexpr auto kStartApplier = "START SLAVE SQL_THREAD";
constexpr auto kStopReceiver = "STOP SLAVE IO_THREAD";
constexpr auto kKillConnLeast = "SET GLOBAL rpl_semi_sync_slave_kill_conn_timeout=1";
constexpr auto kAdoptOwnPosition = "SET GLOBAL gtid_slave_pos=@@global.gtid_current_pos";

constexpr unsigned kHasDemote = 101000;  // 10.10.0, MDEV-20122

// How long a receiver waits for its source, for data as for an answer while it connects, is slave_net_timeout, 60 s by
// default. A semi-sync source waits for a receiver that hangs so. 2 s exceed the heartbeat of change_statement, which is
// what a healthy source says at least. A smaller value is the site's and stays.
constexpr auto kBoundReceiver = "SET GLOBAL slave_net_timeout=LEAST(@@global.slave_net_timeout, 2)";

// Retry and heartbeat of one second: with kBoundReceiver a replica notices a silent source and comes back within seconds,
// not a minute. The password stands last: a server that does not know the statement (MySQL 8.4) quotes the 80
// characters behind the first word it stumbles over in its error, and that goes to the log.
std::string change_statement(const Connection& server, const Source& source, bool demote) {
  return fmt::format(
      "CHANGE MASTER TO MASTER_HOST={}, MASTER_PORT={}, MASTER_USE_GTID=slave_pos, {}MASTER_CONNECT_RETRY=1, "
      "MASTER_HEARTBEAT_PERIOD=1, MASTER_USER={}, MASTER_PASSWORD={}",
      server.quote(source.ip), source.port, demote ? "MASTER_DEMOTE_TO_SLAVE=1, " : "", server.quote(source.user),
      server.quote(source.password));
}

Task<SqlStatus> run(Connection& server, std::string sql, Deadline deadline) {
  auto done = co_await server.query(std::move(sql), deadline);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return SqlStatus{};
}

// STOP SLAVE with the least wait for a silent source. A receiver that acknowledges (semi-sync) connects to its source to
// end the dump thread there, for up to rpl_semi_sync_slave_kill_conn_timeout: 5 s by default, 1 s is the least.
Task<SqlStatus> stop_quickly(Connection& server, const char* statement, Deadline deadline) {
  const auto bounded = co_await run(server, kKillConnLeast, deadline);
  if (!bounded) co_return bounded;
  co_return co_await run(server, statement, deadline);
}

}  // namespace

Task<SqlStatus> start_replication(Connection& server, Deadline deadline) {
  const auto bounded = co_await run(server, kBoundReceiver, deadline);
  if (!bounded) co_return bounded;
  co_return co_await run(server, kStart, deadline);
}

Task<SqlStatus> follow(Connection& server, Source source, bool demote, Deadline deadline) {
  auto step = co_await stop_quickly(server, kStop, deadline);
  if (!step) co_return step;
  const bool demote_word = demote && server.server_version() >= kHasDemote;
  if (demote && !demote_word) {
    step = co_await run(server, kAdoptOwnPosition, deadline);
    if (!step) co_return step;
  }
  step = co_await run(server, change_statement(server, source, demote_word), deadline);
  if (!step) co_return step;
  co_return co_await start_replication(server, deadline);
}

Task<SqlStatus> stop_replication(Connection& server, Deadline deadline) { return stop_quickly(server, kStop, deadline); }
Task<SqlStatus> stop_applier(Connection& server, Deadline deadline) { return run(server, kStopApplier, deadline); }
Task<SqlStatus> start_applier(Connection& server, Deadline deadline) { return run(server, kStartApplier, deadline); }
Task<SqlStatus> stop_receiver(Connection& server, Deadline deadline) {
  return stop_quickly(server, kStopReceiver, deadline);
}

}  // namespace mmm::mysql
