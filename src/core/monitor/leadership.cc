// Rule 1: who may lead. A monitor that restarts on its own locked state file goes on at once; any other leads nothing
// until every host has accepted its epoch and reported, or an operator vouches for those that can't.

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/monitor/brain.h"

namespace mmm {

namespace {

// An agent looks at its server within milliseconds; one that hangs must not keep the cluster without a monitor.
constexpr Duration kFirstLook = 2s;
// The leaderships that are told. A host that missed more restarts is asked for its acceptance like a foreign one.
constexpr std::size_t kLineage = 64;

}  // namespace

void MonitorBrain::on(const MonitorStarted& event) {
  started_ = true;
  file_ = event.state;
  machine_id_ = event.machine_id;
  path_ = event.path;
  epoch_.id = event.id;
  host_lines_ = file_.hosts;
  for (auto& [name, data] : hosts_) {
    data.since = now_;
    data.agent.heard = now_.at;  // our predecessor may have heard it a moment ago: what is held back counts from here
  }
  if (file_.leadership) epoch_.counter = file_.leadership->epoch.counter;
  if ((event.own || MMM_MUTANT(copied_file_continued)) && file_.leadership) return continue_leadership(*file_.leadership);
  epoch_.counter += 1;
  if (file_.leadership) known_generation_ = file_.leadership->assignment.generation;
  not_leading_because_ = "it is new here and waits until every host has accepted it";
  note(NoteLevel::info, "", fmt::format("starts without a leadership of its own ({}): asks every host for its assignment",
                                        file_.leadership ? "the state file was written elsewhere" : "no state file of ours"));
}

void MonitorBrain::continue_leadership(const LeadershipState& leadership) {
  line_ = leadership.line;
  lineage_ = leadership.lineage;
  lineage_.push_back(leadership.epoch);
  if (lineage_.size() > kLineage) lineage_.erase(lineage_.begin());
  vouched_below_ = leadership.vouched_below;
  owed_ = {leadership.must_have, leadership.catch_up_from, leadership.must_have_since};
  left_in_order_ = leadership.left_in_order;
  epoch_.counter = leadership.epoch.counter + 1;
  mode_ = leadership.mode == MonitorMode::passive || config_.monitor.mode == MonitorMode::passive ? MonitorMode::passive
                                                                                                  : config_.monitor.mode;
  passive_cause_ = leadership.passive_cause;
  LeaseBook::Durable durable{leadership.assignment, leadership.accepted, leadership.acknowledged,
                             leadership.sent_since, leadership.before,   leadership.released,  leadership.given_up,
                             leadership.barred_from, leadership.excused,
                             leadership.longest_lease, leadership.unheard_lease, leadership.grace};
  start_leading(std::move(durable), leadership.longest_lease);
  for (auto& [name, data] : hosts_) {
    const auto line = file_.hosts.find(name);
    data.state = line == file_.hosts.end() ? HostState::awaiting_recovery : line->second.state;
    data.because = "as the status file says";
    if (const auto flap = leadership.flaps.find(name); flap != leadership.flaps.end()) data.flap = flap->second;
    data.unproven = leadership.unproven.contains(name);
    if (const auto it = leadership.counts_up_to.find(name); it != leadership.counts_up_to.end()) data.counts_up_to = it->second;
    if (const auto it = leadership.acknowledgements.find(name); it != leadership.acknowledgements.end())
      data.agent.acknowledged = it->second;
    if (const auto own = leadership.diverged.find(name); own != leadership.diverged.end()) {
      data.suspect = own->second;
      data.suspect_since = now_.at;
      data.diverged = true;
    }
    if (line == file_.hosts.end()) continue;
    for (const auto& role : line->second.roles)
      if (config_.role(role.name) && !owners_.contains(role)) owners_[role] = name;
  }
  decided_start_ = true;
  note(NoteLevel::info, "", fmt::format("restarted on its own state file: leadership {}, generation {}, writer '{}'",
                                        epoch_.counter, book_.assignment().generation.value, book_.assignment().writer));
  if (!leadership.hand_over) return;
  const auto& record = *leadership.hand_over;
  HandOver resumed{.from = record.from, .to = record.to, .planned = record.planned, .force = record.force,
                   .why = record.why, .began = now_, .step_began = now_, .must_have = record.must_have,
                   .position_known = record.position_known, .catch_up_from = record.catch_up_from};
  resumed.unwanted = leadership.release_requested;
  resumed.makes_do_with = record.makes_do_with;
  resumed.step = record.step == "releasing"   ? Step::releasing
                 : record.step == "surveying" ? Step::surveying
                 : record.step == "offering"  ? Step::offering
                 : record.step == "settling"  ? Step::settling
                                              : Step::choosing;
  note(NoteLevel::info, "", fmt::format("resumes the hand-over from '{}' to '{}' at step {}: {}", record.from, record.to,
                                        record.step, record.why));
  hand_over_ = std::move(resumed);
}

void MonitorBrain::start_leading(LeaseBook::Durable durable, Duration longest_lease) {
  const auto longest = std::max(longest_lease, lease_ttl_);
  // Rule 1: no takeover without a release until the longest lease that may be running has passed since our start. Where
  // every host said that it never had an assignment, none runs.
  const bool lease_possible = durable.assignment.generation.value > 0 || durable.unheard_lease;
  const bool waits = lease_possible && !MMM_MUTANT(leader_waits_for_nothing);
  const auto hold_until = waits ? now_.at + (MMM_MUTANT(no_clock_allowance) ? longest : waiting_time(longest, false)) : now_.at;
  durable.longest_lease = longest;
  const auto grace = durable.grace;
  book_ = LeaseBook(std::move(durable), candidates(), hold_until);
  book_.count_grace(book_.assignment().writer, grace, false, now_.at);
  if (book_.durable().unheard_lease) book_.nobody_could_tell_before(hold_until + lease_ttl_);
  leads_ = true;
  not_leading_because_.clear();
}

// An agent that obeyed another monitor a moment ago may obey this one when that one is gone.
void MonitorBrain::greet_again() {
  constexpr Duration kGreetAgain = 2s;
  for (const auto& [name, data] : hosts_)
    if (data.agent.joined && !data.agent.obeys && now_.at >= data.agent.greeted + kGreetAgain) greet(name);
}

void MonitorBrain::greet(const HostName& host) {
  hosts_.at(host).agent.obeys = false;  // what it accepted before was another epoch, or on another connection
  hosts_.at(host).agent.greeted = now_.at;
  send(host, Hello{.host = host, .epoch = epoch_, .lineage = lineage_, .leads = leads_,
                   .vouched_below = vouched_below_,
                   .acknowledged = leads_ ? hosts_.at(host).agent.acknowledged : Order{}});
}

void MonitorBrain::said(const HostName& host, const Welcome& message) {
  auto& data = hosts_.at(host);
  if (!message.accepted) {
    data.agent.obeys = false;
    const bool first = data.agent.refusal != message.reason;
    data.agent.refusal = message.reason;
    if (first) note(NoteLevel::warning, host, "its agent does not obey this monitor: " + message.reason);
    const bool foreign = message.epoch.counter > 0 && !is_ours(message.epoch);
    if (leads_ && foreign) return superseded(host);
    if (foreign && vouched_below_ > 0 && message.epoch.counter >= vouched_below_) {
      vouched_below_ = 0;
      note(NoteLevel::warning, host, fmt::format("obeys leadership {}, which is later than the administrator's word: where it "
                                                 "holds all the same, say take_lead again", message.epoch.counter));
    }
    if (!foreign || message.epoch.counter < epoch_.counter) return;
    epoch_.counter = message.epoch.counter + 1;
    for (const auto& [other, other_data] : hosts_) greet(other);
    return;
  }
  if (!data.agent.obeys) note(NoteLevel::info, host, fmt::format("its agent {} obeys this monitor", message.version));
  if (!(message.epoch == epoch_)) return;  // it answers a Hello of before the counter was raised
  if (data.agent.obeys && is_late(host, message.report)) return;
  data.agent.obeys = true;
  data.agent.refusal.clear();
  data.agent.sent = {};
  take(host, message.report);
  news_ = true;
  if (!leads_) return;
  const auto& assignment = book_.assignment();
  const auto known = leads_nobody() ? assignment.generation : std::max(assignment.generation, book_.floor());
  if (message.report.assignment.generation > known)
    hear_of_later(host, message.report.assignment);
  lost_its_state(host);
}

// The writer of the present generation does not know that any more. It is told nothing before it has let the address go,
// and that generation is given up: it must not take it up again.
bool MonitorBrain::writer_without_a_state(const HostName& host) const {
  const auto& durable = book_.durable();
  const auto& report = hosts_.at(host).agent.report;
  return durable.assignment.writer == host && durable.accepted && !durable.released && report &&
         report->accepted.generation < durable.assignment.generation;
}

void MonitorBrain::lost_its_state(const HostName& host) {
  auto& data = hosts_.at(host);
  const auto& durable = book_.durable();
  if (durable.assignment.writer == host && !durable.accepted && !durable.released && data.agent.report->lost_memory) {
    // Whether it accepted the offer before that it can't know: it is not made a second time.
    const std::string why = "its agent lost its memory while the role was offered to it";
    book_.released(host, durable.assignment.generation, false);
    if (hand_over_ && hand_over_->step == Step::offering && hand_over_->to == host) target_failed(why, true);
    return;
  }
  // It gave the role up before, and nobody has it since: what it still has nobody knows.
  if (durable.assignment.writer == host && durable.released && data.agent.report->lost_memory) data.doubt();
  const auto role = writer_role();
  if (!writer_without_a_state(host) || (role && std::ranges::find(data.agent.report->ips, role->ip) != data.agent.report->ips.end()))
    return;
  note(NoteLevel::error, host, "its agent lost its memory, or has an older one: its generation is over (rule 11)");
  // Its server may be as new as its agent's memory: that the last writer has all there is holds no longer.
  data.doubt();
  news_ = true;
  writer_released(host, "its agent lost its memory", std::nullopt);
}

bool MonitorBrain::is_ours(const Epoch& epoch) const {
  return epoch == epoch_ || std::ranges::find(lineage_, epoch) != lineage_.end();
}

// Once every host knows the present epoch. (Our own older epochs are told all the same: a host may be restored.)
void MonitorBrain::forget_the_operators_word() {
  if (vouched_below_ == 0) return;
  if (std::ranges::all_of(hosts_, [](const auto& entry) { return entry.second.agent.obeys; })) vouched_below_ = 0;
}

// Has this leadership made nobody writer yet, and is nobody left of those before that it was told of?
bool MonitorBrain::leads_nobody() const {
  const auto& durable = book_.durable();
  return led_from_ == durable.assignment.generation && (!book_.exists() || durable.released);
}

// An operator let us lead without this host, and it knows of a generation that we were never told of. Where nobody is the
// writer by us, that one's writer was the last. Else what the host has counts for nothing until it was compared; our own
// writer goes on under a generation that is later than both (decide_writer).
void MonitorBrain::hear_of_later(const HostName& host, const Assignment& assignment) {
  if (leads_nobody()) {
    note(NoteLevel::warning, host, fmt::format("knows of generation {} of '{}', which this monitor was never told of",
                                               assignment.generation.value, assignment.writer));
    hand_over_.reset();
    file_ = state();
    return lead_from_reports(mode_);
  }
  note(NoteLevel::error, host,
       fmt::format("knows of generation {} of '{}', which this monitor was never told of: it obeys, and what it has is compared "
                   "with the writer", assignment.generation.value, assignment.writer));
  book_.raise_floor(assignment.generation);
  auto& data = hosts_.at(host);
  data.doubt();
  if (data.state == HostState::online && book_.assignment().writer != host && mode_ != MonitorMode::passive) suspend(host);
}

// An agent knows of a later leadership than ours, or of one that is not ours: somebody else leads, or led since our file was
// written. From here on we are a new monitor, after a restart as well.
void MonitorBrain::superseded(const std::string& by_whom) {
  leads_ = false;
  known_generation_ = std::max(known_generation_, book_.assignment().generation);
  vouched_below_ = 0;
  lineage_.push_back(epoch_);
  file_ = state();
  file_.leadership.reset();
  kept_ = file_;
  effects_.push_back(Keep{file_});
  not_leading_because_ = fmt::format(
      "the agent on {} obeys a later monitor; stop this one, or take over with 'mmm_control take_lead' once the other "
      "one is dead", by_whom);
  hand_over_.reset();
  note(NoteLevel::error, by_whom, "another monitor leads: this one grants nothing and moves nothing from now on");
  for (const auto& [name, data] : hosts_)
    if (data.agent.joined) greet(name);
}

std::vector<std::string> MonitorBrain::missing_acceptances() const {
  std::vector<std::string> missing;
  HostSet wanted;
  for (const auto& [name, data] : hosts_) {
    wanted.insert(name);
    if (!data.agent.report) continue;
    const auto& assignment = data.agent.report->assignment;
    if (!assignment.writer.empty()) wanted.insert(assignment.writer);
    wanted.insert(assignment.takeover_set.begin(), assignment.takeover_set.end());
  }
  for (const auto& name : wanted) {
    const auto it = hosts_.find(name);
    if (it == hosts_.end()) {
      missing.push_back(fmt::format("'{}' (an agent names it, but it is not in this configuration)", name));
    } else if (!it->second.agent.obeys) {
      const auto& agent = it->second.agent;
      missing.push_back(fmt::format("'{}' ({})", name,
                                    !agent.refusal.empty() ? agent.refusal
                                    : agent.joined         ? "its agent has not answered yet"
                                                           : "its agent is not reachable"));
    }
  }
  return missing;
}

void MonitorBrain::gather() {
  if (leads_ || !network_) return;
  const auto missing = missing_acceptances();
  if (!missing.empty() && vouched_below_ == 0 && !MMM_MUTANT(leads_without_all)) {
    std::string list;
    for (const auto& item : missing) list += (list.empty() ? "" : ", ") + item;
    not_leading_because_ = "waits for " + list + ". If a host is gone, its machine switched off, and no other monitor runs: mmm_control take_lead";
    return;
  }
  if (vouched_below_ > 0 || MMM_MUTANT(leads_without_all)) {
    // What no agent tells can't be led on: the first that answers knows the last writer, or that there was none.
    if (std::ranges::none_of(hosts_, [](const auto& entry) { return entry.second.agent.obeys; })) {
      not_leading_because_ = "has the administrator's word, and waits for the first agent that it can reach";
      return;
    }
    // Those that can be reached must still have accepted.
    for (const auto& [name, data] : hosts_)
      if (data.agent.joined && !data.agent.obeys) return;
  }
  // What the servers say is evidence for the start-up votes; an agent that has just started has not asked its own yet.
  const bool all_looked = std::ranges::all_of(hosts_, [](const auto& entry) {
    const auto& report = entry.second.agent.report;
    return !report || !report->mysqld_alive || report->server;
  });
  if (!first_look_by_) first_look_by_ = now_.at + kFirstLook;
  if (!all_looked && now_.at < *first_look_by_) return wake_at(*first_look_by_);
  lead_from_reports(config_.monitor.mode);
}

void MonitorBrain::lead_from_reports(MonitorMode mode) {
  const Report* best = nullptr;
  Duration longest = lease_ttl_;
  LeaseBook::Durable durable;
  for (const auto& [name, data] : hosts_) {
    const auto& report = data.agent.report;
    if (!report || !data.agent.obeys) continue;
    longest = std::max(longest, report->longest_lease);
    const auto rank = [](const Report& r) { return std::pair(r.assignment.generation, r.assignment.version); };
    if (!best || rank(*report) > rank(*best)) best = &*report;
  }
  if (best && best->assignment.generation.value > 0) {
    const auto& assignment = best->assignment;
    const auto writer = hosts_.find(assignment.writer);
    const Report* own = writer != hosts_.end() && writer->second.agent.obeys && writer->second.agent.report
                            ? &*writer->second.agent.report : nullptr;
    durable.assignment = assignment;
    durable.accepted = true;  // hosts other than the writer hear of a generation only after it was accepted (rule 6)
    durable.acknowledged = assignment.takeover_set;
    durable.sent_since = assignment.takeover_set;
    if (own && own->assignment.generation == assignment.generation)
      for (const auto& name : assignment.takeover_set)
        if (!own->assignment.takeover_set.contains(name)) durable.acknowledged.erase(name);
    // Which set it acknowledged last only the writer knows. (One without a memory renews nothing any more.)
    if (!own) durable.barred_from = assignment.version.next();
    durable.released = own && (own->released >= assignment.generation ||
                               own->accepted.generation < assignment.generation);
  }
  for (const auto& [name, data] : hosts_) {
    const auto& report = data.agent.report;
    if (!report || !data.agent.obeys || report->released > report->accepted.generation) continue;
    // Who is not the writer of this generation has refused it, as one that another leadership offered.
    if (report->released < durable.assignment.generation || name == durable.assignment.writer)
      durable.given_up = std::max(durable.given_up, report->released);
  }
  std::map<HostName, HostEvidence> evidence;
  for (const auto& [name, data] : hosts_) {
    auto& e = evidence[name];
    if (const auto line = file_.hosts.find(name); line != file_.hosts.end()) {
      e.file_state = line->second.state;
      e.file_roles = line->second.roles;
    }
    e.agent_answered = data.agent.obeys && data.agent.report.has_value();
    if (!e.agent_answered) continue;
    const auto& report = *data.agent.report;
    if (report.told_state != HostState::unknown) e.agent_state = report.told_state;
    e.agent_roles = report.told_roles;
    e.writable = report.server && !report.server->read_only;
    e.ips = report.ips.empty() ? report.found_ips : report.ips;
    if (report.server) e.source_ip = report.server->replication.source_ip;
  }
  const bool known = durable.assignment.generation.value > 0;
  const auto holder = known ? std::optional(durable.released ? HostName{} : durable.assignment.writer) : std::nullopt;
  // An operator's word covers the old monitor, not the lease of a writer that nobody could ask.
  durable.unheard_lease = !missing_acceptances().empty();
  if (durable.unheard_lease) longest = std::max(longest, config_.restart_grace);
  owed_ = {};
  left_in_order_.clear();
  published_.reset();  // what others published since is not known: no version is used twice (rule 2)
  line_ = epoch_.id;
  start_leading(std::move(durable), longest);
  // One that only its writer accepted may be known to nobody any more, if that writer lost its memory.
  book_.raise_floor(known_generation_);
  led_from_ = book_.assignment().generation;
  note(NoteLevel::info, "", fmt::format("leads now (leadership {}): {}", epoch_.counter,
                                        known ? fmt::format("took over generation {} of '{}'",
                                                            book_.assignment().generation.value, book_.assignment().writer)
                                              : "no host knows of an assignment"));
  adopt(decide_start(config_, evidence, holder, mode));
}

void MonitorBrain::adopt(const StartDecision& decision) {
  for (const auto& line : decision.story) note(NoteLevel::info, "", line);
  for (auto& [name, data] : hosts_) {
    const auto state = decision.states.find(name);
    data.state = state == decision.states.end() ? HostState::awaiting_recovery : state->second;
    data.since = now_;
    data.because = "found at the start of the monitor";
  }
  owners_ = decision.owners;
  mode_ = decision.mode;
  passive_cause_ = decision.passive_cause;
  start_warnings_ = decision.warnings;
  decided_start_ = true;
  if (book_.exists()) return doubt_who_was_away();
  // Rule 14: a vote chooses a writer only where nobody knows of one. It still has to accept its first generation.
  const auto winner = active_master();
  if (!winner || mode_ == MonitorMode::passive) return;
  owners_.erase(*writer_role());
  begin_hand_over({.step = Step::choosing, .to = *winner, .planned = true,
                   .why = "start-up votes chose it: nobody knows of an earlier writer"});
}

// Who was not ONLINE (by its own last instruction: the file may be older), did not answer, has not heard of the present
// generation (it may be the writer of an earlier one, or of one with the same number that another monitor made), or was
// doubted by the leader that wrote the file, may have left with what nobody else has.
void MonitorBrain::doubt_who_was_away() {
  for (auto& [name, data] : hosts_) {
    const auto& report = data.agent.report;
    const bool follows = data.agent.obeys && report && report->told_state == HostState::online &&
                         report->assignment.generation == book_.assignment().generation &&
                         report->assignment.writer == book_.assignment().writer;
    if (name == book_.assignment().writer) {
      // The others are compared with it, unless it lost its memory, and maybe more.
      const bool remembers = report && report->accepted.generation == book_.assignment().generation;
      data.unproven = data.agent.obeys && !remembers;
      data.suspect = {};
      data.diverged = false;
      continue;
    }
    const bool known_doubt = file_.leadership && file_.leadership->unproven.contains(name);
    if (data.state == HostState::online && follows && !known_doubt) continue;
    data.doubt();  // whatever we found as the leader that we were before
    if (data.state == HostState::online) suspend(name);
  }
}

void MonitorBrain::suspend(const HostName& host, const std::string& because) {
  enter(host, HostState::awaiting_recovery, because);
  drop_roles(host, because);
}

}  // namespace mmm
