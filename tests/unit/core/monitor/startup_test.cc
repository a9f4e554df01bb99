#include "core/monitor/startup.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

using lab::kReader100;
using lab::kReader90;
using lab::kWriter;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kOnline = HostState::online;
constexpr auto kAdmin = HostState::admin_offline;
constexpr auto kHard = HostState::hard_offline;
constexpr auto kAwaiting = HostState::awaiting_recovery;
constexpr auto kDelay = HostState::replication_delay;
constexpr auto kFail = HostState::replication_fail;

struct StartTest : testing::Test {
  // Both masters replicate from each other, the slave from db1; nobody writes; neither file nor agent says a thing.
  StartTest() {
    evidence["db1"].source_ip = "10.0.0.5";
    evidence["db2"].source_ip = "10.0.0.4";
    evidence["db3"].source_ip = "10.0.0.4";
  }
  StartDecision decide() { return decide_start(config, evidence, writer, mode); }
  HostEvidence& of(const HostName& host) { return evidence[host]; }

  Config config = lab::config();
  std::map<HostName, HostEvidence> evidence;
  std::optional<HostName> writer;
  MonitorMode mode = MonitorMode::active;
};

// ---- states -------------------------------------------------------------------------------------------------------

TEST_F(StartTest, OnAFreshClusterEveryHostWaitsForTheAdministrator) {
  const auto decision = decide();
  for (const auto& [host, state] : decision.states) EXPECT_EQ(state, kAwaiting) << host;
  EXPECT_EQ(decision.states.size(), 3u);
  EXPECT_TRUE(decision.owners.empty()) << "db3 replicates from db1, but that alone makes no writer";
  EXPECT_EQ(decision.mode, MonitorMode::active);
  EXPECT_THAT(decision.warnings, IsEmpty());
}

TEST_F(StartTest, AHostWithoutAnyEvidenceStartsAwaitingRecovery) {
  evidence.clear();
  EXPECT_EQ(decide().states.at("db2"), kAwaiting);
}

TEST_F(StartTest, TheWorstOfFileAndAgentDecides) {
  const std::vector<HostState> worst_first{kAdmin, kHard, kFail, kDelay, kOnline};
  for (std::size_t worse = 0; worse < worst_first.size(); ++worse)
    for (std::size_t better = worse; better < worst_first.size(); ++better) {
      of("db3").file_state = worst_first[worse], of("db3").agent_state = worst_first[better];
      EXPECT_EQ(decide().states.at("db3"), worst_first[worse]);
      std::swap(of("db3").file_state, of("db3").agent_state);
      EXPECT_EQ(decide().states.at("db3"), worst_first[worse]);
    }
}

TEST_F(StartTest, OneSourceIsEnoughForAState) {
  of("db1").file_state = kAdmin;
  of("db2").agent_state = kFail;
  const auto decision = decide();
  EXPECT_EQ(decision.states.at("db1"), kAdmin);
  EXPECT_EQ(decision.states.at("db2"), kFail);
}

TEST_F(StartTest, AwaitingRecoveryAndUnknownSayNothing) {
  of("db1").file_state = kAwaiting;
  of("db1").agent_state = HostState::unknown;
  EXPECT_EQ(decide().states.at("db1"), kAwaiting);
  of("db1").agent_state = kOnline;
  EXPECT_EQ(decide().states.at("db1"), kOnline);
}

// ---- votes for the active master role -----------------------------------------------------------------------------

// Goal:   what each ground weighs. On each line db1 has one ground and db2 a lighter one, or an equal one (db1 is the
//         first of the role's hosts), so db1 wins; with the lines swapped db2 wins unless they are equal.
TEST_F(StartTest, EachGroundForTheWriterHasItsWeight) {
  using Ground = void (*)(HostEvidence&);
  const Ground writable = [](HostEvidence& e) { e.writable = true; };
  const Ground has_ip = [](HostEvidence& e) { e.ips = {"10.0.0.80"}; };
  const Ground file = [](HostEvidence& e) { e.file_roles = {kWriter}; };
  const Ground agent = [](HostEvidence& e) { e.agent_roles = {kWriter}; };
  struct Case {
    std::vector<Ground> more, less;
    bool tie = false;
  };
  const std::vector<Case> cases{
      {{writable}, {has_ip, file}},         // 4 : 3
      {{writable}, {has_ip, file, agent}, true},  // 4 : 4
      {{has_ip}, {file}},                   // 2 : 1
      {{has_ip}, {file, agent}, true},      // 2 : 2
      {{file}, {agent}, true},              // 1 : 1
      {{writable, file}, {has_ip, file, agent}},  // 5 : 4
      {{writable, has_ip}, {writable, file}},     // 6 : 5
  };
  of("db3").source_ip = "";
  config.monitor.careful_startup = false;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& c = cases[i];
    const auto winner = [&](const HostName& more, const HostName& less) {
      of("db1") = of("db2") = HostEvidence{};
      for (const auto ground : c.more) ground(of(more));
      for (const auto ground : c.less) ground(of(less));
      return decide().owners.at(kWriter);
    };
    EXPECT_EQ(winner("db1", "db2"), "db1") << "case " << i;
    EXPECT_EQ(winner("db2", "db1"), c.tie ? "db1" : "db2") << "case " << i;
  }
}

TEST_F(StartTest, EverySlaveThatReplicatesFromAHostSpeaksForIt) {
  config.hosts.push_back({.name = "db4", .ip = "10.0.0.8", .mode = HostMode::slave});
  of("db1").file_roles = {kWriter};
  of("db1").agent_roles = {kWriter};  // 2 votes
  of("db2").file_roles = {kWriter};   // 1 vote, and the slaves'
  of("db3").source_ip = "10.0.0.5";
  EXPECT_EQ(decide().owners.at(kWriter), "db1") << "2 : 2, the first of the role's hosts";
  of("db4").source_ip = "10.0.0.5";
  EXPECT_EQ(decide().owners.at(kWriter), "db2") << "2 : 3";
}

TEST_F(StartTest, AMasterThatReplicatesFromItsPeerIsNoVote) {
  of("db3").source_ip = "";
  of("db1").file_roles = {kWriter};
  of("db2").file_roles = {kWriter};
  of("db1").source_ip = "10.0.0.5";
  of("db2").source_ip = "";
  EXPECT_EQ(decide().owners.at(kWriter), "db1");
}

TEST_F(StartTest, AnAdminOfflineHostGetsNoVote) {
  of("db1") = {.file_state = kAdmin, .writable = true, .ips = {"10.0.0.80"}};
  EXPECT_FALSE(decide().owners.contains(kWriter));
  of("db2").agent_roles = {kWriter};
  EXPECT_EQ(decide().owners.at(kWriter), "db2");
}

TEST_F(StartTest, AHardOfflineHostGetsVotesInManualModeOnly) {
  of("db1") = {.file_state = kHard, .file_roles = {kWriter}, .writable = true};
  for (const auto each : {MonitorMode::active, MonitorMode::wait, MonitorMode::passive}) {
    mode = each;
    EXPECT_FALSE(decide().owners.contains(kWriter)) << to_string(each);
  }
  mode = MonitorMode::manual;
  EXPECT_EQ(decide().owners.at(kWriter), "db1");
}

TEST_F(StartTest, TheWinnerOfTheWriterRoleStartsOnline) {
  for (const auto state : {kAwaiting, kFail, kDelay}) {
    of("db2") = {.file_state = state, .writable = true};
    const auto decision = decide();
    EXPECT_EQ(decision.owners.at(kWriter), "db2");
    EXPECT_EQ(decision.states.at("db2"), kOnline) << "was " << to_string(state);
  }
}

TEST_F(StartTest, ASlaveCantWinTheWriterRole) {
  of("db3").writable = true;
  of("db3").ips = {"10.0.0.80"};
  EXPECT_FALSE(decide().owners.contains(kWriter));
}

// ---- votes for other roles ----------------------------------------------------------------------------------------

TEST_F(StartTest, AnAddressOutweighsFileAndAgentAndTheFileOutweighsTheAgent) {
  of("db3").file_roles = {kReader90};
  of("db2").agent_roles = {kReader90};
  EXPECT_EQ(decide().owners.at(kReader90), "db3") << "2 : 1";
  of("db3").agent_roles = {kReader90};
  of("db1").ips = {"10.0.0.90"};
  EXPECT_EQ(decide().owners.at(kReader90), "db1") << "4 : 3";
  EXPECT_EQ(decide().states.at("db1"), kOnline);
}

TEST_F(StartTest, OtherRolesGoToOnlineAndAwaitingHostsOnly) {
  for (const auto state : {kAdmin, kHard, kFail, kDelay}) {
    of("db1") = {.file_state = state, .file_roles = {kReader90}, .ips = {"10.0.0.90"}};
    EXPECT_FALSE(decide().owners.contains(kReader90)) << to_string(state);
  }
  for (const auto state : {kOnline, kAwaiting}) {
    of("db1").file_state = state;
    EXPECT_EQ(decide().owners.at(kReader90), "db1") << to_string(state);
  }
}

TEST_F(StartTest, TiesOfOtherRolesGoToTheFirstOfTheRolesHosts) {
  for (auto& [host, what] : evidence) what.file_roles = {kReader100};
  EXPECT_EQ(decide().owners.at(kReader100), "db1");
  config.roles[1].hosts = {"db3", "db2", "db1"};
  EXPECT_EQ(decide().owners.at(kReader100), "db3");
}

TEST_F(StartTest, AnAddressWithoutAVoteHasNoOwner) {
  of("db1").ips = {"10.0.0.90"};
  const auto decision = decide();
  EXPECT_FALSE(decision.owners.contains(kReader100));
  EXPECT_THAT(decision.story, Contains("reader(10.0.0.100): no vote, nobody holds it"));
}

TEST_F(StartTest, ARestartFindsEverythingWhereItWas) {
  of("db1") = {.file_state = kOnline, .file_roles = {kWriter}, .agent_state = kOnline, .agent_roles = {kWriter},
               .writable = true, .ips = {"10.0.0.80"}, .source_ip = "10.0.0.5"};
  of("db2") = {.file_state = kOnline, .file_roles = {kReader90}, .agent_state = kOnline, .agent_roles = {kReader90},
               .ips = {"10.0.0.90"}, .source_ip = "10.0.0.4"};
  of("db3") = {.file_state = kOnline, .file_roles = {kReader100}, .agent_state = kOnline, .agent_roles = {kReader100},
               .ips = {"10.0.0.100"}, .source_ip = "10.0.0.4"};
  const auto decision = decide();
  EXPECT_EQ(decision.owners, (RoleOwners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db3"}}));
  for (const auto& [host, state] : decision.states) EXPECT_EQ(state, kOnline) << host;
  EXPECT_THAT(decision.warnings, IsEmpty());
  EXPECT_THAT(decision.story, Contains("writer(10.0.0.80): db1 gets 9 votes (writable 4, has the address 2, "
                                       "status file 1, its agent 1, db3 replicates from it 1)"));
  EXPECT_THAT(decision.story, Contains("db1 starts ONLINE: the status file says ONLINE, its agent says ONLINE"));
}

// ---- a writer that the lease knows (rule 14) ----------------------------------------------------------------------

TEST_F(StartTest, NoVoteIsTakenWhereTheAssignmentIsKnown) {
  writer = "db2";
  of("db1") = {.file_state = kOnline, .file_roles = {kWriter}, .writable = true, .ips = {"10.0.0.80"}};
  of("db2").file_state = kOnline;
  const auto decision = decide();
  EXPECT_EQ(decision.owners.at(kWriter), "db2");
  for (const auto& line : decision.story) EXPECT_THAT(line, testing::Not(HasSubstr("votes (writable")));
}

TEST_F(StartTest, AKnownWriterWithoutAStateIsOnline) {
  writer = "db2";
  EXPECT_EQ(decide().states.at("db2"), kOnline);
}

TEST_F(StartTest, AKnownWriterKeepsABadStateThatWasWrittenDown) {
  writer = "db2";
  for (const auto state : {kHard, kAdmin, kFail}) {
    of("db2").file_state = state;
    EXPECT_EQ(decide().states.at("db2"), state);
    EXPECT_EQ(decide().owners.at(kWriter), "db2");
  }
}

TEST_F(StartTest, AKnownWriterThatIsNotConfiguredAnyMoreIsAWarningNotAnOwner) {
  writer = "db9";
  const auto decision = decide();
  EXPECT_FALSE(decision.owners.contains(kWriter));
  EXPECT_THAT(decision.warnings, ElementsAre(HasSubstr("db9 holds the role writer but is no longer configured")));
}

TEST_F(StartTest, AKnownWriterThatLostItsPlaceInTheRoleKeepsItWithAWarning) {
  writer = "db3";
  const auto decision = decide();
  EXPECT_EQ(decision.owners.at(kWriter), "db3");
  EXPECT_THAT(decision.warnings, ElementsAre(HasSubstr("db3 holds the role writer but is not among its hosts")));
}

// ---- careful_startup ----------------------------------------------------------------------------------------------

struct TwoWriterAddresses : StartTest {
  TwoWriterAddresses() {
    of("db1") = {.file_state = kOnline, .file_roles = {kWriter}, .writable = true, .ips = {"10.0.0.80"},
                 .source_ip = "10.0.0.5"};
    of("db2") = {.agent_state = kOnline, .ips = {"10.0.0.80", "10.0.0.90"}, .source_ip = "10.0.0.4"};
  }
};

TEST_F(TwoWriterAddresses, MakeACarefulMonitorPassiveWithTheEvidenceAsItsCause) {
  const auto decision = decide();
  EXPECT_EQ(decision.mode, MonitorMode::passive);
  EXPECT_EQ(decision.passive_cause,
            "At start the address 10.0.0.80 of role writer is configured on more than one host (db1, db2).\n"
            "db1: writable, addresses: 10.0.0.80, replicates from: 10.0.0.5; status file: ONLINE, writer(10.0.0.80); "
            "agent: nothing, no roles\n"
            "db2: not writable, addresses: 10.0.0.80, 10.0.0.90, replicates from: 10.0.0.4; status file: nothing, "
            "no roles; agent: ONLINE, no roles\n"
            "db3: not writable, addresses: none, replicates from: 10.0.0.4; status file: nothing, no roles; "
            "agent: nothing, no roles");
  EXPECT_EQ(decision.owners.at(kWriter), "db1") << "the votes are shown; nothing is sent in PASSIVE mode";
}

TEST_F(TwoWriterAddresses, AreAWarningForACarelessMonitor) {
  config.monitor.careful_startup = false;
  const auto decision = decide();
  EXPECT_EQ(decision.mode, MonitorMode::active);
  EXPECT_EQ(decision.passive_cause, "");
  EXPECT_THAT(decision.warnings, ElementsAre(HasSubstr("configured on more than one host (db1, db2)")));
}

TEST_F(TwoWriterAddresses, AreAWarningWhereTheAssignmentSaysWhoTheWriterIs) {
  writer = "db2";
  const auto decision = decide();
  EXPECT_EQ(decision.mode, MonitorMode::active);
  EXPECT_THAT(decision.warnings, ElementsAre(HasSubstr("configured on more than one host (db1, db2)")));
}

TEST_F(TwoWriterAddresses, OfAReaderDoNotMatter) {
  of("db1").ips = {"10.0.0.80", "10.0.0.90"};
  of("db2").ips = {"10.0.0.90"};
  EXPECT_EQ(decide().mode, MonitorMode::active);
}

TEST_F(StartTest, TheConfiguredModeIsTaken) {
  for (const auto each : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait}) {
    mode = each;
    EXPECT_EQ(decide().mode, each);
    EXPECT_EQ(decide().passive_cause, "");
  }
  mode = MonitorMode::passive;
  EXPECT_EQ(decide().mode, MonitorMode::passive);
  EXPECT_EQ(decide().passive_cause, "The configuration says mode passive.");
}

}  // namespace
}  // namespace mmm
