// Whom the agent obeys, what it writes down before it speaks, and what it reports (docs/lease.md, rules 1, 2, 7).

#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;

struct ObeyingTest : testing::Test {
  AgentDriver agent{"db2"};
};

Hello hello(std::uint64_t counter, std::string id = "m") { return {.host = "db2", .epoch = {counter, std::move(id)}}; }

// What a monitor hears that is not obeyed, or not any more.
std::string obeys_another(int leadership) {
  return fmt::format("say welcome, but not obeyed: leadership {} is obeyed here, not what this connection says", leadership);
}

// Goal: rule 2: an agent persists before it acknowledges. The order of effects is the order on disk and wire.
TEST_F(ObeyingTest, WritesALeadershipDownBeforeItAcceptsIt) {
  agent.step(agent::Started{});
  agent.hear(hello(3));
  EXPECT_THAT(agent.story, ElementsAre("persist", "say welcome"));
  EXPECT_EQ(agent.disk->epoch, (Epoch{3, "m"}));
}

TEST_F(ObeyingTest, WritesAnInstructionDownBeforeItAcknowledgesIt) {
  agent.start();
  agent.forget();
  agent.hear(instruction(1, 1, 2, "db1"));
  ASSERT_GE(agent.story.size(), 2u);
  EXPECT_EQ(agent.story[0], "persist");
  EXPECT_EQ(agent.story[1], "say acknowledged 1.1.2");
  EXPECT_EQ(agent.disk->accepted, instruction(1, 1, 2, "db1").order);
  EXPECT_EQ(agent.disk->instruction, instruction(1, 1, 2, "db1"));
}

TEST_F(ObeyingTest, AcknowledgesTheSameInstructionAgainWithoutWriting) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.forget();
  agent.hear(instruction(1, 1, 2, "db1"));
  EXPECT_THAT(agent.story, ElementsAre("say acknowledged 1.1.2"));
}

// Goal: S4. Nothing older changes what is on disk or what is done.
TEST_F(ObeyingTest, RefusesWhatIsOlderAndForgetsNothing) {
  agent.obey(instruction(1, 2, 3, "db1"));
  const auto disk = agent.disk;
  agent.forget();
  agent.hear(instruction(1, 2, 2, "db1"));
  agent.hear(instruction(1, 1, 9, "db2"));
  EXPECT_THAT(agent.story, ElementsAre("say refused 1.2.2: a newer instruction was accepted",
                                       "say refused 1.1.9: a newer instruction was accepted"));
  EXPECT_EQ(agent.disk, disk);
}

TEST_F(ObeyingTest, AnAcknowledgementNamesTheLongestLeaseThatMayRun) {
  auto longer = instruction(1, 1, 1, "db1");
  longer.lease_ttl = 9s;
  agent.obey(longer);
  agent.obey(instruction(1, 1, 2, "db1"));
  EXPECT_EQ(agent.last<Acknowledged>().longest_lease, 9s);
}

// ---- two monitors -----------------------------------------------------------------------------------------------

TEST_F(ObeyingTest, WhatAMonitorSaysThatWasNotAdmittedBindsNothing) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.forget();
  agent.hear(instruction(1, 2, 1, "db2"), lab::kOtherMonitor);
  agent.hear(Grant{1, Generation{1}}, lab::kOtherMonitor);
  EXPECT_THAT(agent.story, Each(obeys_another(1)));
  EXPECT_EQ(agent.brain.memory().accepted, instruction(1, 1, 2, "db1").order);
}

TEST_F(ObeyingTest, RefusesAnotherMonitorWhileItsLeaderWasHeardAMomentAgo) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.forget();
  agent.hear(hello(2, "other"), lab::kOtherMonitor);
  EXPECT_THAT(agent.story,
              ElementsAre("say welcome, but not obeyed: the monitor of leadership 1 was heard from a moment ago and is "
                          "obeyed here"));
  EXPECT_EQ(agent.disk->epoch, (Epoch{1, "m"}));
}

TEST_F(ObeyingTest, ObeysAnotherMonitorOnceItsLeaderHasBeenSilentForTwoSeconds) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.hear(Poke{});
  agent.now += 2s - 1ns;
  agent.hear(hello(2, "other"), lab::kOtherMonitor);
  EXPECT_FALSE(agent.last<Welcome>().accepted);
  agent.now += 1ns;
  agent.hear(hello(2, "other"), lab::kOtherMonitor);
  EXPECT_TRUE(agent.last<Welcome>().accepted);
  EXPECT_EQ(agent.disk->epoch, (Epoch{2, "other"}));
}

TEST_F(ObeyingTest, TheOldMonitorBindsNothingOnceAnotherIsObeyed) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.hear({Hello{.host = "db2", .epoch = {2, "other"}, .vouched_below = 2}}, lab::kOtherMonitor);
  agent.forget();
  agent.hear(instruction(1, 2, 1, "db2"));
  EXPECT_THAT(agent.story, ElementsAre(obeys_another(2)));
  agent.step(agent::MonitorLeft{lab::kMonitor});
  agent.hear(instruction(2, 2, 1, "db1"), lab::kOtherMonitor);
  EXPECT_THAT(agent.story, IsSupersetOf({"persist", "say acknowledged 2.2.1"}));
}

// Goal: S2 (seeds 70474738, 70934298). One that stood still would fail over without this host, and what only it has.
TEST_F(ObeyingTest, AMonitorThatLedHearsAtOnceThatAnotherOneIsObeyed) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.now += 3s;
  agent.forget();
  agent.hear(hello(2, "other"), lab::kOtherMonitor);
  EXPECT_THAT(agent.story, ElementsAre("persist", obeys_another(2), "say welcome"));
}

// Two that do not lead would take its obedience from each other as fast as they can speak.
TEST_F(ObeyingTest, AMonitorThatNeverLedHearsItWhenItCommands) {
  agent.step(agent::Started{});
  agent.hear({Hello{.host = "db2", .epoch = {1, "m"}, .leads = false}});
  agent.forget();
  agent.hear(hello(2, "other"), lab::kOtherMonitor);
  EXPECT_THAT(agent.story, ElementsAre("persist", "say welcome"));
  agent.forget();
  agent.hear(Poke{});
  agent.hear(NoGrant{1, "this monitor does not lead yet"});  // it asked before it went over
  EXPECT_THAT(agent.story, IsEmpty());
  agent.hear(instruction(1, 1, 1, "db1"));
  EXPECT_THAT(agent.story, ElementsAre(obeys_another(2)));
}

TEST_F(ObeyingTest, SaysNothingWithoutAMonitorButGoesOn) {
  auto i = instruction(1, 1, 2, "db1");
  i.hosts["db2"].roles = {lab::kFirstReader};
  agent.obey(i);
  agent.step(agent::MonitorLeft{lab::kMonitor});
  agent.forget();
  agent.pass(60s);
  EXPECT_THAT(agent.said, IsEmpty());
  EXPECT_THAT(agent.host.ips(), ElementsAre(lab::kFirstReader.ip));
}

// ---- refusals for good (rule 7) ---------------------------------------------------------------------------------

TEST_F(ObeyingTest, AHostWithoutMysqldRefusesForGoodToBecomeTheWriter) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.forget();
  agent.hear(instruction(1, 2, 1, "db2"));
  EXPECT_THAT(agent.story, ElementsAre("persist", "say refused 1.2.1 for good: its mysqld does not answer"));
  EXPECT_EQ(agent.disk->released, Generation{2});
}

TEST_F(ObeyingTest, WhatWasRefusedForGoodStaysRefusedWhenTheHostIsWell) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.step(agent::MysqldUp{});
  agent.pass(1s);
  agent.forget();
  agent.hear(instruction(1, 2, 1, "db2"));
  EXPECT_THAT(agent.story, ElementsAre("say refused 1.2.1 for good: generation 2 was given up here"));
  agent.obey(instruction(1, 3, 1, "db2"));
  EXPECT_EQ(agent.last<Acknowledged>().order, instruction(1, 3, 1, "db2").order);
}

TEST_F(ObeyingTest, ABrokenApplierIsAReasonToRefuse) {
  agent.obey(instruction(1, 1, 2, "db1"));
  auto& replication = agent.host.server.replication;
  replication.sql = false;
  replication.received = lab::gtids("0-1-5");
  replication.error = "Duplicate entry";
  agent.pass(2s);
  agent.forget();
  agent.hear(instruction(1, 2, 1, "db2"));
  EXPECT_THAT(agent.story, ElementsAre("persist", "say refused 1.2.1 for good: its applier is stopped with 5 received "
                                                  "transactions not applied: Duplicate entry"));
}

// ---- reports ----------------------------------------------------------------------------------------------------

TEST_F(ObeyingTest, ReportsEverySecondAndNumbersItsReports) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.pass(2s);
  agent.forget();
  agent.pass(10s);
  EXPECT_EQ(agent.count<Report>(), 10u);
  std::uint64_t number = 0;
  for (const auto& message : agent.said) {
    EXPECT_GT(std::get<Report>(message).number, number);
    number = std::get<Report>(message).number;
  }
}

TEST_F(ObeyingTest, ReportsADeadServerAtOnce) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.pass(1s);
  agent.forget();
  agent.step(agent::MysqldDown{"its process is gone"});
  ASSERT_EQ(agent.count<Report>(), 1u);
  EXPECT_FALSE(agent.last<Report>().mysqld_alive);
  EXPECT_EQ(agent.last<Report>().server, std::nullopt);
}

TEST_F(ObeyingTest, AnswersAPokeWithAReport) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.forget();
  agent.hear(Poke{});
  EXPECT_EQ(agent.count<Report>(), 1u);
}

TEST_F(ObeyingTest, ReportsHostsThatItCantReachAndProblemsUntilTheyAreMended) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.step(agent::Reach{"db1", false});
  agent.step(agent::Trouble{"rights", "db2: the agent user lacks SUPER"});
  EXPECT_THAT(agent.last<Report>().unreachable, ElementsAre("db1"));
  EXPECT_THAT(agent.last<Report>().problems, ElementsAre("db2: the agent user lacks SUPER"));
  agent.step(agent::Reach{"db1", true});
  agent.step(agent::Trouble{"rights", ""});
  EXPECT_THAT(agent.last<Report>().unreachable, IsEmpty());
  EXPECT_THAT(agent.last<Report>().problems, IsEmpty());
}

TEST_F(ObeyingTest, ItsUptimeGrowsWithTheClock) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.step(agent::Tick{500});
  agent.now += 2500ms;
  EXPECT_DOUBLE_EQ(agent.brain.report(agent.now).uptime_s, 502.5);
}

// ---- surveys (rule 6, first sentence) ---------------------------------------------------------------------------

TEST_F(ObeyingTest, AnswersASurveyFromAFreshLookAtItsServer) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.pass(1s);
  agent.host.server.has = lab::gtids("0-1-9");
  agent.forget();
  agent.hear(Survey{Generation{2}});
  EXPECT_EQ(agent.count<SurveyAnswer>(), 0u);
  agent.pass(10ms);
  EXPECT_EQ(agent.last<SurveyAnswer>().has, lab::gtids("0-1-9"));
  EXPECT_EQ(agent.last<SurveyAnswer>().bound, "");
}

TEST_F(ObeyingTest, SaysInASurveyWhyItCantBecomeTheWriter) {
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.hear(Survey{Generation{2}});
  EXPECT_EQ(agent.last<SurveyAnswer>().bound, "its mysqld does not answer");
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.step(agent::MysqldUp{});
  agent.hear(Survey{Generation{2}});
  agent.pass(10ms);
  EXPECT_EQ(agent.last<SurveyAnswer>().bound, "it gave that generation up");
}

}  // namespace
}  // namespace mmm
