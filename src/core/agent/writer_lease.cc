#include "core/agent/writer_lease.h"

namespace mmm::agent {

void LeaseClock::begin(Generation generation) {
  generation_ = generation;
  end_ = kLongAgo;
  last_ask_ = kLongAgo;
  open_.clear();
}

std::uint64_t LeaseClock::ask(Instant now, Duration ttl) {
  const auto number = next_number_++;
  open_[number] = now + ttl;
  if (open_.size() > kOpenQuestions) open_.erase(open_.begin());
  last_ask_ = now;
  return number;
}

bool LeaseClock::granted(std::uint64_t number, Generation generation) {
  const auto question = open_.find(number);
  if (question == open_.end() || generation != generation_) return false;
  const auto end = question->second;
  open_.erase(open_.begin(), std::next(question));
  if (end <= end_) return false;
  end_ = end;
  return true;
}

std::optional<WriterLease> LeaseClock::live(Instant now) const {
  if (now >= end_) return std::nullopt;
  return WriterLease(generation_, end_);
}

}  // namespace mmm::agent
