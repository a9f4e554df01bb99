// Who may command.

#include "runtime/allowed.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

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

}  // namespace
}  // namespace mmm
