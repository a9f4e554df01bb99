// Who is fit for the writer's role, when that is found out, and what an administrator is told (docs/lease.md, rule 8; S2, S3).

#include <utility>

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct FitnessTest : HandOverTest {
  void stop_applier(const HostName& host) {
    auto& server = *agent(host).report.server;
    server.replication.configured = true;
    server.replication.sql = false;
    server.replication.received = lab::gtids("0-1-12");
    monitor.say_report(host);
  }
  bool owns_writer(const HostName& host) const { return monitor.brain->owners().at(lab::kWriterRole) == host; }
};

TEST_F(FitnessTest, AnUnfitTargetIsRefusedBeforeTheWriterStops) {
  stop_applier("db2");
  monitor.command("move_role writer db2");
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("'db2' can't become the writer now: its applier is stopped")));
  EXPECT_FALSE(monitor.last_told<Instruction>("db1") && monitor.last_told<Instruction>("db1")->release);
  EXPECT_TRUE(serves("db1"));
}

TEST_F(FitnessTest, ATargetThatLagsIsRefusedBeforeTheWriterStops) {
  auto& server = *agent("db2").report.server;
  server.replication.seconds_behind = 60;
  server.replication.received = lab::gtids("0-1-14");
  monitor.say_report("db2");
  monitor.command("move_role writer db2");
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("it is 60 s behind")));
  EXPECT_TRUE(serves("db1"));
}

// MariaDB tells the age of the source's binlog file until the next transaction comes, e.g. right after a hand-over.
TEST_F(FitnessTest, ATargetThatHasAppliedAllItReceivedIsNotBehindWhateverItsServerSays) {
  agent("db2").report.server->replication.seconds_behind = 207;
  monitor.say_report("db2");
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
}

// Goal: L1. Half-done generations are alive: a target that was given up and accepts after all is the writer.
TEST_F(FitnessTest, AnOfferThatIsAcceptedLateIsGoneOnWith) {
  agent("db2").acknowledges = agent("db2").serves = false;
  mysqld_dies("db1");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  ASSERT_EQ(offer->assignment.writer, "db2");
  monitor.pass(2500ms);
  ASSERT_TRUE(monitor.noted("its agent did not accept the role in time"));
  monitor.say("db2", Acknowledged{.order = offer->order, .longest_lease = 2s});
  EXPECT_TRUE(book().durable().accepted);
  EXPECT_TRUE(owns_writer("db2"));
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
}

// Goal: S2. Who was offered the role, was given up and is offered it again, owes what it owed: it may have accepted.
TEST_F(FitnessTest, WhoIsOfferedTheRoleAgainMustHaveWhatItHadToHave) {
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  ASSERT_EQ(offer->must_have, lab::gtids("0-1-14"));
  monitor.pass(2500ms);
  restart_and_join();
  monitor.pass(6s);
  const auto later = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(later);
  ASSERT_GT(later->order.generation, offer->order.generation);
  EXPECT_EQ(later->must_have, offer->must_have);
  EXPECT_EQ(later->catch_up_from, "db3");
}

TEST_F(FitnessTest, FromWhomTheWriterFetchesIsForgottenOnceItServes) {
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  mysqld_dies("db1");
  monitor.pass(1s);
  ASSERT_TRUE(serves("db2"));
  EXPECT_EQ(monitor.kept.back().leadership->must_have, lab::gtids("0-1-14"));
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->catch_up_from, "");
}

// Goal: S2 (seed 40150904). What the last writer had to have when it became that is known to be of its history. It is gone,
// db1 has less, and db3, which nobody could ask at that time, has all of it.
TEST_F(FitnessTest, WhatTheLastWriterHadToHaveCountsOnAHostThatWasNotComparedToo) {
  agent("db2").report.server->replication.received = lab::gtids("0-1-14");
  monitor.silence("db3");
  monitor.pass(3s);
  mysqld_dies("db1");
  monitor.pass(1s);
  ASSERT_TRUE(serves("db2"));
  auto& db1 = agent("db1").report;
  db1.mysqld_alive = true;
  db1.server = agent("db2").report.server;
  db1.server->has = db1.server->replication.received = lab::gtids("0-1-9");
  monitor.say_report("db1");
  monitor.all_checks("db1", Outcome::good);
  monitor.pass(5s);
  monitor.command("set_online db1");
  ASSERT_THAT(monitor.replies.back(), HasSubstr("State of 'db1' changed to ONLINE"));
  monitor.let_speak("db3");
  agent("db3").report.server->has = lab::gtids("0-1-14");
  agent("db3").report.server->replication = {};
  monitor.say_report("db3");
  mysqld_dies("db2");
  monitor.pass(4s);
  const auto offer = monitor.last_told<Instruction>("db1");
  ASSERT_EQ(offer->assignment.writer, "db1");
  EXPECT_EQ(offer->must_have, lab::gtids("0-1-14"));
}

// Goal: L1. What was answered is old after a second: everybody is asked again then, not half a second later.
TEST_F(FitnessTest, WhileNobodyIsFitEverybodyIsAskedEverySecond) {
  stop_applier("db2");
  mysqld_dies("db1");
  monitor.pass(3100ms);
  const auto surveys = std::ranges::count_if(monitor.told["db3"], [](const auto& message) {
    return std::holds_alternative<Survey>(message);
  });
  EXPECT_EQ(surveys, 4);
}

// Goal: S3 across a restart of the monitor.
TEST_F(FitnessTest, WhoMayHaveWhatNobodyElseHasIsKept) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  EXPECT_THAT(monitor.kept.back().leadership->unproven, Contains("db1"));
  monitor.restart();
  monitor.network();
  EXPECT_THAT(monitor.kept.back().leadership->unproven, Contains("db1"));
}

// Goal: S3, S2. A host that comes back may still receive from the old writer what no client was told is committed; and what
// it received it applies. Taken for compared before, it would bring a second history into the next survey.
TEST_F(FitnessTest, WhoStillReceivesFromTheLastWriterIsNotComparedYet) {
  agent("db3").report.server.reset();
  agent("db3").report.mysqld_alive = false;
  monitor.say_report("db3");
  monitor.check("db3", CheckName::mysql, Outcome::bad);
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  ASSERT_THAT(monitor.kept.back().leadership->unproven, Contains("db3"));
  auto& report = agent("db3").report;
  report.mysqld_alive = true;
  report.server = ServerStatus{.read_only = true, .has = lab::gtids("0-1-9")};
  report.server->replication = {.configured = true, .source_ip = "10.0.0.4", .io = IoThread::connecting, .sql = true};
  monitor.pass(2s);
  EXPECT_THAT(monitor.kept.back().leadership->unproven, Contains("db3"));
  report.server->replication = {.configured = true, .source_ip = "10.0.0.5", .io = IoThread::yes, .sql = true,
                                .received = lab::gtids("0-1-10")};
  monitor.pass(2s);
  EXPECT_THAT(monitor.kept.back().leadership->unproven, Contains("db3")) << "0-1-10 is not applied yet";
  report.server->replication.received = lab::gtids("0-1-9");
  monitor.pass(2s);
  EXPECT_THAT(monitor.kept.back().leadership->unproven, Not(Contains("db3")));
}

// Goal: the operator's way out when the last writer is lost for good, and no other.
TEST_F(FitnessTest, AHostThatWasNotAskedIsSetOnlineOnlyWithTheWordThatLossIsAccepted) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  monitor.silence("db2");
  monitor.pass(20s);
  monitor.let_speak("db1");
  monitor.say_report("db1");
  monitor.pass(10s);
  ASSERT_EQ(writer(), "db2");
  monitor.forget();
  monitor.command("set_online db1");
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("set_online db1 --accept-loss")));
  monitor.command("set_online db1 --accept-loss");
  monitor.pass(10s);
  EXPECT_EQ(writer(), "db1");
}

// Goal: L1 (seed 10501347). An empty server, or one that is being copied, has nothing that could be compared before it follows.
TEST_F(FitnessTest, AHostThatWasTakenOutFollowsTheWriterBeforeItIsSetOnline) {
  monitor.command("set_offline db3");
  auto& db3 = agent("db3");
  monitor.leave("db3");
  db3.report.lost_memory = true;
  db3.report.accepted = {};
  db3.report.assignment = {};
  db3.report.server->has = {};
  db3.report.server->replication = {};
  db3.acknowledges = false;
  monitor.join("db3");
  mysqld_dies("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  ASSERT_THAT(monitor.kept.back().leadership->unproven, Contains("db3"));
  monitor.command("set_online db3");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("OK: State of 'db3' changed to AWAITING_RECOVERY"));
  EXPECT_EQ(monitor.brain->state_of("db3"), HostState::awaiting_recovery);
  monitor.command("show");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("# Warning: host db3 has still to be compared with the writer"));
  monitor.command("set_online db3");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("still compared with the writer"));
}

// Goal: L1 (seed 10059468). His word is about the data that there are; no check of a peer can make them better.
TEST_F(FitnessTest, WhoeverAcceptsALossIsNotHeldUpByAPeerThatDoesNotReplicate) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  monitor.let_speak("db1");
  monitor.say("db2", Released{.generation = book().assignment().generation, .has = lab::gtids("0-1-9,0-2-3"), .reason = "its applier is stopped"});
  monitor.check("db2", CheckName::rep_threads, Outcome::bad);
  monitor.say_report("db1");
  monitor.forget();
  monitor.command("set_online db1 --accept-loss");
  EXPECT_THAT(monitor.replies.back(), Not(HasSubstr("Some replication checks failed on peer")));
}

TEST_F(FitnessTest, WhatANonCandidateHasCanNotBeMadeDoWith) {
  monitor.silence("db3");
  mysqld_dies("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  mysqld_dies("db2");
  monitor.pass(5s);
  monitor.command("set_online db3 --accept-loss");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("'db3'"));
  EXPECT_THAT(monitor.replies.back(), HasSubstr("ERROR"));
}

// Goal: S2. What the writer before it has is not forgotten for the sake of one that never took a write.
TEST_F(FitnessTest, ATargetThatNeverHadAllThatItHadToHaveIsNotTheLastWriter) {
  agent("db2").serves = false;
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_EQ(writer(), "db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  monitor.say("db2", Released{.generation = book().assignment().generation, .reason = "it could not apply what it received"});
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->from, "db1");
}

// Goal: L1 (seed 40199621). It gives up where nobody hears it, and only its report tells: it is not compared with, and the
// writer before it may have the role back.
TEST_F(FitnessTest, ATargetThatNeverHadAllIsNotTheLastWriterByItsReportEither) {
  agent("db2").serves = false;
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  auto& report = agent("db2").report;
  report.released = book().assignment().generation;
  report.complete = Generation{1};
  monitor.say_report("db2");
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->from, "db1");
}

TEST_F(FitnessTest, ATargetThatMayHaveTakenWritesIsTheLastWriter) {
  agent("db2").serves = false;
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  monitor.say("db2", Released{.generation = book().assignment().generation, .mysqld_dead = true, .complete = true, .reason = "mysqld is down"});
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->from, "db2");
}

// Goal: L1 (seed 6098718). A move that is refused changes nothing, least of all that somebody is to become the writer.
TEST_F(FitnessTest, AMoveThatIsRefusedDoesNotEndAHandOverThatWaits) {
  stop_applier("db2");
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(monitor.kept.back().leadership->hand_over);
  monitor.command("move_role writer db2");
  ASSERT_THAT(monitor.replies.back(), HasSubstr("Nothing was moved"));
  EXPECT_TRUE(monitor.kept.back().leadership->hand_over);
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->from, "db1");
}

TEST_F(FitnessTest, WhatCountsOfWhomOutlivesARestartOfTheMonitor) {
  mysqld_dies("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  const auto found = std::ranges::find_if(monitor.kept, [](const auto& state) {
    return state.leadership && state.leadership->counts_up_to.contains("db3");
  });
  ASSERT_NE(found, monitor.kept.end());
  const auto before = *found;
  monitor.kept = {before};
  monitor.restart();
  monitor.network();
  ASSERT_GT(monitor.kept.size(), 1u);
  EXPECT_EQ(monitor.kept[1].leadership->counts_up_to, before.leadership->counts_up_to);
}

TEST_F(FitnessTest, KillHostRunsForAWriterThatVanished) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  EXPECT_THAT(monitor.story, Contains(StartsWith("kill db1")));
}

TEST_F(FitnessTest, ATargetThatIsSetOfflineBeforeItServesGivesTheRoleBack) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  monitor.command("set_offline db2");
  monitor.pass(5s);
  EXPECT_TRUE(serves("db1"));
}

// ---- flapping ---------------------------------------------------------------------------------------------------

// Goal: nothing about flapping blocks a half-done hand-over.
struct FlappingTest : HandOverTest {
  FlappingTest() { agent("db2").report.uptime_s = 100; }
  bool flaps(const HostName& host) { return monitor.brain->view().host(host)->flapping; }
  // Away for a moment, as often as that is called flapping at the next time.
  void db2_left_online_three_times() {
    for (int i = 0; i < 3; ++i) {
      db2_blinks();
      monitor.pass(3s);
      ASSERT_EQ(monitor.brain->state_of("db2"), HostState::online);
    }
  }
  void db2_blinks() {
    auto& report = agent("db2").report;
    const auto server = std::exchange(report.server, std::nullopt);
    report.mysqld_alive = false;
    monitor.say_report("db2");
    report.server = server;
    report.mysqld_alive = true;
    report.uptime_s += 10;
    monitor.say_report("db2");
    monitor.check("db2", CheckName::mysql, Outcome::good);
  }
};

TEST_F(FlappingTest, AFlappingHostComesBackWhereAHandOverHasNobodyElse) {
  db2_left_online_three_times();
  db2_blinks();
  monitor.pass(3s);
  ASSERT_TRUE(flaps("db2"));
  ASSERT_EQ(monitor.brain->state_of("db2"), HostState::awaiting_recovery);
  mysqld_dies("db1");
  monitor.pass(10s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(FlappingTest, WhereSomebodyElseIsFitItDoesNotComeBack) {
  db2_left_online_three_times();
  db2_blinks();
  monitor.pass(3s);
  agent("db3").surveys = false;  // it is waited for meanwhile
  agent("db1").report.released = Generation{1};
  agent("db1").report.lease_live = false;
  monitor.say("db1", Released{.generation = Generation{1}, .reason = "it could not serve"});
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "surveying");
  monitor.pass(5s);
  EXPECT_TRUE(serves("db1"));
  EXPECT_TRUE(flaps("db2"));
  EXPECT_EQ(monitor.brain->state_of("db2"), HostState::awaiting_recovery);
}

TEST_F(FlappingTest, ATargetThatBecomesFlappingBeforeItAcceptedServes) {
  db2_left_online_three_times();
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "offering");
  db2_blinks();
  ASSERT_TRUE(flaps("db2"));
  agent("db2").acknowledges = true;
  monitor.pass(20s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(FlappingTest, ATargetThatBecomesFlappingBeforeItServesServes) {
  db2_left_online_three_times();
  agent("db2").serves = false;
  mysqld_dies("db1");
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  db2_blinks();
  ASSERT_TRUE(flaps("db2"));
  agent("db2").serves = true;
  monitor.pass(20s);
  EXPECT_TRUE(serves("db2"));
}

}  // namespace
}  // namespace mmm
