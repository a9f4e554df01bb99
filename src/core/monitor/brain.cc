#include "core/monitor/brain.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"

namespace mmm {

namespace {

// Silences and hold times are looked at this often at least. What changes nothing waits until then.
constexpr Duration kLookAround = 500ms;

HostSet candidates_of(const Config& config) {
  const auto* role = config.role(config.active_master_role);
  return role ? HostSet(role->hosts.begin(), role->hosts.end()) : HostSet{};
}

}  // namespace

MonitorBrain::MonitorBrain(const Config& config)
    : config_(config), lease_ttl_(config.lease_ttl), mode_(config.monitor.mode), checks_(config), book_({}, candidates_of(config), kNever) {
  for (const auto& host : config.hosts) hosts_.try_emplace(host.name);
}

std::vector<MonitorEffect> MonitorBrain::step(const MonitorEvent& event, Moment now) {
  now_ = now;
  const bool due = wakeup_ == kNever || now.at >= wakeup_;
  if (due) wakeup_ = now.at + kLookAround;
  news_ = true;
  std::visit([this](const auto& e) { on(e); }, event);
  if (started_ && (news_ || due)) decide();
  if (MMM_MUTANT(told_before_written))
    std::ranges::stable_partition(effects_, [](const MonitorEffect& effect) { return !std::holds_alternative<Keep>(effect); });
  return std::exchange(effects_, {});
}

// ---- events -----------------------------------------------------------------------------------------------------

void MonitorBrain::on(const CheckRan& event) {
  if (!hosts_.contains(event.host)) return;
  if (event.outcome == Outcome::bad && !network_) return;  // without a network our own eyes are what failed
  const bool was_accused = checks_.at(event.host, event.check).accused;
  const bool changed =
      checks_.record(event.host, event.check, event.outcome, event.message, corroborated(event.host, event.check), now_);
  news_ = changed;
  const auto& view = checks_.at(event.host, event.check);
  if (view.accused && !was_accused)
    note(NoteLevel::warning, event.host,
         fmt::format("check {} fails, but nobody else confirms it: {}", to_string(event.check), view.message));
  if (!changed) return;
  note(view.verdict == Verdict::bad ? NoteLevel::error : NoteLevel::info, event.host,
       fmt::format("check {} is {}{}", to_string(event.check), view.verdict == Verdict::bad ? "bad" : "good",
                   view.message.empty() ? "" : ": " + view.message));
}

void MonitorBrain::on(const NetworkChecked& event) {
  news_ = network_ != event.answered;
  if (!news_) return;
  network_ = event.answered;
  // Who was renewed by others meanwhile we could not hear: it is none that is lost before it could tell.
  if (network_) book_.nobody_could_tell_before(now_.at + lease_ttl_);
  if (network_)
    note(NoteLevel::info, "", "the network is there: some of ping_ips answer");
  else
    note(NoteLevel::error, "", "no network: none of ping_ips answers. No state changes until one does");
}

void MonitorBrain::on(const LeaseTtlChanged& event) {
  if (event.ttl == lease_ttl_) return;
  note(NoteLevel::info, "", fmt::format("lease_ttl is {} s from now on; it was {} s", seconds(event.ttl), seconds(lease_ttl_)));
  lease_ttl_ = event.ttl;
}

void MonitorBrain::on(const AgentJoined& event) {
  const auto it = hosts_.find(event.host);
  if (it == hosts_.end()) return;
  auto& agent = it->second.agent;
  agent.joined = true;
  agent.obeys = false;
  agent.refusal.clear();
  greet(event.host);
}

void MonitorBrain::on(const AgentLeft& event) {
  const auto it = hosts_.find(event.host);
  if (it == hosts_.end() || !it->second.agent.joined) return;
  it->second.agent.joined = false;
  it->second.agent.obeys = false;
  note(NoteLevel::warning, event.host, "the connection to its agent is gone: " + event.reason);
  effects_.push_back(RunCheck{event.host, CheckName::ping});
  effects_.push_back(RunCheck{event.host, CheckName::mysql});
}

void MonitorBrain::on(const AgentSaid& event) {
  const auto it = hosts_.find(event.host);
  if (it == hosts_.end()) return;
  auto& agent = it->second.agent;
  if (!agent.joined) return;
  const bool was_silent = !reachable(event.host);
  agent.heard = now_.at;
  if (!agent.obeys && !std::holds_alternative<Welcome>(event.message)) return;
  std::visit([&](const auto& message) { said(event.host, message); }, event.message);
  news_ = news_ || was_silent;
}

void MonitorBrain::on(const CommandCame& event) {
  const auto verdict = evaluate(event.words, view());
  if (const auto* answer = std::get_if<Answer>(&verdict)) return reply(event.id, *answer);
  const auto& accepted = std::get<Accepted>(verdict);
  std::visit([&](const auto& intent) { carry_out(event.id, intent, accepted.answer); }, accepted.intent);
}

void MonitorBrain::on(const HostKilled& event) {
  note(event.success ? NoteLevel::warning : NoteLevel::error, event.host,
       (event.success ? "kill_host_bin says it is off: " : "kill_host_bin failed, duplicate IPs are possible: ") +
           event.message);
}

// ---- what agents say --------------------------------------------------------------------------------------------

// A later one came before it.
bool MonitorBrain::is_late(const HostName& host, const Report& message) const {
  const auto& latest = hosts_.at(host).agent.report;
  return latest && message.number < latest->number;
}

void MonitorBrain::said(const HostName& host, const Report& message) {
  if (!is_late(host, message)) take(host, message);
}

void MonitorBrain::take(const HostName& host, const Report& message) {
  auto& data = hosts_.at(host);
  const bool was_alive = !data.agent.report || data.agent.report->mysqld_alive;
  news_ = !data.agent.report || !tells_nothing_new(*data.agent.report, message) || compares_transactions();
  data.agent.report = message;
  data.agent.report_at = now_.at;
  if (!std::exchange(data.agent.is_there, true)) news_ = true;
  if (!message.mysqld_alive && was_alive) {
    // The host's own agent says so: it enters at once (lease.md, "Evidence").
    if (checks_.record_certain_failure(host, CheckName::mysql, "its agent says that mysqld does not run", now_))
      note(NoteLevel::error, host, "check mysql is bad: its agent says that mysqld does not run");
  } else if (message.mysqld_alive && !was_alive) {
    effects_.emplace_back(RunCheck{host, CheckName::mysql});
  }
  if (!leads_ || book_.assignment().writer != host) return;
  if (message.lost_memory && book_.durable().accepted) lost_its_state(host);
  if (message.overtaken_by > std::max(book_.assignment().generation, book_.floor())) {
    note(NoteLevel::error, host, fmt::format("was told of generation {}, which this monitor was never told of: it goes on under a later one",
                                             message.overtaken_by->value));
    book_.raise_floor(*message.overtaken_by);
    news_ = true;
  }
  if (message.released < book_.assignment().generation) return;
  news_ = true;
  const auto generation = book_.assignment().generation;
  const bool wrote = message.complete.value_or(generation) >= generation;
  writer_released(host, "its agent reports that generation " + std::to_string(message.released.value) +
                              " was given up", std::nullopt,
                  message.accepted.generation < generation ? Reached::nothing : wrote ? Reached::writes : Reached::acceptance);
}

void MonitorBrain::acknowledged(const HostName& host, const Order& order) {
  auto& latest = hosts_.at(host).agent.acknowledged;
  latest = std::max(latest, order);
}

void MonitorBrain::said(const HostName& host, const Acknowledged& message) {
  acknowledged(host, message.order);
  if (!leads_) return;
  const bool was_accepted = book_.durable().accepted;
  book_.confirmed(host, message.order);
  book_.acknowledged(host, message.order, message.longest_lease, message.has_fence, now_.at);
  if (message.order.generation == book_.assignment().generation) book_.count_grace(host, message.grace, message.has_fence, now_.at);
  if (!was_accepted && book_.durable().accepted) generation_accepted(host);
}

void MonitorBrain::said(const HostName& host, const Refused& message) {
  note(NoteLevel::warning, host, "its agent refuses an instruction: " + message.reason);
  if (!leads_ || book_.assignment().writer != host || message.order.generation != book_.assignment().generation) return;
  if (!message.for_good) {
    // Bound by a promise: until that is over the old writer may live, and write. Then everybody is asked anew.
    if (hand_over_ && hand_over_->step == Step::offering && hand_over_->to == host) go(Step::surveying);
    return;
  }
  book_.released(host, message.order.generation, false);
  // A late refusal of an offer that was given up already only makes that final.
  if (hand_over_ && hand_over_->step == Step::offering && hand_over_->to == host) target_failed(message.reason, false);
}

void MonitorBrain::said(const HostName& host, const Released& message) {
  if (!leads_) return;
  if (message.mysqld_dead &&
      checks_.record_certain_failure(host, CheckName::mysql, "its agent says that mysqld is dead", now_))
    note(NoteLevel::error, host, "check mysql is bad: " + message.reason);
  if (auto& report = hosts_.at(host).agent.report) report->released = std::max(report->released, message.generation);
  if (book_.assignment().writer != host || message.generation < book_.assignment().generation) return;
  writer_released(host, message.reason, message.mysqld_dead ? std::nullopt : message.has,
                  message.complete || message.has ? Reached::writes : Reached::acceptance);
}

void MonitorBrain::said(const HostName& host, const Ask& message) {
  const auto no = [&](std::string reason) {
    send(host, NoGrant{message.number, std::move(reason)}, true);
  };
  if (!leads_) return no("this monitor does not lead yet: " + not_leading_because_);
  // Older than what it acknowledged before: its state was restored (rule 11).
  if (message.accepted < hosts_.at(host).agent.acknowledged && !MMM_MUTANT(older_state_obeyed))
    return no("its state is older than what it acknowledged");
  const bool was_accepted = book_.durable().accepted;
  const auto grace_before = book_.durable().grace.number;
  const auto longest_before = book_.durable().longest_lease;
  if (const auto refusal = book_.grant(host, message, now_.at)) return no(*refusal);
  acknowledged(host, message.accepted);
  // An Ask names what the agent has accepted: it is an acknowledgement too.
  const auto ordinary = message.grace > 0 ? Duration{0} : message.ttl;
  const bool changed = book_.acknowledged(host, message.accepted, ordinary, message.has_fence, now_.at);
  const auto grace = book_.durable().grace;
  const bool graced = grace.number != grace_before;
  if (graced)
    note(NoteLevel::info, host, grace.number > 0 ? fmt::format("its agent stops for a while; the writer's lease lasts {} s", seconds(grace.length))
                                                 : "its agent is back: the writer's lease is an ordinary one again");
  if (!was_accepted && book_.durable().accepted) generation_accepted(host);
  const bool longer = book_.durable().longest_lease > longest_before;
  news_ = writer_is_back(host) || changed || graced || longer;
  if (!knows_what_it_must_have(message.accepted)) return no("it has to hear first of all that it must have");
  // What lasts longer than the disk says is on disk before it is given.
  send(host, Grant{message.number, message.accepted.generation}, message.grace == 0 && !longer);
}

void MonitorBrain::said(const HostName& host, const SurveyAnswer& message) {
  if (!hand_over_ || (hand_over_->step != Step::surveying && !hand_over_->late)) return;
  hand_over_->answers[host] = message;
  // What it has it keeps: should it not answer the next survey, this counts.
  if (auto& report = hosts_.at(host).agent.report; report && report->server) {
    report->server->has.add(message.has);
    report->server->replication.received.add(message.received);
  }
  if (message.promised_for > 0s) hand_over_->promised_until[host] = now_.at + waiting_time(message.promised_for, true);
  else hand_over_->promised_until.erase(host);
}

// ---- small questions --------------------------------------------------------------------------------------------

bool MonitorBrain::reachable(const HostName& host) const {
  const auto it = hosts_.find(host);
  if (it == hosts_.end()) return false;
  const auto& agent = it->second.agent;
  return agent.joined && agent.obeys && now_.at - agent.heard < kSilence;
}

// Positions move all the time; they matter while some host waits for the proof that it has nothing of its own.
bool MonitorBrain::compares_transactions() const {
  return std::ranges::any_of(hosts_, [](const auto& entry) {
    const auto state = entry.second.state;
    return entry.second.unproven || (state != HostState::online && state != HostState::admin_offline);
  });
}

bool MonitorBrain::frozen_roles() const { return mode_ != MonitorMode::active; }

std::optional<Role> MonitorBrain::writer_role() const {
  const auto* role = config_.role(config_.active_master_role);
  if (!role || role->ips.empty()) return std::nullopt;
  return Role{role->name, role->ips.front()};
}

std::optional<HostName> MonitorBrain::active_master() const {
  const auto role = writer_role();
  if (!role) return std::nullopt;
  const auto it = owners_.find(*role);
  return it == owners_.end() ? std::nullopt : std::optional(it->second);
}

HostSet MonitorBrain::candidates() const { return candidates_of(config_); }

bool MonitorBrain::is_candidate(const HostName& host) const {
  const auto* role = config_.role(config_.active_master_role);
  return role && std::ranges::find(role->hosts, host) != role->hosts.end();
}

HostSet MonitorBrain::other_candidates(const HostName& target) const {
  auto set = candidates();
  set.erase(target);
  return set;
}

bool MonitorBrain::serves_as_writer(const HostName& host) const {
  const auto it = hosts_.find(host);
  if (it == hosts_.end()) return false;
  const auto& report = it->second.agent.report;
  const auto role = writer_role();
  return report && role && report->accepted.generation == book_.assignment().generation && report->lease_live && report->server && !report->server->read_only &&
         std::ranges::find(report->ips, role->ip) != report->ips.end();
}

void MonitorBrain::note(NoteLevel level, HostName host, std::string text) {
  effects_.push_back(MonitorNote{level, std::move(host), std::move(text)});
}

void MonitorBrain::reply(CommandId id, Answer answer) { effects_.push_back(Reply{id, std::move(answer)}); }

void MonitorBrain::wake_at(Instant at) {
  if (at > now_.at) wakeup_ = std::min(wakeup_, at);
}

void MonitorBrain::send(const HostName& host, ToAgent message, bool urgent) {
  if (hosts_.at(host).agent.joined) effects_.push_back(Tell{host, std::move(message), urgent});
}

}  // namespace mmm
