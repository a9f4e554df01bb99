// A copied state file, and a monitor that another one takes the lead from (docs/lease.md, rule 1).

#include <gmock/gmock.h>

#include "leadership_fixture.h"

namespace mmm {
namespace {

using testing::HasSubstr;

TEST_F(LeadershipTest, ACopiedStateFileIsNoLeadership) {
  monitor.bring_up();
  monitor.restart(false);
  EXPECT_FALSE(leads());
  EXPECT_TRUE(monitor.noted("the state file was written elsewhere"));
}

struct SupersededTest : LeadershipTest {
  SupersededTest() {
    monitor.bring_up();
    monitor.leave("db2");
    monitor.agents.at("db2").epoch = {9, "other"};
    monitor.agents.at("db2").refuses = "the monitor of leadership 9 was heard from a moment ago and is obeyed here";
    monitor.join("db2");
  }
};

TEST_F(SupersededTest, AnAgentThatObeysALaterMonitorEndsTheLeadership) {
  EXPECT_FALSE(leads());
  EXPECT_TRUE(monitor.noted("another monitor leads"));
  monitor.forget();
  monitor.pass(30s);
  EXPECT_FALSE(leads());
  EXPECT_EQ(monitor.index_of("keep"), monitor.story.size());
  EXPECT_EQ(monitor.index_of("writer"), monitor.story.size()) << "no instruction";
  EXPECT_FALSE(monitor.last_told<Grant>("db1"));
}

// Goal: S2 (seeds 70474738, 70934298): on a connection that stands, too.
TEST_F(LeadershipTest, AnAgentThatGoesOverToALaterMonitorEndsTheLeadership) {
  monitor.bring_up();
  ASSERT_TRUE(leads());
  auto& db2 = monitor.agents.at("db2");
  db2.epoch = {9, "other"};
  db2.refuses = "the monitor of leadership 9 is obeyed here";
  monitor.say("db2", Welcome{"db2", false, db2.refuses, db2.epoch, "test", db2.report});
  EXPECT_FALSE(leads());
  EXPECT_TRUE(monitor.noted("another monitor leads"));
}

// An older connection of ours was greeted last (seed 698).
TEST_F(LeadershipTest, AnAgentThatObeysUsOnAnotherConnectionIsGreetedAgain) {
  monitor.bring_up();
  monitor.say("db2", Welcome{"db2", false, "the monitor of leadership 1 is obeyed here", monitor.agents.at("db2").epoch, "test", {}});
  EXPECT_TRUE(leads());
  monitor.forget();
  monitor.pass(3s);
  EXPECT_TRUE(monitor.last_told<Hello>("db2"));
  EXPECT_TRUE(monitor.last_told<Instruction>("db2"));
}

// Goal: rule 2. Others published versions of that generation since it was superseded, and what they said counts.
TEST_F(SupersededTest, LeadsAgainWithAVersionThatNobodyUsed) {
  for (auto& [name, agent] : monitor.agents) {
    agent.refuses.clear();
    agent.report.assignment = {Generation{7}, "db1", Version{3}, {"db2"}};
    agent.report.accepted = {9, Generation{7}, Version{3}};
    monitor.leave(name);
  }
  join_all();
  ASSERT_TRUE(leads());
  EXPECT_EQ(last_order("db1").generation, Generation{7});
  EXPECT_GT(last_order("db1").version, Version{3});
}

// Goal: S2. Another one made somebody else the writer since.
TEST_F(LeadershipTest, AWriterThatLeftInOrderIsForgottenWithTheLead) {
  monitor.bring_up();
  auto& kept = *monitor.kept.back().leadership;
  kept.left_in_order = "db1";
  monitor.restart(false);
  monitor.network();
  join_all();
  ASSERT_TRUE(leads());
  EXPECT_EQ(monitor.kept.back().leadership->left_in_order, "");
}

TEST_F(SupersededTest, RefusesCommandsAndSaysWhatToDo) {
  monitor.command("set_offline db3");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("no other monitor runs: mmm_control take_lead"));
}

// By rule 1, as any other monitor does: every host has to accept it.
TEST_F(SupersededTest, LeadsAgainOnceEveryAgentAcceptsIt) {
  monitor.agents.at("db2").refuses.clear();
  monitor.pass(30s);
  EXPECT_TRUE(leads());
  EXPECT_GT(monitor.kept.back().leadership->epoch.counter, 9u);
}

// Goal: S4 (seed 7088728). db2 accepted a generation that no other host heard of, and forgot it: only the monitor that made it
// knows. Used again, it would have two writers.
struct ForgottenGenerationTest : LeadershipTest {
  ForgottenGenerationTest() {
    monitor.bring_up();
    monitor.pass(2s);
    for (const auto* host : {"db1", "db3"}) before[host] = monitor.agents.at(host).report;
    monitor.command("move_role writer db2");
    monitor.pass(1s);
  }
  void nobody_knows_of_it() {
    for (const auto& [host, report] : before) monitor.agents.at(host).report = report;
    monitor.agents.at("db2").report = Report{.lost_memory = true, .mysqld_alive = true, .server = ServerStatus{}};
    for (const auto* host : {"db1", "db2", "db3"}) monitor.leave(host);
    join_all();
    monitor.pass(5s);
  }
  Generation generation() const { return monitor.brain->book().assignment().generation; }
  std::map<HostName, Report> before;
};

TEST_F(ForgottenGenerationTest, ASupersededMonitorThatLeadsAgainDoesNotUseItAgain) {
  ASSERT_EQ(generation(), Generation{2});
  auto& db3 = monitor.agents.at("db3");
  monitor.leave("db3");
  db3.epoch = {9, "other"};
  db3.refuses = "the monitor of leadership 9 was heard from a moment ago and is obeyed here";
  monitor.join("db3");
  ASSERT_FALSE(leads());
  db3.refuses.clear();
  nobody_knows_of_it();
  ASSERT_TRUE(monitor.noted("took over generation 1 of 'db1'"));
  EXPECT_EQ(generation(), Generation{3});
}

TEST_F(ForgottenGenerationTest, AMonitorThatMayNotContinueItsFileDoesNotUseItAgain) {
  monitor.restart(false);
  monitor.network();
  nobody_knows_of_it();
  ASSERT_TRUE(monitor.noted("took over generation 1 of 'db1'"));
  EXPECT_EQ(generation(), Generation{3});
}

}  // namespace
}  // namespace mmm
