#pragma once
// Which host shall hold which address (docs/mmm2-reference.md §3). Proposals only: the writer's move is a hand-over
// (hand_over.h) and a reader address leaves a silent host only after reader_ttl.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/role.h"

namespace mmm {

using RoleOwners = std::map<Role, HostName>;  // a role that nobody holds is absent

struct RoleMove {
  Role role;
  std::optional<HostName> from;
  HostName to;
  std::string because;
};

// One round of the distribution: (1) orphaned exclusive addresses, then orphaned balanced ones, go to an eligible
// host: the preferred one if eligible, else the one with the fewest roles, ties in the order of the role's `hosts`
// in the configuration (an address counts 1, the active master's 0.5); (2) ACTIVE mode only: an exclusive role moves
// to its preferred host when that is eligible; (3) a balanced role moves addresses one by one from the fullest to the
// emptiest eligible host until they differ by at most 1. "Full" is what a host carries of that role; hosts that differ
// by 1 of it are evened out by all that they carry (a difference above 1, as counted in (1), moves an address): so the
// writer gives its reader address to an idle host, as MMM 2 did.
// `eligible`: ONLINE with a reachable agent. PASSIVE mode: no moves. Ensures: `owners` plus the moves, in order, is the
// new distribution.
std::vector<RoleMove> distribute(const Config& config, const RoleOwners& owners, const std::set<HostName>& eligible,
                                 MonitorMode mode);

// The roles of one host, sorted.
std::vector<Role> roles_of(const RoleOwners& owners, const HostName& host);
void roles_of(const RoleOwners& owners, const HostName& host, std::vector<Role>& into);

}  // namespace mmm
