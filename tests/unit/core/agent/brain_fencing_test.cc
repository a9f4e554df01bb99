// fence_cmd: when it is run, with what word, and when it is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr auto kStop = "set read_only", kEnd = "end client sessions", kFence = "run fence_cmd";

struct FencingTest : testing::Test {
  // db1 is the writer of generation 1 and serves.
  FencingTest() {
    agent.config.fence_cmd = "/usr/local/sbin/fence";
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.forget();
  }
  // Nobody renews the lease from now on; the agent has just noticed that it ended.
  void lose_lease(AgentDriver& of) {
    of.grants = false;
    while (!of.waits_for(kStop)) {
      of.now = of.brain.next_wakeup();
      of.step(agent::Tick{});
      finish_all_but(of, {kStop});
    }
  }
  static void finish_all_but(AgentDriver& of, const std::vector<std::string>& stuck) {
    for (const auto& operation : of.pending())
      if (std::ranges::find(stuck, operation) == stuck.end()) of.finish(operation);
  }
  // Time passes until fence_cmd is wanted, while these operations never end. Returns how long that took.
  Duration until_fenced(const std::vector<std::string>& stuck) {
    const auto begun = agent.now;
    while (!agent.waits_for(kFence) && agent.now < begun + 20s) {
      agent.now = std::max(agent.brain.next_wakeup(), agent.now + 1ms);
      agent.step(agent::Tick{});
      auto kept = stuck;
      kept.push_back(kFence);
      finish_all_but(agent, kept);
    }
    return agent.now - begun;
  }
  std::size_t runs(const AgentDriver& of) const {
    return static_cast<std::size_t>(std::ranges::count(of.story, std::string("run ") + kFence));
  }

  AgentDriver agent{"db1"};
};

TEST_F(FencingTest, RunsOnceTheServerIsStoppedAndItsSessionsAreEnded) {
  lose_lease(agent);
  EXPECT_FALSE(agent.waits_for(kFence));
  agent.finish(kStop);
  EXPECT_FALSE(agent.waits_for(kFence));
  agent.finish(kEnd);
  EXPECT_TRUE(agent.waits_for(kFence));
  EXPECT_THAT(agent.notes, Contains("runs fence_cmd for generation 1: read_only is set, the sessions are ended"));
  EXPECT_EQ(agent.disk->fenced, Generation{1});
}

TEST_F(FencingTest, RunsAfterFiveSecondsWhenReadOnlyCantBeSet) {
  lose_lease(agent);
  EXPECT_EQ(until_fenced({kStop}), 5s);
  EXPECT_THAT(agent.notes, Contains("runs fence_cmd for generation 1: read_only could not be set in time"));
}

TEST_F(FencingTest, RunsAfterFiveSecondsWhenSessionsCantBeEnded) {
  lose_lease(agent);
  agent.finish(kStop);
  EXPECT_EQ(until_fenced({kEnd}), 5s);
  EXPECT_THAT(agent.notes, Contains(HasSubstr("read_only is set, but some sessions could not be ended in time")));
}

TEST_F(FencingTest, RunsOnceForAGeneration) {
  agent.grants = false;
  agent.pass(10s);
  EXPECT_EQ(runs(agent), 1u);
  agent.grants = true;
  agent.pass(2s);
  ASSERT_TRUE(agent.host.writable());
  agent.grants = false;
  agent.pass(20s);
  EXPECT_EQ(runs(agent), 1u);
}

TEST_F(FencingTest, RunsOnceAlthoughTheAgentRestarts) {
  agent.grants = false;
  agent.pass(10s);
  AgentDriver restarted("db1");
  restarted.config.fence_cmd = agent.config.fence_cmd;
  restarted.host = agent.host;
  restarted.disk = agent.disk;
  restarted.grants = false;
  restarted.start();
  restarted.pass(20s);
  EXPECT_EQ(runs(restarted), 0u);
}

// Goal: an agent that restarted has lost the lease too when no first one comes.
TEST_F(FencingTest, RunsWhenNoLeaseComesAfterARestart) {
  AgentDriver restarted("db1");
  restarted.config.fence_cmd = agent.config.fence_cmd;
  restarted.host = agent.host;
  restarted.disk = agent.disk;
  restarted.grants = false;
  restarted.start();
  restarted.pass(20s);
  EXPECT_EQ(runs(restarted), 1u);
}

// Goal: a process that was frozen past its lease hears of the next writer before it looks at its own clock.
TEST_F(FencingTest, RunsWhenAThawedAgentFirstHearsOfTheNextWriter) {
  agent.now += 10s;
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(1s);
  EXPECT_EQ(runs(agent), 1u);
  EXPECT_EQ(agent.disk->fenced, Generation{1});
}

TEST_F(FencingTest, DoesNotRunWithoutBeingConfigured) {
  agent.config.fence_cmd.clear();
  agent.grants = false;
  agent.pass(20s);
  EXPECT_EQ(runs(agent), 0u);
  EXPECT_EQ(agent.disk->fenced, std::nullopt);
}

TEST_F(FencingTest, DoesNotRunOnAPlannedRelease) {
  auto release = instruction(1, 1, 3, "db1");
  release.release = true;
  agent.hear(release);
  agent.pass(20s);
  ASSERT_EQ(agent.count<Released>(), 1u);
  EXPECT_EQ(runs(agent), 0u);
}

TEST_F(FencingTest, DoesNotRunWhenMysqldIsDown) {
  lose_lease(agent);
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.pass(20s);
  EXPECT_EQ(runs(agent), 0u);
  EXPECT_THAT(agent.notes, Contains("fence_cmd is not run for generation 1: mysqld is down"));
}

TEST_F(FencingTest, DoesNotRunWhenTheLeaseIsRenewedBefore) {
  lose_lease(agent);
  agent.grants = true;
  agent.hear(Grant{agent.last<Ask>().number, Generation{1}});
  EXPECT_THAT(agent.notes, Contains("fence_cmd is not run for generation 1: this host holds a lease again"));
  agent.pass(20s);
  EXPECT_TRUE(agent.host.writable());
  EXPECT_EQ(runs(agent), 0u);
}

TEST_F(FencingTest, AFailureIsReportedUntilTheHostIsInServiceAgain) {
  lose_lease(agent);
  agent.finish(kStop);
  agent.finish(kEnd);
  agent.fail(kFence);
  agent.pass(5s);
  EXPECT_EQ(runs(agent), 1u);
  EXPECT_THAT(agent.brain.report(agent.now).problems, Contains("could not run fence_cmd: an error"));
  auto away = instruction(1, 2, 1, "db2");
  away.hosts["db1"].state = HostState::awaiting_recovery;
  agent.obey(away);
  EXPECT_THAT(agent.brain.report(agent.now).problems, Contains("could not run fence_cmd: an error"));
  agent.obey(instruction(1, 2, 2, "db2"));
  EXPECT_THAT(agent.brain.report(agent.now).problems, Not(Contains(HasSubstr("fence_cmd"))));
}

}  // namespace
}  // namespace mmm
