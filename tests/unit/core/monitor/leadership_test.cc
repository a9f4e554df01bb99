// Which monitor may lead, and from when on it may promote (docs/lease.md, rules 1, 11, 14).

#include <gmock/gmock.h>

#include "leadership_fixture.h"

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- a new monitor ----------------------------------------------------------------------------------------------

TEST_F(LeadershipTest, ANewMonitorLeadsNothingUntilEveryHostHasAcceptedIt) {
  monitor.start();
  monitor.network();
  monitor.join("db1");
  monitor.join("db2");
  EXPECT_FALSE(leads());
  EXPECT_THAT(monitor.kept, IsEmpty());
  EXPECT_THAT(show(), HasSubstr("This monitor does not lead yet: waits for 'db3' (its agent is not reachable)"));
  monitor.join("db3");
  EXPECT_TRUE(leads());
}

TEST_F(LeadershipTest, ANewMonitorWaitsForTheNetwork) {
  monitor.start();
  join_all();
  EXPECT_FALSE(leads());
  monitor.network();
  EXPECT_TRUE(leads());
}

TEST_F(LeadershipTest, GrantsNothingBeforeItLeads) {
  monitor.bring_up();
  monitor.restart(false);
  monitor.network();
  monitor.join("db1");
  monitor.say("db1", Ask{.number = 1, .accepted = monitor.agents.at("db1").report.accepted, .ttl = 2s});
  ASSERT_TRUE(monitor.last_told<NoGrant>("db1"));
  EXPECT_THAT(monitor.last_told<NoGrant>("db1")->reason, HasSubstr("this monitor does not lead yet"));
  EXPECT_FALSE(monitor.last_told<Grant>("db1"));
}

TEST_F(LeadershipTest, TakesTheHighestAssignmentThatAnAgentReports) {
  monitor.bring_up();
  monitor.pass(10s);
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  ASSERT_EQ(monitor.brain->book().assignment().writer, "db2");
  const auto known = monitor.brain->book().assignment();
  monitor.agents.at("db3").report.assignment = Assignment{Generation{1}, "db1", Version{1}, {"db2"}};
  monitor.restart(false);
  monitor.network();
  join_all();
  ASSERT_TRUE(leads());
  EXPECT_EQ(monitor.brain->book().assignment().generation, known.generation);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db2");
  EXPECT_GT(monitor.brain->book().assignment().version, known.version);
}

// Goal: rule 1: ... and every writer and set member of each assignment that they report.
TEST_F(LeadershipTest, WaitsForHostsThatOnlyAnAgentNames) {
  monitor.bring_up();
  monitor.agents.at("db3").report.assignment.takeover_set = {"db9"};
  monitor.restart(false);
  monitor.network();
  join_all();
  EXPECT_FALSE(leads());
  EXPECT_THAT(show(), HasSubstr("'db9' (an agent names it, but it is not in this configuration)"));
}

TEST_F(LeadershipTest, RaisesItsCounterOverWhatAgentsKnow) {
  monitor.agents.at("db2").epoch = {7, "old"};
  monitor.start();
  monitor.network();
  join_all();
  EXPECT_TRUE(leads());
  for (const auto* host : {"db1", "db2", "db3"}) EXPECT_EQ(monitor.agents.at(host).epoch, (Epoch{8, "m"})) << host;
}

// Goal: rule 1: has durably accepted *its epoch*: what was accepted of an epoch that was given up does not count.
TEST_F(LeadershipTest, AnAcceptanceOfALowerCounterDoesNotCountOnceTheCounterWasRaised) {
  monitor.start();
  monitor.network();
  monitor.join("db1");
  monitor.join("db3");
  monitor.agents.at("db1").welcomes = false;  // accepted counter 1, does not answer the next Hello
  monitor.agents.at("db2").epoch = {7, "old"};
  monitor.join("db2");
  EXPECT_FALSE(leads());
  EXPECT_THAT(show(), HasSubstr("'db1' (its agent has not answered yet)"));
  monitor.say("db1", Welcome{"db1", true, "", {1, "m"}, "test", monitor.agents.at("db1").report});
  EXPECT_FALSE(leads()) << "an answer to the Hello before";
  monitor.say("db1", Welcome{"db1", true, "", {8, "m"}, "test", monitor.agents.at("db1").report});
  EXPECT_TRUE(leads());
}

TEST_F(LeadershipTest, SaysWhichAgentRefusesAndWhy) {
  monitor.agents.at("db2").refuses = "the monitor of leadership 4 was heard from a moment ago and is obeyed here";
  monitor.start();
  monitor.network();
  join_all();
  EXPECT_FALSE(leads());
  EXPECT_THAT(show(), HasSubstr("waits for 'db2' (the monitor of leadership 4 was heard from a moment ago"));
}

// ---- the same monitor again -------------------------------------------------------------------------------------

TEST_F(LeadershipTest, ARestartOnItsOwnFileLeadsAtOnceWithAHigherEpoch) {
  monitor.bring_up();
  const auto before = *monitor.kept.back().leadership;
  monitor.restart();
  EXPECT_TRUE(leads());
  monitor.network();
  ASSERT_FALSE(monitor.kept.empty());
  EXPECT_EQ(monitor.kept.back().leadership->epoch.counter, before.epoch.counter + 1);
  EXPECT_EQ(monitor.kept.back().leadership->assignment.generation, before.assignment.generation);
}

TEST_F(LeadershipTest, ItsEpochIsOnDiskBeforeAnyAgentHearsOfIt) {
  monitor.bring_up();
  const auto before = monitor.kept.back().leadership->epoch.counter;
  monitor.restart();
  ASSERT_FALSE(monitor.story.empty());
  EXPECT_THAT(monitor.story.front(), HasSubstr("keep " + std::to_string(before + 1)));
  join_all();
  EXPECT_LT(monitor.index_of("keep"), monitor.index_of("hello"));
}

TEST_F(LeadershipTest, ARestartMovesNothing) {
  monitor.bring_up();
  monitor.pass(20s);
  const auto owners = monitor.brain->owners();
  const auto assignment = monitor.brain->book().assignment();
  monitor.restart();
  monitor.network();
  monitor.pass(300ms);
  join_all();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.all_checks(host, Outcome::good);
  monitor.pass(20s);
  EXPECT_EQ(monitor.brain->owners(), owners);
  EXPECT_EQ(monitor.brain->book().assignment().generation, assignment.generation);
  for (const auto* host : {"db1", "db2", "db3"}) EXPECT_EQ(monitor.brain->state_of(host), HostState::online);
}

// Goal: rule 2: a version is never reused within a generation, not by a restarted monitor either.
TEST_F(LeadershipTest, ARestartedMonitorUsesNoVersionAgain) {
  monitor.bring_up();
  const auto last = last_order("db1").epoch == 0 ? monitor.agents.at("db1").report.accepted : last_order("db1");
  monitor.restart();
  monitor.network();
  join_all();
  EXPECT_EQ(last_order("db1").generation, last.generation);
  EXPECT_GT(last_order("db1").version, last.version);
}

// Goal: rule 1, last but one sentence. One nanosecond before the end of the hold it waits; at it, it acts.
TEST_F(LeadershipTest, ARestartedMonitorMakesNoTakeoverBeforeTheLongestLeaseIsOver) {
  monitor.bring_up();
  monitor.pass(20s);
  monitor.silence("db1");
  monitor.restart();
  const auto started = monitor.now.at;
  monitor.network();
  monitor.join("db2");
  monitor.join("db3");
  monitor.pass(4041ms - 1ns);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
  monitor.pass(1ns);
  monitor.pass(600ms);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db2") << seconds(monitor.now.at - started);
}

TEST_F(LeadershipTest, ALongerLeaseThatIsOnDiskIsWaitedFor) {
  monitor.bring_up();
  monitor.pass(20s);
  monitor.silence("db1");
  monitor.kept.back().leadership->longest_lease = 20s;
  monitor.restart();
  monitor.network();
  monitor.join("db2");
  monitor.join("db3");
  monitor.pass(waiting_time(20s, false) - 1ns);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
  monitor.pass(600ms);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db2");
}

TEST_F(LeadershipTest, ANewMonitorWaitsForTheLongestLeaseThatAnAgentReports) {
  monitor.bring_up();
  monitor.pass(20s);
  monitor.agents.at("db3").report.longest_lease = 20s;
  monitor.restart(false);
  monitor.network();
  join_all();
  monitor.silence("db1");
  ASSERT_TRUE(leads());
  EXPECT_EQ(monitor.brain->book().outstanding(""), monitor.now.at + waiting_time(20s, false));
}

// ---- the operator vouches ---------------------------------------------------------------------------------------

TEST_F(LeadershipTest, TheOperatorLetsItLeadWithoutAHostThatIsGone) {
  monitor.bring_up();
  monitor.pass(20s);
  monitor.restart(false);
  monitor.network();
  monitor.join("db1");
  monitor.join("db2");
  ASSERT_FALSE(leads());
  monitor.command("take_lead");
  EXPECT_FALSE(leads());
  monitor.command("take_lead --yes");
  EXPECT_TRUE(leads());
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
}

TEST_F(LeadershipTest, TheOperatorsWordReachesEveryAgent) {
  monitor.start();
  monitor.network();
  monitor.join("db1");
  monitor.join("db2");
  monitor.command("take_lead --yes");
  EXPECT_EQ(monitor.last_told<Hello>("db1")->vouched_below, 1u);
}

// Goal: those that can be reached must still have accepted this epoch, by this vouching.
TEST_F(LeadershipTest, EvenWithTheOperatorsWordItWaitsForAgentsThatAreConnected) {
  monitor.bring_up();
  monitor.leave("db2");
  monitor.agents.at("db2").epoch = {9, "other"};
  monitor.agents.at("db2").refuses = "another monitor was heard a moment ago";
  monitor.join("db2");
  ASSERT_FALSE(leads());
  monitor.agents.at("db1").welcomes = false;
  monitor.agents.at("db2").refuses.clear();
  monitor.command("take_lead --yes");
  EXPECT_FALSE(leads()) << "db1 obeyed the epoch before, not this one";
  monitor.say("db1", Welcome{"db1", true, "", {10, "m"}, "test", monitor.agents.at("db1").report});
  EXPECT_TRUE(leads());
}

TEST_F(LeadershipTest, ALeaderHasNothingToTake) {
  monitor.bring_up();
  monitor.command("take_lead --yes");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("refused: ERROR: This monitor leads already"));
}

// ---- what it starts from ----------------------------------------------------------------------------------------

// Goal: rule 14: votes choose a writer only where nobody knows of one.
TEST_F(LeadershipTest, OnAFreshClusterEverybodyWaitsForTheAdministrator) {
  monitor.start();
  monitor.network();
  join_all();
  monitor.pass(30s);
  for (const auto* host : {"db1", "db2", "db3"}) EXPECT_EQ(monitor.brain->state_of(host), HostState::awaiting_recovery);
  EXPECT_FALSE(monitor.brain->book().exists());
  EXPECT_THAT(monitor.brain->owners(), IsEmpty());
}

TEST_F(LeadershipTest, WhereNobodyKnowsAnAssignmentAServingWriterIsFoundByVotes) {
  auto& report = monitor.agents.at("db2").report;
  report.server->read_only = false;
  report.ips = {lab::kWriterRole.ip};
  monitor.start();
  monitor.network();
  join_all();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.all_checks(host, Outcome::good);
  monitor.pass(2s);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db2");
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{1});
}

TEST_F(LeadershipTest, AKnownAssignmentIsNotVotedOn) {
  monitor.bring_up();
  monitor.pass(10s);
  auto& report = monitor.agents.at("db2").report;
  report.server->read_only = false;
  report.ips = {lab::kWriterRole.ip};
  monitor.restart(false);
  monitor.network();
  join_all();
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
}

// Goal: rule 11. The writer's agent lost its memory: its generation is over, the next one readmits it.
TEST_F(LeadershipTest, AWriterThatLostItsMemoryGetsANewGenerationOrLosesTheRole) {
  monitor.bring_up();
  monitor.pass(10s);
  comes_back_without_a_memory("db1");
  monitor.pass(2s);
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{2});
  EXPECT_TRUE(monitor.noted("its agent lost its memory"));
}

// Goal: S2 (seed 3020741). Its disk may have gone with the memory, and the others can't tell yet what it had.
TEST_F(LeadershipTest, AWriterThatLostItsMemoryWaitsForWhatTheOthersHave) {
  monitor.bring_up();
  monitor.pass(10s);
  for (const auto* other : {"db2", "db3"}) {
    auto& report = monitor.agents.at(other).report;
    report.mysqld_alive = false;
    report.server.reset();
    monitor.agents.at(other).surveys = false;
    monitor.say_report(other);
  }
  comes_back_without_a_memory("db1");
  monitor.pass(5s);
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{1});
  monitor.command("set_online db1 --accept-loss");
  monitor.pass(5s);
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{2});
}

TEST_F(LeadershipTest, AReplicaThatLostItsMemoryIsToldTheCurrentInstruction) {
  monitor.bring_up();
  comes_back_without_a_memory("db3");
  EXPECT_EQ(monitor.agents.at("db3").report.assignment.generation, Generation{1});
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{1});
}

// ---- an agent's older state (rule 11) ---------------------------------------------------------------------------

struct RestoredAgentTest : LeadershipTest {
  RestoredAgentTest() {
    monitor.bring_up();
    monitor.pass(2s);
  }
  lab::ScriptedAgent& db1 = monitor.agents.at("db1");
  Generation generation() const { return monitor.brain->book().assignment().generation; }
};

TEST_F(RestoredAgentTest, ARestartedMonitorTellsEachHostWhatItAcknowledged) {
  const auto acknowledged = db1.report.accepted;
  monitor.restart();
  monitor.network();
  monitor.join("db1");
  EXPECT_EQ(monitor.last_told<Hello>("db1")->acknowledged, acknowledged);
}

TEST_F(RestoredAgentTest, ARestartedMonitorDoesNotRenewAnOlderState) {
  db1.asks = db1.acknowledges = false;
  auto older = db1.report.accepted;
  older.version = Version{older.version.value - 1};
  monitor.restart();
  monitor.network();
  monitor.join("db1");
  monitor.say("db1", Ask{.number = 1, .accepted = older, .ttl = 2s});
  ASSERT_TRUE(monitor.last_told<NoGrant>("db1"));
  EXPECT_EQ(monitor.last_told<NoGrant>("db1")->reason, "its state is older than what it acknowledged");
}

// Goal: rule 11: it must not take its generation up again, on a server that may be as old as its state.
TEST_F(RestoredAgentTest, AWriterWithoutAStateIsToldNothingBeforeItLetTheAddressGo) {
  monitor.leave("db1");
  db1.asks = false;
  db1.report.lost_memory = true;
  db1.report.accepted = {};
  db1.report.assignment = {};
  ASSERT_THAT(db1.report.ips, ElementsAre(lab::kWriterRole.ip));
  monitor.forget();
  monitor.join("db1");
  EXPECT_FALSE(monitor.last_told<Instruction>("db1"));
  EXPECT_EQ(generation(), Generation{1});
  db1.report.ips.clear();
  monitor.say_report("db1");
  monitor.pass(1s);
  EXPECT_GT(generation(), Generation{1});
  EXPECT_TRUE(monitor.last_told<Instruction>("db1"));
}

}  // namespace
}  // namespace mmm
