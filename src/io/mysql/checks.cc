#include "io/mysql/checks.h"

#include <utility>

namespace mmm::mysql {

namespace {

constexpr auto kTrivial = "SELECT NOW()";
constexpr auto kReplica = "SHOW SLAVE STATUS";  // the default connection

CheckRun good(std::string message = {}) { return {Outcome::good, std::move(message)}; }
CheckRun bad(std::string message) { return {Outcome::bad, std::move(message)}; }
CheckRun unknown(std::string message) { return {Outcome::unknown, std::move(message)}; }

// The rows of SHOW SLAVE STATUS, or the run that ends the check without them.
Task<std::expected<Rows, CheckRun>> replica_rows(Target target, Deadline deadline) {
  Connection server(co_await asio::this_coro::executor);
  const auto user = target.user;
  auto connected = co_await server.connect(std::move(target), deadline);
  if (!connected) co_return std::unexpected(unknown("Connect error! " + connected.error().text));
  auto rows = co_await server.query(kReplica, deadline);
  if (rows) co_return std::move(*rows);
  const auto& error = rows.error();
  if (error.code == kPrivilegeMissing) {
    co_return std::unexpected(bad(fmt::format(
        "The monitor user '{}' doesn't have the required SLAVE MONITOR (REPLICATION CLIENT) privilege! {}", user,
        error.text)));
  }
  co_return std::unexpected(unknown("Unknown state. Execute error: " + error.text));
}

}  // namespace

Task<CheckRun> check_mysql(Target target, Deadline deadline) {
  Connection server(co_await asio::this_coro::executor);
  auto connected = co_await server.connect(std::move(target), deadline);
  if (!connected) {
    const auto& error = connected.error();
    if (error.code == kTooManyConnections) co_return unknown("Too many connections! " + error.text);
    co_return bad("Connect error! " + error.text);
  }
  auto rows = co_await server.query(kTrivial, deadline);
  if (!rows) co_return bad("SQL Query Error: " + rows.error().text);
  co_return good();
}

Task<CheckRun> check_rep_threads(Target target, Deadline deadline) {
  auto rows = co_await replica_rows(std::move(target), deadline);
  if (!rows) co_return std::move(rows.error());
  if (rows->empty()) co_return bad("Replication is not set up");
  const bool stopped = rows->text(0, "Slave_IO_Running") == "No" || rows->text(0, "Slave_SQL_Running") == "No";
  if (stopped) co_return bad("Replication is broken");
  co_return good();
}

Task<CheckRun> check_rep_backlog(Target target, std::int64_t max_backlog, Deadline deadline) {
  auto rows = co_await replica_rows(std::move(target), deadline);
  if (!rows) co_return std::move(rows.error());
  const auto behind = rows->number(0, "Seconds_Behind_Master");
  if (!behind) co_return good("Backlog is null");
  if (*behind > max_backlog) co_return bad("Backlog is too big");
  co_return good();
}

}  // namespace mmm::mysql
