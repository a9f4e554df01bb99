// The monitor asks other hosts' agents where an address is that it gave to a host.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

struct ClosedLoopTest : testing::Test {
  // Every host ONLINE, db1 is the writer; all tell their hardware addresses.
  ClosedLoopTest() {
    for (auto& [name, agent] : monitor.agents) agent.report.mac = "02:00:00:00:00:0" + name.substr(2);
    monitor.bring_up();
    monitor.pass(10s);  // nobody answers yet, so everybody was asked
  }
  void answer(std::vector<std::string> macs) {
    const auto question = monitor.last_told<Resolve>("db2");
    ASSERT_TRUE(question);
    monitor.say("db2", Resolved{question->number, question->ip, std::move(macs), ""});
  }

  MonitorDriver monitor;
};

TEST_F(ClosedLoopTest, AsksAnotherHostForTheWritersAddress) {
  EXPECT_EQ(monitor.last_told<Resolve>("db2")->ip, lab::kWriterRole.ip);
  EXPECT_EQ(monitor.last_told<Resolve>("db1"), std::nullopt) << "the owner hears its own answer never";
  answer({"02:00:00:00:00:01"});
  EXPECT_TRUE(monitor.noted("db1: 10.0.0.80 is verified: db2 resolves it to 02:00:00:00:00:01"));
}

TEST_F(ClosedLoopTest, ShowWarnsOfWhatIsUnverifiedAndOfASecondAnswerer) {
  answer({"02:00:00:00:00:66"});
  EXPECT_EQ(monitor.last_told<AnnounceAgain>("db1")->ip, lab::kWriterRole.ip);
  monitor.pass(2s);
  const auto warnings = monitor.brain->view().warnings;
  EXPECT_THAT(warnings, Contains(HasSubstr("10.0.0.80 on host db1 is unverified")));
  EXPECT_THAT(warnings, Contains(HasSubstr("a second host answers for 10.0.0.80, which db1 has: 02:00:00:00:00:66")));
}

// Goal: a host that has the address itself does not hear its own kernel's answer.
TEST_F(ClosedLoopTest, DoesNotAskAHostThatHasTheAddressToo) {
  monitor.agents.at("db2").report.ips = {lab::kWriterRole.ip};
  monitor.say_report("db2");
  monitor.forget();
  monitor.pass(10s);
  EXPECT_EQ(monitor.last_told<Resolve>("db2"), std::nullopt);
  EXPECT_TRUE(monitor.last_told<Resolve>("db3"));
}

// Goal: an agent that does not know the message would close the connection.
TEST(ClosedLoop, SaysNothingToAgentsThatTellNoHardwareAddress) {
  MonitorDriver monitor;
  monitor.agents.at("db1").report.mac = "02:00:00:00:00:01";
  monitor.bring_up();
  monitor.pass(5s);
  for (const auto* host : {"db1", "db2", "db3"}) {
    EXPECT_EQ(monitor.last_told<Resolve>(host), std::nullopt) << host;
    EXPECT_EQ(monitor.last_told<AnnounceAgain>(host), std::nullopt) << host;
  }
  EXPECT_FALSE(monitor.asked_segment.empty()) << "the monitor can ask by itself";
}

struct NoAgentToAskTest : testing::Test {
  NoAgentToAskTest() {
    monitor.agents.at("db1").report.mac = kMac1;
    monitor.bring_up();
  }
  const std::string kMac1 = "02:00:00:00:00:01";
  MonitorDriver monitor;
};

TEST_F(NoAgentToAskTest, TheMonitorsOwnAnswerVerifies) {
  ASSERT_FALSE(monitor.asked_segment.empty());
  const auto question = monitor.asked_segment.back();
  EXPECT_EQ(question.ip, lab::kWriterRole.ip);
  monitor.step(SegmentAsked{true, {question.number, question.ip, {kMac1}, ""}});
  EXPECT_TRUE(monitor.noted("db1: 10.0.0.80 is verified: the monitor resolves it to 02:00:00:00:00:01"));
}

TEST_F(NoAgentToAskTest, AnOwnerThatTheMonitorDoesNotHearAnnouncesAgain) {
  const auto question = monitor.asked_segment.back();
  monitor.step(SegmentAsked{true, {question.number, question.ip, {}, ""}});
  EXPECT_EQ(monitor.last_told<AnnounceAgain>("db1")->ip, lab::kWriterRole.ip);
}

// Goal: a monitor behind a router cannot ask. It says so once and looks for an interface again only now and then.
TEST_F(NoAgentToAskTest, AMonitorOnAnotherSegmentSaysSoOnceAndDoesNotAsk) {
  const auto say_that_it_cannot = [&] {
    const auto question = monitor.asked_segment.back();
    monitor.step(SegmentAsked{false, {question.number, question.ip, {}, ""}});
    monitor.asked_segment.clear();
  };
  const auto told = "the monitor has no interface in the subnet of 10.0.0.80: only agents are asked where it is";
  say_that_it_cannot();
  EXPECT_TRUE(monitor.noted(told));
  monitor.pass(50s);
  EXPECT_TRUE(monitor.asked_segment.empty());
  EXPECT_THAT(monitor.brain->view().warnings, Contains("10.0.0.80 on host db1 is unverified: there is no other host whose agent "
                                                       "could ask, and the monitor is not on its segment"));
  monitor.pass(15s);
  ASSERT_FALSE(monitor.asked_segment.empty());
  monitor.notes.clear();
  say_that_it_cannot();
  EXPECT_FALSE(monitor.noted(told));
}

TEST(ClosedLoop, AnOwnerThatTellsNoHardwareAddressIsNotDoubted) {
  MonitorDriver monitor;
  monitor.agents.at("db2").report.mac = "02:00:00:00:00:02";
  monitor.bring_up();
  monitor.pass(5s);
  EXPECT_EQ(monitor.last_told<Resolve>("db2"), std::nullopt);
  EXPECT_THAT(monitor.brain->view().warnings, Not(Contains(HasSubstr("unverified"))));
}

}  // namespace
}  // namespace mmm
