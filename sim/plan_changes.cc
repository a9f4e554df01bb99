#include "sim/plan_changes.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/random.h"

namespace mmm::sim {

namespace {

// The last restart; what was down then is back when the calm begins.
constexpr TrueTime kEverywhere = kCalmFrom - 1s;

std::optional<Node> pick(const NodeSet& nodes, Random& random) {
  if (nodes.none()) return std::nullopt;
  auto left = random.below(nodes.count());
  for (Node node = 0;; ++node)
    if (nodes.test(node) && left-- == 0) return node;
}

// What can be done to `before`; `absent`: machines that no configuration has named yet.
std::optional<ConfigChange> draw_edit(const Layout& before, const NodeSet& absent, bool unnoticed, Random& random) {
  ConfigChange change{.after = before};
  auto& [hosts, candidates] = change.after;
  std::optional<Node> who;
  switch (random.below(unnoticed ? 3 : 6)) {
    case 0: change.edit = Edit::add_candidate, who = pick(absent, random); break;
    case 1: change.edit = Edit::promote_slave, who = pick(before.hosts & ~before.candidates, random); break;
    case 2: change.edit = Edit::add_slave, who = pick(absent, random); break;
    case 3: change.edit = Edit::demote_candidate, who = pick(before.candidates, random); break;
    default: change.edit = Edit::remove_host, who = pick(before.hosts, random);
  }
  if (!who) return std::nullopt;
  change.who = *who;
  const bool adds = change.edit == Edit::add_candidate || change.edit == Edit::add_slave;
  if (adds) hosts.set(*who);
  if (change.edit == Edit::add_candidate || change.edit == Edit::promote_slave) candidates.set(*who);
  if (change.edit == Edit::remove_host) hosts.reset(*who);
  if (change.edit == Edit::remove_host || change.edit == Edit::demote_candidate) candidates.reset(*who);
  if (candidates.count() < kCandidatesMin || candidates.count() > kCandidatesMax) return std::nullopt;
  return change;
}

// One after the other, in any order; a program may run with the old configuration for long.
void draw_times(ConfigChange& change, const Plan& plan, bool one_by_one, Random& random) {
  std::vector<Node> order;
  plan.topology.each_node([&](Node node) { order.push_back(node); });
  for (auto i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  // As in PlanKind::restarts: the next process dies when the one before could renew.
  auto turn = change.at;
  for (const auto node : order) {
    auto& edited = change.edited[node];
    auto& restarted = change.restarted[node];
    edited = one_by_one ? turn : change.at + random.between(Duration{0}, Duration(2s));
    restarted = one_by_one ? turn : edited + (random.chance(0.75) ? random.between(Duration{0}, Duration(3s)) : random.between(3s, 14s));
    restarted = std::min(restarted, kEverywhere);
    turn += 2s;
  }
  if (change.edit == Edit::remove_host)
    change.gone = std::min<TrueTime>(std::ranges::max(change.edited) + random.between(Duration{0}, Duration(8s)), kEverywhere);
}

TrueTime last_restart(const ConfigChange& change) { return std::ranges::max(change.restarted); }

}  // namespace

void add_changes(Plan& plan) {
  Random random(plan.seed ^ 0x63686E67u);
  random.next();
  const bool unnoticed = plan.kind == PlanKind::restarts;
  if (unnoticed) plan.faults.clear();
  // Up to two machines are not there at first. The last ones: db1 and db2 begin as the masters.
  NodeSet absent;
  for (auto left = 1 + random.below(std::min<std::size_t>(2, plan.topology.slaves)); left > 0; --left)
    absent.set(plan.topology.hosts() - left);
  plan.layout.hosts &= ~absent;
  auto layout = plan.layout;
  auto from = kFaultsFrom + 1s, to = TrueTime(18s);
  const auto wanted = unnoticed || random.chance(0.6) ? 1u : 2u;
  for (int tries = 0; plan.changes.size() < wanted && tries < 20; ++tries) {
    auto change = draw_edit(layout, absent, unnoticed, random);
    if (!change) continue;
    change->at = random.between(from, unnoticed ? from + 2s : to);
    change->prepared = random.chance(0.6);
    draw_times(*change, plan, unnoticed, random);
    absent.reset(change->who);
    layout = change->after;
    from = last_restart(*change) + 500ms;
    to = std::max(from, TrueTime(25s));
    plan.changes.push_back(*change);
    if (from > 25s) break;
  }
}

std::string describe(const ConfigChange& change) {
  const auto who = name_of(change.who);
  const auto* prepared = change.prepared ? ", which was set offline before" : "";
  switch (change.edit) {
    case Edit::add_slave: return fmt::format("{} is added to the configuration, an empty slave", who);
    case Edit::add_candidate: return fmt::format("{} is added to the configuration, an empty candidate", who);
    case Edit::promote_slave: return fmt::format("the slave {} becomes a candidate", who);
    case Edit::demote_candidate: return fmt::format("the candidate {}{} becomes a slave", who, prepared);
    case Edit::remove_host: return fmt::format("{}{} is removed from the configuration", who, prepared);
  }
  return "?";
}

std::string describe(const Topology& topology) {
  return fmt::format("{} candidates, {} slaves", topology.candidates, topology.slaves);
}

}  // namespace mmm::sim
