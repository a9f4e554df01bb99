#include "core/monitor/roles.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace mmm {

namespace {

// What a role counts, in halves.
constexpr int kOneAddress = 2;
constexpr int kActiveMaster = 1;

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

// One round under way: who owns what so far, and how it came to be.
class Round {
 public:
  Round(const Config& config, RoleOwners owners, const std::set<HostName>& eligible)
      : config_(config), owners_(std::move(owners)), eligible_(eligible) {}

  void place_orphans(const RoleConfig& role);
  void return_to_preferred(const RoleConfig& role);
  void balance_all();
  std::vector<RoleMove> take_moves();

 private:
  // By the addresses of one role first, then by all that the host carries.
  struct Weight {
    int count = 0, load = 0;
    auto operator<=>(const Weight&) const = default;
  };
  struct Weighed {
    const HostName* host = nullptr;
    Weight weight;
  };
  // A balanced role's hosts at both ends. Null when nobody is eligible.
  struct Ends {
    Weighed fullest, emptiest;
  };

  void place(const RoleConfig& role, const Role& address);
  bool balance(const RoleConfig& role);
  std::vector<HostName> eligible_hosts(const RoleConfig& role) const;
  int load(const HostName& host) const;
  int count(const RoleConfig& role, const HostName& host) const;
  Ends ends(const RoleConfig& role, const std::vector<HostName>& hosts) const;
  void move(const Role& role, const HostName& to, std::string because);
  void move_one(const RoleConfig& role, const HostName& from, const HostName& to);

  const Config& config_;
  RoleOwners owners_;
  const std::set<HostName>& eligible_;
  std::vector<RoleMove> moves_;
};

// In the order of the configuration, which decides ties.
std::vector<HostName> Round::eligible_hosts(const RoleConfig& role) const {
  std::vector<HostName> hosts;
  hosts.reserve(role.hosts.size());
  for (const auto& host : role.hosts)
    if (eligible_.contains(host)) hosts.push_back(host);
  return hosts;
}

int Round::load(const HostName& host) const {
  int halves = 0;
  for (const auto& [role, owner] : owners_)
    if (owner == host) halves += role.name == config_.active_master_role ? kActiveMaster : kOneAddress;
  return halves;
}

int Round::count(const RoleConfig& role, const HostName& host) const {
  return static_cast<int>(std::ranges::count_if(owners_, [&](const auto& entry) {
    return entry.second == host && entry.first.name == role.name && contains(role.ips, entry.first.ip);
  }));
}

void Round::move(const Role& role, const HostName& to, std::string because) {
  const auto it = owners_.find(role);
  const auto from = it == owners_.end() ? std::nullopt : std::optional(it->second);
  owners_.insert_or_assign(role, to);
  // An address that moves twice in a round goes straight to its last host.
  const auto earlier = std::ranges::find(moves_, role, &RoleMove::role);
  if (earlier == moves_.end())
    moves_.push_back({role, from, to, std::move(because)});
  else
    *earlier = {role, earlier->from, to, std::move(because)};
}

void Round::place_orphans(const RoleConfig& role) {
  for (const auto& ip : role.ips) {
    const Role address{role.name, ip};
    if (!owners_.contains(address)) place(role, address);
  }
}

void Round::place(const RoleConfig& role, const Role& address) {
  const auto hosts = eligible_hosts(role);
  if (hosts.empty()) return;
  if (role.prefer && contains(hosts, *role.prefer))
    return move(address, *role.prefer, fmt::format("nobody holds it and {} is its preferred host", *role.prefer));
  const auto host = *std::ranges::min_element(hosts, {}, [&](const HostName& name) { return load(name); });
  move(address, host, fmt::format("nobody holds it and {} has the fewest roles", host));
}

void Round::return_to_preferred(const RoleConfig& role) {
  if (!role.prefer || !contains(eligible_hosts(role), *role.prefer)) return;
  for (const auto& ip : role.ips) {
    const auto it = owners_.find(Role{role.name, ip});
    if (it == owners_.end() || it->second == *role.prefer) continue;
    move(it->first, *role.prefer, fmt::format("{} is its preferred host", *role.prefer));
  }
}

Round::Ends Round::ends(const RoleConfig& role, const std::vector<HostName>& hosts) const {
  Ends ends;
  for (const auto& host : hosts) {
    const Weighed own{&host, {count(role, host), load(host)}};
    if (!ends.fullest.host || own.weight > ends.fullest.weight) ends.fullest = own;
    if (!ends.emptiest.host || own.weight < ends.emptiest.weight) ends.emptiest = own;
  }
  return ends;
}

// A move either evens the role out, or, where a difference of one address merely changes sides, evens out what the
// hosts carry in all. The first lowers the sum of the squared counts of all roles; the second keeps that sum and lowers
// the one of the squared loads. So this ends, whatever the roles share.
bool Round::balance(const RoleConfig& role) {
  const auto hosts = eligible_hosts(role);
  bool moved = false;
  while (true) {
    const auto [fullest, emptiest] = ends(role, hosts);
    if (!fullest.host) return moved;
    const int difference = fullest.weight.count - emptiest.weight.count;
    const bool uneven = difference > 1;
    const bool lopsided = difference == 1 && fullest.weight.load - emptiest.weight.load > kOneAddress;
    if (!uneven && !lopsided) return moved;
    move_one(role, *fullest.host, *emptiest.host);
    moved = true;
  }
}

void Round::balance_all() {
  const auto balance_each = [&] {
    bool moved = false;
    for (const auto& role : config_.roles)
      if (role.mode == RoleMode::balanced && balance(role)) moved = true;
    return moved;
  };
  while (balance_each()) {
  }
}

// Requires: `from` holds an address of the role.
void Round::move_one(const RoleConfig& role, const HostName& from, const HostName& to) {
  std::optional<Role> chosen;
  for (const auto& ip : role.ips) {
    const Role address{role.name, ip};
    const auto it = owners_.find(address);
    if (it == owners_.end() || it->second != from) continue;
    // One that this round gave to the host serves nobody there yet. Else the first in the order of the configuration.
    const bool just_given = std::ranges::find(moves_, address, &RoleMove::role) != moves_.end();
    if (!chosen || just_given) chosen = address;
    if (just_given) break;
  }
  MMM_CHECK(chosen.has_value());
  move(*chosen, to, fmt::format("{} has more to carry than {}", from, to));
}

std::vector<RoleMove> Round::take_moves() {
  std::erase_if(moves_, [](const RoleMove& move) { return move.from == move.to; });
  return std::move(moves_);
}

}  // namespace

std::vector<RoleMove> distribute(const Config& config, const RoleOwners& owners, const std::set<HostName>& eligible,
                                 MonitorMode mode) {
  if (mode == MonitorMode::passive) return {};
  Round round(config, owners, eligible);
  for (const auto wanted : {RoleMode::exclusive, RoleMode::balanced})
    for (const auto& role : config.roles)
      if (role.mode == wanted) round.place_orphans(role);
  for (const auto& role : config.roles)
    if (role.mode == RoleMode::exclusive && mode == MonitorMode::active) round.return_to_preferred(role);
  round.balance_all();
  return round.take_moves();
}

std::vector<Role> roles_of(const RoleOwners& owners, const HostName& host) {
  std::vector<Role> roles;
  roles_of(owners, host, roles);
  return roles;
}

void roles_of(const RoleOwners& owners, const HostName& host, std::vector<Role>& into) {
  into.clear();
  for (const auto& [role, owner] : owners)
    if (owner == host) into.push_back(role);
}

}  // namespace mmm
