// Who could become the writer, and what the others know of it. hand_over.cc asks when that is decided.

#include <algorithm>

#include <fmt/format.h>

#include "core/monitor/brain.h"

namespace mmm {

namespace {

// Every living agent answers a survey in a few ms. One that is silent, or whose server is, must not delay the others for
// longer than this.
constexpr Duration kSurveyLimit = 200ms;
// One that is in touch may be on a busy machine, and have the only copy of what a client was told is committed: it is waited
// for as long as it can be reached, but no longer than this. The others receive nothing for 5 s from their answer on.
constexpr Duration kSurveyLimitOfTheLiving = 3s;
// The last writer is what broke, most often; what clients were told of others have, too (semi-sync). Agents report every second.
constexpr Duration kPatienceWithTheWriter = 1200ms;
// A candidate that was not heard for so long is not needed by the writer's lease any more.
constexpr Duration kGone = 10s;
// A target further behind than this would keep everybody waiting while it applies what it has; a new writer has 10 s.
constexpr std::int64_t kLagOfTarget_s = 5;

}  // namespace

std::string MonitorBrain::unfit(const HostName& host) const {
  const auto it = hosts_.find(host);
  if (it == hosts_.end() || !is_candidate(host)) return "it is not among the role's hosts";
  const auto& data = it->second;
  const bool forced = hand_over_ && hand_over_->force && hand_over_->to == host;
  if (data.state != HostState::online && !forced) return fmt::format("it is {}", to_string(data.state));
  if (!reachable(host)) return "its agent is not reachable";
  if (data.unproven && book_.assignment().writer != host)
    return "the last writer was not yet seen to have all its transactions";
  if (data.diverged) return fmt::format("it has transactions that the writer lacked ({})", to_string(data.suspect));
  if (!data.agent.report || !data.agent.report->mysqld_alive || !data.agent.report->server)
    return "its mysqld does not answer";
  if (hand_over_)
    if (const auto why = hand_over_->excluded.find(host); why != hand_over_->excluded.end()) return why->second;
  const auto& replication = data.agent.report->server->replication;
  const bool old_writer = book_.assignment().writer == host;
  if (const auto why = old_writer ? std::string() : book_.not_promotable(host); !why.empty()) return why;
  if (replication.configured && !replication.sql && !old_writer && book_.exists() &&
      !data.agent.report->server->has.contains(replication.received))
    return "its applier is stopped" + (replication.error.empty() ? std::string() : ": " + replication.error);
  return "";
}

std::optional<HostName> MonitorBrain::choose_by_roles() const {
  const auto* role = config_.role(config_.active_master_role);
  std::optional<HostName> best;
  std::size_t fewest = 0;
  for (const auto& host : role->hosts) {
    if (!unfit(host).empty()) continue;
    if (role->prefer == host) return host;
    const auto count = roles_of(owners_, host).size();
    if (best && count >= fewest) continue;
    best = host;
    fewest = count;
  }
  return best;
}

std::string MonitorBrain::not_ready(const HostName& host) const {
  if (auto why = unfit(host); !why.empty()) return why;
  // Until the next transaction is applied the server tells the age of the binlog file it has just begun to read (seen: 207 s
  // right after a hand-over). One that has applied all it received is not behind.
  const auto& server = *hosts_.at(host).agent.report->server;
  const auto& behind = server.replication.seconds_behind;
  if (behind.value_or(0) > kLagOfTarget_s && !server.has.contains(server.replication.received)) return fmt::format("it is {} s behind; wait until it has caught up", *behind);
  return "";
}

// When the answers that have come are all that is waited for. After our own restart the agents come back one by one: an
// ONLINE host may have what no other received.
Instant MonitorBrain::survey_ends() const {
  const auto& h = *hand_over_;
  auto end = now_.at;
  for (const auto& [name, data] : hosts_) {
    const bool counts = h.asked.contains(name) || (data.state == HostState::online && name != h.from);
    if (!counts || h.answers.contains(name)) continue;
    const auto& report = data.agent.report;
    const bool in_touch = reachable(name) && report && report->server;
    const auto patience = name == h.from ? kPatienceWithTheWriter : kSilence;
    end = std::max(end, h.step_began.at + kSurveyLimit);
    if (in_touch) end = std::max(end, std::min(h.step_began.at + kSurveyLimitOfTheLiving, data.agent.heard + patience));
  }
  return end;
}

// Whoever can be asked, and was not yet.
void MonitorBrain::ask_what_they_have() {
  auto& h = *hand_over_;
  // What a host gave up under another leadership it never takes: the next generation is a later one.
  for (const auto& host : candidates())
    if (const auto& report = hosts_.at(host).agent.report) book_.pass_over(report->released);
  const bool nobody_was_asked = h.asked.empty();
  for (const auto& [name, data] : hosts_)
    if (reachable(name) && h.asked.insert(name).second) send(name, Survey{book_.next_generation(), book_.durable().given_up});
  if (nobody_was_asked && !h.asked.empty()) h.step_began = now_;  // the time to answer counts from the question
}

// The target of an offer that was taken for failed accepted it. Whoever is asked just then, or was to be, is heard out before it
// is granted anything.
void MonitorBrain::settle_late(const HostName& host) {
  auto& h = *hand_over_;
  h.to = host;
  h.step = Step::settling;  // who was asked, when, and what was answered stays
  h.turns += 1;
  h.found_more = false;
  h.promised_until.clear();
  h.late = true;
  hear_out();
}

void MonitorBrain::hear_out() {
  ask_what_they_have();
  auto told = what_was_told();
  told.holds.merge(told.reported);  // what a host only reported is fetched from it as well
  owe_what_was_found(told);
  const auto end = survey_ends();
  hand_over_->late = now_.at < end;
  if (hand_over_->late) wake_at(end);
}

// It serves: what it had to have and has is its history; what it has not, and was found too late, nobody can apply any more.
void MonitorBrain::owes_no_more() {
  last_served_ = book_.assignment().writer;
  if (has_served() && owed_.catch_up_from.empty()) return;
  owed_.catch_up_from.clear();
  owed_.since = {};
  if (const auto& report = hosts_.at(book_.assignment().writer).agent.report; report && report->server)
    owed_.must_have = report->server->has.up_to(owed_.must_have);
}

bool MonitorBrain::bar_is_confirmed() const {
  return !book_.barred() || std::ranges::none_of(book_.bar_unconfirmed(), [this](const auto& name) { return reachable(name); });
}

// Of what a host has: not what is its own, and no writer ever had. A replica that an administrator took out, that lags, or
// that is back and was not set online yet, may have acknowledged what no other has; one that was not compared yet, too, as
// soon as it receives from the last writer.
GtidSet MonitorBrain::what_counts(const HostName& host, const GtidSet& all) const {
  const auto& data = hosts_.at(host);
  if (const auto& only = hand_over_->makes_do_with; !only.empty()) return host == only ? all : GtidSet{};
  const bool trusted = !data.diverged && (data.verified || !data.unproven);
  // Where the present writer never served, the history is that of the one before. (One that gave the role up may have.)
  const auto& last = has_served() || book_.durable().released ? hand_over_->from : last_served_;
  if (host == hand_over_->from || host == last || (trusted && !data.counts_up_to)) return all;
  auto counted = all.up_to(owed_.must_have);  // the last writer had it, or was to have it
  if (trusted) counted.add(all.up_to(*data.counts_up_to));
  const auto& report = data.agent.report;
  if (!report || !report->server) return counted;
  const auto& replication = report->server->replication;
  for (const auto& name : {hand_over_->from, last})
    if (const auto* writer = config_.host(name); writer && replication.source_ip == writer->ip && replication.source_server_id != 0)
      counted.add(all.made_by(replication.source_server_id));
  return counted;
}

// Did every server but those that were taken out say what it has?
bool MonitorBrain::everybody_told() const {
  return std::ranges::all_of(hosts_, [this](const auto& entry) {
    const auto answer = hand_over_->answers.find(entry.first);
    const bool told = answer != hand_over_->answers.end() && (!answer->second.has.empty() || answer->second.bound.empty());
    return told || entry.second.state == HostState::admin_offline;
  });
}

// What the target of an offer before this one had to have may have been lost since, with the only host that had it.
void MonitorBrain::give_up_what_nobody_has(const std::map<HostName, GtidSet>& holds) {
  if (owed_.must_have.empty() || !everybody_told()) return;
  GtidSet all;
  for (const auto& [name, set] : holds) all.add(set);
  if (all.contains(owed_.must_have)) return;
  note(NoteLevel::error, "", fmt::format("{} transactions that the next writer had to have are on no host any more: they are lost (of {})",
                                         all.count_lacking(owed_.must_have), to_string(owed_.must_have)));
  owed_ = {};
}

// From the answers to the survey under way.
MonitorBrain::Told MonitorBrain::what_was_told() const {
  Told told;
  for (const auto& [name, answer] : hand_over_->answers) {
    auto& set = told.holds[name];
    set = answer.has;
    // A host whose applier is broken can't hand on what it received.
    if (answer.bound.empty()) set.add(answer.received);
    const auto counted = what_counts(name, set);
    told.everything.add(what_counts(name, answer.received));
    told.everything.add(counted);
    told.at_hand.add(counted);
  }
  // What a living host has told before counts, too: its answer is late, not lost.
  for (const auto& [name, data] : hosts_) {
    if (!reachable(name) || hand_over_->answers.contains(name) || !data.agent.report || !data.agent.report->server) continue;
    auto& set = told.reported[name];
    set = data.agent.report->server->has;
    set.add(data.agent.report->server->replication.received);
    told.everything.add(what_counts(name, set));
  }
  return told;
}

// The source that lacks least; of those that lack the same, one that is known to have nothing of its own.
HostName MonitorBrain::source_for(const HostName& target, const Told& told) const {
  const auto rank = [&](const HostName& name) {
    const auto& data = hosts_.at(name);
    return std::pair(told.holds.at(name).count_lacking(told.everything), data.diverged || data.unproven);
  };
  HostName source;
  for (const auto& [name, set] : told.holds)
    if (name != target && (source.empty() || rank(name) < rank(source))) source = name;
  return source;
}

// An offer that was taken for failed may be under way still, or be accepted by now: its target is told of what was found
// since.
void MonitorBrain::owe_what_was_found(const Told& told) {
  if (!book_.exists() || book_.durable().released || owed_.must_have.contains(told.everything)) return;
  owe(told.everything, source_for(book_.assignment().writer, told));
  hand_over_->found_more = true;
}

// The candidate that received most (design: "not applied most"). What it lacks of what others have it fetches from them.
std::optional<HostName> MonitorBrain::choose_by_survey() {
  auto& h = *hand_over_;
  const auto told = what_was_told();
  if (!told.at_hand.contains(told.everything)) {
    stuck_because_ = fmt::format("{} transactions were received by a host whose applier is stopped, or that does not answer, and "
                                 "nobody else has them (up to {}); start its applier, or bring the old writer back",
                                 told.at_hand.count_lacking(told.everything), to_string(told.everything));
    return std::nullopt;
  }
  give_up_what_nobody_has(told.holds);
  if (!book_.durable().accepted) owe_what_was_found(told);
  const auto* role = config_.role(config_.active_master_role);
  std::optional<HostName> best;
  std::uint64_t fewest = 0;
  const auto by_roles = choose_by_roles();
  for (const auto& host : role->hosts) {
    if ((!h.to.empty() && host != h.to) || !unfit(host).empty()) continue;
    const auto answer = h.answers.find(host);
    if (answer == h.answers.end() || !answer->second.bound.empty() || h.promised_until.contains(host)) continue;
    const auto& holds = told.holds.at(host);
    if (!what_counts(host, holds).contains(holds)) continue;
    const auto lacking = holds.count_lacking(told.everything);
    // The last writer, and its agent lost its memory: its server may be as new, and what it had only be with others.
    if (hosts_.at(host).unproven && !everybody_told()) continue;
    if (best && (lacking > fewest || (lacking == fewest && by_roles != host))) continue;
    best = host;
    fewest = lacking;
  }
  if (!best) return std::nullopt;
  h.must_have = told.everything;
  h.catch_up_from = fewest > 0 ? source_for(*best, told) : HostName{};
  return best;
}

// How many members of the takeover set that can be reached keep a promise to a living writer, and how many do not.
std::pair<int, int> MonitorBrain::promisers() const {
  const auto& assignment = book_.assignment();
  int keep = 0, do_not = 0;
  for (const auto& name : assignment.takeover_set) {
    if (!reachable(name)) continue;
    const auto& report = hosts_.at(name).agent.report;
    if (report && report->promise_live && report->assignment.generation == assignment.generation) ++keep;
    else ++do_not;
  }
  return {keep, do_not};
}

// It is in touch with those that could follow it, though not with us: nothing that happened to our link is a reason to move
// its role.
bool MonitorBrain::writer_lives_on_promises() const {
  const auto [keep, do_not] = promisers();
  return keep > 0 && do_not == 0;
}

// ... or nobody can be asked who could follow it: then it may be, and nobody could be promoted anyway.
bool MonitorBrain::writer_may_live_on_promises() const {
  return !book_.assignment().takeover_set.empty() && promisers().second == 0;
}

// Whom the writer's lease depends on while we are away (rule 3). Who is gone for long is taken out, so that the writer lives
// without it, and us; that is done only while the writer can acknowledge it: unacknowledged it only makes nobody
// promotable. Who lost its memory may have forgotten a promise and leaves at once (rule 11). Growing needs the writer.
HostSet MonitorBrain::wanted_set() const {
  const auto& [generation, writer, version, present] = book_.assignment();
  // Nothing is pinned while a lease of which nobody told may run: an empty set is a lease, too.
  if (!book_.durable().accepted || book_.durable().released || book_.durable().unheard_lease || book_.barred()) return present;
  HostSet set;
  for (const auto& name : other_candidates(writer)) {
    const auto& agent = hosts_.at(name).agent;
    const bool lost = agent.report && agent.report->lost_memory;
    const bool keeps = present.contains(name) && (now_.at - agent.heard < kGone || !reachable(writer));
    if (!lost && (reachable(name) || keeps)) set.insert(name);
  }
  return set;
}

}  // namespace mmm
