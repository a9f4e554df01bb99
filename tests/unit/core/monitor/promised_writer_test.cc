// A writer that the monitor does not hear, and promises that keep it alive or others from its role (docs/lease.md, rules 3,
// 6, 7, 13).

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

struct PromisedWriterTest : HandOverTest {
  void keeps_a_promise(const HostName& host, bool live) {
    agent(host).report.promise_live = agent(host).report.writer_asks = live;
    monitor.say_report(host);
  }
  template <class Message>
  std::ptrdiff_t times_told(const HostName& host) {
    return std::ranges::count_if(monitor.told[host], [](const auto& m) { return std::holds_alternative<Message>(m); });
  }
  std::string show() {
    monitor.command("show");
    return monitor.replies.back();
  }
};

// ---- it lives (rule 3) ------------------------------------------------------------------------------------------

// Goal: the availability of rule 3: a broken link between monitor and writer moves nothing.
TEST_F(PromisedWriterTest, AWriterThatIsInTouchWithItsCandidatesKeepsTheRole) {
  keeps_a_promise("db2", true);
  monitor.silence("db1");
  monitor.pass(1min);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{1});
  EXPECT_FALSE(monitor.last_told<Survey>("db2"));
  EXPECT_THAT(show(), HasSubstr("agent on host db1, the writer, is in touch with the other candidates: nothing moves"));
}

TEST_F(PromisedWriterTest, OfAWriterThatIsReachableNobodyIsWarned) {
  keeps_a_promise("db2", true);
  EXPECT_THAT(show(), Not(HasSubstr("is in touch with the other candidates")));
}

TEST_F(PromisedWriterTest, ItIsFollowedOnceNobodyPromisesAnyMore) {
  keeps_a_promise("db2", true);
  monitor.silence("db1");
  monitor.pass(1min);
  keeps_a_promise("db2", false);
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(PromisedWriterTest, APromiseToTheWriterOfAnotherGenerationIsNone) {
  agent("db2").report.assignment.generation = Generation{2};
  keeps_a_promise("db2", true);
  monitor.silence("db1");
  monitor.pass(6s);
  EXPECT_NE(book().assignment().generation, Generation{1});
}

// Goal: the lease needs every member of the set: one that keeps none tells that it has run out.
TEST(PromisedWriterOfThree, OneMemberThatKeepsNoPromiseIsEnough) {
  auto config = lab::cluster();
  config.roles[0].hosts = {"db1", "db2", "db3"};
  MonitorDriver monitor(config);
  monitor.bring_up();
  monitor.pass(20s);
  monitor.agents.at("db2").report.promise_live = true;
  monitor.say_report("db2");
  monitor.silence("db1");
  monitor.pass(6s);
  EXPECT_TRUE(monitor.noted("nobody renewed the lease of db1"));
}

// ---- who stops receiving from it --------------------------------------------------------------------------------

TEST_F(PromisedWriterTest, FromASilentWriterTheOthersStopReceivingAfterThreeQuartersOfALease) {
  monitor.pass(700ms);
  monitor.silence("db1");
  const auto overdue = book().last_ask() + 1500ms;
  monitor.pass(overdue - 1ns - monitor.now.at);
  EXPECT_FALSE(monitor.last_told<Detach>("db2"));
  monitor.pass(1ns);
  EXPECT_EQ(monitor.last_told<Detach>("db2"), Detach{"db1"});
  EXPECT_EQ(monitor.last_told<Detach>("db3"), Detach{"db1"});
  EXPECT_FALSE(monitor.last_told<Detach>("db1"));
}

// Goal: S2 (seed 1026626, and a frozen writer and replica on real servers). Who goes on receiving while the others have
// stopped acknowledges what only it has, and then can't be asked.
TEST_F(PromisedWriterTest, WhereOneOfTheOthersIsNotThereNobodyStopsReceiving) {
  monitor.silence("db3");
  monitor.silence("db1");
  monitor.pass(1900ms);
  EXPECT_EQ(monitor.last_told<Poke>("db2"), Poke{});
  EXPECT_FALSE(monitor.last_told<Detach>("db2"));
}

TEST_F(PromisedWriterTest, ThatTheyWereThereOnceIsNotEnoughWhenItGoesSilentLater) {
  keeps_a_promise("db2", true);
  monitor.silence("db1");
  monitor.pass(10s);
  monitor.silence("db3");
  monitor.pass(500ms);
  keeps_a_promise("db2", false);
  monitor.pass(1s);
  EXPECT_FALSE(monitor.last_told<Detach>("db2"));
}

TEST_F(PromisedWriterTest, WhoWasTakenOutIsNotAskedWhetherItIsThere) {
  monitor.command("set_offline db3");
  monitor.silence("db3");
  monitor.silence("db1");
  monitor.pass(1900ms);
  EXPECT_EQ(monitor.last_told<Detach>("db2"), Detach{"db1"});
}

TEST_F(PromisedWriterTest, WhileAnotherHostHearsItNobodyStopsReceiving) {
  keeps_a_promise("db2", true);
  monitor.silence("db1");
  monitor.pass(10s);
  EXPECT_FALSE(monitor.last_told<Detach>("db2"));
  EXPECT_FALSE(monitor.last_told<Detach>("db3"));
}

TEST_F(PromisedWriterTest, OnceItRenewsTheOthersReceiveAgain) {
  monitor.silence("db1");
  monitor.pass(2s);
  ASSERT_EQ(monitor.last_told<Detach>("db2"), Detach{"db1"});
  agent("db1").asks = agent("db1").acknowledges = agent("db1").reports = true;
  monitor.pass(1s);
  EXPECT_EQ(monitor.last_told<Detach>("db2"), Detach{});
}

// ---- who is bound -----------------------------------------------------------------------------------------------

TEST_F(PromisedWriterTest, WhoIsBoundByAPromiseIsNotOfferedTheRoleBeforeItIsOver) {
  agent("db2").promised_for = 3s;
  mysqld_dies("db1");
  monitor.pass(2900ms);
  EXPECT_EQ(writer(), "db1");
  EXPECT_THAT(show(), HasSubstr("db2: it promised the last writer not to take the role yet"));
  agent("db2").promised_for = 0s;
  monitor.pass(1s);
  EXPECT_TRUE(serves("db2"));
}

// Goal: S2. What it answered is old when it is free: its writer lived until then, and everybody is asked again.
TEST_F(PromisedWriterTest, OnceThePromiseIsOverEverybodyIsAskedAgain) {
  agent("db2").promised_for = 700ms;
  mysqld_dies("db1");
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  agent("db2").promised_for = 0s;
  agent("db2").acknowledges = false;
  monitor.pass(800ms);
  ASSERT_TRUE(monitor.last_told<Instruction>("db2"));
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->must_have, lab::gtids("0-1-14"));
}

// Goal: it has promised between its answer and the offer. That is no refusal for good: the generation is not given up.
TEST_F(PromisedWriterTest, AnOfferThatIsRefusedBecauseOfAPromiseIsMadeAnew) {
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  ASSERT_EQ(offer->assignment.writer, "db2");
  const auto surveys = times_told<Survey>("db3");
  monitor.say("db2", Refused{offer->order, false, "it promised the writer not to take the role for another 1.00 s"});
  EXPECT_FALSE(book().durable().released);
  EXPECT_GT(times_told<Survey>("db3"), surveys) << "what was found out before is old";
  agent("db2").acknowledges = true;
  monitor.pass(3s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(PromisedWriterTest, ARefusalOfAnotherHostOrOfAnOlderOfferCostsNoOffer) {
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  auto older = offer->order;
  older.generation = Generation{1};
  monitor.say("db3", Refused{offer->order, false, "it is another's"});
  monitor.say("db2", Refused{older, false, "a newer instruction was accepted"});
  EXPECT_EQ(monitor.kept.back().leadership->hand_over->step, "offering");
}

// ---- what was given up (rule 7) ---------------------------------------------------------------------------------

TEST_F(PromisedWriterTest, WhatTheOldWriterGaveUpIsToldWithTheOfferAndTheSurvey) {
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  EXPECT_EQ(monitor.last_told<Survey>("db2")->given_up, Generation{1});
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->given_up, Generation{1});
  EXPECT_EQ(monitor.kept.back().leadership->given_up, Generation{1});
}

TEST_F(PromisedWriterTest, ASilentWriterGaveNothingUp) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_EQ(writer(), "db2");
  EXPECT_EQ(monitor.last_told<Survey>("db2")->given_up, Generation{0});
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->given_up, Generation{0});
}

TEST_F(PromisedWriterTest, AnOfferThatWasRefusedForGoodIsNotGivenUp) {
  agent("db2").refuses_generation = "its applier is stopped";
  monitor.command("move_role writer db2");
  monitor.pass(100ms);
  ASSERT_EQ(book().assignment().generation, Generation{3});
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->given_up, Generation{1});
  EXPECT_EQ(monitor.kept.back().leadership->given_up, Generation{1});
}

// A report may come before the refusal itself.
TEST_F(PromisedWriterTest, AReportOfARefusedOfferGivesNothingUpEither) {
  monitor.silence("db1");
  agent("db2").acknowledges = false;
  monitor.pass(5s);
  ASSERT_EQ(writer(), "db2");
  agent("db2").report.released = Generation{2};
  monitor.say_report("db2");
  ASSERT_TRUE(monitor.noted("generation 2 is given up for good"));
  EXPECT_EQ(book().durable().given_up, Generation{0});
}

TEST_F(PromisedWriterTest, ARestartedMonitorKnowsWhatWasGivenUp) {
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  restart_and_join();
  EXPECT_EQ(book().durable().given_up, Generation{1});
  EXPECT_EQ(monitor.last_told<Instruction>("db3")->given_up, Generation{1});
}

// Goal: rule 1: a monitor without a file has the agents' word only. What a host released beyond what it accepted it refused.
TEST_F(PromisedWriterTest, ANewMonitorTakesWhatWasGivenUpFromTheReports) {
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  agent("db3").report.released = Generation{9};
  monitor.kept.clear();
  monitor.restart(false);
  monitor.network();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.join(host);
  ASSERT_TRUE(monitor.brain->leads());
  EXPECT_EQ(book().durable().given_up, Generation{1});
}

// Goal: L1 (seed 10260398). Two leaderships may have made generations of one number. db3 refused the other one, for good, and
// follows this one: nobody would promise its living writer anything any more.
TEST_F(PromisedWriterTest, ANewMonitorTakesARefusalOfThatNumberForNoReleaseOfThisGeneration) {
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  ASSERT_EQ(agent("db3").report.accepted.generation, Generation{2});
  agent("db3").report.released = Generation{2};
  monitor.kept.clear();
  monitor.restart(false);
  monitor.network();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.join(host);
  ASSERT_EQ(writer(), "db2");
  EXPECT_EQ(book().durable().given_up, Generation{1});
}

TEST_F(PromisedWriterTest, ANewMonitorBelievesTheWriterThatItGaveThisGenerationUp) {
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  agent("db2").report.released = Generation{2};
  monitor.kept.clear();
  monitor.restart(false);
  monitor.network();
  for (const auto* host : {"db1", "db3", "db2"}) monitor.join(host);
  ASSERT_TRUE(monitor.brain->leads());
  EXPECT_EQ(book().durable().given_up, Generation{2});
}

// ---- a writer that shall not be it any more ---------------------------------------------------------------------

struct UnwantedWriterTest : PromisedWriterTest {
  // db1 was set offline, can't be stopped, and its lease ran out before it could be; db2 can't follow yet.
  UnwantedWriterTest() {
    agent("db1").releases = agent("db1").asks = false;
    agent("db2").surveys = false;
    monitor.command("set_offline db1");
    monitor.pass(6s);
  }
  std::string step() const {
    const auto& hand_over = monitor.kept.back().leadership->hand_over;
    return hand_over ? hand_over->step : "none";
  }
  void renews_again() {
    agent("db1").asks = true;
    monitor.pass(2s);
  }
};

TEST_F(UnwantedWriterTest, TheWishIsKeptWhateverTheStep) {
  EXPECT_EQ(step(), "surveying");
  EXPECT_TRUE(monitor.kept.back().leadership->release_requested);
  EXPECT_TRUE(monitor.last_told<Instruction>("db1")->release);
}

// Goal: an administrator's word. A writer that renews its lease is asked again to give it up, not taken back.
TEST_F(UnwantedWriterTest, AWriterThatRenewsAgainIsStillAskedToGiveTheRoleUp) {
  renews_again();
  EXPECT_FALSE(monitor.noted("it stays the writer"));
  EXPECT_TRUE(monitor.last_told<Instruction>("db1")->release);
  agent("db1").releases = agent("db2").surveys = true;
  restart_and_join();
  monitor.pass(3s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(UnwantedWriterTest, ARestartedMonitorWantsItStill) {
  restart_and_join();
  ASSERT_TRUE(monitor.last_told<Instruction>("db1"));
  EXPECT_TRUE(monitor.last_told<Instruction>("db1")->release);
  EXPECT_TRUE(monitor.kept.back().leadership->release_requested);
}

TEST_F(UnwantedWriterTest, TheNextWriterIsNotAskedToGiveUpAnything) {
  agent("db2").surveys = true;
  agent("db2").serves = false;
  monitor.pass(2s);
  ASSERT_EQ(writer(), "db2");
  EXPECT_FALSE(monitor.last_told<Instruction>("db2")->release);
}

TEST_F(PromisedWriterTest, OfASilentWriterNothingIsWanted) {
  monitor.silence("db1");
  agent("db2").surveys = false;
  monitor.pass(6s);
  ASSERT_EQ(monitor.kept.back().leadership->hand_over->step, "surveying");
  EXPECT_FALSE(monitor.kept.back().leadership->release_requested);
  restart_and_join();
  EXPECT_FALSE(monitor.last_told<Instruction>("db1") && monitor.last_told<Instruction>("db1")->release);
}

}  // namespace
}  // namespace mmm
