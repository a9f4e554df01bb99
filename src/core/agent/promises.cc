#include "core/agent/promises.h"

#include <algorithm>

#include "base/mutant.h"

namespace mmm::agent {

void Promises::begin(Instant forgotten_until) {
  latest_ = {};
  until_ = kLongAgo;
  forgotten_until_ = MMM_MUTANT(promise_forgotten) ? kLongAgo : forgotten_until;
}

void Promises::give(Generation to, Duration lease, bool holder_has_fence, bool holder_lives, Instant now) {
  latest_ = std::max(latest_, to);
  holder_lives_ = holder_lives;
  asked_at_ = now;
  until_ = std::max(until_, now + waiting_time(lease, holder_has_fence));
}

std::optional<Instant> Promises::binding(Generation offered, Generation given_up, Instant now) const {
  auto until = given_up < latest_ ? until_ : kLongAgo;
  // To whom it was is forgotten: to any generation before the offered one.
  if (given_up.next() < offered) until = std::max(until, forgotten_until_);
  if (now >= until) return std::nullopt;
  return until;
}

}  // namespace mmm::agent
