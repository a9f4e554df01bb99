#include "core/monitor/show.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct ShowTest : testing::Test {
  ShowTest() {
    view.owners = {{lab::kWriter, "db1"}, {lab::kReader90, "db1"}, {lab::kReader100, "db2"}};
    view.active_master = "db1";
  }
  std::string show() const { return lab::text("show", view); }
  HostView& host(const HostName& name) { return lab::host(view, name); }

  Config config = lab::config();
  ClusterView view = lab::view(config);
};

constexpr auto kHosts = R"(  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.90), writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.100)
  db3(10.0.0.7) slave/ONLINE. Roles: 
)";

TEST_F(ShowTest, PrintsALineAHost) { EXPECT_EQ(show(), kHosts); }

TEST_F(ShowTest, SortsRolesAsStrings) {
  view.owners[lab::kReader100] = "db1";
  EXPECT_THAT(show(), StartsWith("  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.100), reader(10.0.0.90), "
                                 "writer(10.0.0.80)\n"));
}

TEST_F(ShowTest, SortsHostsByName) {
  std::ranges::reverse(view.hosts);
  EXPECT_EQ(show(), kHosts);
}

TEST_F(ShowTest, PrintsEachStateByItsWord) {
  for (const auto state : kAllHostStates) {
    host("db3").state = state;
    EXPECT_THAT(show(), EndsWith("  db3(10.0.0.7) slave/" + std::string(to_string(state)) + ". Roles: \n"));
  }
}

TEST_F(ShowTest, StartsWithThePassiveModeAndItsCause) {
  view.mode = MonitorMode::passive;
  view.passive_cause = "Admin switched to passive mode.";
  EXPECT_EQ(show(), std::string("# --- Monitor is in PASSIVE MODE ---\n# Cause: Admin switched to passive mode.\n") +
                        kHosts);
}

TEST_F(ShowTest, KeepsEveryLineOfACauseAComment) {
  view.mode = MonitorMode::passive;
  view.passive_cause = "two addresses\ndb1: one\ndb2: the other";
  EXPECT_THAT(show(), StartsWith("# --- Monitor is in PASSIVE MODE ---\n# Cause: two addresses\n# db1: one\n"
                                 "# db2: the other\n  db1("));
}

TEST_F(ShowTest, HasNoCauseLineWithoutACause) {
  view.mode = MonitorMode::passive;
  EXPECT_EQ(show(), std::string("# --- Monitor is in PASSIVE MODE ---\n") + kHosts);
}

TEST_F(ShowTest, TellsNoModeButPassive) {
  view.passive_cause = "of yesterday";
  for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait}) {
    view.mode = mode;
    EXPECT_EQ(show(), kHosts);
  }
}

TEST_F(ShowTest, WarnsOfAgentsThenOfTheRest) {
  host("db2").agent_reachable = host("db1").agent_reachable = false;
  view.warnings = {"This monitor does not lead yet: db1 has not answered.", "Two\nlines."};
  EXPECT_EQ(show(), std::string("# Warning: agent on host db1 is not reachable\n"
                                "# Warning: agent on host db2 is not reachable\n"
                                "# Warning: This monitor does not lead yet: db1 has not answered.\n"
                                "# Warning: Two\n# lines.\n") + kHosts);
}

TEST_F(ShowTest, EndsWithALineARoleThatHasAPreferredHost) {
  config.roles[0].prefer = "db1";
  EXPECT_EQ(show(), kHosts + std::string("# Role writer is assigned to it's preferred host db1.\n"));
  view.owners[lab::kWriter] = "db2";
  EXPECT_THAT(show(), EndsWith("# Role writer is not assigned to it's preferred host db1.\n"));
  view.owners.erase(lab::kWriter);
  EXPECT_THAT(show(), EndsWith("# Role writer is not assigned to it's preferred host db1.\n"));
}

TEST_F(ShowTest, GivesScriptsTheWholePicture) {
  config.roles[0].prefer = "db1";
  view.owners.erase(lab::kReader100);
  view.assignment = {Generation{7}, "db1", Version{2}, {"db2"}};
  view.warnings = {"say \"why\""};
  view.resolutions = {{"10.0.0.80", {Resolution::verified, {"02:00:00:00:00:66"}}},
                      {"10.0.0.90", {Resolution::unverified, {}}},
                      {"10.0.0.100", {Resolution::pending, {}}}};
  host("db3").state = HostState::replication_fail;
  host("db3").because = "rep_threads failed";
  host("db3").agent_reachable = false;
  host("db3").flapping = host("db3").diverged = true;
  const std::string expected =
      R"({"ok":true,"mode":"ACTIVE","passive_cause":"","leads":true,"active_master":"db1","hosts":[)"
      R"({"name":"db1","ip":"10.0.0.4","mode":"master","state":"ONLINE",)"
      R"j("roles":["reader(10.0.0.90)","writer(10.0.0.80)"],)j"
      R"("agent_reachable":true,"flapping":false,"diverged":false,"unproven":false,"because":""},)"
      R"({"name":"db2","ip":"10.0.0.5","mode":"master","state":"ONLINE","roles":[],)"
      R"("agent_reachable":true,"flapping":false,"diverged":false,"unproven":false,"because":""},)"
      R"({"name":"db3","ip":"10.0.0.7","mode":"slave","state":"REPLICATION_FAIL","roles":[],)"
      R"("agent_reachable":false,"flapping":true,"diverged":true,"unproven":false,"because":"rep_threads failed"}],"roles":[)"
      R"({"name":"writer","ip":"10.0.0.80","mode":"exclusive","host":"db1","prefer":"db1",)"
      R"("verified":true,"second_answerers":["02:00:00:00:00:66"]},)"
      R"({"name":"reader","ip":"10.0.0.90","mode":"balanced","host":"db1","prefer":null,)"
      R"("verified":false,"second_answerers":[]},)"
      R"({"name":"reader","ip":"10.0.0.100","mode":"balanced","host":null,"prefer":null,)"
      R"("verified":null,"second_answerers":[]}],)"
      R"("assignment":{"generation":7,"writer":"db1","version":2,"takeover_set":["db2"]},)"
      R"("warnings":["agent on host db3 is not reachable","say \"why\""]})";
  EXPECT_EQ(lab::answer("show", view).json, expected);
}

TEST_F(ShowTest, TheEmptyAssignmentHasNoActiveMaster) {
  view.active_master.reset();
  const auto json = lab::answer("show", view).json;
  EXPECT_THAT(json, HasSubstr(R"("active_master":null)"));
  EXPECT_THAT(json, HasSubstr(R"("assignment":{"generation":0,"writer":"","version":0,"takeover_set":[]})"));
}

// ---- checks -------------------------------------------------------------------------------------------------------

constexpr auto kAllOfDb1 = R"(db1  ping         [last change: 2026/11/22 05:35:55]  OK
db1  mysql        [last change: 2026/11/22 05:35:55]  OK
db1  rep_threads  [last change: 2026/11/22 05:35:55]  OK
db1  rep_backlog  [last change: 2026/11/22 05:35:55]  OK: Backlog is null
)";

constexpr auto kAllOfAll = R"(db1  ping         [last change: 2026/11/22 05:35:55]  OK
db1  mysql        [last change: 2026/11/22 05:35:55]  OK
db1  rep_threads  [last change: 2026/11/22 05:35:55]  OK
db1  rep_backlog  [last change: 2026/11/22 05:35:55]  OK: Backlog is null
db2  ping         [last change: 2026/11/22 05:35:55]  OK
db2  mysql        [last change: 2026/11/22 05:35:55]  OK
db2  rep_threads  [last change: 2026/11/22 05:35:55]  OK
db2  rep_backlog  [last change: 2026/11/22 05:35:55]  OK: Backlog is null
db3  ping         [last change: 2026/11/22 05:35:55]  OK
db3  mysql        [last change: 2026/11/22 05:35:55]  OK
db3  rep_threads  [last change: 2026/11/22 05:35:55]  OK
db3  rep_backlog  [last change: 2026/11/22 05:35:55]  OK: Backlog is null
)";

struct ChecksCommand : ShowTest {
  CheckView& check(const HostName& name, CheckName which) { return host(name).checks[which]; }
};

TEST_F(ChecksCommand, PrintsAllChecksOfAllHostsInTheOrderOfTheConfiguration) {
  for (const auto* line : {"checks", "checks all", "checks all all"}) EXPECT_EQ(lab::outcome(line, view), kAllOfAll);
}

TEST_F(ChecksCommand, PrintsAllChecksOfOneHost) {
  for (const auto* line : {"checks db1", "checks db1 all"}) EXPECT_EQ(lab::outcome(line, view), kAllOfDb1);
}

TEST_F(ChecksCommand, PrintsOneCheckOfAllHostsWithoutPadding) {
  EXPECT_EQ(lab::outcome("checks all mysql", view), R"(db1  mysql  [last change: 2026/11/22 05:35:55]  OK
db2  mysql  [last change: 2026/11/22 05:35:55]  OK
db3  mysql  [last change: 2026/11/22 05:35:55]  OK
)");
}

TEST_F(ChecksCommand, PrintsOneCheckOfOneHostAsOneLineWithoutItsEnd) {
  EXPECT_EQ(lab::outcome("checks db1 ping", view), "db1  ping  [last change: 2026/11/22 05:35:55]  OK");
}

TEST_F(ChecksCommand, RefusesAnUnknownHostBeforeAnUnknownCheck) {
  EXPECT_EQ(lab::outcome("checks nosuch", view), "refused: ERROR: Unknown host name 'nosuch'!");
  EXPECT_EQ(lab::outcome("checks db1 nosuch", view), "refused: ERROR: Unknown check 'nosuch'!");
  EXPECT_EQ(lab::outcome("checks all nosuch", view), "refused: ERROR: Unknown check 'nosuch'!");
  EXPECT_EQ(lab::outcome("checks nosuch nosuch", view), "refused: ERROR: Unknown host name 'nosuch'!");
}

TEST_F(ChecksCommand, PadsHostsOfDifferentLengths) {
  config.hosts.push_back({.name = "database10", .ip = "10.0.0.9"});
  view = lab::view(config);
  const auto text = lab::text("checks", view);
  EXPECT_THAT(text, StartsWith("db1         ping         [last change"));
  EXPECT_THAT(text, HasSubstr("\ndatabase10  ping         [last change"));
}

TEST_F(ChecksCommand, PrintsAFailureWithItsMessageOnOneLine) {
  auto& bad = check("db1", CheckName::mysql);
  bad.verdict = Verdict::bad;
  bad.message = "Connect error\n(host = 10.0.0.4:3306)";
  EXPECT_EQ(lab::text("checks db1 mysql", view),
            "db1  mysql  [last change: 2026/11/22 05:35:55]  ERROR: Connect error (host = 10.0.0.4:3306)");
  bad.message.clear();
  EXPECT_THAT(lab::text("checks db1 mysql", view), EndsWith("]  ERROR"));
}

TEST_F(ChecksCommand, PrintsACheckThatNeverRan) {
  host("db1").checks.erase(CheckName::ping);
  EXPECT_EQ(lab::text("checks db1 ping", view), "db1  ping  [last change: never]  UNKNOWN");
  EXPECT_THAT(lab::answer("checks db1 ping", view).json,
              HasSubstr(R"("verdict":"pending","message":"","last_change":null)"));
}

TEST_F(ChecksCommand, PrintsAnAccusationBesideTheVerdict) {
  check("db1", CheckName::ping).accused = true;
  EXPECT_EQ(lab::text("checks db1 ping", view),
            "db1  ping  [last change: 2026/11/22 05:35:55]  OK (fails from the monitor, but nothing confirms it)");
}

TEST_F(ChecksCommand, PrintsLocalTime) {
  view.utc_offset_s = 3600;
  EXPECT_THAT(lab::text("checks db1 ping", view), HasSubstr("[last change: 2026/11/22 06:35:55]"));
  view.utc_offset_s = -(5 * 3600 + 35 * 60 + 56);  // the day before
  EXPECT_THAT(lab::text("checks db1 ping", view), HasSubstr("[last change: 2026/11/21 23:59:59]"));
}

TEST_F(ChecksCommand, PrintsLeapDaysAndTheEndOfTheYear) {
  check("db1", CheckName::ping).last_change.wall_ms = 1709164800000 - 1;
  EXPECT_THAT(lab::text("checks db1 ping", view), HasSubstr("[last change: 2024/02/28 23:59:59]"));
  check("db1", CheckName::ping).last_change.wall_ms = 1709164800000;
  EXPECT_THAT(lab::text("checks db1 ping", view), HasSubstr("[last change: 2024/02/29 00:00:00]"));
  check("db1", CheckName::ping).last_change.wall_ms = 1735689599999;
  EXPECT_THAT(lab::text("checks db1 ping", view), HasSubstr("[last change: 2024/12/31 23:59:59]"));
}

TEST_F(ChecksCommand, GivesScriptsUtcWithMilliseconds) {
  view.utc_offset_s = 3600;
  check("db2", CheckName::rep_backlog).last_change.wall_ms = lab::kTranscriptMs + 42;
  EXPECT_EQ(lab::answer("checks db2 rep_backlog", view).json,
            R"({"ok":true,"checks":[{"host":"db2","check":"rep_backlog","verdict":"good","message":"Backlog is null",)"
            R"("last_change":"2026-11-22T05:35:55.042Z","accused":false}]})");
}

}  // namespace
}  // namespace mmm
