// A hand-over that a restarted monitor finds on its disk: it goes on at the step that was kept (docs/lease.md, rule 8).

#include <utility>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

struct HandOverResumedTest : HandOverTest {
  // A move whose target's server is lost after the old writer stopped; then the monitor is killed.
  void stop_while_choosing() {
    agent("db1").releases = false;
    agent("db1").report.server->has = lab::gtids("0-1-12");
    monitor.command("move_role writer db2");
    const auto server = std::exchange(agent("db2").report.server, std::nullopt);
    monitor.say_report("db2");
    agent("db1").releases = true;
    agent("db1").report.released = Generation{1};
    agent("db1").report.lease_live = false;
    agent("db1").report.ips.clear();
    monitor.say("db1", Released{.generation = Generation{1}, .has = lab::gtids("0-1-12"), .reason = "told to"});
    ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "choosing");
    agent("db2").report.server = server;
  }
};

TEST_F(HandOverResumedTest, AWriterThatIsNotConfiguredAnyMoreIsNoEnd) {
  auto& kept = *monitor.kept.back().leadership;
  kept.assignment.writer = "db9";
  kept.hand_over = HandOverRecord{.step = "settling", .from = "db1", .to = "db9"};
  restart_and_join();
  monitor.pass(10s);
  EXPECT_TRUE(serves("db1") || serves("db2"));
}

// Method: the monitor is killed when it has kept a step, at each step; the restarted one ends what was begun.
TEST_F(HandOverResumedTest, ARestartedMonitorResumesAReleaseThatItAskedFor) {
  agent("db1").releases = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "releasing");
  agent("db1").releases = true;
  restart_and_join();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_TRUE(monitor.noted("it must have 0-1-9")) << "what the release tells is what there is";
}

// Goal: the position of the writer that stopped is evidence; it is not asked for again, since that writer may be gone by now.
TEST_F(HandOverResumedTest, ARestartedMonitorResumesAChoiceWithItsEvidence) {
  stop_while_choosing();
  monitor.silence("db1");
  restart_and_join();
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->assignment.writer, "db2");
  EXPECT_TRUE(monitor.noted("it must have 0-1-12"));
  EXPECT_TRUE(serves("db2"));
}

TEST_F(HandOverResumedTest, ARestartedMonitorResumesAChoice) {
  agent("db1").releases = false;
  monitor.command("move_role writer db2");
  auto& db2 = agent("db2").report;
  db2.mysqld_alive = false;
  db2.server.reset();
  monitor.say_report("db2");
  agent("db1").report.released = Generation{1};
  agent("db1").report.lease_live = false;
  agent("db1").report.server->has = lab::gtids("0-1-12");
  monitor.say("db1", Released{.generation = Generation{1}, .has = lab::gtids("0-1-12"), .complete = true, .reason = "move_role"});
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "choosing");
  restart_and_join();
  monitor.pass(5s);
  EXPECT_TRUE(monitor.noted("at step choosing"));
  EXPECT_TRUE(serves("db1"));
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->must_have, lab::gtids("0-1-12"));
}

// Goal: L1. db2 is all there is, and half-way to be the writer when it crashes once more.
TEST_F(HandOverResumedTest, FlappingBlocksNoHandOver) {
  agent("db2").report.uptime_s = 1000;
  const auto crash_and_return = [this] {
    mysqld_dies("db2");
    auto& report = agent("db2").report;
    report.mysqld_alive = true;
    report.server = agent("db3").report.server;
    report.uptime_s += 1;
    monitor.say_report("db2");
    monitor.all_checks("db2", Outcome::good);
    monitor.pass(2s);
  };
  for (int i = 0; i < 4; ++i) {
    crash_and_return();
    if (monitor.brain->state_of("db2") != HostState::online) monitor.command("set_online db2");
  }
  monitor.silence("db1");
  monitor.leave("db1");
  monitor.pass(5s);
  ASSERT_EQ(writer(), "db2");
  crash_and_return();
  EXPECT_TRUE(monitor.brain->view().host("db2")->flapping);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(HandOverResumedTest, ARestartedMonitorResumesASurvey) {
  agent("db2").surveys = agent("db3").surveys = false;
  mysqld_dies("db1");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "surveying");
  agent("db2").surveys = agent("db3").surveys = true;
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  restart_and_join();
  monitor.pass(2s);
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(monitor.last_told<Survey>("db3").has_value(), true) << "it asks again who received what";
}

// Goal: S2 across a restart: what anybody received is asked for again, not forgotten.
TEST_F(HandOverResumedTest, AResumedSurveyStillDemandsAllThatAnybodyReceived) {
  agent("db2").surveys = agent("db3").surveys = false;
  mysqld_dies("db1");
  agent("db2").surveys = agent("db3").surveys = true;
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  agent("db2").acknowledges = false;
  restart_and_join();
  monitor.pass(1s);
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->must_have, lab::gtids("0-1-14"));
  EXPECT_EQ(offer->catch_up_from, "db3");
}

// Goal: S2 across a restart: the agents come back one by one; the first of them is not all there is.
TEST_F(HandOverResumedTest, AResumedSurveyWaitsForHostsThatAreOnTheirWay) {
  agent("db2").surveys = agent("db3").surveys = false;
  mysqld_dies("db1");
  agent("db2").surveys = agent("db3").surveys = true;
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  agent("db2").acknowledges = false;
  monitor.restart();
  monitor.network();
  monitor.join("db2");
  monitor.pass(100ms);
  EXPECT_EQ(book().assignment().writer, "db1");
  monitor.join("db3");
  monitor.pass(1ms);
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->must_have, lab::gtids("0-1-14"));
}

TEST_F(HandOverResumedTest, AHostThatDoesNotComeBackHoldsASurveyUpForTwoHundredMillisecondsOnly) {
  agent("db2").surveys = agent("db3").surveys = false;
  mysqld_dies("db1");
  agent("db2").surveys = true;
  monitor.restart();
  monitor.network();
  monitor.join("db2");
  monitor.pass(200ms);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(HandOverResumedTest, ARestartedMonitorResumesAnOfferWithItsEvidence) {
  agent("db2").acknowledges = false;
  agent("db1").report.server->has = lab::gtids("0-1-12");
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "offering");
  agent("db2").acknowledges = true;
  restart_and_join();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(book().assignment().generation, Generation{2});
  EXPECT_TRUE(monitor.noted("resumes the hand-over from 'db1' to 'db2' at step offering"));
}

TEST_F(HandOverResumedTest, AnOfferThatIsResumedSaysAgainWhatTheTargetMustHave) {
  agent("db2").acknowledges = false;
  agent("db1").report.server->has = lab::gtids("0-1-12");
  monitor.command("move_role writer db2");
  restart_and_join();
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->must_have, lab::gtids("0-1-12"));
}

TEST_F(HandOverResumedTest, ARestartedMonitorResumesTheLastStep) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  agent("db2").serves = true;
  restart_and_join();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(book().assignment().generation, Generation{2});
  EXPECT_FALSE(monitor.kept.back().leadership->hand_over);
}

TEST_F(HandOverResumedTest, ARestartedMonitorFollowsATargetThatDisappearedMeanwhile) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  monitor.silence("db2");
  monitor.restart();
  monitor.network();
  monitor.join("db1");
  monitor.join("db3");
  monitor.pass(4040ms);
  EXPECT_EQ(writer(), "db2");
  monitor.pass(2s);
  EXPECT_TRUE(serves("db1"));
}

// ---- a new monitor ----------------------------------------------------------------------------------------------

// Method: the monitor's machine is lost at each step; another one has the agents' word only, and ends what was begun.
struct NewMonitorTest : HandOverResumedTest {
  void a_new_monitor_leads() {
    monitor.kept.clear();
    monitor.restart(false);
    monitor.network();
    for (const auto* host : {"db1", "db2", "db3"}) monitor.join(host);
    ASSERT_TRUE(monitor.brain->leads());
  }
  Generation generation() const { return book().assignment().generation; }
};

TEST_F(NewMonitorTest, LeavesTheRoleToAWriterThatWasAskedToReleaseAndDidNot) {
  agent("db1").releases = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "releasing");
  agent("db1").releases = true;
  a_new_monitor_leads();
  monitor.pass(10s);
  EXPECT_TRUE(serves("db1")) << "whoever wanted the move was never told that it was done";
  EXPECT_EQ(generation(), Generation{1});
}

TEST_F(NewMonitorTest, ChoosesAWriterWhereTheLastOneReleased) {
  stop_while_choosing();
  a_new_monitor_leads();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db1")) << "it lacks nothing";
  EXPECT_EQ(generation(), Generation{2});
  EXPECT_TRUE(monitor.noted("it must have 0-1-12"));
}

TEST_F(NewMonitorTest, SurveysWhereTheLastWriterDied) {
  agent("db2").surveys = agent("db3").surveys = false;
  mysqld_dies("db1");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "surveying");
  agent("db2").surveys = agent("db3").surveys = true;
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  a_new_monitor_leads();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(generation(), Generation{2});
  EXPECT_TRUE(monitor.noted("it must have 0-1-14"));
}

TEST_F(NewMonitorTest, TakesAnOfferThatNobodyAcceptedForNone) {
  agent("db2").acknowledges = false;
  agent("db1").report.server->has = lab::gtids("0-1-12");
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "offering");
  agent("db2").acknowledges = true;
  a_new_monitor_leads();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db1")) << "it lacks nothing";
  EXPECT_EQ(generation(), Generation{2});
  EXPECT_TRUE(monitor.noted("it must have 0-1-12"));
}

// Goal: half-done generations are alive (rule 8): its writer has accepted, and may serve any moment.
TEST_F(NewMonitorTest, GoesOnFromAGenerationWhoseWriterAcceptedAndDidNotServeYet) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  agent("db2").serves = true;
  a_new_monitor_leads();
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(generation(), Generation{2});
}

}  // namespace
}  // namespace mmm
