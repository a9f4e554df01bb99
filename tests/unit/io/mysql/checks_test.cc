#include "io/mysql/checks.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.h"

namespace mmm::mysql {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Checks, AServerThatAnswersIsGood) {
  EXPECT_EQ(run(check_mysql(shared_server().tcp("monitor"), soon())), (CheckRun{Outcome::good, ""}));
}

TEST(Checks, ARefusedLoginIsBadForMysqlAndUnknownForReplication) {
  const auto wrong = shared_server().tcp("monitor", "wrong");
  EXPECT_EQ(run(check_mysql(wrong, soon())).outcome, Outcome::bad);
  EXPECT_EQ(run(check_rep_threads(wrong, soon())).outcome, Outcome::unknown);
  EXPECT_EQ(run(check_rep_backlog(wrong, 60, soon())).outcome, Outcome::unknown);
}

TEST(Checks, AFrozenServerIsBadAtTheDeadline) {
  TestServer frozen(9);
  frozen.signal(SIGSTOP);
  const auto checked = run(check_mysql(frozen.tcp("root", ""), Deadline::in(100ms)));
  EXPECT_EQ(run(check_rep_threads(frozen.tcp("root", ""), Deadline::in(100ms))).outcome, Outcome::unknown);
  frozen.signal(SIGCONT);
  EXPECT_EQ(checked.outcome, Outcome::bad);
  EXPECT_THAT(checked.message, HasSubstr("deadline"));
}

TEST(Checks, TooManyConnectionsIsUnknown) {
  const auto crowd = []() -> Task<CheckRun> {
    auto admin = co_await open(shared_server().root());
    const std::vector<std::string> few{"SET GLOBAL max_connections=10"}, many{"SET GLOBAL max_connections=151"};
    co_await must(admin, few);
    std::vector<Connection> clients;
    for (bool room = true; room;) {
      Connection client(co_await asio::this_coro::executor);
      room = (co_await client.connect(shared_server().tcp("client"), soon())).has_value();
      if (room) clients.push_back(std::move(client));
    }
    auto checked = co_await check_mysql(shared_server().tcp("monitor"), soon());
    co_await must(admin, many);
    co_return checked;
  };
  const auto checked = run(crowd());
  EXPECT_EQ(checked.outcome, Outcome::unknown);
  EXPECT_THAT(checked.message, StartsWith("Too many connections!"));
}

TEST(Checks, AMissingPrivilegeIsBadAndNamed) {
  for (const auto& checked : {run(check_rep_threads(shared_server().tcp("client"), soon())),
                              run(check_rep_backlog(shared_server().tcp("client"), 60, soon()))}) {
    EXPECT_EQ(checked.outcome, Outcome::bad);
    EXPECT_THAT(checked.message, HasSubstr("user 'client'"));
    EXPECT_THAT(checked.message, HasSubstr("SLAVE MONITOR"));
  }
}

TEST(Checks, WithoutReplicationThreadsAreBadAndTheBacklogIsNull) {
  const auto monitor = shared_server().tcp("monitor");
  EXPECT_EQ(run(check_rep_threads(monitor, soon())), (CheckRun{Outcome::bad, "Replication is not set up"}));
  EXPECT_EQ(run(check_rep_backlog(monitor, 60, soon())), (CheckRun{Outcome::good, "Backlog is null"}));
}

}  // namespace
}  // namespace mmm::mysql
