// Templates, repeated sections, unknown names.

#include "codec/config/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"

namespace mmm::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LoadedConfig loaded(const std::string& text, Program program = Program::monitor) {
  auto result = interpreted(text, program);
  if (result) return std::move(*result);
  ADD_FAILURE() << format_problems(result.error());
  return {};
}

TEST(Merge, AppliesATemplateToEverySectionWhateverTheOrder) {
  const auto text = Sample().set("host db2.agent_port", "7777").text();
  const std::string host_default = "<host default>\nagent_port 1234\nmysql_port 3307\n</host>\n";
  for (const auto& whole : {host_default + text, text + host_default}) {
    const auto config = loaded(whole).config;
    EXPECT_EQ(config.host("db1")->agent_port, 1234);
    EXPECT_EQ(config.host("db2")->agent_port, 7777);
    EXPECT_EQ(config.host("db3")->mysql_port, 3307);
    EXPECT_EQ(config.hosts.size(), 3u);
    EXPECT_EQ(config.host("default"), nullptr);
  }
}

TEST(Merge, AppliesTheTemplateOfChecksToThoseThatNobodyWrote) {
  const auto config = loaded(Sample().text() + "<check mysql>\ntimeout 7\n</check>\n"
                                               "<check default>\ntimeout 0.5\ncheck_period 3\n</check>\n").config;
  EXPECT_EQ(config.checks.at(CheckName::mysql).timeout, 7s);
  EXPECT_EQ(config.checks.at(CheckName::mysql).check_period, 3s);
  EXPECT_EQ(config.checks.at(CheckName::rep_backlog).timeout, 500ms);
}

TEST(Merge, AppliesTheTemplateOfCopyMethods) {
  const auto config = loaded(Sample().text() + "<copy_method default>\ntrue_copy 1\n</copy_method>\n").config;
  ASSERT_EQ(config.copy_methods.size(), 1u);
  EXPECT_TRUE(config.copy_methods[0].true_copy);
}

TEST(Merge, HasNoTemplateForRoles) {
  EXPECT_EQ(
      loaded(Sample().text() + "<role default>\nmode balanced\nhosts db1\nips 10.0.0.200\n</role>").config.roles.size(),
      3u);
}

TEST(Merge, FillsWhatIsRequiredFromATemplate) {
  Sample sample;
  for (const std::string host : {"db1", "db2", "db3"}) sample.drop("host " + host + ".monitor_user");
  EXPECT_THAT(complaints(sample.text() + "<host default>\nmonitor_user m\n</host>\n"), IsEmpty());
}

TEST(Merge, CreatesEveryCheckAndTheSocket) {
  const auto result = loaded(Sample().text());
  EXPECT_EQ(result.config.checks.size(), 4u);
  EXPECT_EQ(result.config.socket.type, SocketType::plain);
  EXPECT_TRUE(result.origins.at("check rep_threads.timeout").is_default());
  EXPECT_TRUE(result.origins.at("socket.type").is_default());
}

TEST(Merge, AcceptsEmptySections) {
  EXPECT_THAT(complaints(Sample().text() + "<check mysql/>\n<socket/>\n"), IsEmpty());
}

TEST(Merge, JoinsASectionThatAppearsTwiceAndTheLaterValueWins) {
  const auto result = loaded(Sample().text() +
                             "<host db1>\nagent_port 1\nagent_port 2\n</host>\n<host db1>\nssh_port 5\n</host>\n"
                             "<monitor>\nport 77\n</monitor>\n<role reader>\nips 10.0.0.91\n</role>\n");
  EXPECT_EQ(result.config.hosts.size(), 3u);
  EXPECT_EQ(result.config.host("db1")->agent_port, 2);
  EXPECT_EQ(result.config.host("db1")->ssh_port, 5);
  EXPECT_EQ(result.config.host("db1")->ip, "10.0.0.4");
  EXPECT_EQ(result.config.monitor.port, 77);
  EXPECT_THAT(result.config.role("reader")->ips, ElementsAre("10.0.0.91"));
  EXPECT_THAT(result.config.role("reader")->hosts, ElementsAre("db1", "db2", "db3"));
}

TEST(Merge, LetsTheLaterOfTwoTopLevelValuesWinAndDoesNotJudgeTheFirst) {
  const auto result = loaded("debug maybe\n" + Sample().text() + "debug 1\n");
  EXPECT_TRUE(result.config.debug);
}

TEST(Merge, KeepsHostsAndRolesInTheOrderOfTheFile) {
  const auto config = loaded("<host db3/>\n" + Sample().text()).config;
  EXPECT_EQ(config.hosts[0].name, "db3");
  EXPECT_EQ(config.hosts[1].name, "db1");
  EXPECT_EQ(config.roles[0].name, "writer");
}

TEST(Merge, SaysWhereEachValueCameFrom) {
  const auto result = loaded("debug 1\n<host default>\nagent_port 1234\n</host>\n" + Sample().text());
  EXPECT_EQ(to_string(result.origins.at("debug")), "mmm.conf:1");
  EXPECT_EQ(to_string(result.origins.at("host db2.agent_port")), "mmm.conf:3");
  EXPECT_EQ(to_string(result.origins.at("host db2.ssh_port")), "default");
  EXPECT_EQ(to_string(result.origins.at("this")), "mmm.conf:5");
  EXPECT_FALSE(result.origins.contains("host default.agent_port"));
}

TEST(Merge, ReportsAWrongValueOfATemplateOnceWhereItStands) {
  EXPECT_THAT(
      complaints("<host default>\nagent_port x\n</host>\n" + Sample().text()),
      ElementsAre("mmm.conf:2: <host default> agent_port: \"x\" is not valid; expected a port from 1 to 65535"));
}

TEST(Merge, RefusesUnknownVariablesAndSuggestsWhatWasMeant) {
  EXPECT_THAT(complaints("debg 1\n" + Sample().text()),
              ElementsAre("mmm.conf:1: \"debg\": unknown variable; did you mean debug?"));
  EXPECT_THAT(complaints("<host db1>\nmod master\n</host>\n" + Sample().text()),
              ElementsAre("mmm.conf:2: <host db1> \"mod\": unknown variable; did you mean mode?"));
  EXPECT_THAT(complaints("peer db1\n" + Sample().text()),
              ElementsAre("mmm.conf:1: \"peer\": unknown variable; it belongs in a <host NAME> section"));
  EXPECT_THAT(
      complaints("<host default>\ndebug 1\n</host>\n" + Sample().text()),
      ElementsAre(
          "mmm.conf:2: <host default> \"debug\": unknown variable; it belongs at top level, outside of sections"));
  EXPECT_THAT(complaints("xyzzy 1\n" + Sample().text()), ElementsAre("mmm.conf:1: \"xyzzy\": unknown variable"));
}

TEST(Merge, RefusesUnknownSectionsAndSuggestsWhatWasMeant) {
  EXPECT_THAT(
      complaints("<hosts db4>\nip 1\n</hosts>\n" + Sample().text()),
      ElementsAre("mmm.conf:1: <hosts db4>: unknown section; expected one of role, monitor, host, check, socket, "
                  "copy_method; did you mean host?"));
}

TEST(Merge, RefusesANameOnAUniqueSectionAndNoneOnANamedOne) {
  EXPECT_THAT(complaints("<monitor m1/>\n" + Sample().text()),
              ElementsAre("mmm.conf:1: <monitor m1>: this section takes no name; expected <monitor>"));
  EXPECT_THAT(complaints("<socket s/>\n" + Sample().text()),
              ElementsAre(HasSubstr("takes no name; expected <socket>")));
  for (const std::string type : {"host", "role", "check", "copy_method"})
    EXPECT_THAT(complaints(fmt::format("<{}/>\n", type) + Sample().text()),
                ElementsAre(fmt::format("mmm.conf:1: <{0}>: the section has no name; expected <{0} NAME>", type)));
}

TEST(Merge, RefusesAnUnknownCheck) {
  EXPECT_THAT(complaints("<check rep_thread/>\n" + Sample().text()),
              ElementsAre("mmm.conf:1: <check rep_thread>: there is no check rep_thread; expected one of ping, mysql, "
                          "rep_threads, rep_backlog or default; did you mean rep_threads?"));
}

TEST(Merge, StillJudgesTheVariablesOfASectionWithAWrongName) {
  EXPECT_THAT(complaints("<monitor m1>\nprot 1\n</monitor>\n" + Sample().text()),
              ElementsAre(HasSubstr("mmm.conf:1:"),
                          HasSubstr("mmm.conf:2: <monitor m1> \"prot\": unknown variable; did you mean port?")));
}

TEST(Merge, RefusesAVariableWithoutAValue) {
  EXPECT_THAT(complaints("debug\n" + Sample().text()),
              ElementsAre("mmm.conf:1: debug: has no value; expected true, yes, on, 1, false, no, off or 0"));
}

TEST(Merge, NeverShowsASingleWordThatMayBeHalfOfAPassword) {
  EXPECT_THAT(
      complaints("<host db1>\nagent_password\nhunter2\n</host>\n" + Sample().text()),
      ElementsAre(HasSubstr("mmm.conf:2: <host db1> agent_password: has no value"),
                  "mmm.conf:3: <host db1>: the line is a single word; expected a variable: name, white space, value"));
}

}  // namespace
}  // namespace mmm::test
