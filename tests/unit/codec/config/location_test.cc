#include "codec/config/location.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mmm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string main_file(Program program, std::optional<std::string> cluster = std::nullopt) {
  return config_location(program, nullptr, std::nullopt, cluster)->main_file_name();
}

TEST(Location, KnowsTheFileOfEachProgram) {
  EXPECT_EQ(main_file(Program::monitor), "mmm_mon.conf");
  EXPECT_EQ(main_file(Program::control), "mmm_mon.conf");
  EXPECT_EQ(main_file(Program::agent), "mmm_agent.conf");
  EXPECT_EQ(main_file(Program::tools), "mmm_tools.conf");
}

TEST(Location, KnowsTheFileOfACluster) {
  EXPECT_EQ(main_file(Program::monitor, "@C1"), "mmm_mon_C1.conf");
  EXPECT_EQ(main_file(Program::control, "C1"), "mmm_mon_C1.conf");
  EXPECT_EQ(main_file(Program::agent, "@a-b_2"), "mmm_agent_a-b_2.conf");
  EXPECT_EQ(config_location(Program::agent, nullptr, {}, "@C1")->own_file_name(), "mmm3_C1.conf");
  EXPECT_EQ(config_location(Program::agent, nullptr)->own_file_name(), "mmm3.conf");
}

TEST(Location, RefusesAClusterNameThatCouldLeaveTheDirectory) {
  for (const auto* name : {"", "@", "@../x", "@a/b", "@a b", "@@a"}) {
    const auto location = config_location(Program::monitor, nullptr, {}, name);
    ASSERT_FALSE(location) << name;
    EXPECT_THAT(location.error().text, HasSubstr("is not a valid cluster name")) << name;
  }
}

TEST(Location, SearchesWhereMmm2DidUnlessTheEnvironmentNamesADirectory) {
  EXPECT_THAT(config_location(Program::agent, nullptr)->search_dirs, ElementsAre("/etc", "/etc/mmm", "/etc/mysql-mmm"));
  EXPECT_THAT(config_location(Program::agent, "")->search_dirs, ElementsAre("/etc", "/etc/mmm", "/etc/mysql-mmm"));
  EXPECT_THAT(config_location(Program::agent, "/lab/etc")->search_dirs, ElementsAre("/lab/etc"));
}

TEST(Location, TakesTheFileOfTheCommandLineAndAppendsTheSuffix) {
  EXPECT_EQ(config_location(Program::tools, nullptr, "/x/my.conf")->main_file_name(), "/x/my.conf");
  EXPECT_EQ(config_location(Program::tools, nullptr, "my")->main_file_name(), "my.conf");
  EXPECT_FALSE(config_location(Program::tools, nullptr, ""));
}

TEST(Location, TakesTheClusterOutOfTheArguments) {
  std::vector<std::string> arguments{"@C1", "set_online", "db1"};
  EXPECT_EQ(take_cluster_argument(arguments), "@C1");
  EXPECT_THAT(arguments, ElementsAre("set_online", "db1"));
  EXPECT_EQ(take_cluster_argument(arguments), std::nullopt);
  EXPECT_THAT(arguments, ElementsAre("set_online", "db1"));
}

}  // namespace
}  // namespace mmm
