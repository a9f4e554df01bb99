// What entries mean together, and several problems at once.

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"

namespace mmm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(References, AreCompleteInTheSampleForEveryProgram) {
  for (const auto program : kPrograms) EXPECT_THAT(complaints(Sample().text(), program), IsEmpty()) << letter(program);
}

struct Case {
  std::string name;
  std::vector<std::pair<std::string, std::string>> changes;  // key, value; an empty value drops the entry
  std::vector<std::string> complaints;                       // parts of each, in order
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

const std::vector<Case> kCases{
    {"ThisIsNoHost",
     {{"this", "db4"}},
     {"this: host db4 is not defined; expected a name that has a <host NAME> section; did you mean db1?"}},
    {"AnUndefinedHostThatIsLikeNone",
     {{"this", "warehouse"}},
     {"this: host warehouse is not defined; expected a name that "
      "has a <host NAME> section; add <host warehouse>"}},
    {"ActiveMasterRoleIsNoRole",
     {{"active_master_role", "writr"}},
     {"active_master_role: role writr is not defined; expected a name that has a <role NAME> section; did you mean "
      "writer?"}},
    {"DefaultCopyMethodIsNone",
     {{"default_copy_method", "scpp"}},
     {"default_copy_method: copy_method scpp is not defined"}},
    {"PeerIsNoHost", {{"host db1.peer", "nobody"}}, {"<host db1> peer: host nobody is not defined"}},
    {"PeerIsItself", {{"host db1.peer", "db1"}}, {"<host db1> peer: host db1 is its own peer; expected another host"}},
    {"RoleHostsAreNoHosts",
     {{"role reader.hosts", "db1, x9, y9"}},
     {"<role reader> hosts: host x9 is not defined", "<role reader> hosts: host y9 is not defined"}},
    {"PreferIsNoHost", {{"role writer.prefer", "nobody"}}, {"<role writer> prefer: host nobody is not defined"}},
    {"PreferIsNotAmongTheHosts",
     {{"role writer.prefer", "db3"}},
     {"<role writer> prefer: host db3 is not among the hosts of the role; expected one of db1, db2"}},
    {"PreferInABalancedRole",
     {{"role reader.prefer", "db1"}},
     {"<role reader> prefer: a balanced role can't prefer a host; expected prefer in exclusive roles only; remove it"}},
    {"ExclusiveRoleWithTwoIps",
     {{"role writer.ips", "10.0.0.80, 10.0.0.81"}},
     {"<role writer> ips: an exclusive role has 2 IPs; expected exactly one"}},
    {"ActiveMasterRoleIsBalanced",
     {{"role writer.mode", "balanced"}},
     {"<role writer> mode: the active master role can't be balanced; expected exclusive"}},
    {"ActiveMasterRoleOnASlave",
     {{"role writer.hosts", "db1, db3"}},
     {"<role writer> hosts: host db3 is a slave; expected hosts with mode master"}},
    {"OneIpInTwoRoles",
     {{"role reader.ips", "10.0.0.90, 10.0.0.80"}},
     {"<role reader> ips: 10.0.0.80 belongs to role writer already; expected another IP"}},
    {"OneIpInTwoSpellings",
     {{"role writer.ips", "2001:db8::1"}, {"role reader.ips", "2001:DB8:0::1"}},
     {"<role reader> ips: 2001:db8::1 belongs to role writer already"}},
    {"RoleIpIsTheIpOfAHost",
     {{"role reader.ips", "10.0.0.5"}},
     {"<role reader> ips: 10.0.0.5 is the ip of host db2; expected an IP of no host"}},
    {"TwoHostsWithOneAddressAndPort",
     {{"host db2.ip", "10.0.0.4"}},
     {"<host db2> ip: 10.0.0.4 with mysql_port 3306 is host db1 already"}},
    {"TwoHostsWithOneAddressAndTwoPorts", {{"host db2.ip", "10.0.0.4"}, {"host db2.mysql_port", "3307"}}, {}},
    {"MasterWithoutAPeer",
     {{"host db1.peer", ""}},
     {"<host db1> peer: is missing (required when mode is master); expected "
      "the name of a <host> section; add it to the section or to <host default>"}},
    {"SlaveWithoutAPeer", {{"host db3.mode", "slave"}, {"host db3.peer", ""}}, {}},
    {"PingIpIsAName",
     {{"monitor.ping_ips", "10.0.0.1, gateway"}},
     {"<monitor> ping_ips: \"10.0.0.1, gateway\" is not valid (\"gateway\")"}},
    {"SslWithoutFiles",
     {{"socket.type", "ssl"}},
     {"<socket> ca_file: is missing (required when type is ssl)",
      "<socket> cert_file: is missing (required when type is ssl)",
      "<socket> key_file: is missing (required when type is ssl)",
      "<socket> type: TLS is not in this version; expected plain; use type plain"}},
    {"SslWithFiles",
     {{"socket.type", "ssl"}, {"socket.cert_file", "c"}, {"socket.key_file", "k"}, {"socket.ca_file", "a"}},
     {"<socket> type: TLS is not in this version; expected plain; use type plain"}},
    {"IncrementalWithoutACommand",
     {{"copy_method scp.incremental", "yes"}},
     {"<copy_method scp> incremental_command: is missing (required when incremental is set)"}},
    {"IncrementalWithACommand",
     {{"copy_method scp.incremental", "yes"}, {"copy_method scp.incremental_command", "x"}},
     {}},
    {"AWrongModeIsReportedOnlyAsThat",
     {{"host db1.mode", "mastr"}, {"host db1.peer", ""}},
     {"<host db1> mode: \"mastr\" is not valid; expected master or slave"}},
    {"AWrongRoleModeIsReportedOnlyAsThat", {{"role reader.mode", "x"}}, {"<role reader> mode: \"x\" is not valid"}},
    {"WrongIpsAreReportedOnlyAsThat", {{"role writer.ips", "x"}}, {"<role writer> ips: \"x\" is not valid"}},
    {"ACommentBehindAValue",
     {{"debug", "no # yes"}},
     {"debug: \"no # yes\" is not valid; expected true, yes, on, 1, false, no, off or 0; a # starts a comment only at "
      "the "
      "beginning of a line"}},
};

class Reference : public testing::TestWithParam<Case> {};

TEST_P(Reference, IsJudged) {
  Sample sample;
  for (const auto& [key, value] : GetParam().changes) value.empty() ? sample.drop(key) : sample.set(key, value);
  const auto found = complaints(sample.text());
  std::vector<testing::Matcher<std::string>> expected;
  for (const auto& part : GetParam().complaints) expected.push_back(HasSubstr(part));
  EXPECT_THAT(found, testing::ElementsAreArray(expected));
}

INSTANTIATE_TEST_SUITE_P(All, Reference, testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

TEST(References, NeedTheSectionsThatTheProgramRequires) {
  const auto without_monitor = Sample().drop_section("monitor").text();
  for (const auto program : {Program::monitor, Program::control})
    EXPECT_THAT(complaints(without_monitor, program),
                ElementsAre("mmm.conf: <monitor>: there is no such section; expected <monitor>"));
  for (const auto program : {Program::agent, Program::tools})
    EXPECT_THAT(complaints(without_monitor, program), IsEmpty());
  for (const auto program : kPrograms)
    EXPECT_THAT(complaints("<host default/>\n", program),
                testing::Contains("mmm.conf: <host>: there is no such section; expected at least one <host NAME>"));
}

TEST(References, NeedTheAuthorityFileForAgentAndMonitorOnly) {
  const auto text = Sample().set("socket.type", "ssl").set("socket.cert_file", "c").set("socket.key_file", "k").text();
  for (const auto program : kPrograms) {
    const auto found = fmt::format("{}", fmt::join(complaints(text, program), "\n"));
    EXPECT_EQ(found.contains("ca_file: is missing"), program == Program::agent || program == Program::monitor)
        << letter(program);
  }
}

// Goal: nobody who asked for TLS gets plain text.
TEST(References, RefuseTlsForEveryProgramThatOpensASocket) {
  auto sample = Sample().set("socket.type", "ssl").set("socket.cert_file", "c").set("socket.key_file", "k");
  const auto text = sample.set("socket.ca_file", "a").text();
  for (const auto program : {Program::agent, Program::monitor, Program::control})
    EXPECT_THAT(complaints(text, program), ElementsAre(HasSubstr("TLS is not in this version"))) << letter(program);
  EXPECT_THAT(complaints(text, Program::tools), IsEmpty());
}

TEST(References, LetAnAgentsFileLeaveOutTheModeOfARole) {
  const auto loaded = interpreted(Sample().drop("role reader.mode").drop("role writer.mode").text(), Program::agent);
  ASSERT_TRUE(loaded) << format_problems(loaded.error());
  EXPECT_EQ(loaded->config.role("writer")->mode, RoleMode::exclusive);
  EXPECT_EQ(loaded->config.role("reader")->mode, RoleMode::balanced);
}

TEST(References, AreAllReportedAtOnceInTheOrderOfTheFile) {
  const auto text = "this db1\n"
                    "activ_master_role writer\n"
                    "<host db1>\n"
                    "  ip 10.0.0.300\n"
                    "  mode mastr\n"
                    "</host>\n"
                    "<role writer>\n"
                    "  hosts db1, db2\n"
                    "  prefer db1\n"
                    "nonsense\n";
  EXPECT_THAT(
      complaints(text, Program::agent),
      ElementsAre(
          "mmm.conf: active_master_role: is missing; expected the name of a <role> section; add it outside of sections",
          HasSubstr("mmm.conf:2: \"activ_master_role\": unknown variable; did you mean active_master_role?"),
          HasSubstr("mmm.conf:3: <host db1> agent_password: is missing"),
          HasSubstr("mmm.conf:3: <host db1> agent_user: is missing"),
          HasSubstr("mmm.conf:3: <host db1> bin_path: is missing"),
          HasSubstr("mmm.conf:3: <host db1> cluster_interface: is missing"),
          HasSubstr("mmm.conf:3: <host db1> pid_path: is missing"),
          HasSubstr("mmm.conf:3: <host db1> replication_password: is missing"),
          HasSubstr("mmm.conf:3: <host db1> replication_user: is missing"),
          HasSubstr("mmm.conf:4: <host db1> ip: \"10.0.0.300\" is not valid"),
          HasSubstr("mmm.conf:5: <host db1> mode: \"mastr\" is not valid; expected master or slave"),
          HasSubstr("mmm.conf:7: <role writer>: is never closed"),
          HasSubstr("mmm.conf:7: <role writer> ips: is missing"),
          HasSubstr("mmm.conf:8: <role writer> hosts: host db2 is not defined"),
          HasSubstr("mmm.conf:10: <role writer>: the line is a single word")));
}

TEST(References, NeverShowAPassword) {
  Sample sample;
  sample.set("host db1.agent_password", "hunter2\x01").set("host db1.ip", "x").set("this", "y");
  for (const auto program : kPrograms)
    for (const auto& line : complaints(sample.text(), program)) {
      EXPECT_THAT(line, testing::Not(HasSubstr("hunter2")));
      EXPECT_THAT(line, testing::Not(HasSubstr("secret-")));
    }
}

}  // namespace
}  // namespace mmm::test
