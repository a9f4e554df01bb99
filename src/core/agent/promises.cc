#include "core/agent/promises.h"

#include <algorithm>

#include "base/mutant.h"

namespace mmm::agent {

void Promises::begin(Instant forgotten_until) {
  latest_ = {};
  until_ = kLongAgo;
  graces_.clear();
  forgotten_until_ = MMM_MUTANT(promise_forgotten) ? kLongAgo : forgotten_until;
}

void Promises::give(Generation to, Duration lease, bool holder_has_fence, bool holder_lives, Instant now) {
  latest_ = std::max(latest_, to);
  holder_lives_ = holder_lives;
  asked_at_ = now;
  until_ = std::max(until_, now + waiting_time(lease, holder_has_fence));
  if (MMM_MUTANT(grace_shortened)) graces_.clear();
}

void Promises::give_grace(const HostName& holder, const PromisedGrace& promised, bool holder_has_fence, Instant now) {
  auto& its = graces_[holder];
  its.until = std::max(its.until, now + waiting_time(promised.grace.length, holder_has_fence));
  its.promised.to = std::max(its.promised.to, promised.to);
  its.promised.grace.number = std::max(its.promised.grace.number, promised.grace.number);
}

bool Promises::end_grace(const HostName& holder, Generation generation, std::uint64_t number) {
  const auto its = graces_.find(holder);
  if (its == graces_.end() || number < its->second.promised.grace.number || generation < its->second.promised.to) return false;
  graces_.erase(its);
  return true;
}

bool Promises::grace_runs(const HostName& holder, Instant now) const {
  const auto its = graces_.find(holder);
  return its != graces_.end() && now < its->second.until;
}

bool Promises::runs_for(Generation generation, Instant now) const {
  if (generation == latest_ && now < until_ && holder_lives_) return true;
  if (now < forgotten_until_) return true;
  return std::ranges::any_of(graces_, [&](const auto& entry) {
    return entry.second.promised.to == generation && now < entry.second.until;
  });
}

std::optional<Instant> Promises::binding(Generation offered, Generation given_up, Instant now) const {
  auto until = given_up < latest_ ? until_ : kLongAgo;
  // To whom it was is forgotten: to any generation before the offered one.
  if (given_up.next() < offered) until = std::max(until, forgotten_until_);
  for (const auto& [holder, its] : graces_)
    if (given_up < its.promised.to) until = std::max(until, its.until);
  if (now >= until) return std::nullopt;
  return until;
}

}  // namespace mmm::agent
