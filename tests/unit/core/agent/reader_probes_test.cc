// Reader addresses for which another host answers, too (docs/lease.md, "Reader IPs").

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kReader = "10.0.0.90";
const std::string kRival = "02:00:00:00:00:02";

struct ReaderProbesTest : testing::Test {
  ReaderProbesTest() {
    agent.obey(told(1, 2));
    agent.pass(1s);
    agent.asked.clear();
    agent.resolving.clear();
  }
  static Instruction told(std::uint64_t epoch, std::uint64_t version) {
    auto i = instruction(epoch, 1, version, "db1");
    i.hosts["db3"].roles = {Role{"reader", kReader}};
    return i;
  }
  bool holds() const { return agent.host.ips().contains(kReader); }
  // Time passes in which a monitor says something every second.
  void pass_in_touch(Duration duration) {
    for (const auto end = agent.now + duration; agent.now < end;) {
      agent.pass(1s);
      agent.hear(Poke{});
    }
  }
  void lose_the_monitor() { agent.step(agent::MonitorLeft{lab::kMonitor}); }
  void restart_mysqld() {
    agent.step(agent::MysqldDown{"its process is gone"});
    agent.finish_all();
    ASSERT_FALSE(holds());
    agent.step(agent::MysqldUp{});
    agent.finish_all();
  }
  // Answers its last question to the segment.
  void answer(std::vector<std::string> macs, std::string problem = "") {
    ASSERT_FALSE(agent.resolving.empty()) << "it asked nothing";
    const auto question = agent.resolving.back();
    agent.step(agent::AddressResolved{question.asker, {question.number, question.ip, std::move(macs), std::move(problem)}});
    agent.finish_all();
  }
  void hear_map(Order order, std::vector<std::string> serves) {
    agent.step(agent::PeerAnswered{"db2", MapAnswer{order, std::move(serves)}});
    agent.finish_all();
  }
  AgentDriver agent{"db3"};
};

// ---- an address that it has ---------------------------------------------------------------------------------------

TEST_F(ReaderProbesTest, AsksTheSegmentForWhatItHasThriceInReaderTtl) {
  pass_in_touch(30s);
  EXPECT_GE(agent.resolving.size(), 8u);
  EXPECT_LE(agent.resolving.size(), 10u);
  for (const auto& question : agent.resolving) {
    EXPECT_EQ(question.asker, agent::kItself);
    EXPECT_EQ(question.ip, kReader);
  }
  EXPECT_THAT(agent.asked, IsEmpty()) << "nobody else has it: no agent is asked";
}

// Goal: two monitors may lead, each for some of the hosts: being in touch with one of them is no proof.
TEST_F(ReaderProbesTest, AsksTheOtherAgentsAtOnceWhenAnotherMacAnswers) {
  pass_in_touch(5s);
  answer({kRival});
  EXPECT_EQ(agent.brain.peers(), (HostSet{"db1", "db2"}));
  EXPECT_THAT(agent.asked, SizeIs(2));
  EXPECT_TRUE(holds());
  EXPECT_THAT(agent.notes, Contains(HasSubstr("another host answers for 10.0.0.90, too: 02:00:00:00:00:02")));
}

TEST_F(ReaderProbesTest, TheHolderWithTheOlderMapLetsGo) {
  pass_in_touch(5s);
  answer({kRival});
  hear_map({1, Generation{1}, Version{3}}, {kReader});
  EXPECT_FALSE(holds());
}

TEST_F(ReaderProbesTest, TheHolderWithTheNewerOrAnEqualMapThatNamesItKeepsIt) {
  pass_in_touch(5s);
  answer({kRival});
  hear_map({1, Generation{1}, Version{2}}, {kReader});
  hear_map({1, Generation{1}, Version{1}}, {kReader});
  pass_in_touch(10s);
  EXPECT_TRUE(holds());
}

TEST_F(ReaderProbesTest, AsksAgainForAsLongAsTheOtherAnswersAndNoLonger) {
  pass_in_touch(5s);
  answer({kRival});
  agent.asked.clear();
  pass_in_touch(4s);
  EXPECT_THAT(agent.asked, Not(IsEmpty()));
  answer({});
  EXPECT_THAT(agent.brain.peers(), IsEmpty());
  EXPECT_THAT(agent.notes, Contains("no other host answers for 10.0.0.90 any more"));
}

// Goal: no flapping between two monitors: a word that is older than the map that took the address gives it back to nobody.
TEST_F(ReaderProbesTest, AnOlderLeadershipDoesNotGiveItBack) {
  pass_in_touch(5s);
  answer({kRival});
  hear_map({2, Generation{1}, Version{1}}, {kReader});
  ASSERT_FALSE(holds());
  agent.hear(told(1, 3));
  pass_in_touch(2s);
  EXPECT_FALSE(holds());
  agent.hear(Hello{.host = "db3", .epoch = {2, "n"}, .lineage = {{1, "m"}}, .leads = true});
  agent.hear(told(2, 2));
  agent.pass(1s);
  EXPECT_TRUE(holds());
}

TEST_F(ReaderProbesTest, AQuestionThatCouldNotBeAskedChangesNothing) {
  pass_in_touch(5s);
  answer({}, "Operation not permitted");
  EXPECT_TRUE(holds());
  EXPECT_THAT(agent.asked, IsEmpty());
}

// ---- an address that it would take --------------------------------------------------------------------------------

TEST_F(ReaderProbesTest, TakesAtOnceWhatAMonitorInTouchGives) {
  agent.hear(Poke{});
  restart_mysqld();
  EXPECT_TRUE(holds());
}

TEST_F(ReaderProbesTest, OutOfTouchItTakesItBackOnlyWhenNobodyAnswers) {
  lose_the_monitor();
  agent.pass(5s);
  restart_mysqld();
  EXPECT_FALSE(holds());
  answer({});
  EXPECT_TRUE(holds());
}

TEST_F(ReaderProbesTest, WhileSomebodyAnswersItDoesNotTakeItAndAsksAgainEverySecond) {
  lose_the_monitor();
  agent.pass(5s);
  restart_mysqld();
  answer({kRival});
  const auto asked = agent.resolving.size();
  agent.pass(3s);
  EXPECT_FALSE(holds());
  EXPECT_EQ(agent.resolving.size(), asked + 3);
  EXPECT_THAT(agent.notes, Contains("does not take 10.0.0.90 back: 02:00:00:00:00:02 answers for it"));
  answer({});
  EXPECT_TRUE(holds());
}

TEST_F(ReaderProbesTest, WithoutAnAnswerNothingIsKnown) {
  lose_the_monitor();
  agent.pass(5s);
  restart_mysqld();
  answer({}, "Operation not permitted");
  agent.pass(5s);
  EXPECT_FALSE(holds());
}

// Goal: an answer that a frozen process reads late says where the address was, not where it is.
TEST_F(ReaderProbesTest, ALateAnswerDoesNotCount) {
  lose_the_monitor();
  agent.pass(5s);
  restart_mysqld();
  agent.now += 2s;
  answer({});
  EXPECT_FALSE(holds());
}

// Goal: what was on disk at the start of the agent is no map that names it: a monitor has to say so first.
TEST_F(ReaderProbesTest, AfterARestartItTakesNothingByTheMapOnItsDisk) {
  AgentDriver restarted("db3");
  restarted.disk = agent.disk;
  restarted.step(agent::Started{.memory = agent.disk, .ips = {}, .untimed_ips = {}, .boot_id = "another boot"});
  restarted.step(agent::MysqldUp{});
  restarted.pass(20s);
  EXPECT_THAT(restarted.resolving, IsEmpty());
  EXPECT_FALSE(restarted.host.ips().contains(kReader));
}

}  // namespace
}  // namespace mmm
