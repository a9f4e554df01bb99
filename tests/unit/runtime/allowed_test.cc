// Who may command, and whom the write fence must not shut out.

#include "runtime/allowed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mmm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Config cluster() {
  Config config;
  config.hosts.push_back({.name = "db1", .ip = "10.0.0.4"});
  config.hosts.push_back({.name = "db2", .ip = "fd00::5"});
  config.monitor.ip = "10.0.0.6";
  return config;
}

TEST(Allowed, AreTheHostsTheMonitorAndLoopback) {
  const auto config = cluster();
  for (const auto* ip : {"10.0.0.4", "fd00::5", "10.0.0.6", "127.0.0.1", "127.9.9.9", "::1"})
    EXPECT_TRUE(may_command(config, ip)) << ip;
  for (const auto* ip : {"10.0.0.40", "10.0.0.5", "fd00::4", "0.0.0.0", "::", "", "db1", "10.0.0.4 "})
    EXPECT_FALSE(may_command(config, ip)) << ip;
}

TEST(Allowed, AnAddressIsTheSameInEverySpelling) { EXPECT_TRUE(may_command(cluster(), "fd00:0::0:5")); }

TEST(Allowed, AreTheAddressesAndNetworksOfAllowFrom) {
  auto config = cluster();
  config.allow_from = {"192.0.2.7", "198.51.100.0/24", "2001:db8::/32"};
  for (const auto* ip : {"192.0.2.7", "198.51.100.255", "2001:db8:ffff::1"}) EXPECT_TRUE(may_command(config, ip)) << ip;
  for (const auto* ip : {"192.0.2.8", "198.51.101.0", "2001:db9::1"}) EXPECT_FALSE(may_command(config, ip)) << ip;
}

// Goal: a network may be written with bits of a host in it.
TEST(Allowed, ANetworkMayBeNamedByAHostInIt) {
  auto config = cluster();
  config.allow_from = {"198.51.100.77/24"};
  EXPECT_TRUE(may_command(config, "198.51.100.1"));
}

TEST(Allowed, AnybodyWhereNobodyIsNamed) {
  auto config = cluster();
  EXPECT_FALSE(anybody_may_command(config));
  config.monitor.ip.clear();
  EXPECT_TRUE(anybody_may_command(config));
  EXPECT_TRUE(may_command(config, "203.0.113.1"));
  config.allow_from = {"192.0.2.7"};
  EXPECT_FALSE(anybody_may_command(config));
  EXPECT_FALSE(may_command(config, "203.0.113.1"));
}

TEST(Allowed, NonsenseMayNotEvenWhereAnybodyMay) {
  auto config = cluster();
  config.monitor.ip.clear();
  EXPECT_FALSE(may_command(config, "nonsense"));
}

// Goal: a host whose fence rejects the monitor's checks says so itself; the monitor sees only a dead server.
TEST(WriteFenceOfTheWholeHost, HasToKnowTheMonitor) {
  auto config = cluster();
  config.write_fence = FenceMode::host;
  EXPECT_EQ(shut_out_monitor(config), "");
  config.monitor.ip = "fd00::6";
  EXPECT_EQ(shut_out_monitor(config), "");
  for (const auto* ip : {"", "127.0.0.1", "::1"}) {
    config.monitor.ip = ip;
    EXPECT_THAT(shut_out_monitor(config), AllOf(HasSubstr("<monitor>"), HasSubstr("mmm_agent.conf"))) << ip;
  }
}

TEST(WriteFenceOfTheWholeHost, IsTheOnlyOneThatCouldShutTheMonitorOut) {
  auto config = cluster();
  config.monitor.ip.clear();
  for (const auto mode : {FenceMode::on, FenceMode::off}) {
    config.write_fence = mode;
    EXPECT_EQ(shut_out_monitor(config), "");
  }
}

}  // namespace
}  // namespace mmm
