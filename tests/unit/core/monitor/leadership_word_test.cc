// What an operator's word covers, and what a host brings that it let the monitor lead without (docs/lease.md, rule 1).

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

struct WordTest : HandOverTest {
  void lead_without_db3() { take_lead_with({"db1", "db2"}); }
  // db3 comes, and knows of a generation that this monitor was never told of.
  void db3_comes_with(std::uint64_t generation) {
    monitor.leave("db3");
    auto& report = agent("db3").report;
    report.assignment = Assignment{Generation{generation}, "db2", Version{1}, {"db1"}};
    report.accepted = Order{1, Generation{generation}, Version{1}};
    monitor.join("db3");
  }
  const LeadershipState& kept() const { return *monitor.kept.back().leadership; }
  bool asks_in_vain() {
    monitor.told.clear();
    monitor.say("db1", Ask{.number = 99, .accepted = agent("db1").report.accepted, .ttl = 2s});
    return monitor.last_told<NoGrant>("db1").has_value();
  }
};

// Goal: L1 (seed 1018178). A monitor that leads before any agent could tell who the last writer is would start from nothing.
TEST_F(WordTest, WaitsForTheFirstAgent) {
  monitor.restart(false);
  monitor.network();
  monitor.command("take_lead --yes");
  EXPECT_FALSE(monitor.brain->leads());
  monitor.join("db2");
  EXPECT_TRUE(monitor.brain->leads());
  EXPECT_EQ(book().assignment().writer, "db1");
}

TEST_F(WordTest, IsForgottenOnceEveryHostHasAcceptedTheLeadership) {
  lead_without_db3();
  EXPECT_EQ(kept().vouched_below, kept().epoch.counter);
  monitor.join("db3");
  EXPECT_EQ(kept().vouched_below, 0u);
}

// Goal: S1. Whoever is told afterwards must not obey it for a word that was given against somebody else.
TEST_F(WordTest, IsForgottenWhenAnotherMonitorLeads) {
  lead_without_db3();
  ASSERT_TRUE(monitor.brain->leads());
  agent("db3").epoch = {9, "other"};
  agent("db3").refuses = "another monitor is obeyed";
  monitor.join("db3");
  ASSERT_FALSE(monitor.brain->leads());
  EXPECT_EQ(monitor.last_told<Hello>("db1")->vouched_below, 0u);
}

// Goal: S1. A word that came before it was known whom it is against would lie about until those are silent one day.
TEST_F(WordTest, IsForgottenWhenALaterLeadershipTurnsUpThanItNames) {
  monitor.agents.at("db3").epoch = {9, "other"};
  monitor.agents.at("db3").refuses = "the monitor of leadership 9 was heard from a moment ago";
  monitor.restart(false);
  monitor.command("take_lead --yes");
  monitor.join("db3");
  monitor.network();
  ASSERT_FALSE(monitor.brain->leads());
  EXPECT_TRUE(monitor.noted("later than the administrator's word"));
  monitor.join("db1");
  monitor.join("db2");
  EXPECT_FALSE(monitor.brain->leads());
  monitor.command("take_lead --yes");
  EXPECT_EQ(monitor.last_told<Hello>("db1")->vouched_below, 10u);
}

// Goal: S3. A host that could not be asked is compared before it serves.
TEST_F(WordTest, WhoWasNotAskedIsNotOnline) {
  lead_without_db3();
  EXPECT_EQ(monitor.brain->state_of("db3"), HostState::awaiting_recovery);
  EXPECT_THAT(kept().unproven, ElementsAre("db3"));
}

// Goal: S1. The lease of a writer that nobody could ask may run, across our own restart, too. It may be a grace (rule 9).
TEST_F(WordTest, GrantsNothingUntilALeaseThatNobodyToldOfIsOverAndARestartBeginsThatTimeAnew) {
  lead_without_db3();
  monitor.pass(3s);
  EXPECT_TRUE(asks_in_vain());
  restart_and_join();
  const auto restarted = monitor.now.at;
  EXPECT_EQ(kept().vouched_below, 0u) << "db3 has accepted it by now";
  monitor.pass(17305ms - 1ns);
  EXPECT_TRUE(asks_in_vain());
  EXPECT_EQ(writer(), "db1") << "who can't renew is not lost";
  monitor.pass(1s);
  EXPECT_FALSE(asks_in_vain()) << seconds(monitor.now.at - restarted);
  EXPECT_EQ(book().assignment().generation, Generation{1});
  EXPECT_FALSE(kept().unheard_lease);
}

TEST_F(WordTest, WhereNobodyIsMissingNothingIsWaitedFor) {
  agent("db3").refuses = "another monitor was heard from a moment ago";
  monitor.restart(false);
  monitor.network();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.join(host);
  ASSERT_FALSE(monitor.brain->leads());
  agent("db3").refuses.clear();
  monitor.command("take_lead --yes");
  ASSERT_TRUE(monitor.brain->leads());
  EXPECT_FALSE(kept().unheard_lease);
}

// ---- a later generation than ours -------------------------------------------------------------------------------

TEST_F(WordTest, ALaterGenerationIsPassedByTheLivingWriterAndCostsNobodyElse) {
  db3_comes_with(7);
  monitor.pass(1s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{8});
  EXPECT_THAT(kept().unproven, Not(Contains("db2")));
  EXPECT_EQ(monitor.brain->state_of("db2"), HostState::online);
  EXPECT_TRUE(monitor.noted("db3: state ONLINE -> AWAITING_RECOVERY"));
}

// Goal: L1. Who knows of it can't be asked; the writer's set has it, which refuses each promise and so ends each lease.
TEST_F(WordTest, ALaterGenerationThatTheWriterWasToldOfIsPassed) {
  lead_without_db3();
  monitor.pass(20s);
  ASSERT_TRUE(serves("db1"));
  const auto before = book().assignment().generation;
  agent("db1").report.overtaken_by = Generation{before.value + 4};
  monitor.say_report("db1");
  monitor.pass(1s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{before.value + 5});
}

TEST_F(WordTest, InPassiveModeALaterGenerationWaitsForTheAdministrator) {
  monitor.command("set_passive");
  db3_comes_with(7);
  monitor.pass(5s);
  EXPECT_EQ(book().assignment().generation, Generation{1});
  EXPECT_EQ(monitor.brain->state_of("db3"), HostState::online);
  EXPECT_TRUE(serves("db1"));
  monitor.command("set_active");
  monitor.pass(1s);
  EXPECT_EQ(book().assignment().generation, Generation{8});
  EXPECT_TRUE(serves("db1"));
  EXPECT_TRUE(monitor.noted("db3: state ONLINE -> AWAITING_RECOVERY"));
}

// Goal: MANUAL leaves the role where it is, whatever becomes of our own generation.
TEST_F(WordTest, InManualModeAWriterThatFreezesWhileItPassesALaterGenerationKeepsTheRole) {
  monitor.command("set_manual");
  monitor.silence("db1");
  db3_comes_with(7);
  monitor.pass(10s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_TRUE(monitor.brain->owners().contains(lab::kWriterRole));
}

// Goal: what is heard in the middle of a hand-over is not forgotten at its end.
TEST_F(WordTest, ALaterGenerationThatIsHeardDuringAHandOverIsPassedAfterwards) {
  agent("db2").acknowledges = false;
  monitor.command("move_role writer db2");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer && offer->assignment.writer == "db2");
  db3_comes_with(7);
  EXPECT_EQ(book().assignment().generation, Generation{2});
  agent("db2").acknowledges = true;
  monitor.pass(1500ms);
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(book().assignment().generation, Generation{8});
}

// ---- our own older leaderships ----------------------------------------------------------------------------------

TEST_F(WordTest, OlderLeadershipsAreToldEvenWhenEveryHostKnowsALaterOne) {
  restart_and_join();
  restart_and_join();
  const auto hello = monitor.last_told<Hello>("db1");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->lineage.size(), 2u);
  EXPECT_EQ(hello->lineage.front().counter, 1u);
}

}  // namespace
}  // namespace mmm
