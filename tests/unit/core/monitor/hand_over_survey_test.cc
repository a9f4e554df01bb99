// The survey of a hand-over: who is waited for, what counts, and who hears of it.

#include <optional>
#include <vector>

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using testing::Contains;
using testing::Not;

// The first instruction that says so.
std::optional<Instruction> told_first(const std::vector<ToAgent>& messages, Generation generation, const GtidSet& must_have) {
  for (const auto& message : messages)
    if (const auto* i = std::get_if<Instruction>(&message); i && i->order.generation == generation && i->must_have == must_have) return *i;
  return std::nullopt;
}

struct SurveyTest : HandOverTest {
  // Its memory and its data with it; it comes back with an empty server, or one that was copied from another.
  void loses_its_disk(const HostName& host, const std::string& has = "") {
    monitor.leave(host);
    agent(host).report = Report{.lost_memory = true, .mysqld_alive = true, .server = ServerStatus{.read_only = true, .has = lab::gtids(has)}};
    monitor.join(host);
  }
  void db3_received_more() {
    auto& server = *agent("db3").report.server;
    server.has = lab::gtids("0-1-14");
    server.replication = {.configured = true, .source_ip = "10.0.0.4", .source_server_id = 1, .sql = true};
    monitor.say_report("db3");
  }
  void is_offered_its_role_with_what_the_others_have(const HostName& host) {
    monitor.command("set_active");
    ASSERT_EQ(writer(), host);
    ASSERT_EQ(book().assignment().generation, Generation{2});
    EXPECT_TRUE(monitor.last_told<Survey>("db3"));
    const auto offer = told_first(monitor.told[host], Generation{2}, lab::gtids("0-1-9"));
    ASSERT_TRUE(offer);
    EXPECT_FALSE(offer->catch_up_from.empty());
  }
};

// Goal: S2 (seed 10640010). It may be on a busy machine, and have the only copy of what a client was told.
TEST_F(SurveyTest, ASurveyWaitsThreeSecondsForAHostThatIsInTouchAndDoesNotAnswer) {
  agent("db3").surveys = false;
  mysqld_dies("db1");
  monitor.pass(2999ms);
  EXPECT_EQ(writer(), "db1");
  monitor.pass(1ms);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(SurveyTest, ASurveyWaitsForAFrozenAgentUntilThatCountsAsUnreachable) {
  monitor.silence("db3");
  mysqld_dies("db1");
  monitor.pass(1400ms);
  EXPECT_EQ(writer(), "db1");
  monitor.pass(1100ms);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(SurveyTest, ASurveyWaitsTwoHundredMillisecondsForTheRestOfTheHosts) {
  monitor.silence("db3");
  monitor.pass(3s);
  mysqld_dies("db1");
  monitor.pass(200ms);
  EXPECT_TRUE(serves("db2"));
}

// Goal: S2 (seed 10012780). It answered one survey, and is late for the next.
TEST_F(SurveyTest, WhatAHostAnsweredOnceCountsAsLongAsItIsInTouch) {
  agent("db2").report.server.reset();
  agent("db2").report.mysqld_alive = false;
  monitor.say_report("db2");
  agent("db3").report.server->has = lab::gtids("0-1-14");
  mysqld_dies("db1");
  ASSERT_EQ(writer(), "db1");
  agent("db3").surveys = false;
  agent("db3").report.server->has = lab::gtids("0-1-10");
  agent("db3").reports = false;
  agent("db2").report = agent("db3").report;
  agent("db2").report.mysqld_alive = true;
  monitor.pass(1100ms);
  monitor.say_report("db2");
  monitor.pass(200ms);
  EXPECT_EQ(writer(), "db1");
}

// Goal: S2 (seed 10663251). Its answer may be lost: it may have served, and the others received what it wrote.
TEST_F(SurveyTest, AfterAnOfferThatWasNotAnsweredAllAreAskedAnew) {
  monitor.silence("db2");
  monitor.command("move_role writer db2");
  agent("db3").report.server->has = lab::gtids("0-1-9,0-2-12");
  monitor.pass(3s);
  const auto offer = told_first(monitor.told["db1"], Generation{3}, lab::gtids("0-1-9,0-2-12"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->assignment.writer, "db1");
  EXPECT_EQ(offer->catch_up_from, "db3");
}

// Goal: S2 (seed 10952731).
TEST_F(SurveyTest, ATargetThatAcceptsLateIsToldWhatWasFoundSince) {
  monitor.silence("db2");
  monitor.silence("db3");
  monitor.pass(3s);
  agent("db2").reports = true;
  monitor.say_report("db2");
  agent("db2").surveys = true;
  mysqld_dies("db1");
  monitor.pass(300ms);
  ASSERT_EQ(writer(), "db2");
  const auto generation = book().assignment().generation;
  monitor.let_speak("db3");
  db3_received_more();
  monitor.pass(3s);
  const auto told = told_first(monitor.told["db2"], generation, lab::gtids("0-1-14"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->catch_up_from, "db3");
}

// Goal: S2 (seed 10286790). It accepted what it was offered first: a lease would let it serve without what was found since.
TEST_F(SurveyTest, ATargetThatAcceptedIsGrantedNothingBeforeItHeardWhatWasFoundSince) {
  agent("db2").acknowledges = agent("db2").serves = agent("db2").asks = false;
  monitor.silence("db3");
  monitor.pass(3s);
  mysqld_dies("db1");
  monitor.pass(300ms);
  const auto first = told_first(monitor.told["db2"], book().assignment().generation, lab::gtids("0-1-9"));
  ASSERT_TRUE(first && first->assignment.writer == "db2");
  monitor.let_speak("db3");
  db3_received_more();
  monitor.pass(2s);
  const auto later = told_first(monitor.told["db2"], first->order.generation, lab::gtids("0-1-14"));
  ASSERT_TRUE(later);
  monitor.say("db2", Ask{.number = 90, .accepted = first->order, .ttl = 2s});
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "settling");
  EXPECT_TRUE(monitor.last_told<NoGrant>("db2"));
  EXPECT_FALSE(monitor.last_told<Grant>("db2"));
  monitor.say("db2", Ask{.number = 91, .accepted = later->order, .ttl = 2s});
  EXPECT_TRUE(monitor.last_told<Grant>("db2"));
}

// Goal: L1 (seed 80380448). It refused generation 2 of a monitor of which this one, which leads by an operator's word, never
// heard. It is asked for a later one, else it would be bound for ever.
TEST_F(SurveyTest, AGenerationThatACandidateGaveUpElsewhereIsPassedOver) {
  agent("db2").report.released = Generation{2};
  monitor.say_report("db2");
  mysqld_dies("db1");
  const auto survey = monitor.last_told<Survey>("db2");
  ASSERT_TRUE(survey);
  EXPECT_EQ(survey->generation, Generation{3});
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(book().assignment().generation, Generation{3});
}

// Goal: S2. The survey has begun anew, and the only host that has more has reported it, but not answered yet.
TEST_F(SurveyTest, ATargetThatAcceptsWhileAHostHasNotAnsweredYetMustHaveWhatThatOneReported) {
  agent("db2").acknowledges = agent("db2").serves = agent("db2").asks = false;
  monitor.silence("db3");
  monitor.pass(3s);
  mysqld_dies("db1");
  monitor.pass(300ms);
  const auto first = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(first && first->assignment.writer == "db2");
  monitor.let_speak("db3");
  agent("db3").surveys = false;
  db3_received_more();
  monitor.pass(2100ms);  // the offer was given up, and all are asked anew
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "surveying");
  monitor.say("db2", Ask{.number = 90, .accepted = first->order, .ttl = 2s});
  EXPECT_TRUE(monitor.last_told<NoGrant>("db2"));
  EXPECT_FALSE(monitor.last_told<Grant>("db2"));
  const auto told = monitor.last_told<Instruction>("db2");
  EXPECT_EQ(told->must_have, lab::gtids("0-1-14"));
  EXPECT_EQ(told->catch_up_from, "db3");
  // Its answer comes after the acceptance, and tells of more.
  monitor.say("db3", SurveyAnswer{.generation = Generation{3}, .has = lab::gtids("0-1-16")});
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->must_have, lab::gtids("0-1-16"));
  // Goal: the same across a restart of the monitor, which tells nobody anything before it knows that the network is there.
  monitor.restart();
  monitor.join("db2");
  monitor.say("db2", Ask{.number = 91, .accepted = first->order, .ttl = 2s});
  EXPECT_FALSE(monitor.last_told<Grant>("db2"));
}

// ---- data that are lost -----------------------------------------------------------------------------------------

// Goal: S2 (seed 7061924). PASSIVE mode leaves it the role; what it had only the others can tell by now.
TEST_F(SurveyTest, AWriterThatLosesItsDiskInPassiveModeMustHaveWhatTheOthersHave) {
  monitor.command("set_passive");
  loses_its_disk("db1");
  is_offered_its_role_with_what_the_others_have("db1");
}

// Goal: L1 (seed 80178204). A restart ends MANUAL mode, in which the role stays on a host that is not ONLINE.
TEST_F(SurveyTest, AWriterThatLosesItsDiskInManualModeKeepsNobodyWaitingOnceTheMonitorWasRestarted) {
  monitor.command("set_manual");
  monitor.leave("db1");
  agent("db1").report = Report{.lost_memory = true};  // and its mysqld does not start
  monitor.join("db1");
  monitor.check("db1", CheckName::mysql, Outcome::bad);
  monitor.pass(3s);
  ASSERT_TRUE(book().durable().released);
  ASSERT_EQ(writer(), "db1");
  restart_and_join();
  monitor.pass(5s);
  EXPECT_TRUE(serves("db2"));
}

// Goal: S2 (seed 10993900). It had released before, so that its loss ends no generation.
TEST_F(SurveyTest, AWriterThatLosesItsDiskAfterItsReleaseInPassiveModeMustHaveWhatTheOthersHave) {
  monitor.command("set_passive");
  agent("db1").report.server.reset();
  monitor.say_report("db1");
  monitor.say("db1", Released{.generation = Generation{1}, .reason = "its server does not answer"});
  ASSERT_TRUE(book().durable().released);
  loses_its_disk("db1");
  is_offered_its_role_with_what_the_others_have("db1");
}

// Goal: L1 (seed 7055637). What no host has any more would be asked for at each offer, for ever.
TEST_F(SurveyTest, WhatATargetHadToHaveIsGivenUpOnceEveryHostToldThatItHasItNot) {
  agent("db3").report.server->has = lab::gtids("0-1-14");
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  ASSERT_EQ(monitor.last_told<Instruction>("db2")->must_have, lab::gtids("0-1-14"));
  loses_its_disk("db3", "0-1-9");
  monitor.pass(10s);
  EXPECT_EQ(monitor.kept.back().leadership->must_have, lab::gtids("0-1-14")) << "db1 may have it";
  agent("db1").report.mysqld_alive = true;
  agent("db1").report.server = ServerStatus{.read_only = true, .has = lab::gtids("0-1-9")};
  agent("db2").acknowledges = true;
  monitor.pass(5s);
  EXPECT_TRUE(monitor.noted("5 transactions that the next writer had to have are on no host any more"));
  ASSERT_TRUE(serves("db2"));
  EXPECT_TRUE(told_first(monitor.told["db2"], book().assignment().generation, lab::gtids("0-1-9")));
}

// Goal: L1 (seed 10390411). It was compared while it received nothing. Its server restarts, and receives from the writer
// before: no host may ever have both that and what the present writer has.
TEST_F(SurveyTest, WhatAServerReceivesFromTheWriterBeforeOnceItWasComparedDoesNotCount) {
  agent("db1").report.uptime_s = 100;
  monitor.say_report("db1");
  monitor.silence("db1");
  monitor.silence("db3");
  monitor.pass(6s);
  ASSERT_TRUE(serves("db2"));
  ASSERT_THAT(monitor.kept.back().leadership->unproven, Contains("db3"));
  agent("db1").report.uptime_s = 106;
  auto& db3 = agent("db3").report.server->replication;
  db3 = {.configured = true, .source_ip = "10.0.0.4", .source_server_id = 1, .io = IoThread::no, .sql = true};
  for (const auto* host : {"db1", "db3"}) monitor.let_speak(host);
  monitor.pass(3s);
  ASSERT_EQ(monitor.brain->state_of("db1"), HostState::online);
  ASSERT_THAT(monitor.kept.back().leadership->unproven, Not(Contains("db3")));
  db3.io = IoThread::yes;
  db3.received = lab::gtids("0-1-14");
  monitor.say_report("db3");
  monitor.forget();
  mysqld_dies("db2");
  monitor.pass(3s);
  ASSERT_EQ(writer(), "db1");
  EXPECT_TRUE(monitor.noted("is offered to it; it must have 0-1-9"));
}

}  // namespace
}  // namespace mmm
