// What is told and what is written down. Rule 2: written first, then told; a version is never used twice.

#include <algorithm>

#include "core/monitor/brain.h"

namespace mmm {

namespace {

// An instruction that is not acknowledged is said again after this time. The connection is reliable; this covers an
// agent that could not write its disk.
constexpr Duration kTellAgain = 1s;

bool same_content(const Instruction& a, const Instruction& b) {
  return a.assignment.generation == b.assignment.generation && a.assignment.writer == b.assignment.writer &&
         a.assignment.takeover_set == b.assignment.takeover_set && a.release == b.release && a.must_have == b.must_have &&
         a.catch_up_from == b.catch_up_from && a.lease_ttl == b.lease_ttl && a.reader_ttl == b.reader_ttl &&
         a.barred == b.barred && a.hosts == b.hosts && a.order.epoch == b.order.epoch &&
         a.line == b.line;
}

std::string_view to_string_step(int step) {
  constexpr std::string_view kNames[] = {"releasing", "choosing", "surveying", "offering", "settling"};
  return kNames[step];
}

}  // namespace

// Rule 11: the writer's agent lost its memory. What it is told next makes it the writer of a generation that is over; it
// must not take that up again, and nobody but us knows. Until it says that the release is on its own disk.
bool MonitorBrain::writer_forgot_its_release() const {
  const auto& durable = book_.durable();
  const auto it = hosts_.find(durable.assignment.writer);
  if (!durable.accepted || !durable.released || it == hosts_.end()) return false;
  const auto& report = it->second.agent.report;
  return report && report->released < durable.assignment.generation;
}

// In place, as state_into: what is drafted at each step is nearly always what was published before.
void MonitorBrain::instruction_into(Instruction& i) const {
  i.assignment = book_.assignment();
  i.assignment.takeover_set = wanted_set();
  i.order = {epoch_.counter, i.assignment.generation, i.assignment.version};
  const bool unwanted = hand_over_ && hand_over_->unwanted && hand_over_->from == i.assignment.writer &&
                        hand_over_->step != Step::offering && hand_over_->step != Step::settling;
  i.release = unwanted || writer_forgot_its_release();
  i.line = line_;
  i.given_up = book_.durable().given_up;
  i.barred = book_.barred() ? i.assignment.generation : Generation{};
  i.must_have = owed_.must_have;
  i.catch_up_from = owed_.catch_up_from;
  i.reason = hand_over_ ? hand_over_->why : std::string();
  i.lease_ttl = lease_ttl_;
  i.reader_ttl = config_.reader_ttl;
  for (const auto& [name, data] : hosts_) {
    auto& plan = i.hosts[name];
    plan.state = data.state;
    roles_of(owners_, name, plan.roles);
  }
}

// Was something told with the present version? A restarted monitor can't know.
bool MonitorBrain::version_is_used() const {
  return !published_ || published_->order.generation == book_.assignment().generation;
}

void MonitorBrain::publish() {
  if (!leads_ || !decided_start_ || mode_ == MonitorMode::passive || !network_) return keep();
  auto& next = next_instruction_;
  instruction_into(next);
  if (!published_ || !same_content(*published_, next) || published_->order < owed_.since) {
    if (version_is_used()) {
      book_.next_version(next.assignment.takeover_set);
      next.assignment = book_.assignment();
      next.order.version = next.assignment.version;
    }
    published_ = next;
  }
  keep();
  // Rule 6: others hear of a generation only after its writer accepted it.
  const bool offered = book_.exists() && !book_.durable().accepted;
  for (const auto& [name, data] : hosts_)
    if (data.agent.obeys && (!offered || (name == book_.assignment().writer && may_be_offered()))) tell(name);
}

// What it must have was found before it is told. Once the offer has failed that is old: it is told again only with more.
bool MonitorBrain::may_be_offered() const { return hand_over_ && (hand_over_->step == Step::offering || hand_over_->found_more); }

// An offer may be accepted late, by an agent that has not heard yet what was found since (seed 10286790).
bool MonitorBrain::knows_what_it_must_have(const Order& accepted) const {
  return accepted >= owed_.since && !(hand_over_ && hand_over_->late);
}

void MonitorBrain::owe(const GtidSet& must_have, const HostName& catch_up_from) {
  const auto& [generation, writer, version, set] = book_.assignment();
  owed_.must_have.add(must_have);
  if (!catch_up_from.empty()) owed_.catch_up_from = catch_up_from;
  owed_.since = {epoch_.counter, generation, version_is_used() ? version.next() : version};
}

// A promise that it forgot binds it no more: by then the writer must have heard that it left the set, and nobody leaves
// while a lease of which nobody told may run (rules 1, 11).
bool MonitorBrain::may_be_admitted_again(const HostName& host) const {
  const bool may_have_promised = book_.durable().unheard_lease && book_.assignment().takeover_set.contains(host);
  return !may_have_promised && !writer_without_a_state(host);
}

void MonitorBrain::tell(const HostName& host) {
  auto& agent = hosts_.at(host).agent;
  if (agent.report && agent.report->lost_memory && !may_be_admitted_again(host)) return;
  if (agent.acknowledged == published_->order && agent.sent == published_->order) return;
  if (agent.sent == published_->order && now_.at < agent.sent_at + kTellAgain) return;
  agent.sent = published_->order;
  agent.sent_at = now_.at;
  send(host, *published_);
}

MonitorState MonitorBrain::state() const {
  MonitorState s;
  state_into(s);
  return s;
}

void MonitorBrain::state_into(MonitorState& s) const {
  if (mode_ == MonitorMode::passive) {
    s.hosts = host_lines_;
  } else {
    for (const auto& [name, data] : hosts_) {
      auto& record = s.hosts[name];
      record.state = data.state;
      roles_of(owners_, name, record.roles);
    }
    // PASSIVE mode may have left lines of hosts that are not configured any more.
    if (s.hosts.size() != hosts_.size()) std::erase_if(s.hosts, [this](const auto& line) { return !hosts_.contains(line.first); });
  }
  if (!s.leadership) s.leadership.emplace();
  leadership_into(*s.leadership);
}

void MonitorBrain::leadership_into(LeadershipState& l) const {
  const auto& durable = book_.durable();
  l.epoch = epoch_;
  l.line = line_;
  l.machine_id = machine_id_;
  l.path = path_;
  l.assignment = durable.assignment;
  l.accepted = durable.accepted;
  l.acknowledged = durable.acknowledged;
  l.sent_since = durable.sent_since;
  l.before = durable.before;
  l.released = durable.released;
  l.given_up = durable.given_up;
  l.barred_from = durable.barred_from;
  l.excused = durable.excused;
  l.longest_lease = std::max(durable.longest_lease, lease_ttl_);
  l.grace = durable.grace;
  l.unheard_lease = durable.unheard_lease;
  l.must_have = owed_.must_have;
  l.catch_up_from = owed_.catch_up_from;
  l.must_have_since = owed_.since;
  l.left_in_order = left_in_order_;
  l.mode = mode_;
  l.passive_cause = passive_cause_;
  l.vouched_below = vouched_below_;
  l.lineage = lineage_;
  l.unproven.clear();
  l.counts_up_to.clear();
  l.diverged.clear();
  l.flaps.clear();
  l.acknowledgements.clear();
  for (const auto& [name, data] : hosts_) {
    if (data.agent.acknowledged != Order{}) l.acknowledgements[name] = data.agent.acknowledged;
    if (data.flap.flap_count > 0 || data.flap.flapping) l.flaps[name] = data.flap;
    if (data.unproven) l.unproven.insert(name);
    if (data.counts_up_to) l.counts_up_to[name] = *data.counts_up_to;
    if (data.diverged) l.diverged[name] = data.suspect;
  }
  l.release_requested = hand_over_ && hand_over_->unwanted;
  l.hand_over.reset();
  if (hand_over_) {
    const auto& h = *hand_over_;
    l.hand_over = HandOverRecord{std::string(to_string_step(static_cast<int>(h.step))), h.from, h.to, h.planned, h.force,
                                 h.why, h.began.wall_ms, h.must_have, h.position_known, h.catch_up_from, h.makes_do_with};
  }
}

void MonitorBrain::keep() {
  if (!leads_) return;  // a monitor that does not lead writes nothing that a later start could take for a leadership
  auto& s = next_state_;
  state_into(s);
  if (s == kept_) return;
  host_lines_ = s.hosts;
  kept_ = s;
  // The decision is written before anything that follows from it leaves: Tell and Reply of this step come after.
  const auto first_message = std::ranges::find_if(effects_, [](const MonitorEffect& effect) {
    const auto* tell = std::get_if<Tell>(&effect);
    return (tell && !tell->urgent) || std::holds_alternative<Reply>(effect);
  });
  effects_.insert(first_message, Keep{s});
}

}  // namespace mmm
