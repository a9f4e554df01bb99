// Reader addresses of a host that has lost touch with the monitor (docs/lease.md, "Reader IPs").

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string kReader = "10.0.0.90";

struct RoleMapTest : testing::Test {
  RoleMapTest() {
    agent.obey(told(2));
    agent.pass(1s);
    agent.asked.clear();
  }
  static Instruction told(std::uint64_t version) {
    auto i = instruction(1, 1, version, "db1");
    i.hosts["db3"].roles = {Role{"reader", kReader}};
    return i;
  }
  bool holds() const { return agent.host.ips().contains(kReader); }
  void lose_the_monitor(Duration duration = 11s) {
    agent.step(agent::MonitorLeft{lab::kMonitor});
    agent.pass(duration);
  }
  void hear_map(std::uint64_t version, std::vector<std::string> serves) {
    agent.step(agent::PeerAnswered{"db2", MapAnswer{{1, Generation{1}, Version{version}}, std::move(serves)}});
    agent.finish_all();
  }
  AgentDriver agent{"db3"};
};

TEST_F(RoleMapTest, WhoHearsTheMonitorAsksNobody) {
  agent.pass(5s);
  EXPECT_THAT(agent.asked, IsEmpty());
  EXPECT_THAT(agent.brain.peers(), IsEmpty());
}

TEST_F(RoleMapTest, WhoHasNotHeardItForReaderTtlAsksEveryOtherAgent) {
  lose_the_monitor(8500ms);
  EXPECT_THAT(agent.brain.peers(), IsEmpty());
  agent.pass(1s);
  EXPECT_EQ(agent.brain.peers(), (HostSet{"db1", "db2"}));
  ASSERT_THAT(agent.asked, testing::SizeIs(2));
  EXPECT_TRUE(holds()) << "nobody has said that somebody else serves it";
}

TEST_F(RoleMapTest, AsksAgainAndAtOnceWhenAnotherAgentIsThere) {
  lose_the_monitor();
  agent.asked.clear();
  agent.step(agent::PeerJoined{"db2"});
  EXPECT_FALSE(agent.asked.empty());
  agent.asked.clear();
  agent.pass(4s);
  EXPECT_FALSE(agent.asked.empty());
}

TEST_F(RoleMapTest, LetsGoWhatAnotherHostServesByANewerMap) {
  lose_the_monitor();
  hear_map(3, {kReader});
  EXPECT_FALSE(holds());
  EXPECT_THAT(agent.notes, Contains(testing::HasSubstr("lets 10.0.0.90 go: db2 serves it")));
}

TEST_F(RoleMapTest, KeepsWhatTheOtherDoesNotServeAndWhatAnOlderOrEqualMapSays) {
  lose_the_monitor();
  hear_map(3, {"10.0.0.100"});
  hear_map(2, {kReader});
  hear_map(1, {kReader});
  EXPECT_TRUE(holds());
}

TEST_F(RoleMapTest, TakesItBackByAWordOfTheMonitorOnly) {
  lose_the_monitor();
  hear_map(3, {kReader});
  agent.pass(30s);
  EXPECT_FALSE(holds());
  agent.hear(Hello{.host = "db3", .epoch = {1, "m"}, .leads = true});
  agent.hear(told(4));
  agent.pass(1s);
  EXPECT_TRUE(holds());
}

TEST_F(RoleMapTest, AWordThatIsOlderThanTheNewestOfThoseMapsGivesNothingBack) {
  lose_the_monitor();
  hear_map(3, {kReader});
  hear_map(7, {kReader});
  agent.hear(Hello{.host = "db3", .epoch = {1, "m"}, .leads = true});
  agent.hear(told(5));
  agent.pass(1s);
  EXPECT_FALSE(holds());
}

// ---- what it answers ----------------------------------------------------------------------------------------------

TEST_F(RoleMapTest, SaysWhatItReallyServesAndByWhichInstruction) {
  agent.step(agent::PeerAsked{7, MapAsk{"db2", "db3"}});
  const auto map = std::get<MapAnswer>(agent.answered.back());
  EXPECT_EQ(map.accepted, (Order{1, Generation{1}, Version{2}}));
  EXPECT_THAT(map.serves, ElementsAre(kReader));
}

TEST_F(RoleMapTest, SaysOfNothingThatItServesItWithoutAServer) {
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.step(agent::PeerAsked{7, MapAsk{"db2", "db3"}});
  EXPECT_THAT(std::get<MapAnswer>(agent.answered.back()).serves, Not(Contains(kReader)));
}

}  // namespace
}  // namespace mmm
