// Host states, the mode, divergence, and who holds the reader addresses.

#include <algorithm>

#include <fmt/format.h>

#include "core/monitor/brain.h"

namespace mmm {

namespace {

// What the writer lacks at first may only be what its last report was too old to show. Reports come every second, from
// observations up to a second old; a transaction still missing after this time is not on the writer.
constexpr Duration kDivergenceProof = 2500ms;
// After a hand-over the two masters follow each other within milliseconds; what lasts this long is a mistake.
constexpr Duration kPairPatience = 5s;

}  // namespace

void MonitorBrain::decide() {
  greet_again();
  gather();
  if (leads_) {
    forget_the_operators_word();
    book_.unheard_lease_ends(now_.at);
    book_.forget_what_ran_out(lease_ttl_, now_.at);
  }
  if (leads_ && decided_start_ && network_) {
    decide_mode();
    decide_divergence();
    decide_states();
    look_at_pairs();
    if (mode_ != MonitorMode::passive) {
      decide_readers();
      decide_writer();
    }
    look_at_addresses();
  } else if (!resolutions_.empty()) {
    resolutions_ = {};
  }
  publish();
}

void MonitorBrain::decide_mode() {
  if (mode_ != MonitorMode::wait) return;
  int online = 0, masters = 0;
  bool waited = false;
  const auto limit = config_.monitor.wait_for_other_master;
  for (const auto& host : config_.hosts) {
    if (host.mode != HostMode::master) continue;
    ++masters;
    const auto& data = hosts_.at(host.name);
    if (data.state != HostState::online) continue;
    ++online;
    waited = waited || (limit > 0s && now_.at - data.since.at >= limit);
  }
  const bool both = online >= std::min(masters, 2) && masters > 0;
  if (!both && !waited) return;
  mode_ = MonitorMode::active;
  note(NoteLevel::info, "", both ? "both masters are ONLINE: switches from WAIT to ACTIVE mode"
                                 : "one master has been ONLINE for wait_for_other_master: switches from WAIT to ACTIVE mode");
  for (const auto& host : config_.hosts)
    if (hosts_.at(host.name).state != HostState::online) drop_roles(host.name, "ACTIVE mode leaves roles on ONLINE hosts only");
}

bool MonitorBrain::corroborated(const HostName& host, CheckName check) const {
  const auto& agent = hosts_.at(host).agent;
  if (check == CheckName::mysql && reachable(host) && agent.report &&
      (!agent.report->mysqld_alive || !agent.report->server))
    return true;
  // The host has answered pings for as long as its server has not: the way to it is whole, so its server is what failed.
  // (A ping that fails without a second opinion keeps its verdict: that it is good says nothing here.)
  const auto &ping = checks_.at(host, CheckName::ping), &mysql = checks_.at(host, CheckName::mysql);
  if (check == CheckName::mysql && !reachable(host) && ping.passing_since && mysql.failing_since &&
      *ping.passing_since <= *mysql.failing_since)
    return true;
  for (const auto& [other, data] : hosts_) {
    if (other == host || !reachable(other) || !data.agent.report) continue;
    const auto& list = data.agent.report->unreachable;
    if (std::ranges::find(list, host) != list.end()) return true;
  }
  return book_.exists() && book_.assignment().writer == host && !book_.durable().released &&
         now_.at >= book_.nobody_holds_a_lease() && !writer_may_live_on_promises();
}

// A half-done hand-over has nobody else: that the host left ONLINE too often must not end it for good.
bool MonitorBrain::is_awaited(const HostName& host) const {
  return hand_over_ && is_candidate(host) &&
         std::ranges::none_of(candidates(), [this](const auto& name) {
           return name == left_in_order_ || unfit(name).empty();  // who left in order is back in a moment
         });
}

HostFacts MonitorBrain::facts_of(const HostConfig& host) const {
  const auto& data = hosts_.at(host.name);
  const auto& checks = checks_.of(host.name);
  const auto master = active_master();
  HostFacts f;
  f.state = data.state;
  f.ping = checks[CheckName::ping].verdict;
  f.mysql = checks[CheckName::mysql].verdict;
  f.rep_threads = checks[CheckName::rep_threads].verdict;
  f.rep_backlog = checks[CheckName::rep_backlog].verdict;
  f.is_active_master = master == host.name;
  f.can_be_active_master = is_candidate(host.name);
  f.there_is_active_master = master.has_value();
  f.left_in_order = host.name == left_in_order_;
  const auto& peer = host.mode == HostMode::master ? host.peer : master;
  if (const auto it = peer ? hosts_.find(*peer) : hosts_.end(); it != hosts_.end()) {
    const auto& peer_data = it->second;
    f.peer_state = peer_data.state;
    if (peer_data.state == HostState::online) f.peer_online_for = now_.at - peer_data.since.at;
    f.peer_serves = checks_.serves(*peer);
  }
  f.diverged = data.diverged;
  f.flapping = data.flap.flapping && !is_awaited(host.name);
  f.in_state = now_.at - data.since.at;
  f.since_check_change = now_.at - checks.last_change();
  if (data.flap.uptime_at_loss_s && data.agent.report && reachable(host.name)) {
    const auto down = data.agent.report->uptime_s - *data.flap.uptime_at_loss_s;
    if (down > 0) f.downtime = from_seconds(down);
  }
  f.auto_set_online = config_.monitor.auto_set_online;
  f.flap_duration = config_.monitor.flap_duration;
  return f;
}

void MonitorBrain::decide_states() {
  for (const auto& host : config_.hosts) {
    auto& data = hosts_.at(host.name);
    if (data.state == HostState::admin_offline) continue;
    const auto* row = next_state(facts_of(host), mode_);
    if (!row || (row->to == HostState::online && !may_come_online(host.name))) continue;
    enter(host.name, row->to, std::string(row->because));
    if (!takes_roles_away(*row, mode_)) continue;
    drop_roles(host.name, std::string(row->because));
    kill_if_silent(host.name);
  }
}

void MonitorBrain::enter(const HostName& host, HostState to, std::string because) {
  auto& data = hosts_.at(host);
  if (data.state == to) return;
  note(to == HostState::online || to == HostState::awaiting_recovery ? NoteLevel::info : NoteLevel::error, host,
       fmt::format("state {} -> {}: {}", to_string(data.state), to_string(to), because));
  if (data.state == HostState::online) {
    data.flap.uptime_at_loss_s.reset();
    if (data.agent.report) data.flap.uptime_at_loss_s = data.agent.report->uptime_s;
    if (to != HostState::admin_offline) count_flap(data);
  }
  data.state = to;
  data.since = now_;
  data.verified = false;
  data.to_verify.reset();
  data.because = std::move(because);
}

void MonitorBrain::count_flap(HostData& data) {
  const auto window_ms = milliseconds(config_.monitor.flap_duration);
  if (data.flap.flap_count == 0 || now_.wall_ms - data.flap.flap_first_wall_ms > window_ms) {
    data.flap.flap_count = 0;
    data.flap.flap_first_wall_ms = now_.wall_ms;
  }
  if (++data.flap.flap_count > config_.monitor.flap_count) data.flap.flapping = true;
}

void MonitorBrain::drop_roles(const HostName& host, const std::string& because) {
  const auto& agent = hosts_.at(host).agent;
  const auto roles = roles_of(owners_, host);
  if (roles.empty()) return;
  for (const auto& role : roles) {
    owners_.erase(role);
    note(NoteLevel::info, host, fmt::format("loses {}: {}", to_string(role), because));
    const bool is_writer_role = role.name == config_.active_master_role;
    // A silent host may serve its address for as long as its kernel keeps it (lease.md, "Reader IPs").
    if (!is_writer_role && !reachable(host))
      held_back_[role] = {host, agent.heard + waiting_time(config_.reader_ttl, false)};
  }
}

// It could not be told that it is offline: whether it serves on is not known (kill_host_bin, docs/mmm2-reference.md §4).
void MonitorBrain::kill_if_silent(const HostName& host) {
  if (!reachable(host)) effects_.push_back(KillHost{host, checks_.good(host, CheckName::ping)});
}

void MonitorBrain::decide_divergence() {
  const auto writer = active_master();
  if (!writer || !serves_as_writer(*writer)) return;
  const auto& writer_agent = hosts_.at(*writer).agent;
  for (auto& [name, data] : hosts_) {
    if (name == *writer) {
      data.suspect = {};
      data.diverged = false;
      continue;
    }
    verify(name, data, writer_agent.report->server->has);
    if (data.suspect.empty()) {
      if (!reachable(name) || !data.agent.report || !data.agent.report->server) continue;
      for (const auto& missing : writer_agent.report->server->has.lacks_of(data.agent.report->server->has))
        data.suspect.add(missing.last);
      data.suspect_since = now_.at;
      continue;
    }
    const auto& own = data.agent.report;
    const bool seeded_anew = own && own->server && data.agent.report_at > data.suspect_since &&
                             !own->server->has.contains(data.suspect);
    if (seeded_anew || writer_agent.report->server->has.contains(data.suspect)) {
      if (data.diverged) note(NoteLevel::info, name, "no longer has transactions that the writer lacks");
      data.suspect = {};
      data.diverged = false;
    } else if (!data.diverged && writer_agent.report_at >= data.suspect_since + kDivergenceProof) {
      data.diverged = true;
      note(NoteLevel::error, name, fmt::format("has transactions that the writer {} lacks ({}): it must not serve (S3)",
                                               *writer, to_string(data.suspect)));
    }
  }
}

// A host that says that it follows this generation writes nothing of its own any more: what it has then is all there is
// to compare.
void MonitorBrain::verify(const HostName& host, HostData& data, const GtidSet& writer_has) {
  const auto& report = data.agent.report;
  if (data.verified || !reachable(host) || !report || !report->server || data.agent.report_at <= data.since.at) return;
  const auto generation = book_.assignment().generation;
  if (report->accepted.generation != generation || !report->server->read_only) return;
  // Until its receiver has let go of the last writer, more of that one's may come; what came is applied later.
  const auto* writer = config_.host(book_.assignment().writer);
  const auto& replication = report->server->replication;
  const bool receives = replication.configured && replication.io != IoThread::no;
  if (receives && (!writer || replication.source_ip != writer->ip)) return;
  // Its first report in this generation counts: under load it may always be ahead of the writer's latest one. One that has
  // less than it had lost what it received when it follows another one, or got other data, maybe sooner than any check
  // could see: it is compared anew.
  auto all = report->server->has;
  all.add(replication.received);
  const bool replaced = data.to_verify && !report->server->has.empty() && !all.contains(data.to_verify->second);
  if (!data.to_verify || data.to_verify->first != generation || replaced) data.to_verify.emplace(generation, std::move(all));
  data.verified = writer_has.contains(data.to_verify->second);
  if (!data.verified) return;
  data.trust();
  // After a restart its server may receive from the last writer again: only what was compared counts.
  if (replication.configured && (!writer || replication.source_ip != writer->ip)) data.counts_up_to = data.to_verify->second;
}

// No host comes back by itself with transactions that the writer lacks (S3).
bool MonitorBrain::may_come_online(const HostName& host) const {
  const auto writer = active_master();
  const auto& data = hosts_.at(host);
  return data.verified || (writer ? *writer == host : !data.unproven);
}

void MonitorBrain::look_at_pairs() {
  std::map<HostName, const ServerStatus*> servers;
  for (const auto& [name, data] : hosts_)
    if (data.state == HostState::online && reachable(name) && data.agent.report && data.agent.report->server)
      servers.emplace(name, &*data.agent.report->server);
  std::map<std::string, PairWarning> found;
  for (auto& text : pair_warnings(config_, servers)) {
    const auto before = pair_warnings_.find(text);
    auto warning = before == pair_warnings_.end() ? PairWarning{now_.at} : before->second;
    if (!warning.told && now_.at - warning.since >= kPairPatience) {
      warning.told = true;
      note(NoteLevel::warning, "", text);
    }
    found.emplace(std::move(text), warning);
  }
  pair_warnings_ = std::move(found);
}

void MonitorBrain::decide_readers() {
  // A host that is heard again was told that the role is not its own.
  std::erase_if(held_back_, [this](const auto& entry) {
    return now_.at >= entry.second.until || reachable(entry.second.host);
  });
  std::set<HostName> eligible;
  for (const auto& [name, data] : hosts_)
    if (data.state == HostState::online && reachable(name)) eligible.insert(name);
  if (balanced_ && balanced_->mode == mode_ && balanced_->owners == owners_ && balanced_->eligible == eligible) return;
  const auto moves = distribute(config_, owners_, eligible, mode_);
  if (moves.empty()) balanced_ = Balanced{owners_, eligible, mode_};
  for (const auto& move : moves) {
    if (move.role.name == config_.active_master_role) {
      const bool home = move.from && !hand_over_ && now_.at >= prefer_again_at_ &&
                        book_.assignment().writer == *move.from && not_ready(move.to).empty();
      if (home) begin_hand_over({.step = Step::releasing, .from = *move.from, .to = move.to, .planned = true,
                                 .why = move.because});
      continue;
    }
    if (const auto held = held_back_.find(move.role); held != held_back_.end()) {
      wake_at(held->second.until);
      continue;
    }
    owners_[move.role] = move.to;
    note(NoteLevel::info, move.to, fmt::format("gets {}{}: {}", to_string(move.role),
                                               move.from ? " from " + *move.from : std::string(), move.because));
  }
}

}  // namespace mmm
