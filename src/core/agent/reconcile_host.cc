// What every host does, writer or not: reader addresses, replication, observing, reporting.

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

constexpr Duration kObserveEvery = 1s;   // the server's state is shown this often; decisions ask for fresh ones
// While something is waited for (a drain) the server is not asked more often than this.
constexpr Duration kObservePause = 5ms;
// A source that refuses a replica for good (it has diverged) fills both logs with each try.
constexpr Duration kLongestPause = 60s;
// After the receiver was started: a source that refuses it does so within milliseconds, or after its own start. Semi-sync
// commits of the writer may wait for it.
constexpr Duration kFirstLookAtReceiver = 20ms;
// A receiver that runs for so long was not refused; before, it may have been seen between the login and the refusal.
constexpr Duration kSteady = 1s;
// A replica that is needed for acknowledgements waits for its applier; after this time its backlog is a long one.
constexpr Duration kShortBacklog = 2s;
const std::string kBacklogProblem = "backlog";
constexpr Duration kReportEvery = 1s;    // silence longer than this is news by itself

}  // namespace

void Brain::settle_addresses() {
  const auto wanted = reader_ips();
  const auto lifetime = reader_ttl();
  for (const auto& ip : ips_)
    if (is_role_ip(ip) && !is_writer_ip(ip) && (!wanted.contains(ip) || mysqld_ == Life::down)) try_run(DropAddress{ip});
  if (mysqld_ == Life::up) {
    for (const auto& ip : wanted) {
      if (!ips_.contains(ip) && !may_take_reader(ip)) continue;
      auto put = reader_put_.find(ip);
      const bool due = put == reader_put_.end() || now_ >= put->second + lifetime / 3;
      if ((due || !ips_.contains(ip)) && try_run(PutReaderAddress{ip, lifetime})) put = reader_put_.insert_or_assign(ip, now_).first;
      wake_at((put == reader_put_.end() ? now_ : put->second) + lifetime / 3);
    }
  }
  while (!announcements_.empty() && announcements_.begin()->first <= now_) {
    const auto ip = announcements_.begin()->second;
    announcements_.erase(announcements_.begin());
    announce(ip);
  }
  if (!announcements_.empty()) wake_at(announcements_.begin()->first);
}

Follow Brain::follow(const HostName& source, bool demote) const {
  const auto* host = config_.host(source);
  if (!host) return {};
  return Follow{source, host->ip, host->mysql_port, demote};
}

Brain::Replicate Brain::wanted_replication() const {
  if (!managed() || mysqld_ != Life::up || !server_ || !own_plan() || release_) return {};
  const auto& instruction = *memory_.instruction;
  const auto state_of = [&](const HostName& name) {
    const auto it = instruction.hosts.find(name);
    return it == instruction.hosts.end() ? HostState::unknown : it->second.state;
  };
  if (is_writer()) {
    // Another source empties the relay log: only a look that was begun in this generation says that all of it is applied.
    if (!drained_ && !instruction.catch_up_from.empty() && observed_id_ >= drain_after_ &&
        !server_->has.contains(instruction.must_have) && server_->has.contains(server_->replication.received))
      return {Replicate::follow, follow(instruction.catch_up_from, true)};
    if (!serving()) return {};
    // The other direction of the ring. Only an ONLINE peer is known to have nothing that this host lacks (S3).
    const auto* own = config_.host(self_);
    if (own->peer && state_of(*own->peer) == HostState::online)
      return {Replicate::follow, follow(*own->peer, false)};
    return {Replicate::stopped};
  }
  if (own_plan()->state == HostState::admin_offline) return {Replicate::stopped};
  // It gave the role up and nobody has it yet: what it received is needed all the same.
  if (instruction.assignment.writer == self_) return {Replicate::apply};
  if (instruction.assignment.writer.empty()) return {};
  return {Replicate::follow, follow(instruction.assignment.writer, true)};
}

// A writer's own transactions are not in its replication position (MariaDB: gtid_slave_pos): only Follow puts them there, and
// whoever stopped its threads stopped a writer's. Where they run all the same, they got there on their way.
bool Brain::wrote_since_it_followed() const {
  return !is_writer() && memory_.complete.value > 0 && memory_.followed <= memory_.complete;
}

void Brain::note_followed(bool same_source) {
  const auto& now = server_->replication;
  if (!wrote_since_it_followed() || !same_source || now.io != IoThread::yes || !now.sql) return;
  memory_.followed = memory_.accepted.generation;
  persist();
}

void Brain::settle_replication() {
  const auto wanted = wanted_replication();
  if (wanted.what != Replicate::leave && observed_id_ < last_replication_operation_)
    return;  // what it did is not seen yet: not a second time
  problems_.erase(kBacklogProblem);
  if (wanted.what == Replicate::leave) return;
  const auto& now = server_->replication;
  const bool runs = now.configured && (now.io != IoThread::no || now.sql);
  if (wanted.what == Replicate::stopped) {
    if (runs) stop_replicating();
    return;
  }
  if (wanted.what == Replicate::apply) return apply_what_was_received();
  if (wanted.source.ip.empty()) return;
  if (wanted.source.source == detached_from_) {
    if (now_ < detached_until_) {
      if (now.io != IoThread::no) try_run(StopReceiver{});
      return wake_at(detached_until_);
    }
    detached_from_.clear();
    may_start_replication_ = true;
  }
  const bool same = now.configured && now.source_ip == wanted.source.ip && now.source_port == wanted.source.port;
  if (now.io == IoThread::yes && last_observation_ >= io_started_ + kSteady) io_pause_ = kFirstPause;
  note_followed(same);
  if (!same || (follow_anew_ && !is_writer()) || (wrote_since_it_followed() && now.io == IoThread::no)) {
    if (may_forget_relay_log(wanted.source)) try_run(wanted.source);
  } else if (may_start_replication_ && !now.sql) {
    // A stopped applier may sit on events of an old writer in its relay log: Follow starts it afresh.
    if (may_forget_relay_log(wanted.source)) try_run(wanted.source);
  } else if (now.io == IoThread::no && now.sql) {
    // No administrator did this. The source refused: it may have lacked this replica's position (1236) because it was
    // still applying what the replica had already. Or we stopped receiving from it, and were restarted since.
    start_receiving_again();
  } else {
    stopped_replication(false);
  }
}

// Kept: an agent that is restarted must not take for an administrator's what it stopped itself.
void Brain::stopped_replication(bool by_us) {
  may_start_replication_ = by_us;
  if (std::exchange(memory_.stopped_replication, by_us) != by_us) persist();
}

// Once both threads have stopped, the next start of either throws away what was received and not applied (MariaDB with
// GTID, seen with 10.11): so the receiver stops first, and the applier when it is seen to be done. What a stopped applier
// leaves is kept for as long as the receiver runs.
void Brain::stop_replicating() {
  const auto& now = server_->replication;
  const bool all_applied = server_->has.contains(now.received);
  if (!now.sql && !all_applied) return;
  if (now.io != IoThread::no) try_run(StopReceiver{});
  else if (all_applied) try_run(StopReplication{});
  else observe_soon_ = true;
}

// Where we stopped it ourselves. An administrator's stays.
void Brain::apply_what_was_received() {
  const auto& now = server_->replication;
  if (now.configured && !now.sql && now.io != IoThread::no && may_start_replication_) try_run(StartApplier{});
}

// The applier goes on with what was received. More and more rarely while the source refuses.
void Brain::start_receiving_again() {
  const auto due = io_started_ == kLongAgo || may_start_replication_ ? now_ : io_started_ + io_pause_;
  if (now_ < due) return wake_at(due);
  if (!try_run(StartReplication{})) return;
  if (io_started_ != kLongAgo) io_pause_ = std::min(2 * io_pause_, kLongestPause);
  io_started_ = now_;
}

// Following another source throws away what was received and not applied. It may be the only copy of what a client was
// told is committed (S2): it has to be applied first, or others are known to have it, or the source itself has it.
bool Brain::may_forget_relay_log(const Follow& source) {
  const auto& now = server_->replication;
  if (!now.configured) return true;
  const bool seen_in_this_generation = observed_id_ >= drain_after_;
  if (seen_in_this_generation && server_->has.contains(now.received)) return true;
  // It had applied all when it became the writer: what stopped threads left since came from replicas, which have it.
  if (seen_in_this_generation && wrote_since_it_followed() && now.io == IoThread::no && !now.sql) return true;
  const auto& instruction = *memory_.instruction;
  const bool needed_by_others = instruction.catch_up_from == self_ || now.sql;
  if (seen_in_this_generation && !needed_by_others && instruction.must_have.contains(now.received)) return true;
  const auto plan = instruction.hosts.find(source.source);
  const bool same_living_source = now.source_ip == source.ip && now.source_port == source.port && !now.sql && leader_ &&
                                  plan != instruction.hosts.end() && plan->second.state == HostState::online;
  if (seen_in_this_generation && same_living_source) return true;
  if (!seen_in_this_generation || now_ < accepted_at_ + kShortBacklog) {
    observe_soon_ = true;
    return false;
  }
  apply_what_was_received();
  // A receiver that goes on receiving would never be seen with all of it applied.
  if (now.sql && now.io != IoThread::no) try_run(StopReceiver{});
  problems_[kBacklogProblem] = fmt::format("does not follow {} yet: {} transactions that it received are not applied{}",
                                                source.source, server_->has.count_lacking(now.received),
                                                now.sql ? "" : ", and its applier is stopped");
  return false;
}

void Brain::settle_observation() {
  if (mysqld_ != Life::up) return;
  const bool look_wanted = release_ && release_->look_after != 0 && observed_id_ < release_->look_after;
  auto pause = observe_soon_ || look_wanted ? kObservePause : kObserveEvery;
  // Each look half as long again after the start as the one before, until they are as rare as any.
  if (receiver_started_ != kLongAgo && last_observation_ != kLongAgo)
    pause = std::min(pause, std::max(kFirstLookAtReceiver, (last_observation_ - receiver_started_) / 2));
  const auto due = last_observation_ == kLongAgo ? now_ : last_observation_ + pause;
  if (now_ < due) return wake_at(due);
  if (try_run(Observe{})) observe_soon_ = false;
}

void Brain::settle_report() {
  if (!leader_ || !told_) return;
  for (const auto end : {promises_.until(), promises_.asked_at() + lease_ttl() / 2})
    if (now_ < end) wake_at(end);
  report_into(draft_, now_);
  const auto due = last_report_ == kLongAgo ? now_ : last_report_ + kReportEvery;
  if (now_ < due && tells_nothing_new(*told_, draft_)) return wake_at(due);
  draft_.number = ++reports_;
  told_ = draft_;
  last_report_ = now_;
  send(draft_);
  wake_at(now_ + kReportEvery);
}

}  // namespace mmm::agent
