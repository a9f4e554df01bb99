// What each command is understood as, and the sessions with MMM 2 that its transcripts show, replayed.

#include "core/monitor/commands.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr auto kHelpOfMmm2 = R"(Valid commands are:
    help                              - show this message
    ping                              - ping monitor
    show                              - show status
    checks [<host>|all [<check>|all]] - show checks status
    set_online <host>                 - set host <host> online
    set_offline <host>                - set host <host> offline
    mode                              - print current mode.
    set_active                        - switch into active mode.
    set_manual                        - switch into manual mode.
    set_passive                       - switch into passive mode.
    move_role [--force] <role> <host> - move exclusive role <role> to host <host>
                                        (Only use --force if you know what you are doing!)
    set_ip <ip> <host>                - set role with ip <ip> to host <host>
)";
constexpr auto kHelpOfOurs = R"(    set_online <host> --accept-loss   - make do with what <host> has: what the last writer had more is lost
                                        (Only when the last writer will not come back!)
    move_role --unfenced <role> <host> - move it from a host that nobody can ask, without waiting for its lease
                                        (Only when you know that its machine is off! It says what is not known)
    take_lead --yes                   - lead without the hosts that can't be asked
                                        (Only when you know that the old monitor is dead and those machines are off!)
)";
const std::string kHelp = std::string(kHelpOfMmm2) + kHelpOfOurs;

struct CommandTest : testing::Test {
  CommandTest() {
    view.owners = {{lab::kWriter, "db1"}, {lab::kReader90, "db2"}, {lab::kReader100, "db3"}};
    view.active_master = "db1";
  }

  std::string outcome(const std::string& line) const { return lab::outcome(line, view); }
  template <class T>
  T intent(const std::string& line) const {
    const auto result = lab::run(line, view);
    const auto* accepted = std::get_if<Accepted>(&result);
    if (!accepted || !std::holds_alternative<T>(accepted->intent)) {
      ADD_FAILURE() << line << ": another intent or none: " << outcome(line);
      return {};
    }
    return std::get<T>(accepted->intent);
  }

  Config config = lab::config();
  ClusterView view = lab::view(config);
};

// ---- words --------------------------------------------------------------------------------------------------------

TEST(SplitWords, SplitsAtAnyRunOfBlanks) {
  EXPECT_THAT(split_words("move_role --force writer db2"), ElementsAre("move_role", "--force", "writer", "db2"));
  EXPECT_THAT(split_words("  set_online \t db1  \r"), ElementsAre("set_online", "db1"));
  EXPECT_THAT(split_words("ping"), ElementsAre("ping"));
  EXPECT_THAT(split_words(""), IsEmpty());
  EXPECT_THAT(split_words(" \t\r "), IsEmpty());
}

TEST_F(CommandTest, WhatIsNoCommandGetsTheWordsBackAndTheList) {
  for (const auto* line :
       {"nosuch", "checks db1 ping extra", "show db1", "set_online", "set_online db1 db2", "set_offline", "move_role",
        "move_role writer", "move_role -f writer db2", "move_role writer db2 --force",
        "move_role --force writer db2 now", "move_role --yes writer db2", "move_role --yes --unfenced writer db2", "set_ip 10.0.0.80", "set_ip 10.0.0.80 db1 db2", "help me", "ping db1",
        "mode active", "set_active now", "set_manual now", "set_passive now", "take_lead --no",
        "take_lead --yes please", "SHOW", "Ping", "--force"})
    EXPECT_EQ(outcome(line), "usage: Invalid command '" + std::string(line) + "'\n\n" + kHelp);
}

TEST_F(CommandTest, NoWordsAreAnInvalidCommand) {
  EXPECT_EQ(outcome(""), "usage: Invalid command ''\n\n" + kHelp);
  EXPECT_EQ(outcome("   "), "usage: Invalid command ''\n\n" + kHelp);
}

TEST_F(CommandTest, AnInvalidCommandChangesNothingInAnyMode) {
  for (const auto mode : {MonitorMode::passive, MonitorMode::manual, MonitorMode::wait}) {
    view.mode = mode;
    EXPECT_THAT(outcome("move_role writer"), StartsWith("usage: "));
  }
  view.leads = false;
  EXPECT_THAT(outcome("set_online"), StartsWith("usage: "));
}

TEST_F(CommandTest, HelpIsMmm2sListAndOurs) {
  EXPECT_EQ(outcome("help"), kHelp);
  EXPECT_THAT(kHelp, StartsWith(kHelpOfMmm2));
}

TEST_F(CommandTest, AnswersPing) { EXPECT_EQ(outcome("ping"), "OK: Pinged successfully!"); }

TEST_F(CommandTest, AnswersInJsonToo) {
  EXPECT_EQ(lab::answer("ping", view).json, R"({"ok":true,"message":"OK: Pinged successfully!"})");
  EXPECT_EQ(lab::answer("set_online nosuch", view).json,
            R"({"ok":false,"message":"ERROR: Unknown host name 'nosuch'!"})");
  EXPECT_THAT(lab::answer("\"", view).json, StartsWith(R"({"ok":false,"message":"Invalid command '\"'\n\nValid)"));
  EXPECT_THAT(lab::answer("\xFF", view).json, HasSubstr(R"(Invalid command '\ufffd')"));
}

// ---- modes --------------------------------------------------------------------------------------------------------

TEST_F(CommandTest, PrintsTheMode) {
  for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait, MonitorMode::passive}) {
    view.mode = mode;
    EXPECT_EQ(outcome("mode"), to_string(mode));
  }
}

TEST_F(CommandTest, SwitchesBetweenAnyTwoModes) {
  struct Case {
    const char* command;
    MonitorMode mode;
    const char* word;
  };
  const Case cases[] = {{"set_active", MonitorMode::active, "active"},
                        {"set_manual", MonitorMode::manual, "manual"},
                        {"set_passive", MonitorMode::passive, "passive"}};
  for (const auto& c : cases)
    for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait, MonitorMode::passive}) {
      view.mode = mode;
      const auto word = std::string(c.word) + " mode.";
      if (mode == c.mode) {
        EXPECT_EQ(outcome(c.command), "OK: Already in " + word);
      } else {
        EXPECT_EQ(outcome(c.command), "accepted: OK: Switched into " + word);
        EXPECT_EQ(intent<SwitchMode>(c.command).mode, c.mode);
      }
    }
}

// ---- intents ------------------------------------------------------------------------------------------------------

TEST_F(CommandTest, UnderstandsSetOnlineAndSetOffline) {
  EXPECT_EQ(intent<SetOffline>("set_offline db3").host, "db3");
  for (const auto state : {HostState::admin_offline, HostState::awaiting_recovery}) {
    lab::host(view, "db3").state = state;
    EXPECT_EQ(intent<SetOnline>("set_online db3").host, "db3");
  }
  for (const auto state : {HostState::replication_delay, HostState::replication_fail}) {
    lab::host(view, "db3").state = state;
    EXPECT_EQ(intent<SetOffline>("set_offline db3").host, "db3");
  }
}

TEST_F(CommandTest, UnderstandsMovesOfTheWriter) {
  const auto move = intent<MoveWriter>("move_role writer db2");
  EXPECT_EQ(move.to, "db2");
  EXPECT_FALSE(move.force);
  EXPECT_EQ(outcome("move_role writer db2"), "accepted: OK: Role 'writer' has been moved from 'db1' to 'db2'. Now you "
                                             "can wait some time and check new roles info!");
}

TEST_F(CommandTest, UnderstandsForcedMovesOfTheWriter) {
  for (const auto state : {HostState::replication_fail, HostState::replication_delay}) {
    lab::host(view, "db2").state = state;
    const auto move = intent<MoveWriter>("move_role --force writer db2");
    EXPECT_EQ(move.to, "db2");
    EXPECT_TRUE(move.force);
    EXPECT_EQ(outcome("move_role --force writer db2"),
              "accepted: OK: Role 'writer' has been moved from 'db1' to 'db2' enforcedly. Now you can wait some time "
              "and check new roles info!");
  }
}

TEST_F(CommandTest, UnderstandsMovesOfOtherRoles) {
  config.roles.push_back({.name = "batch", .hosts = {"db2", "db3"}, .ips = {"10.0.0.70"}});
  view.owners[{"batch", "10.0.0.70"}] = "db2";
  const auto exclusive = intent<MoveExclusive>("move_role batch db3");
  EXPECT_EQ(exclusive.role, "batch");
  EXPECT_EQ(exclusive.to, "db3");
  const auto balanced = intent<MoveBalanced>("move_role reader db2");
  EXPECT_EQ(balanced.role, "reader");
  EXPECT_EQ(balanced.from, "db2");
}

TEST_F(CommandTest, TakesABalancedRoleFromAHostInAnyState) {
  for (const auto state : kAllHostStates) {
    lab::host(view, "db3").state = state;
    EXPECT_EQ(outcome("move_role reader db3"), "accepted: OK: Balanced role reader has been removed from host 'db3'. "
                                               "Now you can wait some time and check new roles info!");
  }
}

TEST_F(CommandTest, MovesARoleThatNobodyHolds) {
  view.owners.erase(lab::kWriter);
  EXPECT_EQ(outcome("move_role writer db2"), "accepted: OK: Role 'writer' has been moved to 'db2'. Now you can wait "
                                             "some time and check new roles info!");
}

TEST_F(CommandTest, MovesRolesInManualAndWaitMode) {
  for (const auto mode : {MonitorMode::manual, MonitorMode::wait}) {
    view.mode = mode;
    EXPECT_EQ(intent<MoveWriter>("move_role writer db2").to, "db2");
  }
}

TEST_F(CommandTest, UnderstandsSetIp) {
  view.mode = MonitorMode::passive;
  const auto set = intent<SetIp>("set_ip 10.0.0.90 db3");
  EXPECT_EQ(set.role, lab::kReader90);
  EXPECT_EQ(set.to, "db3");
}

TEST_F(CommandTest, UnderstandsTakeLead) {
  view.leads = false;
  intent<TakeLead>("take_lead --yes");
  EXPECT_EQ(outcome("take_lead --yes"), "accepted: OK: This monitor leads now. Check with show what it can't reach.");
}

// ---- the transcripts ----------------------------------------------------------------------------------------------

// A brain as simple as can be: it carries intents out at once and distributes the roles after each.
class Session : public CommandTest {
 protected:
  // What mmm_control prints: the answer and a newline.
  std::string prints(const std::string& line) {
    const auto result = lab::run(line, view);
    if (const auto* accepted = std::get_if<Accepted>(&result)) {
      std::visit([&](const auto& wish) { carry_out(wish); }, accepted->intent);
      distribute_roles();
      return accepted->answer.text + '\n';
    }
    return std::get<Answer>(result).text + '\n';
  }

  void distribute_roles() {
    if (view.mode == MonitorMode::passive) return;
    std::set<HostName> eligible;
    for (const auto& host : view.hosts) {
      if (host.state == HostState::online) eligible.insert(host.name);
      else std::erase_if(view.owners, [&](const auto& entry) { return entry.second == host.name; });
    }
    for (const auto& move : distribute(config, view.owners, eligible, view.mode)) view.owners[move.role] = move.to;
  }

  void carry_out(const SetOnline& wish) { lab::host(view, wish.host).state = HostState::online; }
  void carry_out(const SetOffline& wish) { lab::host(view, wish.host).state = HostState::admin_offline; }
  void carry_out(const SwitchMode& wish) {
    view.mode = wish.mode;
    view.passive_cause = "Admin switched to passive mode.";
  }
  void carry_out(const MoveWriter& wish) { view.owners[lab::kWriter] = wish.to; }
  void carry_out(const MoveExclusive&) {}
  void carry_out(const MoveBalanced& wish) {
    std::erase_if(view.owners, [&](const auto& entry) {
      return entry.first.name == wish.role && entry.second == wish.from;
    });
  }
  void carry_out(const SetIp& wish) { view.owners[wish.role] = wish.to; }
  void carry_out(const TakeLead&) { view.leads = true; }
};

TEST_F(Session, AFreshStart) {
  view.owners.clear();
  for (auto& host : view.hosts) host.state = HostState::awaiting_recovery;

  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/AWAITING_RECOVERY. Roles: 
  db2(10.0.0.5) master/AWAITING_RECOVERY. Roles: 
  db3(10.0.0.7) slave/AWAITING_RECOVERY. Roles: 

)");
  EXPECT_EQ(prints("set_online nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  EXPECT_EQ(prints("set_offline nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  EXPECT_EQ(prints("set_offline db1"),
            "ERROR: Host 'db1' is 'AWAITING_RECOVERY' at the moment. It can't be switched to ADMIN_OFFLINE.\n");
  EXPECT_EQ(prints("move_role writer db2"), "ERROR: Can't move role to host with state AWAITING_RECOVERY.\n");
  EXPECT_EQ(prints("move_role nosuch db1"), "ERROR: Unknown role name 'nosuch'!\n");
  EXPECT_EQ(prints("move_role writer nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  EXPECT_EQ(prints("set_online db1"),
            "OK: State of 'db1' changed to ONLINE. Now you can wait some time and check its new roles!\n");
  EXPECT_EQ(prints("show"),
            R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.100), reader(10.0.0.90), writer(10.0.0.80)
  db2(10.0.0.5) master/AWAITING_RECOVERY. Roles: 
  db3(10.0.0.7) slave/AWAITING_RECOVERY. Roles: 

)");
  EXPECT_EQ(prints("set_online db1"), "OK: This host is already ONLINE. Skipping command.\n");
  EXPECT_EQ(prints("set_online db2"),
            "OK: State of 'db2' changed to ONLINE. Now you can wait some time and check its new roles!\n");
  EXPECT_EQ(prints("set_online db3"),
            "OK: State of 'db3' changed to ONLINE. Now you can wait some time and check its new roles!\n");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ONLINE. Roles: writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.90)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
}

TEST_F(Session, PlannedMovesAndTheirErrors) {
  EXPECT_EQ(prints("move_role writer db1"), "OK: Role is on 'db1' already. Skipping command.\n");
  EXPECT_EQ(prints("move_role writer db3"),
            "ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2\n");
  EXPECT_EQ(prints("move_role nosuch db1"), "ERROR: Unknown role name 'nosuch'!\n");
  EXPECT_EQ(prints("move_role writer nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  const std::string before = prints("show");
  EXPECT_EQ(prints("move_role reader db2"), "OK: Balanced role reader has been removed from host 'db2'. Now you can "
                                            "wait some time and check new roles info!\n");
  EXPECT_EQ(prints("show"), before);
  EXPECT_EQ(prints("move_role reader db3"), "OK: Balanced role reader has been removed from host 'db3'. Now you can "
                                            "wait some time and check new roles info!\n");
  EXPECT_EQ(prints("move_role --force writer db2"), "ERROR: Can't force move of role to host with state ONLINE.\n");
  EXPECT_EQ(prints("move_role --force reader db2"),
            "ERROR: move_role --forced may be used for the active master role only!\n");
  EXPECT_EQ(prints("move_role --force nosuch db2"), "ERROR: Unknown role name 'nosuch'!\n");
  EXPECT_EQ(prints("move_role --force writer"), "ERROR: Unknown role name '--force'!\n");
  EXPECT_EQ(prints("move_role --force writer nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  EXPECT_EQ(prints("move_role writer db2"), "OK: Role 'writer' has been moved from 'db1' to 'db2'. Now you can wait "
                                            "some time and check new roles info!\n");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.90)
  db2(10.0.0.5) master/ONLINE. Roles: writer(10.0.0.80)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
  EXPECT_EQ(prints("move_role writer db1"), "OK: Role 'writer' has been moved from 'db2' to 'db1'. Now you can wait "
                                            "some time and check new roles info!\n");
  EXPECT_EQ(prints("show"), before);
}

TEST_F(Session, OfflineAndOnlineAgain) {
  EXPECT_EQ(prints("set_offline db3"),
            "OK: State of 'db3' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!\n");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.100), writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.90)
  db3(10.0.0.7) slave/ADMIN_OFFLINE. Roles: 

)");
  EXPECT_EQ(prints("set_offline db3"), "OK: This host is already ADMIN_OFFLINE. Skipping command.\n");
  EXPECT_EQ(prints("move_role writer db3"), "ERROR: Can't move role to host with state ADMIN_OFFLINE.\n");
  EXPECT_EQ(prints("move_role reader db3"), "OK: Balanced role reader has been removed from host 'db3'. Now you can "
                                            "wait some time and check new roles info!\n");
  EXPECT_EQ(prints("set_online db3"),
            "OK: State of 'db3' changed to ONLINE. Now you can wait some time and check its new roles!\n");
  EXPECT_THAT(prints("show"), EndsWith("  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)\n\n"));
  EXPECT_EQ(prints("set_offline db1"),
            "OK: State of 'db1' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!\n");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ADMIN_OFFLINE. Roles: 
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.90), writer(10.0.0.80)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
  prints("set_online db1");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.90)
  db2(10.0.0.5) master/ONLINE. Roles: writer(10.0.0.80)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
}

TEST_F(Session, ActiveManualPassive) {
  EXPECT_EQ(prints("mode"), "ACTIVE\n");
  EXPECT_EQ(prints("set_active"), "OK: Already in active mode.\n");
  EXPECT_EQ(prints("set_ip 10.0.0.80 db2"), "ERROR: This command is only allowed in passive mode\n");
  EXPECT_EQ(prints("set_manual"), "OK: Switched into manual mode.\n");
  EXPECT_EQ(prints("mode"), "MANUAL\n");
  EXPECT_EQ(prints("set_manual"), "OK: Already in manual mode.\n");
  EXPECT_EQ(prints("set_active"), "OK: Switched into active mode.\n");
  EXPECT_EQ(prints("set_passive"), "OK: Switched into passive mode.\n");
  EXPECT_EQ(prints("mode"), "PASSIVE\n");
  EXPECT_EQ(prints("set_passive"), "OK: Already in passive mode.\n");
  EXPECT_EQ(prints("show"), R"(# --- Monitor is in PASSIVE MODE ---
# Cause: Admin switched to passive mode.
  db1(10.0.0.4) master/ONLINE. Roles: writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.90)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
  EXPECT_EQ(prints("move_role writer db2"), "ERROR: This command is not allowed in passive mode\n");
  EXPECT_EQ(prints("move_role --force writer db2"), "ERROR: This command is not allowed in passive mode\n");
  EXPECT_EQ(prints("set_ip 10.0.0.99 db2"), "ERROR: Unknown ip '10.0.0.99'!\n");
  EXPECT_EQ(prints("set_ip 10.0.0.80 nosuch"), "ERROR: Unknown host name 'nosuch'!\n");
  EXPECT_EQ(prints("set_ip 10.0.0.80 db3"),
            "ERROR: Host 'db3' can't handle role 'writer'. Following hosts could: db1, db2\n");
  EXPECT_EQ(prints("set_ip 10.0.0.90 db3"), "OK: Set role 'reader(10.0.0.90)' to host 'db3'.\n");
  EXPECT_EQ(prints("set_offline db3"),
            "OK: State of 'db3' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!\n");
  EXPECT_EQ(prints("show"), R"(# --- Monitor is in PASSIVE MODE ---
# Cause: Admin switched to passive mode.
  db1(10.0.0.4) master/ONLINE. Roles: writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: 
  db3(10.0.0.7) slave/ADMIN_OFFLINE. Roles: reader(10.0.0.100), reader(10.0.0.90)

)");
  EXPECT_EQ(prints("set_online db3"),
            "OK: State of 'db3' changed to ONLINE. Now you can wait some time and check its new roles!\n");
  EXPECT_EQ(prints("set_ip 10.0.0.80 db2"), "OK: Set role 'writer(10.0.0.80)' to host 'db2'.\n");
  EXPECT_EQ(prints("set_active"), "OK: Switched into active mode.\n");
  EXPECT_EQ(prints("show"), R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.90)
  db2(10.0.0.5) master/ONLINE. Roles: writer(10.0.0.80)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

)");
}

}  // namespace
}  // namespace mmm
