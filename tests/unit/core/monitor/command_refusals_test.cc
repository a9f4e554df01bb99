// Every refusal of a command, with its text, and which of two comes first.

#include <functional>

#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

struct RefusalTest : testing::Test {
  RefusalTest() {
    view.owners = {{lab::kWriter, "db1"}, {lab::kReader90, "db2"}, {lab::kReader100, "db3"}};
    view.active_master = "db1";
  }
  std::string outcome(const std::string& line) const { return lab::outcome(line, view); }
  HostView& host(const HostName& name) { return lab::host(view, name); }
  void set_check(const HostName& name, CheckName check, Verdict verdict) { host(name).checks[check].verdict = verdict; }

  Config config = lab::config();
  ClusterView view = lab::view(config);
};

// ---- set_online ---------------------------------------------------------------------------------------------------

struct SetOnlineRefusal : RefusalTest {
  SetOnlineRefusal() { host("db2").state = HostState::awaiting_recovery; }
};

TEST_F(SetOnlineRefusal, OfAnUnknownHost) {
  EXPECT_EQ(outcome("set_online nosuch"), "refused: ERROR: Unknown host name 'nosuch'!");
}

TEST_F(SetOnlineRefusal, OfAHostThatIsThereAlreadyIsNoError) {
  EXPECT_EQ(outcome("set_online db1"), "OK: This host is already ONLINE. Skipping command.");
}

TEST_F(SetOnlineRefusal, InAStateThatTheChecksEnd) {
  for (const auto state : {HostState::hard_offline, HostState::replication_delay, HostState::replication_fail,
                           HostState::unknown}) {
    host("db2").state = state;
    EXPECT_EQ(outcome("set_online db2"), "refused: ERROR: Host 'db2' is '" + std::string(to_string(state)) +
                                             "' at the moment. It can't be switched to ONLINE.");
  }
}

TEST_F(SetOnlineRefusal, WhilePingOrMysqlIsNotGood) {
  const auto expect = [&](const std::string& names) {
    EXPECT_EQ(outcome("set_online db2"), "refused: ERROR: Some checks failed on host 'db2' (" + names +
                                             "). We can't set it online now. Please, wait some time.");
  };
  set_check("db2", CheckName::mysql, Verdict::bad);
  expect("mysql");
  set_check("db2", CheckName::ping, Verdict::pending);
  expect("ping, mysql");
  set_check("db2", CheckName::mysql, Verdict::good);
  expect("ping");
  host("db2").checks.clear();
  expect("ping, mysql");
}

TEST_F(SetOnlineRefusal, OfAHostThatDiverged) {
  host("db2").diverged = true;
  EXPECT_EQ(outcome("set_online db2"), "refused: ERROR: Host 'db2' has transactions that the writer lacks. It can't be "
                                       "switched to ONLINE. Copy the data of the writer to it first.");
}

TEST_F(SetOnlineRefusal, WhileItsOnlinePeerHasBadReplicationChecks) {
  view.active_master.reset();
  for (const auto check : {CheckName::rep_threads, CheckName::rep_backlog}) {
    set_check("db1", check, Verdict::bad);
    EXPECT_EQ(outcome("set_online db2"), "refused: ERROR: Some replication checks failed on peer 'db1'. We can't set "
                                         "'db2' online now. Please, wait some time.");
    host("db1").state = HostState::hard_offline;
    EXPECT_TRUE(outcome("set_online db2").starts_with("accepted: ")) << "its peer is not ONLINE";
    host("db1").state = HostState::online;
    set_check("db1", check, Verdict::good);
  }
}

// It does not follow a peer that is down; the peer must be able to come back.
TEST_F(SetOnlineRefusal, DoesNotDependOnTheReplicationOfTheActiveMaster) {
  set_check("db1", CheckName::rep_threads, Verdict::bad);
  EXPECT_TRUE(outcome("set_online db2").starts_with("accepted: "));
}

TEST_F(SetOnlineRefusal, DoesNotDependOnItsOwnReplication) {
  // An ADMIN_OFFLINE host does not replicate, because we stopped it.
  host("db2").state = host("db3").state = HostState::admin_offline;
  for (const auto* name : {"db2", "db3"}) {
    set_check(name, CheckName::rep_threads, Verdict::bad);
    set_check(name, CheckName::rep_backlog, Verdict::bad);
    EXPECT_TRUE(outcome(std::string("set_online ") + name).starts_with("accepted: "));
  }
}

TEST_F(SetOnlineRefusal, OfASlaveDoesNotDependOnAMastersReplication) {
  host("db3").state = HostState::admin_offline;
  set_check("db1", CheckName::rep_threads, Verdict::bad);
  EXPECT_TRUE(outcome("set_online db3").starts_with("accepted: "));
}

TEST_F(SetOnlineRefusal, WithoutItsAgent) {
  host("db2").agent_reachable = false;
  EXPECT_EQ(outcome("set_online db2"),
            "refused: ERROR: Can't reach agent daemon on 'db2'! Can't set its state to ONLINE.");
}

TEST_F(SetOnlineRefusal, NamesTheFirstOfSeveralReasons) {
  view.active_master.reset();
  host("db2").agent_reachable = false;
  set_check("db1", CheckName::rep_threads, Verdict::bad);
  EXPECT_NE(outcome("set_online db2").find("on peer 'db1'"), std::string::npos);
  set_check("db2", CheckName::ping, Verdict::bad);
  EXPECT_NE(outcome("set_online db2").find("on host 'db2' (ping)"), std::string::npos);
  host("db2").state = HostState::hard_offline;
  EXPECT_NE(outcome("set_online db2").find("is 'HARD_OFFLINE' at the moment"), std::string::npos);
}

// ---- set_offline --------------------------------------------------------------------------------------------------

TEST_F(RefusalTest, SetOfflineOfAnUnknownHost) {
  EXPECT_EQ(outcome("set_offline nosuch"), "refused: ERROR: Unknown host name 'nosuch'!");
}

TEST_F(RefusalTest, SetOfflineOfAHostThatIsOfflineAlreadyIsNoError) {
  host("db3").state = HostState::admin_offline;
  host("db3").agent_reachable = false;
  EXPECT_EQ(outcome("set_offline db3"), "OK: This host is already ADMIN_OFFLINE. Skipping command.");
}

TEST_F(RefusalTest, SetOfflineOfAHostThatIsDown) {
  for (const auto state : {HostState::hard_offline, HostState::awaiting_recovery, HostState::unknown}) {
    host("db3").state = state;
    EXPECT_EQ(outcome("set_offline db3"), "refused: ERROR: Host 'db3' is '" + std::string(to_string(state)) +
                                              "' at the moment. It can't be switched to ADMIN_OFFLINE.");
  }
}

TEST_F(RefusalTest, SetOfflineWithoutItsAgent) {
  host("db3").agent_reachable = false;
  EXPECT_EQ(outcome("set_offline db3"),
            "refused: ERROR: Can't reach agent daemon on 'db3'! Can't set its state to ADMIN_OFFLINE.");
}

TEST_F(RefusalTest, SetOnlineAndSetOfflineWorkInPassiveMode) {
  view.mode = MonitorMode::passive;
  host("db2").state = HostState::awaiting_recovery;
  EXPECT_TRUE(outcome("set_online db2").starts_with("accepted: "));
  EXPECT_TRUE(outcome("set_offline db3").starts_with("accepted: "));
}

// ---- move_role ----------------------------------------------------------------------------------------------------

TEST_F(RefusalTest, MoveRoleInPassiveModeComesBeforeEverythingElse) {
  view.mode = MonitorMode::passive;
  for (const auto* line : {"move_role writer db2", "move_role --force writer db2", "move_role reader db2",
                           "move_role nosuch db2", "move_role writer nosuch"})
    EXPECT_EQ(outcome(line), "refused: ERROR: This command is not allowed in passive mode");
}

TEST_F(RefusalTest, MoveRoleOfAnUnknownRoleComesBeforeAnUnknownHost) {
  EXPECT_EQ(outcome("move_role norole nohost"), "refused: ERROR: Unknown role name 'norole'!");
  EXPECT_EQ(outcome("move_role --force norole nohost"), "refused: ERROR: Unknown role name 'norole'!");
  EXPECT_EQ(outcome("move_role writer nohost"), "refused: ERROR: Unknown host name 'nohost'!");
  EXPECT_EQ(outcome("move_role reader nohost"), "refused: ERROR: Unknown host name 'nohost'!");
}

TEST_F(RefusalTest, MoveRoleToAHostThatIsNotOnlineComesBeforeWhatItCanHandle) {
  for (const auto state : kAllHostStates) {
    if (state == HostState::online) continue;
    host("db2").state = host("db3").state = state;
    const auto expected = "refused: ERROR: Can't move role to host with state " + std::string(to_string(state)) + ".";
    EXPECT_EQ(outcome("move_role writer db2"), expected);
    EXPECT_EQ(outcome("move_role writer db3"), expected);
  }
}

TEST_F(RefusalTest, MoveRoleToAHostThatCantHandleIt) {
  EXPECT_EQ(outcome("move_role writer db3"),
            "refused: ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2");
}

TEST_F(RefusalTest, MoveRoleToItsOwnerIsNoErrorEvenWithoutItsAgent) {
  host("db1").agent_reachable = false;
  config.roles[0].prefer = "db1";
  EXPECT_EQ(outcome("move_role writer db1"), "OK: Role is on 'db1' already. Skipping command.");
}

TEST_F(RefusalTest, MoveRoleWithoutTheAgentOfItsNewHost) {
  host("db2").agent_reachable = false;
  EXPECT_EQ(outcome("move_role writer db2"),
            "refused: ERROR: Can't reach agent daemon on 'db2'! Can't move roles there.");
}

TEST_F(RefusalTest, MoveRoleFromItsPreferredHostInActiveModeOnly) {
  config.roles[0].prefer = "db1";
  constexpr auto kRefusal = "refused: ERROR: Role 'writer' is assigned to preferred host db1. Can't move it.";
  EXPECT_EQ(outcome("move_role writer db2"), kRefusal);
  host("db2").state = HostState::replication_fail;
  EXPECT_EQ(outcome("move_role --force writer db2"), kRefusal);
  host("db2").state = HostState::online;
  for (const auto mode : {MonitorMode::manual, MonitorMode::wait}) {
    view.mode = mode;
    EXPECT_TRUE(outcome("move_role writer db2").starts_with("accepted: "));
  }
  view.mode = MonitorMode::active;
  view.owners[lab::kWriter] = "db2";
  EXPECT_TRUE(outcome("move_role writer db1").starts_with("accepted: ")) << "back to the preferred host";
}

TEST_F(RefusalTest, ForceIsForTheActiveMasterRoleOnly) {
  config.roles.push_back({.name = "batch", .hosts = {"db2", "db3"}, .ips = {"10.0.0.70"}});
  host("db2").state = HostState::replication_fail;
  for (const auto* line : {"move_role --force reader db2", "move_role --force batch db2"})
    EXPECT_EQ(outcome(line), "refused: ERROR: move_role --forced may be used for the active master role only!");
}

TEST_F(RefusalTest, ForceIsForHostsWithBadReplicationOnly) {
  for (const auto state : {HostState::online, HostState::admin_offline, HostState::hard_offline,
                           HostState::awaiting_recovery, HostState::unknown}) {
    host("db2").state = state;
    EXPECT_EQ(outcome("move_role --force writer db2"),
              "refused: ERROR: Can't force move of role to host with state " + std::string(to_string(state)) + ".");
  }
}

TEST_F(RefusalTest, ForceWaivesNeitherTheRolesHostsNorTheAgent) {
  host("db2").state = host("db3").state = HostState::replication_delay;
  EXPECT_EQ(outcome("move_role --force writer db3"),
            "refused: ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2");
  host("db2").agent_reachable = false;
  EXPECT_EQ(outcome("move_role --force writer db2"),
            "refused: ERROR: Can't reach agent daemon on 'db2'! Can't move roles there.");
}

// MANUAL mode leaves the role on a host whose replication is bad.
TEST_F(RefusalTest, ForceToItsOwnerIsNoError) {
  view.mode = MonitorMode::manual;
  host("db1").state = HostState::replication_fail;
  EXPECT_EQ(outcome("move_role --force writer db1"), "OK: Role is on 'db1' already. Skipping command.");
}

// ---- set_ip -------------------------------------------------------------------------------------------------------

TEST_F(RefusalTest, SetIpOutsidePassiveModeComesBeforeEverythingElse) {
  for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait}) {
    view.mode = mode;
    EXPECT_EQ(outcome("set_ip 10.0.0.99 nosuch"), "refused: ERROR: This command is only allowed in passive mode");
  }
}

TEST_F(RefusalTest, SetIpNamesWhatItDoesNotKnowOrCantDo) {
  view.mode = MonitorMode::passive;
  EXPECT_EQ(outcome("set_ip 10.0.0.99 nosuch"), "refused: ERROR: Unknown ip '10.0.0.99'!");
  EXPECT_EQ(outcome("set_ip 10.0.0.80 nosuch"), "refused: ERROR: Unknown host name 'nosuch'!");
  host("db3").state = HostState::admin_offline;
  EXPECT_EQ(outcome("set_ip 10.0.0.80 db3"),
            "refused: ERROR: Host 'db3' can't handle role 'writer'. Following hosts could: db1, db2");
  EXPECT_EQ(outcome("set_ip 10.0.0.90 db3"), "refused: ERROR: Can't set role to host with state ADMIN_OFFLINE.");
}

// ---- a monitor that does not lead (rule 1) ------------------------------------------------------------------------

constexpr auto kChanging = {"set_online db2",          "set_offline db1",
                            "set_active",              "set_manual",
                            "set_passive",             "move_role writer db2",
                            "move_role reader db2",    "move_role --force writer db2",
                            "set_ip 10.0.0.80 db2",    "set_online nosuch"};

TEST_F(RefusalTest, AMonitorThatDoesNotLeadRefusesEveryChangeWithTheReason) {
  view.leads = false;
  view.warnings = {"db2 has not accepted this monitor.", "Start its agent or use take_lead."};
  for (const auto* line : kChanging)
    EXPECT_EQ(outcome(line), "refused: ERROR: This monitor does not lead yet: db2 has not accepted this monitor. Start "
                             "its agent or use take_lead.");
  view.warnings.push_back("This monitor does not lead yet: db2 obeys another monitor.");
  EXPECT_EQ(outcome("set_manual"), "refused: ERROR: This monitor does not lead yet: db2 obeys another monitor.")
      << "the warning that is about this says it alone";
  view.warnings.clear();
  EXPECT_EQ(outcome("set_manual"),
            "refused: ERROR: This monitor does not lead yet: it waits until every host has accepted it");
}

TEST_F(RefusalTest, AMonitorThatDoesNotLeadStillAnswersQuestions) {
  view.leads = false;
  view.warnings = {"db2 has not accepted this monitor."};
  for (const auto* line : {"help", "ping", "show", "checks", "mode"})
    EXPECT_EQ(lab::answer(line, view).code, AnswerCode::done) << line;
  EXPECT_TRUE(outcome("show").starts_with("# Warning: db2 has not accepted this monitor.\n"));
}

TEST_F(RefusalTest, TakeLeadAsksForAConfirmationThatSaysWhatItMeans) {
  view.leads = false;
  EXPECT_EQ(outcome("take_lead"),
            "refused: ERROR: take_lead lets this monitor lead without the hosts that it can't ask. Another monitor "
            "that is still alive, or such a host that goes on serving, could make a second writer: make sure that the "
            "monitor is dead and stays dead and that those machines are switched off, then confirm with: take_lead --yes");
}

TEST_F(RefusalTest, TakeLeadByTheLeader) {
  for (const auto* line : {"take_lead", "take_lead --yes"})
    EXPECT_EQ(outcome(line), "refused: ERROR: This monitor leads already. There is nothing to take.");
}

}  // namespace
}  // namespace mmm
