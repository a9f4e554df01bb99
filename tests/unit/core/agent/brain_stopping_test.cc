// Replication is stopped and started so that nothing that was received gets lost (S2; docs/facts.md: once both threads have
// stopped, the next start throws away what was received and not applied).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::Not;

constexpr auto kStopReceiver = "run stop receiving";
constexpr auto kStopBoth = "run stop replication";
constexpr auto kStartApplier = "run start the applier";

// ---- ADMIN_OFFLINE ----------------------------------------------------------------------------------------------

struct StoppingTest : testing::Test {
  // db3 follows db1.
  StoppingTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(2s);
    server.has = lab::gtids("0-1-9");
    receives("0-1-9");
  }
  void receives(std::string_view set) {
    server.replication.received = lab::gtids(set);
    agent.pass(2s);
    agent.forget();
  }
  void become(HostState state, std::uint64_t version) {
    auto i = instruction(1, 1, version, "db1");
    i.hosts["db3"].state = state;
    agent.hear(i);
    agent.pass(1s);
  }

  AgentDriver agent{"db3"};
  ServerStatus& server = agent.host.server;
};

TEST_F(StoppingTest, WhereAllIsAppliedTheReceiverStopsFirstAllTheSame) {
  become(HostState::admin_offline, 3);
  EXPECT_LT(agent.index_of(kStopReceiver), agent.index_of(kStopBoth));
  EXPECT_THAT(agent.story, Contains(kStopBoth));
}

// Goal: L1 (seed 1024751). What comes between the look and the stop would be lost with the relay log, and waited for.
TEST_F(StoppingTest, WhatComesBeforeTheReceiverHasStoppedIsApplied) {
  auto offline = instruction(1, 1, 3, "db1");
  offline.hosts["db3"].state = HostState::admin_offline;
  agent.hear(offline);
  server.replication.received = lab::gtids("0-1-12");
  agent.pass(1s);
  EXPECT_TRUE(server.replication.sql);
  EXPECT_EQ(server.replication.io, IoThread::no);
  server.has = lab::gtids("0-1-12");
  agent.pass(100ms);
  EXPECT_FALSE(server.replication.sql);
}

TEST_F(StoppingTest, TheReceiverStopsFirstAndTheApplierWhenItIsDone) {
  receives("0-1-12");
  become(HostState::admin_offline, 3);
  EXPECT_THAT(agent.story, Contains(kStopReceiver));
  EXPECT_THAT(agent.story, Not(Contains(kStopBoth)));
  EXPECT_TRUE(server.replication.sql);
  server.has = lab::gtids("0-1-12");
  agent.pass(100ms);
  EXPECT_THAT(agent.story, Contains(kStopBoth));
  EXPECT_FALSE(server.replication.sql);
}

TEST_F(StoppingTest, TheReceiverIsStoppedOnce) {
  receives("0-1-12");
  become(HostState::admin_offline, 3);
  agent.pass(10s);
  EXPECT_EQ(std::ranges::count(agent.story, kStopReceiver), 1);
}

TEST_F(StoppingTest, WhatAStoppedApplierLeavesIsKeptForAsLongAsTheReceiverRuns) {
  server.replication.sql = false;
  receives("0-1-12");
  become(HostState::admin_offline, 3);
  agent.pass(1min);
  EXPECT_EQ(agent.index_of("run"), agent.story.size());
  EXPECT_EQ(server.replication.io, IoThread::yes);
}

TEST_F(StoppingTest, WhoComesBackBeforeTheApplierIsDoneReceivesAgain) {
  receives("0-1-12");
  become(HostState::admin_offline, 3);
  ASSERT_EQ(server.replication.io, IoThread::no);
  become(HostState::online, 4);
  EXPECT_EQ(server.replication.io, IoThread::yes);
  EXPECT_TRUE(server.replication.sql);
  EXPECT_EQ(server.replication.source_ip, "10.0.0.4") << "and the relay log was not thrown away";
  EXPECT_EQ(server.replication.received, lab::gtids("0-1-12"));
}

// ---- a takeover that came to nothing ----------------------------------------------------------------------------

struct GivenUpTest : testing::Test {
  // db2 follows db1 and is offered the role. It stops its applier, and then is told to give the role up.
  GivenUpTest() {
    replication = {.configured = true, .source_ip = "10.0.0.4", .source_port = 3306, .io = IoThread::yes, .sql = true};
    replication.received = agent.host.server.has = lab::gtids("0-1-9");
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.hear(instruction(1, 2, 1, "db2"));
  }
  void give_up() {
    auto release = instruction(1, 2, 2, "db2");
    release.release = true;
    agent.hear(release);
    agent.forget();
    agent.pass(1s);
    ASSERT_EQ(agent.count<Released>(), 1u);
  }
  void stop_its_applier() {
    agent.finish("observe the server");
    agent.hear(Grant{agent.last<Ask>().number, Generation{2}});
    agent.finish("stop the applier");
    ASSERT_FALSE(replication.sql);
  }

  AgentDriver agent{"db2"};
  ReplicationStatus& replication = agent.host.server.replication;
};

// Goal: L1, S2. Nobody has the role: what this host received is needed, and who follows may lack it.
TEST_F(GivenUpTest, TheApplierThatItStoppedItselfIsStartedAgain) {
  stop_its_applier();
  give_up();
  EXPECT_THAT(agent.story, Contains(kStartApplier));
  EXPECT_TRUE(replication.sql);
}

TEST_F(GivenUpTest, AnApplierThatRunsIsNotStarted) {
  give_up();
  agent.pass(10s);
  EXPECT_THAT(agent.story, Not(Contains(kStartApplier)));
}

TEST_F(GivenUpTest, NothingIsStartedWhereTheReceiverHasStopped) {
  stop_its_applier();
  replication.io = IoThread::no;
  give_up();
  EXPECT_THAT(agent.story, Not(Contains(kStartApplier))) << "it would throw away what was received";
}

TEST_F(GivenUpTest, AnApplierThatAnAdministratorStoppedStaysStopped) {
  stop_its_applier();
  give_up();
  ASSERT_TRUE(replication.sql);
  replication.sql = false;
  agent.forget();
  agent.pass(10s);
  EXPECT_THAT(agent.story, Not(Contains(kStartApplier)));
}

}  // namespace
}  // namespace mmm
