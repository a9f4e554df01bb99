// The writer's role: taking it, keeping it, letting it go. Each function compares what is with what shall be and asks
// for the next step; it is called after every event, so a step that failed is simply asked for again.

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

// A new writer that has not applied what it received within this time gives its generation up, and says so.
constexpr Duration kDrainLimit = 10s;
// A server that can't be stopped within this time no longer holds a release up: its address goes without it.
constexpr Duration kStopLimit = 3s;
// A writer that holds its lease and has all it needs, yet does not serve within this time, only keeps others from it.
constexpr Duration kServeLimit = 10s;

}  // namespace

void Brain::start_release(std::string reason, bool mysqld_dead) {
  const auto generation = memory_.accepted.generation;
  if (release_ && release_->mysqld_dead) return;
  if (release_ && !mysqld_dead) return;
  note(Severity::info, fmt::format("gives up generation {}: {}", generation.value, reason));
  release_ = Release{.generation = generation,
                     .reason = std::move(reason),
                     .mysqld_dead = mysqld_dead,
                     .give_up_at = now_ + kStopLimit};
  if (MMM_MUTANT(released_too_early)) send(Released{.generation = generation, .reason = release_->reason});
}

void Brain::settle_release() {
  if (!release_) return;
  if (!is_writer()) {  // a later generation overtook it
    release_.reset();
    return;
  }
  if (holds_writer_ip()) return;
  if (release_->mysqld_dead) return finish_release();
  const bool given_up = now_ >= release_->give_up_at;
  const bool stopped = read_only_ == true && !end_sessions_ && lane_free(Lane::writer);
  if (stopped && release_->look_after == 0) release_->look_after = next_id_;
  const bool looked = release_->look_after != 0 && observed_id_ >= release_->look_after;
  if ((stopped && looked) || given_up) return finish_release();
  wake_at(release_->give_up_at);
}

void Brain::finish_release() {
  // Before its first write it may lack what it had to have: its position is not all that there is.
  const bool sure = release_->look_after != 0 && observed_id_ >= release_->look_after && server_ && drained_;
  Released released{.generation = release_->generation,
                    .mysqld_dead = release_->mysqld_dead,
                    .has = sure ? std::optional(server_->has) : std::nullopt,
                    .complete = memory_.complete == release_->generation,
                    .reason = release_->reason};
  if (!sure && drained_ && !release_->mysqld_dead)
    released.reason += "; its server could not be stopped in time, its address is gone";
  memory_.released = std::max(memory_.released, release_->generation);
  release_.reset();
  lease_.end();
  persist();
  note(Severity::info, fmt::format("gave up generation {} for good", released.generation.value));
  send(std::move(released));
}

void Brain::settle_writer() {
  if (entitled()) {
    was_entitled_ = true;
    return settle_takeover();
  }
  unserved_since_ = kNever;
  if (is_writer() && !release_ && !drained_) check_drained();  // while the first lease is on its way
  if (waits_for_first_lease() || (!managed() && !lost_memory_)) return;
  if (was_entitled_) {
    was_entitled_ = false;
    end_sessions_ = mysqld_ == Life::up;
    stop_failed_ = false;
    if (is_writer() && !release_) lose_lease(memory_.accepted.generation);
  }
  // A planned release lets running statements end and their clients hear of it before the address goes. Whatever else
  // ended our right to it takes the address at once.
  const bool gentle = release_ && !release_->mysqld_dead && lease_.live(now_) && now_ < release_->give_up_at &&
                      mysqld_ == Life::up;
  const bool quiet = read_only_ == true && !end_sessions_ && lane_free(Lane::writer);
  if (!gentle || quiet)
    for (const auto& ip : writer_ips())
      if (ips_.contains(ip)) try_run(DropAddress{ip});
  if (mysqld_ != Life::up || !managed()) return;
  if (end_sessions_ && (read_only_ == true || stop_failed_)) {
    try_run(EndSessions{});
    return;
  }
  // A commit that waits for an acknowledgement nobody sends holds read_only up, the applier's own too (seen: for ever).
  // No client can be told OK for it any more: its address and its session are gone.
  if (commits_hang_ && !holds_writer_ip() && (!server_ || server_->semi_sync_source)) {
    try_run(SemiSyncSource{false});
    return;
  }
  if (read_only_ == false) try_run(StopWrites{});
  if (read_only_ == true) settle_semi_sync(false);
}

// A replica's applier would wait for acknowledgements that nobody sends; the writer's commits shall wait for them where
// the site replicates semi-synchronously at all.
bool Brain::settle_semi_sync(bool wanted) {
  if (!server_ || server_->semi_sync_source == wanted) return true;
  if (wanted && !server_->semi_sync_replica) return true;
  try_run(SemiSyncSource{wanted});
  return false;
}

// Entitled: a live lease, a living server.
void Brain::settle_takeover() {
  end_sessions_ = false;
  if (!drained_) {
    if (serving()) note_drained(), note_writing();  // our own restart found the role as it was
    else check_drained();
  }
  if (release_) return;
  if (!drained_) {
    settle_semi_sync(false);
    return;
  }
  const auto lease = lease_.live(now_);
  if (!lease) return;
  if (serving()) unserved_since_ = kNever;
  else unserved_since_ = std::min(unserved_since_, now_);
  if (unserved_since_ != kNever) {
    if (now_ >= unserved_since_ + kServeLimit)
      return start_release(fmt::format("it could not serve as the writer within {} s{}", seconds(kServeLimit), worst_problem()),
                           false);
    wake_at(unserved_since_ + kServeLimit);
  }
  if (read_only_ != false) {
    const bool applying = server_ && server_->replication.configured && server_->replication.sql;
    if (applying) {
      try_run(StopApplier{});
      return;
    }
    if (settle_semi_sync(true) && try_run(AllowWrites{*lease})) note_writing();
    return;
  }
  for (const auto& ip : writer_ips())
    if (!ips_.contains(ip) || armed_[ip] < lease->end())
      if (try_run(PutWriterAddress{ip, *lease})) armed_[ip] = lease->end();
}

// Kept: what a writer receives after that, it has from replicas that lack nothing, and a client was told of none of it.
void Brain::note_drained() {
  drained_ = true;
  if (memory_.complete == memory_.accepted.generation) return;
  memory_.complete = memory_.accepted.generation;
  persist();
}

// Should this be lost in a crash, it may look again what it lacks, though its own history counts by then.
void Brain::note_writing() {
  if (memory_.wrote == memory_.accepted.generation) return;
  memory_.wrote = memory_.accepted.generation;
  persist();
}

// The offer was accepted late: what was enough then is not (seed 10286790). Once it wrote, its own history counts.
void Brain::look_again_what_is_lacking() {
  if (memory_.wrote == memory_.accepted.generation) return;
  drained_ = false;
  memory_.complete = {};
  drain_after_ = next_id_;
  accepted_at_ = now_;
}

bool Brain::was_complete() const {
  return managed() && memory_.instruction->assignment.writer == self_ && memory_.complete == memory_.accepted.generation &&
         promises_.latest() <= memory_.accepted.generation;
}

// Has everything received been applied, and everything that others are known to have?
void Brain::check_drained() {
  if (!is_writer() || release_ || drained_ || mysqld_ != Life::up) return;
  const bool fresh = server_ && observed_id_ >= drain_after_;
  if (fresh) {
    const auto& instruction = *memory_.instruction;
    const auto& replication = server_->replication;
    const auto lacking = memory_.wrote == memory_.accepted.generation ? 0 : server_->has.count_lacking(instruction.must_have);
    // Who has all it must have, and received more that can't be applied, has that from a host that diverged: a server that
    // was the writer and restarts replicates from its peer before any agent looks.
    const bool complete = was_complete() || (!instruction.must_have.empty() && lacking == 0 && !replication.sql);
    const auto unapplied = complete ? 0 : server_->has.count_lacking(replication.received);
    if (unapplied == 0 && lacking == 0) return note_drained();
    if (unapplied > 0 && !replication.sql && !serving())
      return start_release(fmt::format("its applier is stopped with {} received transactions not applied", unapplied),
                           false);
    if (now_ >= accepted_at_ + kDrainLimit)
      return start_release(fmt::format("it could not get or apply {} transactions within {} s",
                                       std::max(unapplied, lacking), seconds(kDrainLimit)),
                           false);
  }
  if (now_ >= accepted_at_ + kDrainLimit)
    return start_release(fmt::format("its server did not tell within {} s what it lacks", seconds(kDrainLimit)), false);
  observe_soon_ = true;
  wake_at(accepted_at_ + kDrainLimit);
}

std::string Brain::worst_problem() const {
  return problems_.empty() ? std::string() : ": " + problems_.begin()->second;
}

void Brain::completed(std::uint64_t id, const Operation& operation, bool good) {
  if (lane_of(operation) == Lane::writer) last_writer_operation_ = next_id_;
  if (lane_of(operation) == Lane::replication) last_replication_operation_ = next_id_;
  if (std::holds_alternative<StopWrites>(operation)) {
    stop_failed_ = commits_hang_ = !good;
    if (good) read_only_ = true;
    if (!good) end_sessions_ = true;  // whoever holds it up goes first
  } else if (std::holds_alternative<AllowWrites>(operation) && good) {
    read_only_ = false;
    observe_soon_ = true;  // the monitor waits for a report that shows it
  } else if (const auto* semi_sync = std::get_if<SemiSyncSource>(&operation)) {
    if (good && server_) server_->semi_sync_source = semi_sync->on;
    if (good) commits_hang_ = false;
    observe_soon_ = true;
  } else if (std::holds_alternative<EndSessions>(operation) && good) {
    end_sessions_ = false;
    stop_failed_ = false;
  } else if (const auto* put = std::get_if<PutWriterAddress>(&operation)) {
    if (!good) {
      armed_.erase(put->ip);
    } else {
      if (put->lease.end() == kNever) untimed_ips_.insert(put->ip);
      else untimed_ips_.erase(put->ip);
      came_up(put->ip, fmt::format(": this host is the writer of generation {}", put->lease.generation().value));
    }
  } else if (const auto* stage = std::get_if<StageLease>(&operation); stage && good) {
    if (stage->lease && MMM_MUTANT(staged_on_answer)) try_run(ArmLease{id});
    else if (stage->lease) ask_for_lease(id, *stage->lease);
    else pin_staged_ = id;
  } else if (const auto* arm = std::get_if<ArmLease>(&operation)) {
    if (good) {
      armed_staged_ = arm->staged;
      fence_untimed_ = arm->staged == pin_staged_;
    } else if (arm->staged == pin_staged_) {
      pin_staged_ = 0;  // what was staged may have been taken away since: a pin stages anew
    }
  } else if (std::holds_alternative<LimitLease>(operation) || std::holds_alternative<CloseFence>(operation)) {
    if (good) fence_untimed_ = false, pin_staged_ = 0;
  } else if (const auto* reader = std::get_if<PutReaderAddress>(&operation)) {
    if (good) came_up(reader->ip, "");
    else reader_put_.erase(reader->ip);
  } else if (const auto* drop = std::get_if<DropAddress>(&operation); drop && good) {
    announced_.erase(drop->ip);
    if (ips_.erase(drop->ip) > 0) note(Severity::info, drop->ip + " is dropped");
    armed_.erase(drop->ip);
    untimed_ips_.erase(drop->ip);
    if (is_writer_ip(drop->ip)) fence_untimed_ = false, armed_staged_ = pin_staged_ = 0;
    reader_put_.erase(drop->ip);
  } else if (lane_of(operation) == Lane::replication) {
    const bool receives = std::holds_alternative<Follow>(operation) || std::holds_alternative<StartReplication>(operation);
    if (good && receives) receiver_started_ = now_;
    if (good && (receives || std::holds_alternative<StartApplier>(operation))) stopped_replication(false);
    if (good && std::holds_alternative<Follow>(operation) && !is_writer()) {
      follow_anew_ = false;
      memory_.followed = memory_.accepted.generation;
      if (memory_.complete.value > 0) persist();
    }
    // Ours, whatever became of it: it must not be taken for an administrator's.
    if (std::holds_alternative<StopReplication>(operation) || std::holds_alternative<StopReceiver>(operation) ||
        std::holds_alternative<StopApplier>(operation))
      stopped_replication(true);
    if (good && std::holds_alternative<StopApplier>(operation) && server_) server_->replication.sql = false;
    if (good && std::holds_alternative<StartApplier>(operation) && server_) server_->replication.sql = true;
    observe_soon_ = true;
  }
}

}  // namespace mmm::agent
