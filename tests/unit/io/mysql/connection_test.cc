#include "io/mysql/connection.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.h"

namespace mmm::mysql {
namespace {

using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;

Task<SqlStatus> try_connect(Target target, Duration patience) {
  Connection server(co_await asio::this_coro::executor);
  co_return co_await server.connect(std::move(target), Deadline::in(patience));
}

Task<SqlResult<Rows>> ask(Target target, std::string sql, Duration patience) {
  auto server = co_await open(std::move(target));
  co_return co_await server.query(std::move(sql), Deadline::in(patience));
}

// As `ask`, for tasks that may be cancelled at any step.
Task<bool> try_ask(Target target, std::string sql) {
  Connection server(co_await asio::this_coro::executor);
  if (!co_await server.connect(std::move(target), soon())) co_return false;
  co_return (co_await server.query(std::move(sql), soon())).has_value();
}

Task<bool> poll_until_ended(Connection& server) {
  const auto deadline = soon();
  while (server.still_open() && !deadline.passed()) co_await sleep_for(1ms);
  co_return !server.is_open();
}

template <class T>
Task<void> poll_until_done(const std::optional<T>& done, int& count) {
  for (; !done; ++count) co_await sleep_for(1ms);
}

// Counts the turns of the loop until `task` has ended: a blocked loop makes none.
template <class T>
T run_counting(Task<T> task, int& ticks) {
  asio::io_context loop;
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr thrown, T value) {
    EXPECT_FALSE(thrown);
    result.emplace(std::move(value));
  });
  asio::co_spawn(loop, poll_until_done(result, ticks), asio::detached);
  loop.run();
  return std::move(*result);
}

// Accepts connections (the kernel does) and never says a word.
struct SilentServer {
  asio::io_context loop;
  asio::ip::tcp::acceptor acceptor{loop, {asio::ip::address_v4::loopback(), 0}};
  Target target() const { return {.host = "127.0.0.1", .port = acceptor.local_endpoint().port(), .user = "agent"}; }
};

TEST(Connection, ConnectsByTcpAndByUnixSocket) {
  EXPECT_TRUE(run(try_connect(shared_server().tcp("agent"), 20s)));
  EXPECT_TRUE(run(try_connect(shared_server().root(), 20s)));
}

TEST(Connection, AWrongPasswordIsNamedWithItsCode) {
  const auto status = run(try_connect(shared_server().tcp("agent", "wrong"), 20s));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, kAccessDenied);
  EXPECT_EQ(status.error().certainty, Certainty::failed);
  EXPECT_THAT(status.error().text, HasSubstr("connect to agent@127.0.0.1:"));
  EXPECT_THAT(status.error().text, Not(HasSubstr("wrong")));
}

TEST(Connection, ARefusedConnectFailsAtOnce) {
  const SilentServer gone;
  auto target = gone.target();
  target.port = 1;  // tcpmux: nothing listens
  const auto start = steady_clock::now();
  const auto status = run(try_connect(target, 20s));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, kConnectFailed) << status.error().text;
  EXPECT_EQ(status.error().os_code, ECONNREFUSED) << status.error().text;
  EXPECT_TRUE(nobody_listens(status.error()));
  EXPECT_THAT(since(start), Lt(2s));
}

TEST(Connection, WhyNobodyCouldBeReachedIsTold) {
  const auto no_socket = run(try_connect({.socket = "/nonexistent/mysqld.sock", .user = "agent"}, 20s));
  ASSERT_FALSE(no_socket);
  EXPECT_EQ(no_socket.error().os_code, ENOENT) << no_socket.error().text;
  EXPECT_TRUE(nobody_listens(no_socket.error()));
  // To multicast there is no TCP: an error of the network, which says nothing about the server.
  const auto no_way = run(try_connect({.host = "224.0.0.1", .user = "agent"}, 20s));
  ASSERT_FALSE(no_way);
  EXPECT_EQ(no_way.error().code, kConnectFailed) << no_way.error().text;
  EXPECT_EQ(no_way.error().os_code, ENETUNREACH) << no_way.error().text;
  EXPECT_FALSE(nobody_listens(no_way.error()));
}

TEST(Connection, NamesAreRefusedBecauseResolvingBlocks) {
  const auto status = run(try_connect({.host = "localhost", .user = "agent"}, 20s));
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text, HasSubstr("numeric address"));
}

TEST(Connection, ASilentServerCostsTheDeadlineAndNoDescriptor) {
  const SilentServer silent;
  run(try_connect(silent.target(), 10ms));
  const auto before = open_descriptors();
  int ticks = 0;
  const auto start = steady_clock::now();
  const auto status = run_counting(try_connect(silent.target(), 200ms), ticks);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text, HasSubstr("no answer before the deadline"));
  EXPECT_GE(since(start), 200ms);
  EXPECT_THAT(since(start), Lt(2s));
  EXPECT_GT(ticks, 20);
  EXPECT_EQ(open_descriptors(), before);
}

// Method: a full backlog makes the kernel drop SYNs, so the connect itself hangs.
TEST(Connection, AnAddressThatDropsEverythingCostsTheDeadlineAndNoDescriptor) {
  SilentServer full;
  full.acceptor.listen(0);
  std::vector<asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    auto& filler = fillers.emplace_back(full.loop);
    filler.async_connect(full.acceptor.local_endpoint(), [](boost::system::error_code) {});
  }
  full.loop.poll();
  run(try_connect(full.target(), 10ms));
  const auto before = open_descriptors();
  int ticks = 0;
  const auto status = run_counting(try_connect(full.target(), 200ms), ticks);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, 0U) << status.error().text;
  EXPECT_GT(ticks, 20);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Connection, GivesRowsWithNamesAndNulls) {
  const auto rows = run(ask(shared_server().tcp("agent"), "SELECT 1 AS one, NULL AS nothing, '' AS empty", 20s));
  ASSERT_TRUE(rows) << rows.error().text;
  EXPECT_THAT(rows->columns, testing::ElementsAre("one", "nothing", "empty"));
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->number(0, "one"), 1);
  EXPECT_EQ(*rows->cell(0, "nothing"), std::nullopt);
  EXPECT_EQ(*rows->cell(0, "empty"), "");
  EXPECT_EQ(rows->cell(0, "absent"), nullptr);
  EXPECT_EQ(rows->cell(1, "one"), nullptr);
  EXPECT_EQ(rows->text(5, std::size_t{0}), "");
}

TEST(Connection, AResultLargerThanTheSocketsBufferArrivesWhole) {
  const auto rows = run(ask(shared_server().tcp("agent"), "SELECT REPEAT('x', 9000000)", 20s));
  ASSERT_TRUE(rows) << rows.error().text;
  EXPECT_EQ(rows->text(0, std::size_t{0}).size(), 9000000U);
}

TEST(Connection, AServersErrorKeepsTheSession) {
  const auto two = []() -> Task<bool> {
    auto server = co_await open(shared_server().tcp("agent"));
    const auto bad = co_await server.query("SELECT * FROM test.absent WHERE p='hidden'", soon());
    EXPECT_FALSE(bad);
    EXPECT_EQ(bad.error().code, 1142U);
    EXPECT_EQ(bad.error().certainty, Certainty::failed);
    EXPECT_THAT(bad.error().text, HasSubstr("SELECT on agent@127.0.0.1:"));
    EXPECT_THAT(bad.error().text, Not(HasSubstr("hidden")));
    co_return (co_await server.query("SELECT 1", soon())).has_value();
  };
  EXPECT_TRUE(run(two()));
}

TEST(Connection, AStatementWithoutRowsTellsHowManyItChanged) {
  const auto rows = run(ask(shared_server().tcp("client"), "INSERT INTO test.t (v) VALUES ('a'), ('b')", 20s));
  ASSERT_TRUE(rows) << rows.error().text;
  EXPECT_EQ(rows->affected, 2U);
}

TEST(Connection, ADeadlineDuringAStatementIsAnUnknownOutcomeAndTheLoopRunsOn) {
  int ticks = 0;
  const auto start = steady_clock::now();
  const auto rows = run_counting(ask(shared_server().tcp("agent"), "SELECT SLEEP(30)", 200ms), ticks);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().certainty, Certainty::unknown);
  EXPECT_GE(since(start), 200ms);
  EXPECT_THAT(since(start), Lt(3s));
  EXPECT_GT(ticks, 20);
}

TEST(Connection, AnOverdueStatementIsNotSent) {
  const auto rows = run(ask(shared_server().tcp("agent"), "SELECT 1", -1ms));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().certainty, Certainty::failed);
}

TEST(Connection, AfterAnUnknownOutcomeTheSessionIsClosedAndCanBeOpenedAgain) {
  const auto again = []() -> Task<bool> {
    auto server = co_await open(shared_server().tcp("agent"));
    const auto late = co_await server.query("SELECT SLEEP(30)", Deadline::in(20ms));
    EXPECT_FALSE(late);
    EXPECT_FALSE(server.is_open());
    const auto closed = co_await server.query("SELECT 1", soon());
    EXPECT_FALSE(closed);
    EXPECT_EQ(closed.error().certainty, Certainty::failed);
    EXPECT_TRUE(co_await server.connect(shared_server().tcp("agent"), soon()));
    co_return (co_await server.query("SELECT 1", soon())).has_value();
  };
  EXPECT_TRUE(run(again()));
}

TEST(Connection, ACancelledTaskLeavesNoDescriptor) {
  shared_server();
  const auto before = open_descriptors();
  const auto late = [](Duration patience) -> Task<bool> {
    const auto result =
        co_await with_deadline(try_ask(shared_server().tcp("agent"), "SELECT SLEEP(30)"), Deadline::in(patience));
    co_return result.value_or(false);
  };
  for (const auto patience : {0us, 200us, 1000us, 5000us, 50000us}) EXPECT_FALSE(run(late(patience)));
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Connection, DestroyedDuringAStatementItEndsTheStatement) {
  asio::io_context loop;
  auto server = std::make_unique<Connection>(loop.get_executor());
  std::optional<SqlResult<Rows>> result;
  const auto work = [](Connection& connection) -> Task<SqlResult<Rows>> {
    co_await connection.connect(shared_server().tcp("agent"), soon());
    co_return co_await connection.query("SELECT SLEEP(30)", soon());
  };
  asio::co_spawn(loop, work(*server), [&result](std::exception_ptr, SqlResult<Rows> r) { result = std::move(r); });
  while (!server->is_open()) loop.run_one();
  server.reset();
  loop.run();
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
}

TEST(Connection, AnIdleSessionLearnsOfTheServersDeath) {
  TestServer mortal(9);
  const auto watch = [](TestServer& victim) -> Task<std::chrono::milliseconds> {
    auto server = co_await open(victim.tcp("root", ""));
    EXPECT_FALSE(co_await server.wait_for_close(Deadline::in(20ms)));
    EXPECT_TRUE(server.is_open());
    victim.kill();
    const auto start = steady_clock::now();
    EXPECT_TRUE(co_await server.wait_for_close(soon()));
    EXPECT_FALSE(server.is_open());
    co_return since(start);
  };
  EXPECT_THAT(run(watch(mortal)), Lt(1s));
}

// Goal: an idle session that was ended is found out before a statement is lost on it.
TEST(Connection, LooksWhetherAnIdleSessionWasEnded) {
  TestServer mortal(9);
  const auto look = [](TestServer& victim) -> Task<bool> {
    auto killed = co_await open(victim.root());
    auto orphaned = co_await open(victim.tcp("root", ""));
    EXPECT_TRUE(killed.still_open());
    const auto id = (co_await killed.query("SELECT CONNECTION_ID()", soon()))->text(0, std::size_t{0});
    EXPECT_TRUE(killed.still_open());
    const std::vector<std::string> kill{"KILL " + id};
    co_await must(orphaned, kill);
    EXPECT_TRUE(co_await poll_until_ended(killed));
    victim.kill();
    victim.start();
    EXPECT_TRUE(orphaned.is_open());
    EXPECT_FALSE(orphaned.still_open());
    EXPECT_FALSE(orphaned.is_open());
    EXPECT_TRUE(co_await orphaned.connect(victim.root(), soon()));
    co_return orphaned.still_open();
  };
  EXPECT_TRUE(run(look(mortal)));
}

TEST(Connection, AStandingSessionIsNotEndedForIdleness) {
  const auto ask_timeout = [](Target target) -> Task<std::string> {
    target.standing = true;
    auto server = co_await open(std::move(target));
    co_return (co_await server.query("SELECT @@session.wait_timeout", soon()))->text(0, std::size_t{0});
  };
  EXPECT_EQ(run(ask_timeout(shared_server().tcp("agent"))), "31536000");
}

TEST(Connection, WaitingForTheEndDoesNotDisturbQueries) {
  asio::io_context loop;
  Connection server(loop.get_executor());
  bool ended = false;
  const auto watch = [](Connection& watched, bool& closed) -> Task<void> {
    closed = co_await watched.wait_for_close(soon());
  };
  const auto work = [](Connection& watched, bool& closed, asio::io_context& where, auto watcher) -> Task<void> {
    EXPECT_TRUE(co_await watched.connect(shared_server().tcp("client"), soon()));
    asio::co_spawn(where, watcher(watched, closed), asio::detached);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(co_await watched.query("SELECT SLEEP(0.001)", soon()));
    EXPECT_FALSE(closed);
    const auto own = co_await watched.query("SELECT CONNECTION_ID()", soon());
    EXPECT_TRUE(own);
    auto other = co_await open(shared_server().root());
    const std::vector<std::string> kill{"KILL " + own->text(0, std::size_t{0})};
    co_await must(other, kill);
  };
  asio::co_spawn(loop, work(server, ended, loop, watch), asio::detached);
  loop.run();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(server.is_open());
}

TEST(Connection, QuotesWhatAPasswordMayHold) {
  const auto round_trip = [](std::string text) -> Task<std::string> {
    auto server = co_await open(shared_server().tcp("agent"));
    const auto rows = co_await server.query("SELECT " + server.quote(text), soon());
    co_return rows ? rows->text(0, std::size_t{0}) : rows.error().text;
  };
  for (const std::string text : {"plain", "it's", "back\\slash\\", "\"quoted\"", "'; DROP TABLE t; --", ""}) {
    EXPECT_EQ(run(round_trip(text)), text);
  }
}

TEST(Connection, KnowsTheServersVersion) {
  const auto version = []() -> Task<unsigned> {
    auto server = co_await open(shared_server().root());
    co_return server.server_version();
  };
  EXPECT_GE(run(version()), 100600U);
}

}  // namespace
}  // namespace mmm::mysql
