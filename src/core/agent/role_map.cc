// The reader addresses of a host that has lost touch with the monitor, or for which another host answers, too: somebody
// else may serve them by a newer map (docs/lease.md, "Reader IPs").

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

bool Brain::has_reader_ips() const {
  const auto* plan = own_plan();
  return plan && std::ranges::any_of(plan->roles, [this](const Role& role) { return keeps_as_reader(role); });
}

bool Brain::out_of_touch() const {
  return managed() && now_ - leader_heard_ >= reader_ttl() && has_reader_ips();
}

bool Brain::asks_for_role_maps() const {
  if (out_of_touch()) return true;
  return std::ranges::any_of(probes_, [&](const auto& probe) { return !probe.second.rival.empty() && ips_.contains(probe.first); });
}

HostSet Brain::peers() const {
  auto hosts = promisers();
  if (!asks_for_role_maps()) return hosts;
  for (const auto& host : config_.hosts)
    if (host.name != self_) hosts.insert(host.name);
  return hosts;
}

void Brain::settle_role_map() {
  if (!managed() || !has_reader_ips()) return;
  if (!asks_for_role_maps()) return wake_at(leader_heard_ + reader_ttl());
  const auto due = maps_asked_ == kLongAgo ? now_ : maps_asked_ + reader_ttl() / 3;
  if (now_ < due) return wake_at(due);
  ask_for_role_maps();
  wake_at(now_ + reader_ttl() / 3);
}

void Brain::ask_for_role_maps() {
  maps_asked_ = now_;
  for (const auto& host : peers()) effects_.push_back(AskPeer{host, MapAsk{self_, host}});
}

void Brain::answer_peer(ConnectionId to, const MapAsk& ask) {
  MapAnswer answer{.accepted = memory_.accepted, .serves = {}};
  if (ask.to == self_ && mysqld_ == Life::up)
    for (const auto& ip : reader_ips())
      if (ips_.contains(ip)) answer.serves.push_back(ip);
  effects_.push_back(AnswerPeer{to, std::move(answer)});
}

// Only what another host really serves by a newer map is let go. Nobody takes anything by what it hears here.
void Brain::hear_peer(const HostName& from, const MapAnswer& map) {
  if (map.accepted <= memory_.accepted) return;
  const auto mine = reader_ips();
  for (const auto& ip : map.serves) {
    if (const auto known = taken_over_.find(ip); known != taken_over_.end()) {
      known->second = std::max(known->second, map.accepted);
    } else if (mine.contains(ip)) {
      taken_over_.emplace(ip, map.accepted);
      note(Severity::warning, fmt::format("lets {} go: {} serves it by a newer word of the monitor, which this host did not hear", ip, from));
    }
  }
}

}  // namespace mmm::agent
