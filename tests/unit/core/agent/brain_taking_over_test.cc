// The writer role comes: in which order the agent takes it, and what it waits for (docs/lease.md, rules 3, 6).

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

constexpr auto kPut = "put 10.0.0.80 on the interface";
constexpr auto kLift = "lift read_only for generation 2";

struct TakingOverTest : testing::Test {
  // db2 replicates from db1, the writer of generation 1, and has all of it.
  TakingOverTest() {
    replication = {.configured = true, .source_ip = "10.0.0.4", .source_port = 3306, .io = IoThread::yes, .sql = true};
    receives("0-1-9");
    applies("0-1-9");
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.forget();
  }
  void receives(std::string_view set) { replication.received = lab::gtids(set); }
  void applies(std::string_view set) { agent.host.server.has = lab::gtids(set); }
  bool serves() const { return agent.host.writable() && agent.host.ips().contains(lab::kWriterRole.ip); }

  AgentDriver agent{"db2"};
  ReplicationStatus& replication = agent.host.server.replication;
};

TEST_F(TakingOverTest, TakesTheRoleStepByStep) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  EXPECT_THAT(agent.story, ElementsAre("persist", "say acknowledged 1.2.1", "say ask for generation 2",
                                       "persist", "run stop the applier", "persist", std::string("run ") + kLift,
                                       "persist", std::string("run ") + kPut, "run replicate from db1 (10.0.0.4:3306)", "persist"));
  EXPECT_TRUE(serves());
}

// Goal: L1 (seeds 1026626, 106926). What the writer receives later comes from replicas, and no client waits for it: an applier
// that breaks over it keeps neither it nor the next writer from the role.
TEST_F(TakingOverTest, WhatItReceivesOnceItHadAllBindsNobody) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  ASSERT_TRUE(serves());
  replication.sql = false;
  receives("0-3-12");
  agent.pass(2s);
  agent.hear(Survey{.generation = Generation{3}});
  agent.pass(100ms);
  EXPECT_EQ(agent.last<SurveyAnswer>().received, agent.host.server.has);
  AgentDriver again{"db2"};
  again.host = agent.host;
  again.host.addresses.clear();
  again.disk = agent.disk;
  again.now = agent.now;
  again.start();
  again.pass(2s);
  EXPECT_EQ(again.count<Released>(), 0u);
  EXPECT_TRUE(again.host.writable());
}

TEST_F(TakingOverTest, AnnouncesItsAddressOnceItIsUpAndOftenAfterwards) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(20ms);
  ASSERT_TRUE(serves());
  int announced = 0;
  for (int ms = 0; ms < 6000; ++ms) {
    agent.now += 1ms;
    agent.step(agent::Tick{});
    for (const auto& operation : agent.pending()) announced += operation == "announce 10.0.0.80";
    agent.finish_all();
  }
  EXPECT_GE(announced, 7);
}

TEST_F(TakingOverTest, LetsCommitsWaitForAReplicaWhereTheSiteReplicatesSemiSynchronously) {
  agent.host.server.semi_sync_replica = true;
  agent.pass(1s);
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  EXPECT_TRUE(agent.host.server.semi_sync_source);
  EXPECT_LT(agent.index_of("semi-sync"), agent.index_of(kLift));
}

TEST_F(TakingOverTest, AReplicasApplierNeverWaitsForAcknowledgements) {
  agent.host.server.semi_sync_source = true;
  agent.pass(2s);
  EXPECT_FALSE(agent.host.server.semi_sync_source);
}

// ---- the lease (rule 3) -----------------------------------------------------------------------------------------

TEST_F(TakingOverTest, WithoutALeaseNothingIsLifted) {
  agent.grants = false;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(60s);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(TakingOverTest, AnAnswerThatComesAfterTheLeaseGivesNothing) {
  agent.grants = false;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.finish_all();
  const auto ask = agent.last<Ask>();
  agent.now += 2s;
  agent.hear(Grant{ask.number, Generation{2}});
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now));
  EXPECT_THAT(agent.pending(), Not(Contains(kLift)));
}

TEST_F(TakingOverTest, ALateAnswerGivesOnlyWhatIsLeft) {
  agent.grants = false;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.finish_all();
  const auto ask = agent.last<Ask>();
  const auto stamp = agent.now;
  agent.now += 1900ms;
  agent.hear(Grant{ask.number, Generation{2}});
  EXPECT_TRUE(agent.brain.holds_live_lease(stamp + 2s - 1ns));
  EXPECT_FALSE(agent.brain.holds_live_lease(stamp + 2s));
}

TEST_F(TakingOverTest, AsksAThirdOfTheLeaseAfterItAskedLast) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  agent.forget();
  agent.pass(20s);
  EXPECT_GE(agent.count<Ask>(), 29u);
  EXPECT_LE(agent.count<Ask>(), 31u);
  EXPECT_TRUE(serves());
}

TEST_F(TakingOverTest, TheAddressLivesNoLongerThanTheLeaseAndAWholeSecond) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  agent.pass(10s);
  EXPECT_LE(agent.host.addresses.at(lab::kWriterRole.ip), agent.now + 3s);
  EXPECT_GT(agent.host.addresses.at(lab::kWriterRole.ip), agent.now + 1s);
}

// ---- drained ----------------------------------------------------------------------------------------------------

TEST_F(TakingOverTest, AppliesWhatItReceivedBeforeItsFirstWrite) {
  receives("0-1-12");
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(3s);
  EXPECT_FALSE(agent.host.writable());
  applies("0-1-12");
  agent.pass(50ms);
  EXPECT_TRUE(serves());
}

TEST_F(TakingOverTest, AppliesWhatOthersAreKnownToHaveBeforeItsFirstWrite) {
  auto next = instruction(1, 2, 1, "db2");
  next.must_have = lab::gtids("0-1-12");
  agent.hear(next);
  agent.pass(3s);
  EXPECT_FALSE(agent.host.writable());
  receives("0-1-12");
  applies("0-1-12");
  agent.pass(50ms);
  EXPECT_TRUE(serves());
}

// Goal: an observation that was begun before the generation came says nothing of what was received since.
TEST_F(TakingOverTest, TrustsOnlyALookAtItsServerThatWasBegunAfterwards) {
  agent.now += 1s;
  agent.step(agent::Tick{});
  ASSERT_THAT(agent.pending(), Contains("observe the server"));  // begun, with 0-1-9 received
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.finish("observe the server");
  EXPECT_THAT(agent.pending(), Not(Contains(kLift)));
}

TEST_F(TakingOverTest, GivesUpWhenItCantApplyWithinTenSeconds) {
  receives("0-1-12");
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(9900ms);
  EXPECT_EQ(agent.count<Released>(), 0u);
  agent.pass(200ms);
  ASSERT_EQ(agent.count<Released>(), 1u);
  EXPECT_EQ(agent.last<Released>().generation, Generation{2});
  EXPECT_FALSE(agent.last<Released>().complete);
  EXPECT_EQ(agent.last<Released>().reason, "it could not get or apply 3 transactions within 10 s");
  EXPECT_FALSE(agent.host.writable());
}

TEST_F(TakingOverTest, GivesUpAtOnceWhenItsApplierBreaksOnWhatItReceived) {
  receives("0-1-12");
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(10ms);
  replication.sql = false;
  agent.pass(100ms);
  ASSERT_EQ(agent.count<Released>(), 1u);
  EXPECT_EQ(agent.last<Released>().reason, "its applier is stopped with 3 received transactions not applied");
}

// Goal: L1 (a soak with seed 101; simulation seed 10059468). Its server restarted, and fetched from a host that had diverged.
TEST_F(TakingOverTest, ServesWhenItsApplierBrokeOnWhatNoWriterHasToHave) {
  receives("0-1-12");
  auto next = instruction(1, 2, 1, "db2");
  next.must_have = lab::gtids("0-1-9");
  replication.sql = false;
  agent.hear(next);
  agent.pass(100ms);
  EXPECT_EQ(agent.count<Released>(), 0u);
  EXPECT_TRUE(agent.host.writable());
}

// Goal: S2 (seed 10286790). It accepts late, and was complete by what the offer said; meanwhile more was found.
TEST_F(TakingOverTest, LooksAgainWhenMoreIsFoundBeforeItServes) {
  auto next = instruction(1, 2, 1, "db2");
  next.must_have = lab::gtids("0-1-9");
  agent.grants = false;
  agent.hear(next);
  agent.pass(500ms);
  next.order.version = next.assignment.version = Version{2};
  next.must_have = lab::gtids("0-1-12");
  agent.hear(next);
  agent.grants = true;
  agent.pass(3s);
  ASSERT_GT(agent.count<Ask>(), 0u);
  EXPECT_FALSE(agent.host.writable());
  receives("0-1-12");
  applies("0-1-12");
  agent.pass(50ms);
  EXPECT_TRUE(serves());
}

// Goal: S2. Its agent restarts when it was complete by the first word, and before it wrote anything.
TEST_F(TakingOverTest, LooksAgainAfterARestartOfItsAgentToo) {
  agent.grants = false;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(500ms);
  ASSERT_EQ(agent.brain.memory().complete, Generation{2});
  AgentDriver again{"db2"};
  again.host = agent.host;
  again.disk = agent.disk;
  again.now = agent.now;
  again.grants = false;
  again.start();
  auto more = instruction(1, 2, 2, "db2");
  more.must_have = lab::gtids("0-1-12");
  again.hear(more);
  again.grants = true;
  again.pass(3s);
  EXPECT_FALSE(again.host.writable());
  EXPECT_EQ(again.brain.memory().complete, Generation{});
}

// Goal: L1 (seed 30018281). A monitor that was killed before it wrote that db2 served finds a transaction of the former
// writer's. By then db2 has a history of its own: nobody can apply both.
TEST_F(TakingOverTest, WhatIsFoundOnceItWroteDoesNotHoldItUp) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(500ms);
  ASSERT_TRUE(serves());
  agent.grants = false;
  agent.pass(3s);
  ASSERT_FALSE(serves());
  auto next = instruction(1, 2, 2, "db2");
  next.must_have = lab::gtids("0-1-12");
  agent.hear(next);
  agent.grants = true;
  agent.pass(3s);
  EXPECT_TRUE(serves());
  AgentDriver again{"db2"};
  again.host = agent.host;
  again.host.addresses.clear();
  again.disk = agent.disk;
  again.now = agent.now;
  again.start();
  again.pass(12s);
  EXPECT_EQ(again.count<Released>(), 0u);
  EXPECT_TRUE(again.host.ips().contains(lab::kWriterRole.ip));
}

TEST_F(TakingOverTest, FetchesWhatItLacksFromTheHostThatHasIt) {
  auto next = instruction(1, 2, 1, "db2");
  next.must_have = lab::gtids("0-1-12");
  next.catch_up_from = "db3";
  agent.hear(next);
  agent.pass(50ms);
  EXPECT_THAT(agent.story, Contains("run replicate from db3 (10.0.0.7:3306)"));
  EXPECT_FALSE(agent.host.writable());
  receives("0-1-12");
  applies("0-1-12");
  agent.pass(50ms);
  EXPECT_TRUE(serves());
  EXPECT_LT(agent.index_of("replicate from db3"), agent.index_of(kLift));
}

// What the dead writer sent last must be applied before the source changes: the change empties the relay log.
TEST_F(TakingOverTest, AppliesItsRelayLogBeforeItFetchesFromAnother) {
  receives("0-1-10");
  auto next = instruction(1, 2, 1, "db2");
  next.must_have = lab::gtids("0-1-12");
  next.catch_up_from = "db3";
  agent.hear(next);
  agent.pass(50ms);
  EXPECT_EQ(agent.index_of("replicate from db3"), agent.story.size());
  applies("0-1-10");
  agent.pass(50ms);
  EXPECT_LT(agent.index_of("replicate from db3"), agent.story.size());
}

// ---- steps that fail --------------------------------------------------------------------------------------------

// Method: each of the steps fails once, and the role comes all the same.
TEST_F(TakingOverTest, AsksAgainForAStepThatFailed) {
  for (const std::string step : {"stop the applier", kLift, kPut}) {
    SCOPED_TRACE(step);
    AgentDriver other("db2");
    other.host.server = agent.host.server;
    other.obey(instruction(1, 1, 2, "db1"));
    other.pass(1s);
    other.hear(instruction(1, 2, 1, "db2"));
    for (int i = 0; i < 1000 && !other.waits_for(step); ++i) {
      if (!other.pending().empty()) {
        other.finish(other.pending().front());
      } else {
        other.now += 1ms;
        other.hear(Grant{other.last<Ask>().number, Generation{2}});
      }
    }
    other.fail(step);
    EXPECT_FALSE(other.host.writable() && other.host.ips().contains(lab::kWriterRole.ip));
    other.pass(1s);
    EXPECT_TRUE(other.host.writable() && other.host.ips().contains(lab::kWriterRole.ip));
    EXPECT_THAT(other.last<Report>().problems, IsEmpty());
  }
}

TEST_F(TakingOverTest, AStepThatFailsIsReportedAndNotAskedForInATightLoop) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.hear(Grant{agent.last<Ask>().number, Generation{2}});
  while (!agent.waits_for("stop the applier")) {
    agent.now += 1ms;
    agent.step(agent::Tick{});
    if (agent.waits_for("observe the server")) agent.finish("observe the server");
  }
  agent.fail("stop the applier");
  EXPECT_THAT(agent.brain.report(agent.now).problems, ElementsAre("could not stop the applier: an error"));
  EXPECT_THAT(agent.pending(), Not(Contains("stop the applier")));
  EXPECT_LE(agent.brain.next_wakeup(), agent.now + 200ms);
}

// ---- an address that vanishes under us (a network restart) ------------------------------------------------------

struct VanishedTest : TakingOverTest {
  VanishedTest() {
    agent.hear(instruction(1, 2, 1, "db2"));
    agent.pass(1s);
    agent.forget();
  }
  void vanishes() {
    agent.host.addresses.clear();
    agent.step(agent::AddressesChanged{{}});
  }
  // Nobody renews it any more.
  Instant end_of_lease() {
    agent.grants = false;
    agent.finish_all();
    auto last = agent.now;
    for (Duration step = 1s; step > 0ns; step /= 2)
      while (agent.brain.holds_live_lease(last + step)) last += step;
    return last + 1ns;
  }
};

TEST_F(VanishedTest, IsPutBackAtOnceForWhatIsLeftOfTheLease) {
  const auto end = end_of_lease();
  agent.now = end - 100ms;
  vanishes();
  EXPECT_TRUE(agent.waits_for(kPut));
  agent.finish_all();
  EXPECT_TRUE(serves());
  EXPECT_LE(agent.host.addresses.at(lab::kWriterRole.ip), end + 1s);
}

// Goal: S1 at its boundary: at the end of the lease another host may be the writer.
TEST_F(VanishedTest, IsNotPutBackOnceTheLeaseHasEnded) {
  agent.now = end_of_lease();
  vanishes();
  EXPECT_FALSE(agent.waits_for(kPut));
  agent.pass(30s);
  EXPECT_EQ(agent.index_of(kPut), agent.story.size());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(VanishedTest, IsPutBackOnceALeaseComes) {
  agent.now = end_of_lease();
  vanishes();
  agent.pass(10s);
  agent.grants = true;
  agent.pass(1s);
  EXPECT_TRUE(serves());
}

TEST_F(VanishedTest, IsNotPutBackDuringARelease) {
  auto release = instruction(1, 2, 2, "db2");
  release.release = true;
  agent.hear(release);
  vanishes();
  ASSERT_TRUE(agent.brain.holds_live_lease(agent.now));
  agent.pass(5s);
  EXPECT_EQ(agent.index_of(kPut), agent.story.size());
  EXPECT_EQ(agent.count<Released>(), 1u);
}

// ---- (g+1, W) to the living writer (rule 6) ---------------------------------------------------------------------

TEST_F(TakingOverTest, ANewGenerationForTheLivingWriterInterruptsNothing) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(1s);
  ASSERT_TRUE(serves());
  agent.forget();
  agent.hear(instruction(1, 3, 1, "db2"));
  agent.pass(5s);
  EXPECT_TRUE(serves());
  EXPECT_EQ(agent.index_of("set read_only"), agent.story.size());
  EXPECT_EQ(agent.index_of("drop"), agent.story.size());
  EXPECT_EQ(agent.index_of("say ask for generation 2"), agent.story.size());
}

TEST_F(TakingOverTest, ANewGenerationWithoutALeaseKeepsOnlyWhatWasLeftOfTheOldOne) {
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(1s);
  agent.grants = false;
  agent.hear(instruction(1, 3, 1, "db2"));
  agent.pass(1200ms);
  EXPECT_TRUE(serves());
  agent.pass(1s);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

}  // namespace
}  // namespace mmm
