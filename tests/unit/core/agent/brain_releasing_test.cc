// The writer role goes: a planned release, the end of the lease, a dead server (docs/lease.md, rules 3, 7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

struct ReleasingTest : testing::Test {
  // db1 is the writer of generation 1 and serves.
  ReleasingTest() {
    agent.host.server.has = lab::gtids("0-1-9");
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.forget();
  }
  static Instruction release(std::uint64_t version = 3) {
    auto i = instruction(1, 1, version, "db1");
    i.release = true;
    return i;
  }
  bool serves() const { return agent.host.writable() && agent.host.ips().contains(lab::kWriterRole.ip); }

  AgentDriver agent{"db1"};
};

TEST_F(ReleasingTest, StartsFromAWriterThatServes) { EXPECT_TRUE(serves()); }

// ---- planned ----------------------------------------------------------------------------------------------------

TEST_F(ReleasingTest, LetsGoStepByStepAndSaysItsPosition) {
  agent.hear(release());
  agent.pass(100ms);
  EXPECT_THAT(agent.story,
              ElementsAre("persist", "say acknowledged 1.1.3", "run set read_only", "run end client sessions",
                          "run drop 10.0.0.80", "persist", "say released 1, has 0-1-9: test"));
  EXPECT_EQ(agent.disk->released, Generation{1});
  EXPECT_FALSE(agent.host.sessions);
}

// Goal: what a client saw committed is in the position: the look is begun after the last session ended.
TEST_F(ReleasingTest, ReadsItsPositionAfterEverythingStopped) {
  agent.now += 1s;
  agent.step(agent::Tick{});
  ASSERT_THAT(agent.pending(), Contains("observe the server"));  // begun before the release
  agent.hear(release());
  agent.finish("set read_only");
  agent.finish("end client sessions");
  agent.finish("drop 10.0.0.80");
  agent.finish("observe the server");
  EXPECT_EQ(agent.count<Released>(), 0u);
  agent.host.server.has = lab::gtids("0-1-10");
  agent.pass(20ms);
  EXPECT_EQ(agent.last<Released>().has, lab::gtids("0-1-10"));
}

// Goal: S2 (seed 10165981). What it receives once the next writer asks it for promises may be the only copy of what that one's
// clients were told is committed.
TEST_F(ReleasingTest, WhatItReceivesOnceTheNextWriterAsksItIsToldInTheSurvey) {
  agent.hear(release());
  agent.pass(100ms);
  auto& replication = agent.host.server.replication;
  replication = {.configured = true, .source_ip = "10.0.0.5", .source_port = 3306, .io = IoThread::yes, .sql = true};
  replication.received = lab::gtids("0-1-9,0-2-12");
  agent.pass(1s);
  agent.hear(Survey{.generation = Generation{2}});
  agent.pass(100ms);
  ASSERT_EQ(agent.last<SurveyAnswer>().received, lab::gtids("0-1-9")) << "it had all that there was";
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db2", .to = "db1", .number = 1, .generation = Generation{2}, .ttl = 2s}});
  ASSERT_TRUE(std::holds_alternative<Promise>(agent.answered.back()));
  agent.hear(Survey{.generation = Generation{3}});
  agent.pass(100ms);
  EXPECT_EQ(agent.last<SurveyAnswer>().received, lab::gtids("0-1-9,0-2-12"));
}

TEST_F(ReleasingTest, AReleaseThatIsTakenBackInTimeKeepsTheWriter) {
  agent.hear(release());
  agent.hear(instruction(1, 1, 4, "db1"));
  agent.pass(1s);
  EXPECT_TRUE(serves());
  EXPECT_EQ(agent.count<Released>(), 0u);
}

TEST_F(ReleasingTest, AReleaseIsFinal) {
  agent.hear(release());
  agent.pass(100ms);
  agent.hear(instruction(1, 1, 4, "db1"));
  agent.pass(5s);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  agent.obey(instruction(1, 2, 1, "db1"));
  agent.pass(100ms);
  EXPECT_TRUE(serves());
}

TEST_F(ReleasingTest, AsksForNoLeaseWhileItLetsGo) {
  agent.hear(release());
  agent.forget();
  agent.now += 700ms;
  agent.step(agent::Tick{});
  EXPECT_EQ(agent.count<Ask>(), 0u);
}

TEST_F(ReleasingTest, AServerThatCantBeStoppedHoldsTheReleaseUpForThreeSecondsOnly) {
  agent.hear(release());
  const auto begun = agent.now;
  const auto stuck = agent.pending();
  ASSERT_THAT(stuck, Contains("set read_only"));  // never finishes
  while (agent.count<Released>() == 0 && agent.now < begun + 10s) {
    agent.now = std::max(agent.brain.next_wakeup(), agent.now + 1ms);
    agent.step(agent::Tick{});
    for (const auto& operation : agent.pending())
      if (operation != "set read_only") agent.finish(operation);
  }
  EXPECT_EQ(agent.now, begun + 3s);
  EXPECT_EQ(agent.last<Released>().has, std::nullopt);
  EXPECT_EQ(agent.last<Released>().reason, "test; its server could not be stopped in time, its address is gone");
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(ReleasingTest, EndsTheSessionsFirstWhenReadOnlyCantBeSet) {
  agent.hear(release());
  agent.fail("set read_only");
  EXPECT_THAT(agent.pending(), Contains("end client sessions"));
  agent.finish("end client sessions");
  agent.pass(500ms);
  EXPECT_EQ(agent.last<Released>().generation, Generation{1});
  EXPECT_FALSE(agent.host.writable());
}

// Method: each of the steps fails once, and the release is said all the same, with everything down before it.
TEST_F(ReleasingTest, AsksAgainForAStepThatFailed) {
  for (const std::string step : {"set read_only", "end client sessions", "drop 10.0.0.80", "observe the server"}) {
    SCOPED_TRACE(step);
    AgentDriver other("db1");
    other.obey(instruction(1, 1, 2, "db1"));
    other.pass(1s);
    other.hear(release());
    for (int i = 0; i < 1000 && !other.waits_for(step); ++i) {
      if (!other.pending().empty()) other.finish(other.pending().front());
      other.now += 1ms;
      other.step(agent::Tick{});
    }
    other.fail(step);
    other.pass(2s);
    ASSERT_EQ(other.count<Released>(), 1u);
    EXPECT_TRUE(other.last<Released>().has.has_value());
    EXPECT_FALSE(other.host.writable());
    EXPECT_FALSE(other.host.sessions);
    EXPECT_THAT(other.host.ips(), IsEmpty());
  }
}

// Goal: rule 8 on the agent's side: a hand-over goes on when its agent crashed in the middle of it.
TEST_F(ReleasingTest, ARestartInTheMiddleGoesOnWithTheRelease) {
  agent.hear(release());
  AgentDriver restarted("db1");
  restarted.host = agent.host;
  restarted.disk = agent.disk;
  restarted.start();
  restarted.hear(release());  // what the monitor says to every agent that comes back
  restarted.pass(4s);
  ASSERT_EQ(restarted.count<Released>(), 1u);
  EXPECT_FALSE(restarted.host.writable());
  EXPECT_THAT(restarted.host.ips(), IsEmpty());
}

// ---- the lease ends (rule 3) ------------------------------------------------------------------------------------

TEST_F(ReleasingTest, WhenNobodyRenewsTheLeaseTheAddressGoesAtOnceAndWritesAndSessionsAfterIt) {
  agent.grants = false;
  agent.forget();
  while (agent.pending().empty() || !agent.waits_for("drop 10.0.0.80")) {
    ASSERT_LT(agent.brain.next_wakeup(), kNever);
    agent.now = agent.brain.next_wakeup();
    agent.step(agent::Tick{});
    for (const auto* quiet : {"observe the server", "announce 10.0.0.80"})
      if (agent.waits_for(quiet)) agent.finish(quiet);
  }
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now));
  EXPECT_TRUE(agent.brain.holds_live_lease(agent.now - 1ns));
  EXPECT_THAT(agent.pending(), ElementsAre("drop 10.0.0.80", "set read_only"));
  agent.pass(100ms);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_FALSE(agent.host.sessions);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(ReleasingTest, AWriterThatLostItsLeaseReleasesNothingAndServesAgainWhenItIsRenewed) {
  agent.grants = false;
  agent.pass(10s);
  EXPECT_FALSE(serves());
  EXPECT_EQ(agent.count<Released>(), 0u);
  agent.grants = true;
  agent.pass(1s);
  EXPECT_TRUE(serves());
}

TEST_F(ReleasingTest, WithoutAMonitorTheWriterStopsWhenItsLeaseEnds) {
  agent.step(agent::MonitorLeft{lab::kMonitor});
  agent.pass(1200ms);
  EXPECT_TRUE(serves());
  agent.pass(1s);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(ReleasingTest, StopsAtOnceWhenItHearsOfALaterGenerationOfAnother) {
  agent.hear(instruction(1, 2, 1, "db2"));
  EXPECT_THAT(agent.pending(), Contains("drop 10.0.0.80"));
  EXPECT_THAT(agent.pending(), Contains("set read_only"));
  agent.pass(100ms);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_FALSE(agent.host.sessions);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

// ---- mysqld dies ------------------------------------------------------------------------------------------------

TEST_F(ReleasingTest, AWriterWhoseServerDiesDropsTheAddressAndReleasesAtOnce) {
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  EXPECT_THAT(agent.story, ElementsAre("run drop 10.0.0.80"));
  agent.finish("drop 10.0.0.80");
  EXPECT_THAT(agent.story, ElementsAre("run drop 10.0.0.80", "persist",
                                       "say released 1, mysqld dead, position unknown: mysqld is down: its process is gone"));
  EXPECT_EQ(agent.disk->released, Generation{1});
}

TEST_F(ReleasingTest, AServerThatDiesInTheMiddleOfAReleaseEndsItAtOnce) {
  agent.hear(release());
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.pass(0s);
  EXPECT_TRUE(agent.last<Released>().mysqld_dead);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(ReleasingTest, AServerThatComesBackFindsTheRoleGone) {
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.pass(100ms);
  agent.host.start_server();
  agent.step(agent::MysqldUp{});
  agent.pass(5s);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  EXPECT_FALSE(agent.last<Report>().lease_live);
  EXPECT_EQ(agent.last<Report>().released, Generation{1});
}

// An answer that crossed the news of the server's death says nothing any more.
TEST_F(ReleasingTest, AnObservationThatCrossedTheDeathOfTheServerChangesNothing) {
  agent.now += 1s;
  agent.step(agent::Tick{});
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.finish("observe the server");
  EXPECT_EQ(agent.brain.report(agent.now).server, std::nullopt);
  EXPECT_FALSE(agent.brain.report(agent.now).mysqld_alive);
}

// Goal: an administrator who lifts read_only on a host that is not the writer.
TEST_F(ReleasingTest, AHostThatIsNotTheWriterIsReadOnlyAgainSoon) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(1s);
  agent.host.server.read_only = false;
  agent.pass(1100ms);
  EXPECT_FALSE(agent.host.writable());
}

}  // namespace
}  // namespace mmm
