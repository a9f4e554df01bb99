// What an agent does not do for ever, and what it does not throw away (docs/invariants.md, S2, L1).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr auto kLift = "lift read_only for generation 2";
constexpr auto kFromDb2 = "run replicate from db2 (10.0.0.5:3306)";

// Goal: L1. A writer that renews its lease and never serves would keep everybody else from the role.
TEST(LimitsTest, AWriterThatCanNotServeGivesItsGenerationUp) {
  AgentDriver agent("db2");
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.hear(instruction(1, 2, 1, "db2"));
  const auto until = agent.now + 12s;
  while (agent.now < until && agent.count<Released>() == 0) {
    for (const auto& operation : agent.pending()) operation == kLift ? agent.fail(operation) : agent.finish(operation);
    const auto ask = agent.last<Ask>();
    agent.hear(Grant{ask.number, ask.accepted.generation});
    agent.now += 50ms;
    agent.step(agent::Tick{});
  }
  ASSERT_EQ(agent.count<Released>(), 1u);
  EXPECT_THAT(agent.last<Released>().reason, HasSubstr("could not serve as the writer within 10 s"));
}

// Goal: the applier of a writer that lost its lease waits for an acknowledgement that nobody sends, and read_only waits for
// the applier (seen on MariaDB 10.11 after a frozen agent thawed). The address goes first, so nobody is told OK.
TEST(LimitsTest, ACommitThatWaitsForNobodyDoesNotKeepALostWriterWritable) {
  AgentDriver agent("db1");
  agent.host.server.semi_sync_replica = true;
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.pass(2s);
  ASSERT_TRUE(agent.host.server.semi_sync_source);
  agent.grants = false;
  agent.forget();
  const std::string stop = "set read_only", off = "let the applier wait for nobody (semi-sync off)";
  for (const auto until = agent.now + 6s; agent.now < until; agent.now += 50ms) {
    for (const auto& operation : agent.pending())
      operation == stop && agent.host.server.semi_sync_source ? agent.fail(operation) : agent.finish(operation);
    agent.step(agent::Tick{});
  }
  EXPECT_TRUE(agent.host.server.read_only);
  EXPECT_LT(agent.index_of("run drop 10.0.0.80"), agent.index_of("run " + off));
}

struct RelayLogTest : testing::Test {
  RelayLogTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(2s);
    server.has = lab::gtids("0-1-9");
    server.replication.received = lab::gtids("0-1-12");
    agent.pass(2s);
    agent.forget();
  }
  AgentDriver agent{"db3"};
  ServerStatus& server = agent.host.server;
};

// Goal: S2. What was received and not applied may be the only copy; following another source throws it away.
TEST_F(RelayLogTest, IsAppliedBeforeAnotherSourceIsFollowed) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(10s);
  EXPECT_THAT(agent.story, Not(Contains(kFromDb2)));
  EXPECT_THAT(agent.brain.report(agent.now).problems, Contains(HasSubstr("3 transactions that it received are not applied")));
  EXPECT_THAT(agent.story, Contains("run stop receiving")) << "else it would never be seen with all of it applied";
  server.has = lab::gtids("0-1-12");
  agent.pass(2s);
  EXPECT_THAT(agent.story, Contains(kFromDb2));
}

TEST_F(RelayLogTest, IsNoProblemOnceNothingIsToBeFollowed) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(10s);
  auto offline = instruction(1, 2, 2, "db2");
  offline.hosts["db3"].state = HostState::admin_offline;
  agent.hear(offline);
  agent.pass(2s);
  EXPECT_THAT(agent.brain.report(agent.now).problems, Not(Contains(HasSubstr("are not applied"))));
}

TEST_F(RelayLogTest, OfAStoppedApplierIsGivenUpOnlyWhenOthersHaveIt) {
  server.replication.sql = false;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(10s);
  EXPECT_THAT(agent.story, Not(Contains(kFromDb2)));
  server.replication.sql = false;  // it was started, and stopped again
  auto known = instruction(1, 3, 1, "db2");
  known.must_have = lab::gtids("0-1-12");
  agent.hear(known);
  agent.pass(2s);
  EXPECT_THAT(agent.story, Contains(kFromDb2));
}

TEST_F(RelayLogTest, AReceiverThatIsRefusedIsStartedMoreAndMoreRarely) {
  server.replication.received = server.has;
  const auto refuse = [&] {
    server.replication.io = IoThread::no;
    server.replication.error = "the master's binlog has diverged";
  };
  refuse();
  bool told = false;
  for (int i = 0; i < 6000; ++i) {
    agent.pass(100ms);
    refuse();
    const auto problems = agent.brain.report(agent.now).problems;
    told = told || std::ranges::any_of(problems, [](const auto& text) { return text.contains("binlog has diverged"); });
  }
  const auto starts = std::ranges::count(agent.story, "run start replication");
  EXPECT_GE(starts, 10);
  EXPECT_LE(starts, 25);
  EXPECT_TRUE(told) << "show names what the source said";
}

}  // namespace
}  // namespace mmm
