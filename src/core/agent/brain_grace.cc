// Rule 9: the long lease for a planned stop, its end, and what a lowered lease_ttl leaves to wait for.

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

// A grace comes within milliseconds where the monitor or the others answer; an administrator who stops an agent does not
// wait longer than this. A release has its own limit.
constexpr Duration kGraceLimit = 2s;
constexpr Duration kReleaseLimit = 5s;

}  // namespace

// ---- the holder -------------------------------------------------------------------------------------------------

void Brain::on(const Stopping& event) {
  if (stop_) return;
  stop_ = Stop{.give_up_at = now_};
  if (!is_writer()) return;
  if (event.machine_stops || mysqld_ == Life::down || release_) {
    stop_->give_up_at = now_ + kReleaseLimit;
    return start_release(event.machine_stops ? "the machine shuts down" : "its agent stops and mysqld is down", mysqld_ == Life::down);
  }
  // A pin has no end anyway.
  if (config_.restart_grace <= lease_ttl() || lease_.pinned() || !entitled() || !serving()) return;
  stop_->give_up_at = now_ + kGraceLimit;
  stop_->wants_grace = true;
  memory_.grace = {memory_.grace.number + 1, config_.restart_grace};
  persist();
  lease_.ask_at_once();
  note(Severity::info, fmt::format("stops: asks for a lease of {} s, so that the role stays here meanwhile", seconds(config_.restart_grace)));
}

bool Brain::ready_to_stop() const {
  if (!stop_) return false;
  if (now_ >= stop_->give_up_at || !is_writer()) return true;
  if (!stop_->wants_grace) return false;  // the release is under way
  return lease_.lease_end() >= stop_->lasts_until && kernel_follows_lease();
}

bool Brain::kernel_follows_lease() const {
  if (std::ranges::any_of(in_flight_, [](const auto& entry) { return lane_of(entry.second.operation) == Lane::kernel; })) return false;
  const auto staged = lease_.pinned() ? pin_staged_ : lease_.staged();
  if (has_fence_ && (staged == 0 || armed_staged_ != staged)) return false;
  return std::ranges::all_of(writer_ips(), [&](const auto& ip) {
    const auto armed = armed_.find(ip);
    return ips_.contains(ip) && armed != armed_.end() && armed->second >= lease_.lease_end();
  });
}

Grace Brain::grace_that_runs() const { return memory_.grace.number > memory_.grace_over ? memory_.grace : Grace{}; }

// The process that it was for is back: the kernel's timers are replaced by those of a real renewal, then it is said.
void Brain::settle_grace() {
  if (stop_) {
    if (!ready_to_stop()) wake_at(stop_->give_up_at);
    return;
  }
  if (grace_that_runs().number == 0) return;
  const bool replaced = is_writer() ? lease_.live(now_) && kernel_follows_lease() : !holds_writer_ip();
  if (!replaced) return;
  memory_.grace_over = memory_.grace.number;
  persist();
  lease_.ask_at_once();
  if (is_writer()) note(Severity::info, "back from a planned stop: the lease is an ordinary one again");
}

// ---- the giver --------------------------------------------------------------------------------------------------

void Brain::hear_of_grace(const PromiseAsk& ask) {
  if (promises_.end_grace(ask.from, ask.generation, ask.grace_over) && memory_.promised_graces.erase(ask.from) > 0) persist();
}

// What it gave in an earlier life: the graces are on disk, of anything else it knows the length only.
void Brain::promised_before(Duration longest) {
  promises_.begin(now_ + waiting_time(longest, false));
  for (const auto& [holder, promised] : memory_.promised_graces) promises_.give_grace(holder, promised, false, now_);
}

// ---- both -------------------------------------------------------------------------------------------------------

// A lease of this length, an ordinary one, may run from now on. Ensures: true when that has to be written down.
bool Brain::note_lease(Duration lease) {
  longer_until_ = std::max(longer_until_, lease > lease_ttl() ? now_ + waiting_time(lease, false) : kLongAgo);
  if (lease <= memory_.longest_lease) return false;
  memory_.longest_lease = lease;
  return true;
}

Duration Brain::longest_lease() const {
  auto longest = std::max(memory_.longest_lease, grace_that_runs().length);
  for (const auto& [holder, promised] : memory_.promised_graces) longest = std::max(longest, promised.grace.length);
  return longest;
}

// What is on disk is waited for by whoever restarts: what has run out is deleted there.
void Brain::settle_longest_lease() {
  if (std::erase_if(memory_.promised_graces, [this](const auto& entry) { return !promises_.grace_runs(entry.first, now_); }) > 0)
    persist();
  if (!managed() || memory_.longest_lease <= lease_ttl()) return;
  if (now_ < longer_until_ && !MMM_MUTANT(shorter_at_once)) return wake_at(longer_until_);
  memory_.longest_lease = lease_ttl();
  persist();
}

}  // namespace mmm::agent
