#include "io/mysql/replication.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/mysql/checks.h"
#include "io/mysql/server.h"
#include "test_server.h"

namespace mmm::mysql {
namespace {

using testing::HasSubstr;
using Predicate = std::function<bool(const ServerStatus&)>;

// Two servers that can replicate from each other. A new pair for each test: histories differ.
struct Pair {
  TestServer one{11}, two{12};

  Pair() { run(prepare(*this)); }

  static Task<bool> prepare(Pair& pair) {
    for (TestServer* each : {&pair.one, &pair.two}) {
      auto server = co_await open(each->root());
      const std::vector<std::string> users{
          "SET SESSION sql_log_bin=0", "CREATE USER rep@'127.0.0.1' IDENTIFIED BY 'it\\'s secret'",
          "GRANT REPLICATION SLAVE ON *.* TO rep@'127.0.0.1'", "RESET MASTER"};
      co_await must(server, users);
    }
    co_return true;
  }
};

Source source_at(const TestServer& server) {
  return {.ip = "127.0.0.1", .port = server.port(), .user = "rep", .password = "it's secret"};
}

Task<SqlStatus> point(Connection& server, const TestServer& at, bool demote = false) {
  auto source = source_at(at);
  return follow(server, std::move(source), demote, soon());
}

// Observes until it is as wanted; the last status either way.
Task<ServerStatus> observe_until(Connection& server, Predicate wanted) {
  const auto deadline = soon();
  while (true) {
    auto status = co_await observe(server, soon());
    EXPECT_TRUE(status) << status.error().text;
    if (!status || wanted(*status) || deadline.passed()) co_return status.value_or(ServerStatus{});
    co_await sleep_for(5ms);
  }
}

bool runs(const ServerStatus& s) { return s.replication.io == IoThread::yes && s.replication.sql; }
bool has_error(const ServerStatus& s) { return !s.replication.error.empty(); }

Predicate has(Gtid gtid) {
  return [gtid](const ServerStatus& s) { return s.has.contains(gtid) && runs(s); };
}

const std::vector<std::string> kNobody;
const std::vector<std::string> kCreate{"CREATE DATABASE d", "CREATE TABLE d.t (i INT PRIMARY KEY)"};
std::vector<std::string> insert(int key) { return {"INSERT INTO d.t VALUES (" + std::to_string(key) + ")"}; }

TEST(Replication, AReplicaFollowsAndObserveTellsSo) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<ServerStatus> {
    auto source = co_await open(p.one.root());
    auto replica = co_await open(p.two.root());
    co_await must(source, kCreate);
    const auto followed = co_await point(replica, p.one);
    EXPECT_TRUE(followed) << followed.error().text;
    const auto third = insert(1);
    co_await must(source, third);
    co_return co_await observe_until(replica, has({0, 11, 3}));
  };
  const auto status = run(work(pair));
  EXPECT_TRUE(status.replication.configured);
  EXPECT_EQ(status.replication.source_ip, "127.0.0.1");
  EXPECT_EQ(status.replication.source_port, pair.one.port());
  EXPECT_EQ(status.replication.io, IoThread::yes);
  EXPECT_TRUE(status.replication.sql);
  EXPECT_EQ(to_string(status.replication.received), "0-11-3");
  EXPECT_EQ(to_string(status.has), "0-11-3");
  EXPECT_EQ(status.replication.seconds_behind, 0);
  EXPECT_EQ(status.replication.error, "");

  const auto root = pair.two.tcp("root", "");
  EXPECT_EQ(run(check_rep_threads(root, soon())), (CheckRun{Outcome::good, ""}));
  EXPECT_EQ(run(check_rep_backlog(root, 60, soon())), (CheckRun{Outcome::good, ""}));
}

TEST(Replication, AStoppedThreadIsBadAndADeadSourceIsConnecting) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<bool> {
    auto replica = co_await open(p.two.root());
    EXPECT_TRUE(co_await point(replica, p.one));
    co_await observe_until(replica, runs);
    EXPECT_TRUE(co_await stop_applier(replica, soon()));
    co_return true;
  };
  run(work(pair));
  const auto root = pair.two.tcp("root", "");
  EXPECT_EQ(run(check_rep_threads(root, soon())), (CheckRun{Outcome::bad, "Replication is broken"}));
  EXPECT_EQ(run(check_rep_backlog(root, 60, soon())), (CheckRun{Outcome::good, "Backlog is null"}));

  const auto dead = [](Pair& p) -> Task<ServerStatus> {
    auto replica = co_await open(p.two.root());
    EXPECT_TRUE(co_await start_applier(replica, soon()));
    p.one.kill();
    co_return co_await observe_until(replica, [](const ServerStatus& s) { return !runs(s) && has_error(s); });
  };
  const auto status = run(dead(pair));
  EXPECT_EQ(status.replication.io, IoThread::connecting);
  EXPECT_EQ(status.replication.seconds_behind, std::nullopt);
  EXPECT_EQ(run(check_rep_threads(root, soon())).outcome, Outcome::good);
}

// Goal: a receiver whose source hangs while it connects gives up within seconds; a site's smaller bound stays.
TEST(Replication, AReceiverWaitsForASilentSourceForSecondsOnly) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<std::string> {
    auto replica = co_await open(p.two.root());
    const std::vector<std::string> usual{"SET GLOBAL slave_net_timeout=60"}, look{"SELECT @@global.slave_net_timeout"},
        small{"SET GLOBAL slave_net_timeout=1"};
    co_await must(replica, usual);
    p.one.signal(SIGSTOP);
    EXPECT_TRUE(co_await point(replica, p.one));
    const auto start = std::chrono::steady_clock::now();
    co_await observe_until(replica, has_error);
    p.one.signal(SIGCONT);
    EXPECT_LT(since(start), 10s);
    auto bounds = (co_await must(replica, look)).text(0, std::size_t{0});
    co_await must(replica, small);
    EXPECT_TRUE(co_await point(replica, p.one));
    co_return bounds + " " + (co_await must(replica, look)).text(0, std::size_t{0});
  };
  EXPECT_EQ(run(work(pair)), "2 1");
}

TEST(Replication, EndingClientSessionsSparesReplicationOnBothSides) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<bool> {
    auto one = co_await open(p.one.root());
    auto two = co_await open(p.two.root());
    EXPECT_TRUE(co_await point(two, p.one));
    EXPECT_TRUE(co_await point(one, p.two));
    co_await observe_until(one, runs);
    co_await observe_until(two, runs);
    auto client = co_await open(p.one.tcp("rep", "it's secret"));
    EXPECT_EQ((co_await end_client_sessions(one, kNobody, soon())).value_or(99), 1U);
    EXPECT_EQ((co_await end_client_sessions(two, kNobody, soon())).value_or(99), 0U);
    co_await must(one, kCreate);
    co_return has({0, 11, 2})(co_await observe_until(two, has({0, 11, 2})));
  };
  EXPECT_TRUE(run(work(pair)));
}

// The ring: own events come back and move gtid_slave_pos on, so roles change without CHANGE MASTER.
TEST(Replication, InTheRingTheWriterChangesWithoutRepointing) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<std::string> {
    auto one = co_await open(p.one.root());
    auto two = co_await open(p.two.root());
    EXPECT_TRUE(co_await point(two, p.one));
    EXPECT_TRUE(co_await point(one, p.two, true));
    co_await must(one, kCreate);
    co_await observe_until(two, has({0, 11, 2}));
    EXPECT_TRUE(co_await wait_for_value(one, "SELECT @@gtid_slave_pos", "0-11-2"));
    const auto second = insert(1), third = insert(2);
    co_await must(two, second);
    co_await observe_until(one, has({0, 12, 3}));
    co_await must(one, third);
    const auto last = co_await observe_until(two, has({0, 11, 4}));
    co_return to_string(last.has) + last.replication.error;
  };
  EXPECT_EQ(run(work(pair)), "0-11-4,0-12-3");
}

// A writer that never replicated becomes a replica: it needs `demote`.
TEST(Replication, AnOldWriterWithoutAPositionFollowsWithDemote) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<ServerStatus> {
    auto one = co_await open(p.one.root());
    auto two = co_await open(p.two.root());
    co_await must(one, kCreate);
    EXPECT_TRUE(co_await point(two, p.one));
    co_await observe_until(two, has({0, 11, 2}));
    EXPECT_TRUE(co_await stop_replication(two, soon()));
    const auto next = insert(1);
    co_await must(two, next);
    EXPECT_TRUE(co_await point(one, p.two, true));
    co_return co_await observe_until(one, has({0, 12, 3}));
  };
  const auto status = run(work(pair));
  EXPECT_EQ(to_string(status.has), "0-11-2,0-12-3");
  EXPECT_EQ(status.replication.error, "");
}

// The same by hand-set position, as for servers before 10.10.
TEST(Replication, TheCurrentPositionServesAsDemoteOnOldServers) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<std::string> {
    auto one = co_await open(p.one.root());
    co_await must(one, kCreate);
    const std::vector<std::string> adopt{"SET GLOBAL gtid_slave_pos=@@global.gtid_current_pos"};
    co_await must(one, adopt);
    const std::vector<std::string> look{"SELECT @@global.gtid_slave_pos"};
    co_return (co_await must(one, look)).text(0, std::size_t{0});
  };
  EXPECT_EQ(run(work(pair)), "0-11-2");
}

// A transaction the source lacks: with `demote` it shows at once, before the source writes anything.
TEST(Replication, ADivergedWriterIsFoundAtOnceWithDemote) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<ServerStatus> {
    auto one = co_await open(p.one.root());
    auto two = co_await open(p.two.root());
    co_await must(one, kCreate);
    EXPECT_TRUE(co_await point(two, p.one));
    co_await observe_until(two, has({0, 11, 2}));
    EXPECT_TRUE(co_await stop_replication(two, soon()));
    const auto lost = insert(1);
    co_await must(one, lost);
    EXPECT_TRUE(co_await point(one, p.two, true));
    co_return co_await observe_until(one, has_error);
  };
  const auto status = run(work(pair));
  EXPECT_EQ(status.replication.io, IoThread::no);
  EXPECT_THAT(status.replication.error, HasSubstr("1236"));
}

// What is received survives as long as one of the threads runs.
TEST(Replication, ReceivedTransactionsAreAppliedAfterTheSourcesDeath) {
  Pair pair;
  const auto work = [](Pair& p) -> Task<bool> {
    auto one = co_await open(p.one.root());
    auto two = co_await open(p.two.root());
    co_await must(one, kCreate);
    EXPECT_TRUE(co_await point(two, p.one));
    co_await observe_until(two, has({0, 11, 2}));
    EXPECT_TRUE(co_await stop_applier(two, soon()));
    const auto late = insert(1);
    co_await must(one, late);
    co_await observe_until(two, [](const ServerStatus& s) { return s.replication.received.contains({0, 11, 3}); });
    p.one.kill();
    EXPECT_TRUE(co_await start_applier(two, soon()));
    EXPECT_TRUE(co_await stop_receiver(two, soon()));
    const auto applied = [](const ServerStatus& s) { return s.has.contains(Gtid{0, 11, 3}); };
    co_return applied(co_await observe_until(two, applied));
  };
  EXPECT_TRUE(run(work(pair)));
}

using Committed = std::optional<SqlResult<Rows>>;

Task<void> commit_as_app(TestServer& server, Committed& result) {
  auto client = co_await open(server.tcp("app"));
  result = co_await client.query("CREATE DATABASE app", soon());
}

// A committer that waits for a semi-sync acknowledgement holds read_only up; killing its session frees it.
TEST(Replication, ASemiSyncWaiterIsFreedByEndingClientSessions) {
  TestServer lonely(11, {"--rpl-semi-sync-master-enabled=1", "--rpl-semi-sync-master-timeout=600000",
                         "--rpl-semi-sync-master-wait-point=AFTER_SYNC"});
  const auto work = [](TestServer& writer, Committed& result) -> Task<bool> {
    auto server = co_await open(writer.root());
    const std::vector<std::string> user{"SET SESSION sql_log_bin=0",
                                        "CREATE USER app@'127.0.0.1' IDENTIFIED BY 'secret'",
                                        "GRANT CREATE ON *.* TO app@'127.0.0.1'"};
    co_await must(server, user);
    asio::co_spawn(co_await asio::this_coro::executor, commit_as_app(writer, result), asio::detached);
    EXPECT_TRUE(co_await wait_for_value(
        server, "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='app' AND STATE LIKE '%semi-sync%'",
        "1"));
    const auto blocked = co_await set_read_only(server, true, Deadline::in(3s));
    EXPECT_FALSE(blocked);
    EXPECT_EQ(blocked.error().code, kLockWaitTimeout) << blocked.error().text;
    const auto killed = co_await end_client_sessions(server, kNobody, soon());
    EXPECT_EQ(killed.value_or(0), 1U);
    const auto done = co_await set_read_only(server, true, soon());
    EXPECT_TRUE(done) << done.error().text;
    co_return true;
  };
  Committed committed;
  run(work(lonely, committed));
  ASSERT_TRUE(committed);
  ASSERT_FALSE(*committed);  // never told OK for what nobody acknowledged
  EXPECT_EQ(committed->error().certainty, Certainty::unknown) << committed->error().text;
}

}  // namespace
}  // namespace mmm::mysql
