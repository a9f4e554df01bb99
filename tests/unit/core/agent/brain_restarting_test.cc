// The agent starts: with its memory, without it, on a new host (docs/lease.md, rules 10, 11; S5).

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

const std::string kIp = lab::kWriterRole.ip;

struct RestartingTest : testing::Test {
  RestartingTest() {
    before.obey(instruction(1, 1, 2, "db1"));
    before.pass(1s);
    agent.host = before.host;
    agent.now = before.now + 100ms;
    agent.disk = before.disk;
  }
  void start_alone() {
    agent.step(agent::Started{agent.disk, agent.host.ips(), agent.host.untimed_ips(), "boot"});
    agent.step(agent::MysqldUp{});
    agent.finish_all();
  }
  bool serves() const { return agent.host.writable() && agent.host.ips().contains(kIp); }

  AgentDriver before{"db1"}, agent{"db1"};
};

// Goal: the trap of rule 10: re-arming from the remaining lifetime lets a crash-looping agent keep the address for ever.
TEST_F(RestartingTest, LeavesTheKernelsTimersAloneUntilALeaseComes) {
  const auto expiry = agent.host.addresses.at(kIp);
  start_alone();
  EXPECT_TRUE(serves());
  EXPECT_THAT(agent.story, IsEmpty());
  EXPECT_EQ(agent.host.addresses.at(kIp), expiry);
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now));
}

// Goal: S1. What the kernel still has may run on; what it has not is put by a lease only.
TEST_F(RestartingTest, AnAddressThatVanishesBeforeALeaseCameIsNotPutBack) {
  start_alone();
  agent.host.addresses.clear();
  agent.step(agent::AddressesChanged{{}});
  agent.pass(10s);
  EXPECT_EQ(agent.index_of("put " + kIp), agent.story.size());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(RestartingTest, AWriterThatRestartsPromptlyInterruptsNothing) {
  start_alone();
  agent.pass(200ms);
  agent.hear(Hello{.host = "db1", .epoch = {1, "m"}});
  agent.pass(5s);
  EXPECT_TRUE(serves());
  EXPECT_THAT(agent.story, Contains("say welcome"));
  EXPECT_EQ(agent.index_of("set read_only"), agent.story.size());
  EXPECT_EQ(agent.index_of("drop"), agent.story.size());
}

TEST_F(RestartingTest, AsksForALeaseAsSoonAsAMonitorIsObeyed) {
  agent.grants = false;
  start_alone();
  agent.hear(Hello{.host = "db1", .epoch = {1, "m"}});
  EXPECT_EQ(agent.count<Ask>(), 1u);
}

TEST_F(RestartingTest, StopsByItselfWhenNoLeaseComesForOneLeaseTime) {
  start_alone();
  const auto begun = agent.now;
  agent.host.addresses[kIp] = kNever;  // an untimed one must go as well
  agent.pass(2s - 1ns);
  EXPECT_TRUE(serves());
  agent.pass(1ns);
  agent.pass(50ms);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_FALSE(agent.host.sessions);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  EXPECT_LT(agent.now, begun + 2100ms);
}

TEST_F(RestartingTest, ACrashLoopingAgentCantKeepTheAddress) {
  const auto expiry = agent.host.addresses.at(kIp);
  for (int i = 0; i < 10; ++i) {
    AgentDriver again("db1");
    again.host = agent.host;
    again.disk = agent.disk;
    again.now = agent.now + 500ms;
    again.step(agent::Started{again.disk, again.host.ips(), again.host.untimed_ips(), "boot"});
    again.step(agent::MysqldUp{});
    again.pass(400ms);
    agent.host = again.host;
    agent.now = again.now;
    if (agent.now > expiry) break;
  }
  EXPECT_GT(agent.now, expiry);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(RestartingTest, KnowsWhatItAcceptedAndObeysNothingOlder) {
  agent.start();
  agent.forget();
  agent.hear(instruction(1, 1, 1, "db2"));
  EXPECT_THAT(agent.story, ElementsAre("say refused 1.1.1: a newer instruction was accepted"));
}

TEST_F(RestartingTest, AServerThatDiedMeanwhileMeansARelease) {
  agent.host.kill_server();
  agent.start();
  agent.pass(100ms);
  ASSERT_EQ(agent.count<Released>(), 1u);
  EXPECT_TRUE(agent.last<Released>().mysqld_dead);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(RestartingTest, AHostThatReleasedStaysReleased) {
  agent.disk->released = Generation{1};
  agent.start();
  agent.pass(5s);
  EXPECT_EQ(agent.count<Ask>(), 0u);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(RestartingTest, AHostThatKnowsOfAnotherWriterLetsItsAddressGoAtOnce) {
  agent.disk->instruction = instruction(1, 2, 1, "db2");
  agent.disk->accepted = agent.disk->instruction->order;
  start_alone();
  agent.pass(50ms);
  EXPECT_FALSE(agent.host.writable());
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

// ---- no memory (rule 11) ----------------------------------------------------------------------------------------

TEST_F(RestartingTest, WithoutAMemoryItDropsEveryRoleAddressAndSaysWhichItFound) {
  agent.disk.reset();
  agent.host.addresses[lab::kFirstReader.ip] = kNever;
  start_alone();
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  agent.hear(Hello{.host = "db1", .epoch = {1, "m"}});
  EXPECT_THAT(agent.last<Welcome>().report.found_ips, ElementsAre(kIp, lab::kFirstReader.ip));
  EXPECT_THAT(agent.last<Welcome>().report.ips, IsEmpty());
  EXPECT_EQ(agent.last<Welcome>().report.assignment, Assignment{});
}

TEST_F(RestartingTest, WithoutAMemoryItAsksForNothing) {
  agent.disk.reset();
  agent.start();
  agent.pass(10s);
  EXPECT_EQ(agent.count<Ask>(), 0u);
}

TEST_F(RestartingTest, WithoutAMemoryACurrentInstructionAdmitsItAgain) {
  agent.disk.reset();
  agent.start();
  agent.obey(instruction(1, 2, 3, "db2"));
  EXPECT_EQ(agent.last<Acknowledged>().order, instruction(1, 2, 3, "db2").order);
  EXPECT_EQ(agent.disk->instruction, instruction(1, 2, 3, "db2"));
  EXPECT_FALSE(agent.host.writable());
}

// Goal: what an agent without a memory has forgotten does not come back by a restart: it is still no host that promises.
TEST_F(RestartingTest, WhoHasLostItsMemoryHasStillLostItAfterARestart) {
  agent.disk.reset();
  agent.start();
  ASSERT_TRUE(agent.disk);
  AgentDriver again("db1");
  again.disk = agent.disk;
  again.now = agent.now + 100ms;
  again.start();
  EXPECT_TRUE(again.last<Welcome>().report.lost_memory);
  EXPECT_EQ(again.disk->epoch, (Epoch{1, "m"}));
}

// ---- an older memory (rule 11) ----------------------------------------------------------------------------------

struct RestoredTest : RestartingTest {
  static Hello hello(std::uint64_t acknowledged_version) {
    return {.host = "db1", .epoch = {1, "m"}, .leads = true, .acknowledged = {1, Generation{1}, Version{acknowledged_version}}};
  }
};

TEST_F(RestoredTest, AMemoryThatIsOlderThanWhatTheLeaderHeardIsLost) {
  start_alone();
  agent.hear(hello(3));
  EXPECT_TRUE(agent.last<Welcome>().report.lost_memory);
  EXPECT_EQ(agent.last<Welcome>().report.accepted, Order{});
  agent.pass(5s);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  EXPECT_EQ(agent.count<Ask>(), 0u);
  EXPECT_FALSE(agent.disk->instruction);
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db2", .to = "db1", .number = 1, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_TRUE(std::holds_alternative<NoPromise>(agent.answered.back()));
}

TEST_F(RestoredTest, OneThatIsAsNewAsThatIsKept) {
  start_alone();
  agent.hear(hello(2));
  agent.pass(5s);
  EXPECT_FALSE(agent.last<Welcome>().report.lost_memory);
  EXPECT_TRUE(serves());
}

// Goal: the trap that this closes: a restored state with an empty set, and a grant that pins its writer for ever.
TEST_F(RestoredTest, AnOldEmptySetPinsNobody) {
  agent.disk->instruction->assignment.takeover_set.clear();
  start_alone();
  agent.hear(hello(3));
  agent.hear(Grant{1, Generation{1}});
  agent.pass(3s);
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now));
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(RestoredTest, ACurrentInstructionAdmitsItAgainButNotToWhatItReleased) {
  agent.disk->released = Generation{1};
  start_alone();
  agent.hear(hello(3));
  agent.pass(100ms);
  EXPECT_EQ(agent.disk->released, Generation{1});
  agent.obey(instruction(1, 2, 3, "db2"));
  EXPECT_EQ(agent.disk->accepted, instruction(1, 2, 3, "db2").order);
  EXPECT_FALSE(agent.brain.report(agent.now).lost_memory);
}

TEST(NewHost, TouchesNothingUntilAMonitorManagesIt) {
  AgentDriver agent("db1");
  agent.host.server.read_only = false;
  agent.start();
  agent.pass(5s);
  EXPECT_TRUE(agent.host.writable());
  agent.obey(instruction(1, 0, 1, ""));
  agent.pass(5s);
  EXPECT_TRUE(agent.host.writable());
  EXPECT_EQ(agent.index_of("run"), agent.story.size());
}

}  // namespace
}  // namespace mmm
