#include "core/monitor/roles.h"

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

using lab::kReader100;
using lab::kReader90;
using lab::kWriter;
using Hosts = std::set<HostName>;

constexpr auto kActive = MonitorMode::active;
constexpr auto kManual = MonitorMode::manual;
const Hosts kAll{"db1", "db2", "db3"};

RoleOwners carry_out(RoleOwners owners, const std::vector<RoleMove>& moves) {
  for (const auto& move : moves) {
    const auto it = owners.find(move.role);
    EXPECT_EQ(move.from, it == owners.end() ? std::nullopt : std::optional(it->second)) << to_string(move.role);
    owners.insert_or_assign(move.role, move.to);
  }
  return owners;
}

struct Distribution : testing::Test {
  RoleOwners after(const RoleOwners& owners, const Hosts& eligible, MonitorMode mode = kActive) {
    return carry_out(owners, distribute(config, owners, eligible, mode));
  }
  Config config = lab::config();
};

// ---- what the transcripts of MMM 2 show ---------------------------------------------------------------------------

TEST_F(Distribution, TheFirstHostOnlineGetsEverything) {
  EXPECT_EQ(after({}, {"db1"}), (RoleOwners{{kWriter, "db1"}, {kReader90, "db1"}, {kReader100, "db1"}}));
}

TEST_F(Distribution, HostsThatComeLaterTakeTheReadersOffTheWriter) {
  auto owners = after({}, {"db1"});
  owners = after(owners, {"db1", "db2"});
  EXPECT_EQ(owners, (RoleOwners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db1"}}));
  owners = after(owners, kAll);
  EXPECT_EQ(owners, (RoleOwners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db3"}}));
}

TEST_F(Distribution, TheReaderGivesWayWhenTheWriterMovesToItsHost) {
  EXPECT_EQ(after({{kWriter, "db2"}, {kReader90, "db2"}, {kReader100, "db3"}}, kAll),
            (RoleOwners{{kWriter, "db2"}, {kReader90, "db1"}, {kReader100, "db3"}}));
  EXPECT_EQ(after({{kWriter, "db1"}, {kReader90, "db1"}, {kReader100, "db3"}}, kAll),
            (RoleOwners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db3"}}));
}

TEST_F(Distribution, AReaderOfAnOfflineHostGoesToTheWriterWhenThatCarriesLess) {
  EXPECT_EQ(after({{kWriter, "db1"}, {kReader90, "db2"}}, {"db1", "db2"}),
            (RoleOwners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db1"}}));
}

TEST_F(Distribution, AReaderThatWasRemovedComesBackWhereItFitsBest) {
  EXPECT_EQ(after({{kWriter, "db1"}, {kReader100, "db3"}}, kAll, kManual).at(kReader90), "db2");
}

TEST_F(Distribution, TwoReadersOnOneHostAreSpreadByTheFirstInTheConfiguration) {
  EXPECT_EQ(after({{kWriter, "db2"}, {kReader90, "db3"}, {kReader100, "db3"}}, kAll),
            (RoleOwners{{kWriter, "db2"}, {kReader90, "db1"}, {kReader100, "db3"}}));
}

// ---- the rules, one by one ----------------------------------------------------------------------------------------

TEST_F(Distribution, ATieGoesToTheFirstOfTheRolesHosts) {
  EXPECT_EQ(after({}, kAll).at(kWriter), "db1");
  config.roles[0].hosts = {"db2", "db1"};
  EXPECT_EQ(after({}, kAll).at(kWriter), "db2");
}

TEST_F(Distribution, TheWriterCountsHalfAnAddress) {
  // db1 carries 0.5, db2 1, db3 1: the orphan goes to the writer's host, not to an equal of it.
  config.roles[1].ips = {"10.0.0.90", "10.0.0.100", "10.0.0.101"};
  const auto owners = after({{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db3"}}, kAll);
  EXPECT_EQ(owners.at({"reader", "10.0.0.101"}), "db1");
  // With 0.5 against 0 it goes to the idle host.
  EXPECT_EQ(after({{kWriter, "db1"}, {kReader90, "db3"}}, kAll).at(kReader100), "db2");
}

TEST_F(Distribution, AnotherExclusiveRoleCountsAWholeAddress) {
  config.roles.insert(config.roles.begin() + 1,
                      {.name = "batch", .hosts = {"db1", "db2", "db3"}, .ips = {"10.0.0.70"}});
  config.roles.back().ips = {"10.0.0.90"};
  // db1 carries the writer (0.5), db2 batch (1): the reader goes to db1.
  EXPECT_EQ(after({{kWriter, "db1"}, {{"batch", "10.0.0.70"}, "db2"}}, {"db1", "db2"}).at(kReader90), "db1");
}

TEST_F(Distribution, OrphanedExclusiveAddressesComeBeforeBalancedOnes) {
  std::ranges::reverse(config.roles);
  const auto moves = distribute(config, {}, kAll, kActive);
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves[0].role, kWriter);
  EXPECT_EQ(moves[1].role, kReader90);
  EXPECT_EQ(moves[2].role, kReader100);
}

TEST_F(Distribution, AnOrphanGoesToItsPreferredHostThoughThatCarriesMore) {
  config.roles[0].prefer = "db2";
  for (const auto mode : {kActive, kManual, MonitorMode::wait})
    EXPECT_EQ(after({{kReader90, "db2"}, {kReader100, "db2"}}, {"db1", "db2"}, mode).at(kWriter), "db2");
}

TEST_F(Distribution, AnOrphanGoesElsewhereWhileItsPreferredHostIsNotEligible) {
  config.roles[0].prefer = "db2";
  EXPECT_EQ(after({}, {"db1", "db3"}).at(kWriter), "db1");
}

TEST_F(Distribution, AnExclusiveRoleReturnsToItsPreferredHostInActiveModeOnly) {
  config.roles[0].prefer = "db1";
  const RoleOwners owners{{kWriter, "db2"}, {kReader90, "db1"}, {kReader100, "db3"}};
  const auto moves = distribute(config, owners, kAll, kActive);
  ASSERT_FALSE(moves.empty());
  EXPECT_EQ(moves[0].role, kWriter);
  EXPECT_EQ(moves[0].from, "db2");
  EXPECT_EQ(moves[0].to, "db1");
  EXPECT_EQ(moves[0].because, "db1 is its preferred host");
  EXPECT_EQ(after(owners, kAll, kManual).at(kWriter), "db2");
  EXPECT_EQ(after(owners, kAll, MonitorMode::wait).at(kWriter), "db2");
  EXPECT_EQ(after(owners, {"db2", "db3"}).at(kWriter), "db2");
}

TEST_F(Distribution, PassiveModeMovesNothing) {
  EXPECT_TRUE(distribute(config, {}, kAll, MonitorMode::passive).empty());
}

TEST_F(Distribution, NobodyEligibleMeansNoMoves) {
  EXPECT_TRUE(distribute(config, {}, {}, kActive).empty());
  EXPECT_TRUE(distribute(config, {{kWriter, "db1"}}, {}, kActive).empty());
}

TEST_F(Distribution, ARoleGoesToNoHostOutsideItsList) {
  EXPECT_FALSE(after({}, {"db3"}).contains(kWriter));
  config.roles[0].prefer = "db3";
  EXPECT_EQ(after({}, kAll).at(kWriter), "db1") << "a preferred host that can't handle the role";
}

// MANUAL: a failed host keeps its roles until an administrator moves them.
TEST_F(Distribution, AnAddressWithAnOwnerStaysThoughTheOwnerIsNotEligible) {
  const RoleOwners owners{{kWriter, "db1"}, {kReader90, "db1"}, {kReader100, "db2"}};
  EXPECT_EQ(after(owners, {"db2", "db3"}, kManual), owners);
}

TEST_F(Distribution, EveryMoveSaysWhy) {
  const auto moves = distribute(config, {{kReader90, "db1"}, {kReader100, "db1"}}, kAll, kActive);
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0].because, "nobody holds it and db2 has the fewest roles");
  EXPECT_EQ(moves[1].because, "db1 has more to carry than db3");
  EXPECT_EQ(moves[1].role, kReader90);
}

TEST_F(Distribution, RolesThatTheConfigurationDoesNotKnowAreLeftAlone) {
  const Role stray{"reader", "10.0.0.99"};
  const RoleOwners owners{{kWriter, "db1"}, {kReader90, "db2"}, {kReader100, "db3"}, {stray, "db3"}};
  for (const auto& move : distribute(config, owners, kAll, kActive)) EXPECT_NE(move.role, stray);
}

// The orphan would go to db2, which carries less in all, but db2 has its share of role "b": the orphan goes to db1
// directly, and the address that serves on db2 stays.
TEST_F(Distribution, AnOrphanGoesToItsLastHostDirectlyAndMovesNoAddressThatServes) {
  config.roles = {{.name = "a", .mode = RoleMode::balanced, .hosts = {"db1"}, .ips = {"1", "2", "3"}},
                  {.name = "b", .mode = RoleMode::balanced, .hosts = {"db1", "db2"}, .ips = {"4", "5"}}};
  const RoleOwners owners{{{"a", "1"}, "db1"}, {{"a", "2"}, "db1"}, {{"a", "3"}, "db1"}, {{"b", "4"}, "db2"}};
  const auto moves = distribute(config, owners, kAll, kActive);
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].role, (Role{"b", "5"}));
  EXPECT_EQ(moves[0].from, std::nullopt);
  EXPECT_EQ(moves[0].to, "db1");
}

TEST_F(Distribution, RolesOfAHostAreSorted) {
  EXPECT_EQ(roles_of({{kWriter, "db1"}, {kReader90, "db1"}, {kReader100, "db1"}}, "db1"),
            (std::vector<Role>{kReader100, kReader90, kWriter}));
  EXPECT_TRUE(roles_of({{kWriter, "db1"}}, "db2").empty());
}

// ---- properties ---------------------------------------------------------------------------------------------------

struct World {
  Config config;
  RoleOwners owners;
  Hosts eligible;
  MonitorMode mode = kActive;
};

// Up to 6 hosts, 1 to 4 roles with lists of hosts of their own, addresses anywhere or nowhere.
World random_world(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return random() % n; };
  World world;
  const auto host_count = 1 + below(6);
  std::vector<HostName> names;
  for (unsigned i = 0; i < host_count; ++i) names.push_back(fmt::format("h{}", i));
  for (const auto& name : names) {
    world.config.hosts.push_back({.name = name});
    if (below(4) != 0) world.eligible.insert(name);
  }
  const auto role_count = 1 + below(4);
  for (unsigned r = 0; r < role_count; ++r) {
    const bool exclusive = r == 0 || below(4) == 0;
    RoleConfig role{.name = fmt::format("r{}", r), .mode = exclusive ? RoleMode::exclusive : RoleMode::balanced};
    for (const auto& name : names)
      if (below(3) != 0) role.hosts.push_back(name);
    std::ranges::shuffle(role.hosts, random);
    const auto ip_count = role.mode == RoleMode::exclusive ? 1 : 1 + below(7);
    for (unsigned i = 0; i < ip_count; ++i) role.ips.push_back(fmt::format("10.{}.0.{}", r, i));
    if (role.mode == RoleMode::exclusive && !role.hosts.empty() && below(2) == 0)
      role.prefer = role.hosts[below(static_cast<unsigned>(role.hosts.size()))];
    for (const auto& ip : role.ips)
      if (!role.hosts.empty() && below(3) != 0)
        world.owners[{role.name, ip}] = role.hosts[below(static_cast<unsigned>(role.hosts.size()))];
    world.config.roles.push_back(std::move(role));
  }
  world.config.active_master_role = "r0";
  world.mode = below(3) == 0 ? kManual : kActive;
  return world;
}

constexpr unsigned kWorlds = 5000;

std::vector<HostName> eligible_of(const World& world, const RoleConfig& role) {
  std::vector<HostName> hosts;
  for (const auto& host : role.hosts)
    if (world.eligible.contains(host)) hosts.push_back(host);
  return hosts;
}

int addresses(const RoleOwners& owners, const RoleConfig& role, const HostName& host) {
  return static_cast<int>(std::ranges::count_if(
      owners, [&](const auto& entry) { return entry.first.name == role.name && entry.second == host; }));
}

TEST(DistributionOfAnything, SpreadsEachBalancedRoleUntilNoTwoHostsDifferByTwo) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const auto world = random_world(seed);
    const auto owners = carry_out(world.owners, distribute(world.config, world.owners, world.eligible, world.mode));
    for (const auto& role : world.config.roles) {
      const auto hosts = eligible_of(world, role);
      if (role.mode != RoleMode::balanced || hosts.empty()) continue;
      std::vector<int> counts;
      for (const auto& host : hosts) counts.push_back(addresses(owners, role, host));
      ASSERT_LE(std::ranges::max(counts) - std::ranges::min(counts), 1) << "seed " << seed << ", " << role.name;
    }
  }
}

TEST(DistributionOfAnything, LeavesNoAddressWithoutAnOwnerWhereSomebodyIsEligible) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const auto world = random_world(seed);
    const auto owners = carry_out(world.owners, distribute(world.config, world.owners, world.eligible, world.mode));
    for (const auto& role : world.config.roles)
      for (const auto& ip : role.ips) {
        const Role address{role.name, ip};
        const bool had_owner = world.owners.contains(address);
        ASSERT_EQ(owners.contains(address), had_owner || !eligible_of(world, role).empty()) << "seed " << seed;
      }
  }
}

TEST(DistributionOfAnything, IsDoneAfterOneRound) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const auto world = random_world(seed);
    const auto owners = carry_out(world.owners, distribute(world.config, world.owners, world.eligible, world.mode));
    ASSERT_TRUE(distribute(world.config, owners, world.eligible, world.mode).empty()) << "seed " << seed;
  }
}

TEST(DistributionOfAnything, MovesOnlyToEligibleHostsOfTheRoleAndEachAddressOnce) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const auto world = random_world(seed);
    std::set<Role> moved;
    for (const auto& move : distribute(world.config, world.owners, world.eligible, world.mode)) {
      const auto hosts = eligible_of(world, *world.config.role(move.role.name));
      ASSERT_NE(std::ranges::find(hosts, move.to), hosts.end()) << "seed " << seed;
      ASSERT_NE(move.from, move.to) << "seed " << seed;
      ASSERT_TRUE(moved.insert(move.role).second) << "seed " << seed;
      ASSERT_FALSE(move.because.empty());
    }
  }
}

TEST(DistributionOfAnything, PutsAnExclusiveRoleOnItsPreferredHostInActiveMode) {
  for (unsigned seed = 0; seed < kWorlds; ++seed) {
    const auto world = random_world(seed);
    if (world.mode != kActive) continue;
    const auto owners = carry_out(world.owners, distribute(world.config, world.owners, world.eligible, world.mode));
    for (const auto& role : world.config.roles)
      if (role.prefer && world.eligible.contains(*role.prefer)) {
        ASSERT_EQ(owners.at({role.name, role.ips.front()}), *role.prefer) << "seed " << seed;
      }
  }
}

}  // namespace
}  // namespace mmm
