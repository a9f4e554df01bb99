// What every host does besides writing: replication and reader addresses.

#include <algorithm>

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

constexpr auto kFromDb1 = "run replicate from db1 (10.0.0.4:3306)";
constexpr auto kFromDb2 = "run replicate from db2 (10.0.0.5:3306)";
constexpr auto kPutReader = "run put 10.0.0.90 on the interface";

struct FollowingTest : testing::Test {
  FollowingTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(2s);
  }
  static Instruction with(const HostName& writer, HostState state, std::uint64_t version,
                          std::vector<Role> roles = {}) {
    auto i = instruction(1, writer == "db1" ? 1 : 2, version, writer);
    i.hosts["db3"] = {state, std::move(roles)};
    return i;
  }

  std::size_t looks_during(Duration time) {
    const auto before = agent.looks;
    agent.pass(time);
    return agent.looks - before;
  }

  AgentDriver agent{"db3"};
  ReplicationStatus& replication = agent.host.server.replication;
};

TEST_F(FollowingTest, AReplicaFollowsTheWriter) {
  EXPECT_THAT(agent.story, Contains(kFromDb1));
  EXPECT_EQ(replication.source_ip, "10.0.0.4");
  EXPECT_TRUE(replication.sql);
}

TEST_F(FollowingTest, AReplicaFollowsTheNextWriter) {
  agent.obey(with("db2", HostState::online, 1));
  EXPECT_EQ(replication.source_ip, "10.0.0.5");
}

TEST_F(FollowingTest, WhatRunsAsItShallIsNotTouched) {
  agent.forget();
  agent.obey(with("db1", HostState::online, 3));
  agent.pass(60s);
  EXPECT_EQ(agent.index_of("run"), agent.story.size());
}

// Goal: an administrator's STOP SLAVE is his. MMM 2 did not start it either; the checks say that it is stopped.
TEST_F(FollowingTest, LeavesReplicationThatAnAdministratorStoppedAlone) {
  agent.forget();
  replication.io = IoThread::no;
  replication.sql = false;
  agent.pass(60s);
  EXPECT_FALSE(replication.sql);
  EXPECT_EQ(agent.index_of("run"), agent.story.size());
}

// Goal: L1 (seed 7040857). It was killed before it could start again what it had stopped itself.
TEST_F(FollowingTest, StartsAfterARestartWhatItHadStoppedItself) {
  AgentDriver again{"db3"};
  again.host = agent.host;
  again.host.server.replication.io = IoThread::no;
  again.host.server.replication.sql = false;
  again.disk = agent.brain.memory();
  again.disk->stopped_replication = true;
  again.now = agent.now;
  again.start();
  again.pass(1s);
  EXPECT_TRUE(again.host.server.replication.sql);
}

TEST_F(FollowingTest, ANewWriterIsFollowedEvenWhenAnAdministratorHadStoppedReplication) {
  replication.io = IoThread::no;
  replication.sql = false;
  agent.pass(2s);
  agent.obey(with("db2", HostState::online, 1));
  EXPECT_TRUE(replication.sql);
  EXPECT_EQ(replication.source_ip, "10.0.0.5");
}

TEST_F(FollowingTest, AdminOfflineStopsReplicationAndTheWayBackStartsIt) {
  agent.obey(with("db1", HostState::admin_offline, 3));
  EXPECT_EQ(replication.io, IoThread::no);
  EXPECT_FALSE(replication.sql);
  agent.pass(60s);
  EXPECT_FALSE(replication.sql);
  agent.obey(with("db1", HostState::online, 4));
  agent.pass(100ms);
  EXPECT_TRUE(replication.sql);
}

TEST_F(FollowingTest, AnyOtherStateKeepsReplicating) {
  std::uint64_t version = 3;
  for (const auto state : {HostState::hard_offline, HostState::awaiting_recovery, HostState::replication_delay,
                           HostState::replication_fail, HostState::unknown}) {
    agent.obey(with("db1", state, version++));
    EXPECT_TRUE(replication.sql) << to_string(state);
  }
}

TEST_F(FollowingTest, ARestartedServerThatDoesNotReplicateByItselfIsStarted) {
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.pass(1s);
  agent.host.start_server();
  replication.io = IoThread::no;  // skip_slave_start
  replication.sql = false;
  agent.step(agent::MysqldUp{});
  agent.pass(1s);
  EXPECT_TRUE(replication.sql);
}

// Goal: a writer's own transactions are not in its replication position (MariaDB: gtid_slave_pos), so from that no source
// could serve it. A look may find the receiver stopped before anything else tells that it was the writer.
TEST_F(FollowingTest, AWriterThatWasReplacedStartsFromAPositionWithItsOwnTransactions) {
  AgentDriver writer{"db1"};
  writer.obey(instruction(1, 1, 1, "db1"));
  writer.pass(1s);
  writer.hear(instruction(1, 1, 2, "db1"));
  auto release = instruction(1, 1, 3, "db1");
  release.release = true;
  writer.obey(release);
  writer.pass(1s);
  auto& follows = writer.host.server.replication;
  follows = {.configured = true, .source_ip = "10.0.0.5", .source_port = 3306, .io = IoThread::no, .sql = true};
  writer.pass(2s);
  writer.forget();
  writer.hear(instruction(1, 2, 1, "db2"));
  writer.pass(2s);
  EXPECT_THAT(writer.story, Contains(kFromDb2));
}

TEST_F(FollowingTest, AReplicaThatItsSourceRefusedTriesAgainButNotInATightLoop) {
  agent.forget();
  for (int i = 0; i < 50; ++i) {
    replication.io = IoThread::no;
    replication.error = "1236: the binlog on master is missing";
    agent.pass(100ms);
  }
  int tried = 0;
  for (const auto& line : agent.story) tried += line == "run start replication";
  EXPECT_GE(tried, 3);
  EXPECT_LE(tried, 6);
}

// Goal: the new source may refuse a replica at first, since it has not applied yet what that has. Semi-synchronous commits
// wait until it receives: the refusal is seen soon, not at the next regular look a second later.
TEST_F(FollowingTest, SeesSoonThatTheNewSourceRefusedIt) {
  agent.obey(with("db2", HostState::online, 1));
  ASSERT_TRUE(replication.sql);
  replication.io = IoThread::no;
  replication.error = "1236: the binlog on master is missing";
  agent.pass(100ms);
  EXPECT_THAT(agent.story, Contains("run start replication"));
  replication.io = IoThread::no;
  agent.pass(300ms);
  EXPECT_EQ(std::ranges::count(agent.story, "run start replication"), 2);
}

// Goal: the looks after it become rarer, and as rare as ever once it runs.
TEST_F(FollowingTest, DoesNotAskTheServerAllTheTimeForThat) {
  agent.obey(with("db2", HostState::online, 1));
  agent.forget();
  EXPECT_LE(looks_during(5s), 15u);
  EXPECT_LE(looks_during(5s), 5u);
}

TEST_F(FollowingTest, FollowsNobodyWhileNobodyIsTheWriter) {
  AgentDriver other("db3");
  other.obey(instruction(1, 0, 1, ""));
  other.pass(5s);
  EXPECT_EQ(other.index_of("run"), other.story.size());
}

// ---- the writer's own replication -------------------------------------------------------------------------------

struct RingTest : testing::Test {
  AgentDriver agent{"db1"};
  ReplicationStatus& replication = agent.host.server.replication;
  static Instruction with_peer(HostState state, std::uint64_t version) {
    auto i = instruction(1, 1, version, "db1");
    i.hosts["db2"].state = state;
    return i;
  }
};

TEST_F(RingTest, TheWriterFollowsItsPeerOnceItServes) {
  agent.obey(with_peer(HostState::online, 2));
  agent.pass(1s);
  EXPECT_LT(agent.index_of("lift read_only"), agent.index_of(kFromDb2));
  EXPECT_EQ(replication.source_ip, "10.0.0.5");
}

// Goal: S3. Only an ONLINE peer is known to have nothing that this host lacks.
TEST_F(RingTest, TheWriterFollowsNoPeerThatIsNotOnline) {
  std::uint64_t version = 2;
  agent.obey(with_peer(HostState::online, version++));
  agent.pass(1s);
  ASSERT_TRUE(replication.sql);
  for (const auto state : {HostState::hard_offline, HostState::awaiting_recovery, HostState::replication_fail,
                           HostState::replication_delay, HostState::admin_offline}) {
    agent.obey(with_peer(state, version++));
    agent.pass(100ms);
    EXPECT_FALSE(replication.sql) << to_string(state);
    EXPECT_EQ(replication.io, IoThread::no);
    agent.obey(with_peer(HostState::online, version++));
    agent.pass(100ms);
    EXPECT_TRUE(replication.sql);
  }
}

// ---- reader addresses -------------------------------------------------------------------------------------------

TEST_F(FollowingTest, PutsAReaderAddressAndDropsItWhenItIsTakenAway) {
  agent.forget();
  agent.obey(with("db1", HostState::online, 3, {lab::kFirstReader}));
  EXPECT_THAT(agent.story, Contains(kPutReader));
  EXPECT_THAT(agent.host.ips(), ElementsAre(lab::kFirstReader.ip));
  agent.obey(with("db1", HostState::online, 4));
  EXPECT_THAT(agent.host.ips(), IsEmpty());
}

TEST_F(FollowingTest, RenewsAReaderAddressBeforeItsLifetimeEnds) {
  agent.obey(with("db1", HostState::online, 3, {lab::kFirstReader}));
  for (int i = 0; i < 60; ++i) {
    agent.pass(1s);
    ASSERT_THAT(agent.host.ips(), ElementsAre(lab::kFirstReader.ip));
    EXPECT_LE(agent.host.addresses.at(lab::kFirstReader.ip), agent.now + 10s);
  }
}

TEST_F(FollowingTest, AHostWithoutItsServerServesNoReaders) {
  agent.obey(with("db1", HostState::online, 3, {lab::kFirstReader}));
  agent.host.kill_server();
  agent.step(agent::MysqldDown{"its process is gone"});
  agent.pass(10ms);
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  agent.host.start_server();
  agent.step(agent::MysqldUp{});
  agent.pass(10ms);
  EXPECT_THAT(agent.host.ips(), ElementsAre(lab::kFirstReader.ip));
}

TEST_F(FollowingTest, PutsAnAddressAgainThatSomebodyTookOffTheInterface) {
  agent.obey(with("db1", HostState::online, 3, {lab::kFirstReader}));
  agent.host.addresses.clear();
  agent.step(agent::AddressesChanged{{}});
  agent.pass(10ms);
  EXPECT_THAT(agent.host.ips(), ElementsAre(lab::kFirstReader.ip));
}

TEST_F(FollowingTest, TouchesNoAddressThatIsNoRole) {
  agent.host.addresses["10.0.0.7"] = kNever;
  agent.step(agent::AddressesChanged{agent.host.ips()});
  agent.pass(5s);
  EXPECT_THAT(agent.host.ips(), ElementsAre("10.0.0.7"));
  EXPECT_THAT(agent.last<Report>().ips, IsEmpty());
}

TEST_F(FollowingTest, IgnoresARoleThatItsConfigurationDoesNotKnow) {
  agent.forget();
  agent.obey(with("db1", HostState::online, 3, {Role{"reader", "10.9.9.9"}}));
  EXPECT_EQ(agent.index_of("10.9.9.9"), agent.story.size());
}

}  // namespace
}  // namespace mmm
