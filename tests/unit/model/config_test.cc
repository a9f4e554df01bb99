#include "model/config.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Config, FindsHostsAndRolesByName) {
  Config config;
  config.hosts = {{.name = "db1", .ip = "10.0.0.4"}, {.name = "db2", .ip = "10.0.0.5"}};
  config.roles = {{.name = "writer"}, {.name = "reader", .mode = RoleMode::balanced}};
  ASSERT_NE(config.host("db2"), nullptr);
  EXPECT_EQ(config.host("db2")->ip, "10.0.0.5");
  ASSERT_NE(config.role("reader"), nullptr);
  EXPECT_EQ(config.role("reader")->mode, RoleMode::balanced);
}

TEST(Config, HasNothingForANameThatIsNotThere) {
  const Config config;
  EXPECT_EQ(config.host("db1"), nullptr);
  EXPECT_EQ(config.role(""), nullptr);
}

// Goal: the defaults that an administrator reads in the manual (docs/mmm2-reference.md).
TEST(Config, StartsWithTheDefaultsOfTheManual) {
  const Config config;
  EXPECT_EQ(config.lease_ttl, 2s);
  EXPECT_EQ(config.reader_ttl, 10s);
  EXPECT_EQ(config.monitor.port, 9988);
  EXPECT_EQ(HostConfig{}.agent_port, 9989);
  EXPECT_EQ(CheckConfig{}.check_period, 5s);
  EXPECT_EQ(CheckConfig{}.trap_period, 10s);
  EXPECT_EQ(config.monitor.mode, MonitorMode::active);
  EXPECT_EQ(config.monitor.auto_set_online, 0s);
}

}  // namespace
}  // namespace mmm
