// The writer's lease: who is asked for it, what the answers make of it, and the promises that this host gives to others
// (docs/lease.md, rules 3, 5, 6, 10).

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/agent/brain.h"
#include "core/agent/obedience.h"

namespace mmm::agent {

// ---- as the writer ----------------------------------------------------------------------------------------------

// A pin holds where the disk and the kernel both say so, within one boot. Anything else that has no end is not ours any
// more; what has an end runs on until the first answer comes.
void Brain::restart_as_writer(const Started& event) {
  const auto& ips = writer_ips();
  const auto& set = memory_.instruction->assignment.takeover_set;
  const bool untimed = std::ranges::any_of(ips, [&](const auto& ip) { return event.untimed_ips.contains(ip); });
  const bool fenced = !has_fence_ || fence_untimed_;
  const bool all_untimed = fenced && !ips.empty() && std::ranges::all_of(ips, [&](const auto& ip) { return event.untimed_ips.contains(ip); });
  lease_.begin(memory_.accepted.generation, set, MMM_MUTANT(rearmed_on_restart) ? now_ + lease_ttl() : kLongAgo);
  accepted_at_ = now_;
  drain_after_ = next_id_;
  was_entitled_ = true;
  if (set.empty() && all_untimed && event.boot_id == memory_.boot_id) {
    lease_.pin();
    hold_until_ = now_ + lease_ttl();
    note(Severity::info, fmt::format("restarted as the writer of generation {}, and nobody else can be made writer", memory_.accepted.generation.value));
    return;
  }
  if (untimed) return note(Severity::warning, "the writer's address has no end, but its lease has: it is dropped until a lease comes");
  hold_until_ = now_ + lease_ttl();
  note(Severity::info, fmt::format("restarted as the writer of generation {}: the kernel's timers run on until a lease comes",
                                   memory_.accepted.generation.value));
}

// An instruction was accepted. Its acknowledgement counts as a grant (rule 4), so a writer that goes on under a new
// generation keeps what it has.
void Brain::lease_for_accepted(bool new_generation, bool keeps_serving) {
  const auto& set = memory_.instruction->assignment.takeover_set;
  if (!is_writer()) return lease_.end();
  if (new_generation) {
    const auto end = keeps_serving ? std::min(lease_.lease_end(), now_ + lease_ttl()) : kLongAgo;
    if (lease_.pinned()) armed_.clear();
    lease_.begin(memory_.accepted.generation, set, end);
  } else {
    lease_.change_set(set);
  }
  if (set.empty()) {
    if (!lease_.pinned()) note(Severity::info, "nobody else can be made writer: the lease has no end until that changes");
    lease_.pin();
  } else if (lease_.pinned() && !MMM_MUTANT(pin_not_ended)) {
    lease_.unpin(now_, lease_ttl());
    armed_.clear();  // put again, with an end, before this is acknowledged (rule 5)
  }
}

bool Brain::is_arming_pin() const {
  return std::ranges::any_of(in_flight_, [this](const auto& entry) {
    const auto* arm = std::get_if<ArmLease>(&entry.second.operation);
    return arm && arm->staged == pin_staged_;
  });
}

// What has no end in the kernel, or is about to have none, though the set that is on disk is not empty any more (rule 5).
bool Brain::still_untimed() const {
  if (lease_.pinned() || MMM_MUTANT(acknowledged_while_untimed)) return false;
  return fence_untimed_ || !untimed_ips_.empty() || is_arming_pin() || std::ranges::any_of(in_flight_, [](const auto& entry) {
    const auto* put = std::get_if<PutWriterAddress>(&entry.second.operation);
    return put && put->lease.end() == kNever;
  });
}

void Brain::settle_acknowledgement() {
  if (!acknowledgement_due_ || still_untimed()) return;
  acknowledgement_due_ = false;
  send(Acknowledged{memory_.accepted, memory_.longest_lease, has_fence_, grace_that_runs()});
}

const HostSet& Brain::promisers() const {
  static const HostSet nobody;
  if (!is_writer() || release_ || mysqld_ == Life::down) return nobody;
  return memory_.instruction->assignment.takeover_set;
}

void Brain::settle_lease() {
  if (!is_writer() || release_ || mysqld_ == Life::down) return;
  // It can't log in since its own start: the address is gone by now, and a lease would only keep others from the role.
  if (mysqld_ == Life::unknown && now_ >= hold_until_) return;
  if (lease_.generation() != memory_.accepted.generation)
    lease_.begin(memory_.accepted.generation, memory_.instruction->assignment.takeover_set);
  if (lease_.live(now_)) wake_at(lease_.lease_end());
  if (lease_.lease_end() == kLongAgo && now_ < hold_until_) wake_at(hold_until_);
  const auto& others = promisers();
  if (!leader_ && others.empty()) return;
  if (still_untimed()) return;  // an Ask names what was accepted, and so acknowledges it
  const auto due = lease_.last_ask() == kLongAgo ? now_ : lease_.last_ask() + lease_ttl() / 3;
  if (now_ < due) return wake_at(due);
  // What stands in the kernel must end before the lease does, so it is staged before the stamp is taken.
  if (has_fence_ && !lease_.pinned() && !MMM_MUTANT(staged_on_answer)) {
    try_run(StageLease{asked_ttl()});
    return;
  }
  ask_for_lease(0, asked_ttl());
}

void Brain::ask_for_lease(std::uint64_t staged, Duration ttl) {
  if (!is_writer() || release_) return;
  const auto number = lease_.ask(now_, ttl, staged);
  const bool is_grace = stop_ && stop_->wants_grace && ttl == memory_.grace.length;
  const auto grace = is_grace ? memory_.grace.number : 0;
  if (!is_grace && note_lease(ttl)) persist();
  if (is_grace) stop_->lasts_until = std::min(stop_->lasts_until, now_ + ttl);
  if (ttl != asked_ttl()) lease_.ask_at_once();  // staged before the stop was wanted
  send(Ask{.number = number, .accepted = memory_.accepted, .ttl = ttl, .has_fence = has_fence_, .grace = grace,
           .grace_over = memory_.grace_over, .grace_runs = grace_that_runs()});
  for (const auto& peer : promisers())
    effects_.push_back(AskPeer{peer, PromiseAsk{.from = self_, .to = peer, .line = memory_.instruction->line, .number = number, .generation = memory_.accepted.generation,
                                                .ttl = ttl, .has_fence = has_fence_, .lease_live = lease_.live(now_).has_value(),
                                                .grace = grace, .grace_over = memory_.grace_over}});
  wake_at(now_ + lease_ttl() / 3);
}

Duration Brain::asked_ttl() const { return stop_ && stop_->wants_grace ? memory_.grace.length : lease_ttl(); }

// What the kernel lets pass follows the lease; it opens for a living writer only.
void Brain::settle_fence() {
  if (!has_fence_) return;
  if (fence_untimed_ && !lease_.pinned()) {
    if (const auto lease = lease_.live(now_)) try_run(LimitLease{*lease});
    else try_run(CloseFence{});
    return;
  }
  if (!lease_.pinned() && !is_arming_pin()) pin_staged_ = 0;  // the next pin stages anew: this one may be gone by then
  if (!entitled() || !drained_) return;
  if (lease_.pinned()) {
    if (pin_staged_ == 0) try_run(StageLease{std::nullopt});
    else if (armed_staged_ != pin_staged_) try_run(ArmLease{pin_staged_});
  } else if (lease_.staged() != 0 && lease_.staged() != armed_staged_) {
    try_run(ArmLease{lease_.staged()});
  }
}

void Brain::hear(const Grant& grant) {
  const auto ask = MMM_MUTANT(lease_from_answer) ? lease_.ask(now_, lease_ttl(), lease_.staged_for(grant.ask)) : grant.ask;
  if (!lease_.granted(ask, grant.generation)) return;
  if (MMM_MUTANT(staged_on_answer) && has_fence_) try_run(StageLease{lease_ttl()});
  // Only a leader can renew a pin that a reboot has ended (rule 5); it does so by any grant, since it would know of others.
  if (memory_.instruction->assignment.takeover_set.empty()) lease_.pin();
}

void Brain::hear(const NoGrant& refusal) {
  note(Severity::warning, "the monitor does not renew the lease: " + refusal.reason);
}

void Brain::hear_peer(const HostName& from, const Promise& promise) {
  // What it must have only a monitor can tell: it begins to serve by a grant alone (S2).
  if (memory_.wrote < memory_.accepted.generation) return;
  const auto number = MMM_MUTANT(lease_from_answer) ? lease_.ask(now_, lease_ttl(), lease_.staged_for(promise.number)) : promise.number;
  const bool longer = lease_.promised(from, number, promise.generation);
  if (MMM_MUTANT(staged_on_answer) && longer && has_fence_) try_run(StageLease{lease_ttl()});
}

void Brain::hear_peer(const HostName& from, const NoPromise& refusal) {
  auto& told = refused_by_[from];
  if (told != refusal.reason) note(Severity::warning, fmt::format("{} promises nothing: {}", from, refusal.reason));
  told = refusal.reason;
  if (!refusal.overtaken || !is_writer() || refusal.generation != memory_.accepted.generation) return;
  lease_.revoke(now_);
  hold_until_ = kLongAgo;
  overtaken_by_ = std::max(overtaken_by_, refusal.later);
}

// ---- as one that could become it --------------------------------------------------------------------------------

void Brain::answer_peer(ConnectionId to, const PromiseAsk& ask) {
  hear_of_grace(ask);
  auto refusal = refuse_promise(memory_, config_, ask);
  if (!refusal && ask.generation < next_generation_ && now_ < next_until_)
    refusal = PromiseRefusal{fmt::format("generation {} may begin any moment", next_generation_.value)};
  // What it serves itself would be a second writer beside the one that asks (a monitor led without one of the two).
  if (!refusal && is_writer() && ask.generation > memory_.accepted.generation) {
    start_release(fmt::format("generation {} has begun on {}", ask.generation.value, ask.from), mysqld_ == Life::down);
    refusal = PromiseRefusal{"it gives its own, earlier generation up first"};
  }
  if (!refusal && lost_memory_) refusal = PromiseRefusal{"its agent lost its memory and was not admitted again yet"};
  if (refusal) {
    effects_.push_back(AnswerPeer{to, NoPromise{ask.number, ask.generation, refusal->overtaken, refusal->later, refusal->because}});
    return;
  }
  if (ask.grace > 0) {
    const PromisedGrace promised{ask.generation, {ask.grace, ask.ttl}};
    promises_.give_grace(ask.from, promised, ask.has_fence, now_);
    if (!MMM_MUTANT(grace_forgotten) && !(memory_.promised_graces[ask.from] == promised)) {
      memory_.promised_graces[ask.from] = promised;
      persist();
    }
  } else {
    promises_.give(ask.generation, ask.ttl, ask.has_fence, ask.lease_live, now_);
    if (note_lease(ask.ttl)) persist();
  }
  effects_.push_back(AnswerPeer{to, Promise{ask.number, ask.generation}});
}

// A monitor asks for it again every second for as long as it wants it.
void Brain::expect_generation(Generation generation) {
  constexpr Duration kForgotten = 5s;  // a monitor that died over it must not cost the old writer more
  next_generation_ = std::max(next_generation_, generation);
  next_until_ = now_ + kForgotten;
}

std::string Brain::promised_reason(Generation offered, Generation given_up) const {
  const auto until = promises_.binding(offered, given_up, now_);
  if (!until || MMM_MUTANT(promise_not_kept)) return "";
  return fmt::format("it promised the writer not to take the role for another {:.2f} s", seconds(*until - now_));
}

}  // namespace mmm::agent
