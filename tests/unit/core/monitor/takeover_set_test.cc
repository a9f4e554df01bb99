// Whom the writer's lease depends on while the monitor is away (docs/lease.md, rules 3, 4, 5, 11).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::ElementsAre;
using testing::IsEmpty;

Config three_candidates() {
  auto config = lab::cluster();
  config.roles[0].hosts = {"db1", "db2", "db3"};
  return config;
}

struct TakeoverSetTest : testing::Test {
  TakeoverSetTest() : monitor(three_candidates()) {
    monitor.bring_up();
    monitor.pass(20s);
    monitor.forget();
  }
  lab::ScriptedAgent& agent(const HostName& host) { return monitor.agents.at(host); }
  const LeaseBook& book() const { return monitor.brain->book(); }
  HostSet set() const { return book().assignment().takeover_set; }
  // It says nothing any more, its connection stands.
  void falls_silent(const HostName& host) { monitor.silence(host); }
  void speaks_again(const HostName& host) {
    monitor.let_speak(host);
    monitor.say_report(host);
  }
  void loses_its_memory(const HostName& host) {
    agent(host).report.lost_memory = true;
    monitor.say_report(host);
  }
  // The others hear db1, which the monitor does not hear: db1 stays the writer.
  void only_promises_reach_db1() {
    for (const auto* host : {"db2", "db3"}) {
      agent(host).report.promise_live = agent(host).report.writer_asks = true;
      monitor.say_report(host);
    }
    falls_silent("db1");
    monitor.pass(3s);
  }

  MonitorDriver monitor;
};

TEST_F(TakeoverSetTest, IsEveryOtherCandidateThatIsThere) { EXPECT_THAT(set(), ElementsAre("db2", "db3")); }

// Goal: at the boundary: the writer lives without a candidate, and without us, once that was gone for ten seconds.
TEST_F(TakeoverSetTest, WhoIsGoneForTenSecondsIsTakenOut) {
  const auto heard = monitor.now.at;
  monitor.say_report("db3");
  falls_silent("db3");
  monitor.pass(heard + 10s - 1ns - monitor.now.at);
  EXPECT_THAT(set(), ElementsAre("db2", "db3"));
  monitor.pass(1s);
  EXPECT_THAT(set(), ElementsAre("db2"));
  EXPECT_THAT(book().promotable(), ElementsAre("db2"));
}

TEST_F(TakeoverSetTest, WithNobodyLeftTheWriterIsPinned) {
  falls_silent("db2");
  falls_silent("db3");
  monitor.pass(12s);
  EXPECT_THAT(set(), IsEmpty());
  EXPECT_THAT(agent("db1").report.assignment.takeover_set, IsEmpty()) << "it knows";
}

TEST_F(TakeoverSetTest, WhoComesBackCountsAgainOnceTheWriterKnows) {
  falls_silent("db3");
  monitor.pass(12s);
  ASSERT_THAT(set(), ElementsAre("db2"));
  agent("db1").acknowledges = false;
  speaks_again("db3");
  EXPECT_THAT(set(), ElementsAre("db2", "db3"));
  EXPECT_THAT(book().promotable(), ElementsAre("db2"));
  agent("db1").acknowledges = true;
  monitor.pass(2s);
  EXPECT_THAT(book().promotable(), ElementsAre("db2", "db3"));
}

// Goal: L1. A set that the writer can't acknowledge only makes nobody promotable: then nobody could follow it.
TEST_F(TakeoverSetTest, ItDoesNotShrinkWhileTheWriterIsOutOfReach) {
  only_promises_reach_db1();
  falls_silent("db3");
  monitor.pass(1min);
  EXPECT_EQ(book().assignment().writer, "db1");
  EXPECT_THAT(set(), ElementsAre("db2", "db3"));
  EXPECT_THAT(book().promotable(), ElementsAre("db2", "db3"));
  speaks_again("db1");
  monitor.pass(1s);
  EXPECT_THAT(set(), ElementsAre("db2"));
}

// Goal: S1 (rule 11). It may have forgotten a promise, and would take the role while the writer lives on it.
TEST_F(TakeoverSetTest, WhoLostItsMemoryLeavesAtOnce) {
  loses_its_memory("db3");
  EXPECT_THAT(set(), ElementsAre("db2"));
  EXPECT_THAT(book().promotable(), ElementsAre("db2"));
}

TEST_F(TakeoverSetTest, WhoLostItsMemoryLeavesAtOnceEvenWhileTheWriterIsOutOfReach) {
  only_promises_reach_db1();
  loses_its_memory("db3");
  EXPECT_THAT(set(), ElementsAre("db2"));
}

TEST_F(TakeoverSetTest, WhoLostItsMemoryIsBackOnceItWasAdmitted) {
  loses_its_memory("db3");
  monitor.pass(5s);
  ASSERT_THAT(set(), ElementsAre("db2"));
  agent("db3").report.lost_memory = false;
  monitor.say_report("db3");
  EXPECT_THAT(set(), ElementsAre("db2", "db3"));
}

// Goal: rule 2: the smaller set is on disk before the writer hears of it and lets go of the member.
TEST_F(TakeoverSetTest, ASmallerSetIsOnDiskBeforeItIsTold) {
  loses_its_memory("db3");
  ASSERT_TRUE(monitor.last_told<Instruction>("db1"));
  EXPECT_THAT(monitor.last_told<Instruction>("db1")->assignment.takeover_set, ElementsAre("db2"));
  EXPECT_THAT(monitor.kept.back().leadership->assignment.takeover_set, ElementsAre("db2"));
  EXPECT_LT(monitor.index_of("keep"), monitor.index_of("tell db1"));
}

TEST_F(TakeoverSetTest, AGenerationThatIsOnlyOfferedKeepsItsSet) {
  agent("db2").acknowledges = false;
  monitor.command("move_role writer db2");
  ASSERT_FALSE(book().durable().accepted);
  loses_its_memory("db3");
  EXPECT_THAT(set(), ElementsAre("db1", "db3")) << "who may follow was decided when it was offered";
}

}  // namespace
}  // namespace mmm
