// What the administrator asked for, carried out (docs/mmm2-reference.md §7).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct IntentsTest : testing::Test {
  IntentsTest() {
    monitor.bring_up();
    monitor.pass(5s);
    monitor.forget();
  }
  std::string answer(const std::string& line) {
    const auto before = monitor.replies.size();
    monitor.command(line);
    return monitor.replies.size() > before ? monitor.replies.back() : "";
  }
  HostState state(const HostName& host) const { return monitor.brain->state_of(host); }
  HostName owner(const Role& role) const {
    const auto it = monitor.brain->owners().find(role);
    return it == monitor.brain->owners().end() ? "" : it->second;
  }
  HostName writer() const { return monitor.brain->book().assignment().writer; }

  MonitorDriver monitor;
};

// ---- set_offline, set_online ------------------------------------------------------------------------------------

TEST_F(IntentsTest, AReplicaThatIsSetOfflineLosesItsReaderAtOnce) {
  for (const auto* host : {"db2", "db3"}) {
    EXPECT_THAT(answer(std::string("set_offline ") + host), StartsWith("done: OK: State of '"));
    EXPECT_EQ(state(host), HostState::admin_offline);
    EXPECT_THAT(roles_of(monitor.brain->owners(), host), IsEmpty());
  }
  EXPECT_EQ(owner(lab::kFirstReader), "db1");
  EXPECT_EQ(owner(lab::kSecondReader), "db1");
}

TEST_F(IntentsTest, AWriterThatIsSetOfflineHandsItsRoleOver) {
  answer("set_offline db1");
  monitor.pass(100ms);
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(owner(lab::kWriterRole), "db2");
  EXPECT_EQ(state("db1"), HostState::admin_offline);
}

TEST_F(IntentsTest, AWriterThatIsSetOfflineIsAskedToReleaseFirst) {
  monitor.agents.at("db1").releases = false;
  answer("set_offline db1");
  EXPECT_TRUE(monitor.last_told<Instruction>("db1")->release);
  EXPECT_EQ(writer(), "db1");
}

TEST_F(IntentsTest, TheOnlyCandidateThatIsSetOfflineLeavesTheRoleWithNobody) {
  answer("set_offline db2");
  answer("set_offline db1");
  monitor.pass(5s);
  EXPECT_EQ(owner(lab::kWriterRole), "");
  EXPECT_TRUE(monitor.brain->book().durable().released);
  answer("set_online db1");
  monitor.pass(2s);
  EXPECT_EQ(owner(lab::kWriterRole), "db1");
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{2}) << "going back is a new generation";
}

TEST_F(IntentsTest, SetOnlineClearsFlapping) {
  for (int i = 0; i < 5; ++i) {
    auto& report = monitor.agents.at("db3").report;
    report.mysqld_alive = false;
    monitor.say_report("db3");
    report.mysqld_alive = true;
    monitor.say_report("db3");
    monitor.check("db3", CheckName::mysql, Outcome::good);
    monitor.pass(100ms);
    if (state("db3") == HostState::awaiting_recovery && i < 4) monitor.command("set_online db3");
  }
  monitor.command("set_offline db2");
  EXPECT_EQ(state("db2"), HostState::admin_offline);
  const auto view = monitor.brain->view();
  EXPECT_FALSE(view.host("db3")->flapping) << "each set_online began to count anew";
}

// ---- modes ------------------------------------------------------------------------------------------------------

TEST_F(IntentsTest, InManualModeAFailedHostKeepsItsRoles) {
  answer("set_manual");
  auto& agent = monitor.agents.at("db3");
  const auto before = monitor.brain->owners();
  agent.report.mysqld_alive = false;
  agent.report.server.reset();
  monitor.say_report("db3");
  EXPECT_EQ(state("db3"), HostState::hard_offline);
  EXPECT_EQ(monitor.brain->owners(), before);
}

TEST_F(IntentsTest, InManualModeASilentWriterIsFollowedByNobody) {
  answer("set_manual");
  monitor.silence("db1");
  monitor.pass(30s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(owner(lab::kWriterRole), "db1");
}

TEST_F(IntentsTest, InManualModeAWriterWhoseServerCrashedKeepsTheRoleAndGetsANewGenerationWhenItIsOnlineAgain) {
  answer("set_manual");
  auto& report = monitor.agents.at("db1").report;
  report.mysqld_alive = false;
  report.server.reset();
  report.lease_live = false;
  report.ips.clear();
  report.released = Generation{1};
  monitor.say("db1", Released{.generation = Generation{1}, .mysqld_dead = true, .reason = "mysqld is down"});
  monitor.pass(5s);
  EXPECT_EQ(owner(lab::kWriterRole), "db1");
  EXPECT_EQ(writer(), "db1");
  report.mysqld_alive = true;
  report.server = ServerStatus{};
  monitor.say_report("db1");
  monitor.all_checks("db1", Outcome::good);
  monitor.pass(2s);
  if (state("db1") != HostState::online) answer("set_online db1");
  monitor.pass(2s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{2});
  EXPECT_TRUE(monitor.agents.at("db1").report.lease_live);
}

TEST_F(IntentsTest, SetActiveTakesTheRolesOfFailedHostsAway) {
  answer("set_manual");
  monitor.silence("db1");
  monitor.leave("db1");
  monitor.pass(10s);
  EXPECT_EQ(writer(), "db1");
  answer("set_active");
  monitor.pass(2s);
  EXPECT_EQ(writer(), "db2");
}

TEST_F(IntentsTest, InManualModeAnAdministratorMovesTheWriter) {
  answer("set_manual");
  EXPECT_THAT(answer("move_role writer db2"), StartsWith("done: OK: Role 'writer' has been moved from 'db1' to 'db2'"));
  EXPECT_EQ(writer(), "db2");
}

TEST_F(IntentsTest, APassiveMonitorMovesOnPaperAndSetActiveHandsOver) {
  answer("set_passive");
  EXPECT_THAT(answer("set_ip 10.0.0.80 db2"), StartsWith("done: OK: Set role 'writer(10.0.0.80)' to host 'db2'."));
  monitor.pass(5s);
  EXPECT_EQ(writer(), "db1") << "a lease is handed over, never declared";
  answer("set_active");
  monitor.pass(1s);
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(owner(lab::kWriterRole), "db2");
  EXPECT_TRUE(monitor.agents.at("db2").report.lease_live);
}

TEST_F(IntentsTest, APassiveMonitorMovesReadersOnPaperAndTellsThemWhenItIsActiveAgain) {
  const auto first = owner(lab::kFirstReader), second = owner(lab::kSecondReader);
  ASSERT_NE(first, second);
  answer("set_passive");
  answer("set_ip 10.0.0.90 " + second);
  answer("set_ip 10.0.0.100 " + first);
  monitor.forget();
  monitor.pass(2s);
  EXPECT_FALSE(monitor.last_told<Instruction>("db3"));
  answer("set_active");
  ASSERT_TRUE(monitor.last_told<Instruction>("db3"));
  EXPECT_THAT(monitor.last_told<Instruction>("db3")->hosts.at(first).roles, Contains(lab::kSecondReader));
}

TEST_F(IntentsTest, NoPassiveModeInTheMiddleOfAHandOver) {
  monitor.agents.at("db1").releases = false;
  monitor.command("move_role writer db2");
  EXPECT_THAT(answer("set_passive"), HasSubstr("refused: ERROR: A hand-over of the writer role is under way."));
  EXPECT_EQ(answer("mode"), "done: ACTIVE");
}

TEST_F(IntentsTest, AModeOutlivesARestartOnlyWhenItIsPassive) {
  answer("set_passive");
  monitor.restart();
  EXPECT_EQ(answer("mode"), "done: PASSIVE");
}

// ---- move_role --------------------------------------------------------------------------------------------------

TEST_F(IntentsTest, OneHandOverAtATime) {
  monitor.agents.at("db1").releases = false;
  monitor.command("move_role writer db2");
  EXPECT_THAT(answer("move_role writer db2"),
              HasSubstr("refused: ERROR: A hand-over of the writer role is under way: move_role by the administrator"));
}

TEST_F(IntentsTest, ABalancedRoleLeavesAHostAndIsDistributedAgain) {
  const auto before = owner(lab::kFirstReader);
  EXPECT_THAT(answer("move_role reader " + before), HasSubstr("Balanced role reader has been removed"));
  EXPECT_NE(owner(lab::kFirstReader), "");
}

// Goal: rule 13: --force keeps MMM 2's meaning and waives nothing of the lease.
TEST_F(IntentsTest, ForceMovesToAHostWhoseReplicationIsBadAndStillWaitsForTheRelease) {
  monitor.pass(61s);
  monitor.check("db2", CheckName::rep_threads, Outcome::bad);
  monitor.pass(11s);
  monitor.check("db2", CheckName::rep_threads, Outcome::bad);
  monitor.pass(1s);
  ASSERT_EQ(state("db2"), HostState::replication_fail);
  EXPECT_THAT(answer("move_role writer db2"), StartsWith("refused: ERROR: Can't move role to host with state"));
  monitor.agents.at("db1").releases = false;
  EXPECT_EQ(answer("move_role --force writer db2"), "");
  EXPECT_EQ(writer(), "db1");
  const auto order = monitor.agents.at("db1").report.accepted;
  monitor.agents.at("db1").report.released = order.generation;
  monitor.say("db1", Released{.generation = order.generation, .has = GtidSet{}, .reason = "told to"});
  monitor.pass(100ms);
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(state("db2"), HostState::online);
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("to 'db2' enforcedly.")));
}

TEST_F(IntentsTest, ForceWaitsForTheLeaseOfASilentWriter) {
  monitor.pass(61s);
  for (int i = 0; i < 2; ++i) {
    monitor.check("db2", CheckName::rep_threads, Outcome::bad);
    monitor.pass(11s);
  }
  ASSERT_EQ(state("db2"), HostState::replication_fail);
  monitor.silence("db1");
  const auto end = monitor.brain->book().outstanding("");
  monitor.command("move_role --force writer db2");
  monitor.pass(end - monitor.now.at - 1ns);
  EXPECT_EQ(writer(), "db1");
  monitor.pass(1s);
  EXPECT_EQ(writer(), "db2");
}

TEST_F(IntentsTest, AnotherExclusiveRoleMovesAtOnce) {
  auto config = lab::cluster();
  config.roles.push_back({.name = "backup", .mode = RoleMode::exclusive, .hosts = {"db2", "db3"}, .ips = {"10.0.0.110"}});
  MonitorDriver other(config);
  other.bring_up();
  const Role backup{"backup", "10.0.0.110"};
  const auto before = other.brain->owners().at(backup);
  const HostName after = before == "db2" ? "db3" : "db2";
  other.command("move_role backup " + after);
  EXPECT_THAT(other.replies.back(), StartsWith("done: OK: Role 'backup' has been moved from"));
  EXPECT_EQ(other.brain->owners().at(backup), after);
}

}  // namespace
}  // namespace mmm
