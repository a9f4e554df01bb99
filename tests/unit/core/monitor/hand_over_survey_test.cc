// The survey of a hand-over: who is waited for, what counts, and who hears of it.

#include <optional>
#include <vector>

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

struct SurveyTest : HandOverTest {
  void offered_to_db2_while_db3_is_away() {
    monitor.silence("db2");
    monitor.silence("db3");
    monitor.pass(3s);
    agent("db2").reports = true;
    monitor.say_report("db2");
    agent("db2").surveys = true;
    mysqld_dies("db1");
    monitor.pass(300ms);
    ASSERT_EQ(writer(), "db2");
  }
  // What it received from db1, and the target of the offer never heard of.
  void db3_tells_more() {
    auto& db3 = agent("db3");
    db3.reports = db3.surveys = db3.acknowledges = true;
    db3.report.server->has = lab::gtids("0-1-14");
    db3.report.server->replication = {.configured = true, .source_ip = "10.0.0.4", .source_server_id = 1, .sql = true};
    monitor.say_report("db3");
  }
};

// The first instruction that says so.
std::optional<Instruction> told_first(const std::vector<ToAgent>& messages, Generation generation, const GtidSet& must_have) {
  for (const auto& message : messages)
    if (const auto* i = std::get_if<Instruction>(&message); i && i->order.generation == generation && i->must_have == must_have) return *i;
  return std::nullopt;
}

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
  offered_to_db2_while_db3_is_away();
  const auto generation = book().assignment().generation;
  db3_tells_more();
  monitor.pass(3s);
  const auto told = told_first(monitor.told["db2"], generation, lab::gtids("0-1-14"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->catch_up_from, "db3");
}

// Goal: S2 (seed 10286790). By what it accepted it lacks nothing, and it would serve with that.
TEST_F(SurveyTest, ATargetThatAcceptsLateIsGrantedNothingBeforeItKnowsWhatWasFoundSince) {
  offered_to_db2_while_db3_is_away();
  const auto offered = monitor.last_told<Instruction>("db2")->order;
  agent("db2").surveys = false;
  db3_tells_more();
  monitor.pass(2100ms);  // the offer was given up, and db2 is asked anew
  const auto ask = [this](const Order& accepted) { monitor.say("db2", Ask{.number = 7, .accepted = accepted, .ttl = 2s}); };
  ask(offered);
  ASSERT_TRUE(book().durable().accepted);
  ASSERT_TRUE(monitor.last_told<NoGrant>("db2"));
  EXPECT_FALSE(monitor.last_told<Grant>("db2"));
  const auto told = monitor.last_told<Instruction>("db2");
  EXPECT_EQ(told->must_have, lab::gtids("0-1-14"));
  ask(told->order);
  EXPECT_TRUE(monitor.last_told<Grant>("db2"));
}

}  // namespace
}  // namespace mmm
