#include "io/mysql/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.h"

namespace mmm::mysql {
namespace {

const std::vector<std::string> kNobody;

using testing::HasSubstr;

Task<SqlResult<ServerStatus>> observe_as(Target target) {
  auto server = co_await open(std::move(target));
  co_return co_await observe(server, soon());
}

TEST(Observe, ReadsAServerWithoutReplication) {
  const auto status = run(observe_as(shared_server().tcp("agent")));
  ASSERT_TRUE(status) << status.error().text;
  EXPECT_FALSE(status->read_only);
  EXPECT_THAT(status->version, HasSubstr("MariaDB"));
  EXPECT_FALSE(status->replication.configured);
  EXPECT_TRUE(status->has.contains(Gtid{0, 1, 1}));
}

TEST(Observe, AUserWithoutTheRightGetsItsCode) {
  const auto status = run(observe_as(shared_server().tcp("client")));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, kPrivilegeMissing);
}

TEST(SetReadOnly, SwitchesAndConfirmsBothWays) {
  const auto both = []() -> Task<bool> {
    auto server = co_await open(shared_server().tcp("agent"));
    EXPECT_TRUE(co_await set_read_only(server, true, soon()));
    EXPECT_TRUE(co_await set_read_only(server, true, soon()));
    auto client = co_await open(shared_server().tcp("client"));
    const auto refused = co_await client.query("INSERT INTO test.t (v) VALUES ('no')", soon());
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, 1290U);
    EXPECT_TRUE(co_await set_read_only(server, false, soon()));
    co_return (co_await client.query("INSERT INTO test.t (v) VALUES ('yes')", soon())).has_value();
  };
  EXPECT_TRUE(run(both()));
}

// Goal: LOCK TABLES … WRITE holds read_only up without limit; we get a certain answer in time and can free the way.
TEST(SetReadOnly, ALockedTableEndsInACertainErrorBeforeTheDeadline) {
  const auto locked = []() -> Task<SqlStatus> {
    auto client = co_await open(shared_server().tcp("client"));
    co_await client.query("LOCK TABLES test.t WRITE", soon());
    auto server = co_await open(shared_server().tcp("agent"));
    auto status = co_await set_read_only(server, true, Deadline::in(3s));
    EXPECT_TRUE(server.is_open());
    const auto now = co_await server.query("SELECT @@global.read_only", soon());
    EXPECT_EQ(now->text(0, std::size_t{0}), "0");

    const auto killed = co_await end_client_sessions(server, kNobody, soon());
    EXPECT_TRUE(killed);
    EXPECT_TRUE(co_await set_read_only(server, true, soon()));
    EXPECT_TRUE(co_await set_read_only(server, false, soon()));
    co_return status;
  };
  const auto status = run(locked());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, kLockWaitTimeout) << status.error().text;
  EXPECT_EQ(status.error().certainty, Certainty::failed);
}

TEST(EndClientSessions, KillsClientsAndSparesUsAndTheMonitor) {
  const auto all = []() -> Task<std::size_t> {
    auto server = co_await open(shared_server().tcp("agent"));
    auto second_agent = co_await open(shared_server().tcp("agent"));
    auto monitor = co_await open(shared_server().tcp("monitor"));
    std::vector<Connection> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(co_await open(shared_server().tcp("client")));
    const std::vector<std::string> spared{"monitor"};
    const auto killed = co_await end_client_sessions(server, spared, soon());
    EXPECT_TRUE(killed);
    for (auto& client : clients) EXPECT_TRUE(co_await client.wait_for_close(soon()));
    EXPECT_TRUE((co_await second_agent.query("SELECT 1", soon())));
    EXPECT_TRUE((co_await monitor.query("SELECT 1", soon())));
    const auto none = co_await end_client_sessions(server, spared, soon());
    EXPECT_EQ(none.value_or(99), 0U);
    co_return killed.value_or(0);
  };
  EXPECT_EQ(run(all()), 20U);
}

TEST(EndClientSessions, EndsAStatementThatRuns) {
  asio::io_context loop;
  std::optional<SqlResult<Rows>> slept;
  const auto sleeper = []() -> Task<SqlResult<Rows>> {
    auto client = co_await open(shared_server().tcp("client"));
    co_return co_await client.query("SELECT SLEEP(60)", soon());
  };
  const auto killer = []() -> Task<void> {
    auto server = co_await open(shared_server().tcp("agent"));
    EXPECT_TRUE(co_await wait_for_value(
        server, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(60)'", "1"));
    EXPECT_EQ((co_await end_client_sessions(server, kNobody, soon())).value_or(0), 1U);
  };
  asio::co_spawn(loop, sleeper(), [&slept](std::exception_ptr, SqlResult<Rows> r) { slept = std::move(r); });
  asio::co_spawn(loop, killer(), asio::detached);
  loop.run();
  ASSERT_TRUE(slept);
  ASSERT_FALSE(*slept);
  EXPECT_EQ(slept->error().certainty, Certainty::unknown) << slept->error().text;
}

TEST(EndClientSessions, SaysWhenARightIsMissing) {
  const auto poor = []() -> Task<SqlResult<std::size_t>> {
    auto server = co_await open(shared_server().root());
    const std::vector<std::string> user{"CREATE OR REPLACE USER poor@'127.0.0.1' IDENTIFIED BY 'secret'",
                                        "GRANT PROCESS ON *.* TO poor@'127.0.0.1'"};
    co_await must(server, user);
    auto poor_server = co_await open(shared_server().tcp("poor"));
    co_return co_await end_client_sessions(poor_server, kNobody, soon());
  };
  const auto killed = run(poor());
  ASSERT_FALSE(killed);
  EXPECT_EQ(killed.error().code, 1095U) << killed.error().text;
}

}  // namespace
}  // namespace mmm::mysql
