#include "core/monitor/startup.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmm {

namespace {

// What each piece of evidence weighs (docs/mmm2-reference.md §6).
constexpr int kWritable = 4, kWriterIp = 2, kWriterFile = 1, kWriterAgent = 1, kFollower = 1;
constexpr int kIp = 4, kFile = 2, kAgent = 1;

// Worst first. What neither source tells by one of these is AWAITING_RECOVERY.
constexpr std::array kWorstFirst{HostState::admin_offline, HostState::hard_offline, HostState::replication_fail,
                                 HostState::replication_delay, HostState::online};

template <class T>
bool contains(const std::vector<T>& all, const T& wanted) {
  return std::ranges::find(all, wanted) != all.end();
}

struct Vote {
  int points = 0;
  std::vector<std::string> grounds;

  void add(bool said, int weight, std::string_view ground) {
    if (!said) return;
    points += weight;
    grounds.push_back(fmt::format("{} {}", ground, weight));
  }
};

class Start {
 public:
  Start(const Config& config, const std::map<HostName, HostEvidence>& evidence, MonitorMode mode)
      : config_(config), evidence_(evidence) {
    decision_.mode = mode;
    if (mode == MonitorMode::passive) add_cause("The configuration says mode passive.");
  }

  void decide_states();
  void adopt_writer(const HostName& writer);
  void choose_writer();
  void choose_owners_of_other_roles();
  void look_for_second_writer_address(bool writer_is_known);
  StartDecision take() { return std::move(decision_); }

 private:
  const HostEvidence& of(const HostName& host) const;
  HostState state_of(const HostEvidence& evidence) const;
  Vote vote_for_writer(const HostName& host, const Role& address) const;
  Vote vote_for_role(const HostName& host, const Role& address) const;
  void choose(const RoleConfig& role, const Role& address, const std::function<Vote(const HostName&)>& vote);
  void win(const Role& address, const HostName& host);
  std::string describe(const HostName& host) const;
  void add_cause(const std::string& line);

  const Config& config_;
  const std::map<HostName, HostEvidence>& evidence_;
  StartDecision decision_;
};

const HostEvidence& Start::of(const HostName& host) const {
  static const HostEvidence nothing{.agent_answered = false};
  const auto it = evidence_.find(host);
  return it == evidence_.end() ? nothing : it->second;
}

HostState Start::state_of(const HostEvidence& evidence) const {
  for (const auto state : kWorstFirst)
    if (evidence.file_state == state || evidence.agent_state == state) return state;
  return HostState::awaiting_recovery;
}

std::string word(const std::optional<HostState>& state) { return state ? std::string(to_string(*state)) : "nothing"; }

void Start::decide_states() {
  for (const auto& host : config_.hosts) {
    const auto& evidence = of(host.name);
    const auto state = state_of(evidence);
    decision_.states[host.name] = state;
    decision_.story.push_back(fmt::format("{} starts {}: the status file says {}, its agent says {}", host.name,
                                          to_string(state), word(evidence.file_state), word(evidence.agent_state)));
  }
}

Vote Start::vote_for_writer(const HostName& host, const Role& address) const {
  const auto state = decision_.states.at(host);
  if (state == HostState::admin_offline) return {};
  if (state == HostState::hard_offline && decision_.mode != MonitorMode::manual) return {};
  const auto& evidence = of(host);
  Vote vote;
  vote.add(evidence.writable, kWritable, "writable");
  vote.add(contains(evidence.ips, address.ip), kWriterIp, "has the address");
  vote.add(contains(evidence.file_roles, address), kWriterFile, "status file");
  vote.add(contains(evidence.agent_roles, address), kWriterAgent, "its agent");
  // Replicas alone make no writer: on a fresh cluster they follow a host too, and all wait for the administrator.
  if (vote.points == 0) return {};
  for (const auto& slave : config_.hosts) {
    const bool follows = slave.mode == HostMode::slave && of(slave.name).source_ip == config_.host(host)->ip;
    vote.add(follows, kFollower, fmt::format("{} replicates from it", slave.name));
  }
  return vote;
}

Vote Start::vote_for_role(const HostName& host, const Role& address) const {
  const auto state = decision_.states.at(host);
  if (state != HostState::online && state != HostState::awaiting_recovery) return {};
  const auto& evidence = of(host);
  Vote vote;
  vote.add(contains(evidence.ips, address.ip), kIp, "has the address");
  vote.add(contains(evidence.file_roles, address), kFile, "status file");
  vote.add(contains(evidence.agent_roles, address), kAgent, "its agent");
  return vote;
}

void Start::choose(const RoleConfig& role, const Role& address, const std::function<Vote(const HostName&)>& vote) {
  std::optional<HostName> best;
  int most = 0;
  for (const auto& host : role.hosts) {
    const auto cast = vote(host);
    if (cast.points == 0) continue;
    decision_.story.push_back(fmt::format("{}: {} gets {} votes ({})", to_string(address), host, cast.points,
                                          fmt::join(cast.grounds, ", ")));
    if (cast.points > most) best = host, most = cast.points;
  }
  if (best)
    win(address, *best);
  else
    decision_.story.push_back(fmt::format("{}: no vote, nobody holds it", to_string(address)));
}

void Start::win(const Role& address, const HostName& host) {
  decision_.owners[address] = host;
  decision_.states[host] = HostState::online;
  decision_.story.push_back(fmt::format("{} goes to {}, which starts ONLINE", to_string(address), host));
}

// The lease knows who the writer is. Its state stays what was written down (a fail-over away from it may be under way);
// only where nothing was, its role speaks for it.
void Start::adopt_writer(const HostName& writer) {
  const auto* role = config_.role(config_.active_master_role);
  if (!role) return;
  if (!config_.host(writer)) {
    decision_.warnings.push_back(fmt::format(
        "{} holds the role {} but is no longer configured: add its host section again, move the role, then remove it",
        writer, role->name));
    return;
  }
  if (!contains(role->hosts, writer))
    decision_.warnings.push_back(fmt::format(
        "{} holds the role {} but is not among its hosts: move the role with move_role", writer, role->name));
  for (const auto& ip : role->ips) decision_.owners[Role{role->name, ip}] = writer;
  auto& state = decision_.states.at(writer);
  if (state == HostState::awaiting_recovery) state = HostState::online;
  decision_.story.push_back(
      fmt::format("{} stays with {} ({}): it holds the assignment, no vote", role->name, writer, to_string(state)));
}

void Start::choose_writer() {
  const auto* role = config_.role(config_.active_master_role);
  if (!role) return;
  for (const auto& host : role->hosts) {  // rule 14: one that did not answer may know better
    if (of(host).agent_answered) continue;
    decision_.story.push_back(fmt::format("no vote for role {}: {} has not answered", role->name, host));
    return;
  }
  for (const auto& ip : role->ips) {
    const Role address{role->name, ip};
    choose(*role, address, [&](const HostName& host) { return vote_for_writer(host, address); });
  }
}

void Start::choose_owners_of_other_roles() {
  for (const auto& role : config_.roles) {
    if (role.name == config_.active_master_role) continue;
    for (const auto& ip : role.ips) {
      const Role address{role.name, ip};
      choose(role, address, [&](const HostName& host) { return vote_for_role(host, address); });
    }
  }
}

std::string Start::describe(const HostName& host) const {
  const auto& evidence = of(host);
  const auto words = [](const std::vector<Role>& roles) {
    std::vector<std::string> texts;
    for (const auto& role : roles) texts.push_back(to_string(role));
    return texts.empty() ? std::string("no roles") : fmt::format("{}", fmt::join(texts, ", "));
  };
  return fmt::format("{}: {}, addresses: {}, replicates from: {}; status file: {}, {}; agent: {}, {}", host,
                     evidence.writable ? "writable" : "not writable",
                     evidence.ips.empty() ? "none" : fmt::format("{}", fmt::join(evidence.ips, ", ")),
                     evidence.source_ip.empty() ? "nobody" : evidence.source_ip, word(evidence.file_state),
                     words(evidence.file_roles), word(evidence.agent_state), words(evidence.agent_roles));
}

void Start::add_cause(const std::string& line) {
  if (!decision_.passive_cause.empty()) decision_.passive_cause += '\n';
  decision_.passive_cause += line;
}

// A known assignment needs nobody's judgement: whoever holds the address without it is told to let go.
void Start::look_for_second_writer_address(bool writer_is_known) {
  const auto* role = config_.role(config_.active_master_role);
  if (!role) return;
  for (const auto& ip : role->ips) {
    std::vector<HostName> holders;
    for (const auto& host : config_.hosts)
      if (contains(of(host.name).ips, ip)) holders.push_back(host.name);
    if (holders.size() < 2) continue;
    const auto what = fmt::format("the address {} of role {} is configured on more than one host ({})", ip, role->name,
                                  fmt::join(holders, ", "));
    if (writer_is_known || !config_.monitor.careful_startup) {
      decision_.warnings.push_back(what);
      continue;
    }
    decision_.mode = MonitorMode::passive;
    add_cause(fmt::format("At start {}.", what));
    for (const auto& host : config_.hosts) add_cause(describe(host.name));
    decision_.story.push_back("careful_startup: the monitor goes PASSIVE, " + what);
  }
}

}  // namespace

StartDecision decide_start(const Config& config, const std::map<HostName, HostEvidence>& evidence,
                           const std::optional<HostName>& writer, MonitorMode configured_mode) {
  Start start(config, evidence, configured_mode);
  start.decide_states();
  if (writer)
    start.adopt_writer(*writer);
  else
    start.choose_writer();
  start.choose_owners_of_other_roles();
  start.look_for_second_writer_address(writer.has_value());
  return start.take();
}

}  // namespace mmm
