#include "core/agent/writer_lease.h"

#include <algorithm>

#include "base/mutant.h"

namespace mmm::agent {

void LeaseClock::begin(Generation generation, HostSet set, Instant end) {
  generation_ = generation;
  set_ = std::move(set);
  pinned_ = false;
  end_ = end;
  staged_ = 0;
  last_ask_ = kLongAgo;
  open_.clear();
  promised_.clear();
}

void LeaseClock::change_set(HostSet set) {
  if (set == set_) return;
  set_ = std::move(set);
  std::erase_if(promised_, [this](const auto& entry) { return !set_.contains(entry.first); });
  ask_at_once();
}

std::uint64_t LeaseClock::ask(Instant now, Duration ttl, std::uint64_t staged) {
  const auto number = next_number_++;
  open_[number] = {now + ttl, staged};
  if (open_.size() > kOpenQuestions) open_.erase(open_.begin());
  last_ask_ = now;
  return number;
}

bool LeaseClock::granted(std::uint64_t number, Generation generation) {
  const auto question = open_.find(number);
  return question != open_.end() && generation == generation_ && extend(question->second);
}

bool LeaseClock::promised(const HostName& by, std::uint64_t number, Generation generation) {
  const auto question = open_.find(number);
  if (question == open_.end() || generation != generation_ || !set_.contains(by)) return false;
  auto& latest = promised_.try_emplace(by, Question{kLongAgo}).first->second;
  if (latest.end < question->second.end) latest = question->second;
  if (MMM_MUTANT(newest_promise)) return extend(latest);
  Question oldest{kNever};
  for (const auto& member : set_) {
    const auto its = promised_.find(member);
    if (its == promised_.end()) return false;
    if (its->second.end < oldest.end) oldest = its->second;
  }
  return extend(oldest);
}

void LeaseClock::unpin(Instant now, Duration ttl) {
  if (!std::exchange(pinned_, false)) return;
  extend({now + ttl, staged_});
}

void LeaseClock::revoke(Instant now) {
  pinned_ = false;
  end_ = std::min(end_, now);
  open_.clear();
  promised_.clear();
}

std::optional<WriterLease> LeaseClock::live(Instant now) const {
  if (now >= lease_end()) return std::nullopt;
  return WriterLease(generation_, lease_end());
}

std::uint64_t LeaseClock::staged_for(std::uint64_t number) const {
  const auto question = open_.find(number);
  return question == open_.end() ? 0 : question->second.staged;
}

bool LeaseClock::extend(const Question& question) {
  if (question.end <= end_) return false;
  end_ = question.end;
  staged_ = question.staged;
  return true;
}

}  // namespace mmm::agent
