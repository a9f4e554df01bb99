#pragma once
// The writer's lease as its holder sees it (docs/lease.md, rules 3 and 10).

#include <cstdint>
#include <map>
#include <optional>

#include "base/time.h"
#include "model/lease.h"

namespace mmm::agent {

// Proof that a lease was live when this was made. Only LeaseClock makes one, so nothing can put up the writer's address
// or lift read_only without passing the lease that allows it.
class WriterLease {
 public:
  Generation generation() const { return generation_; }
  Instant end() const { return end_; }

 private:
  friend class LeaseClock;
  WriterLease(Generation generation, Instant end) : generation_(generation), end_(end) {}

  Generation generation_;
  Instant end_;
};

// Counts the lease from the stamp that was taken before the question was sent, so that a delayed answer can never
// lengthen it.
class LeaseClock {
 public:
  // Starts over for `generation`: no lease, no question open.
  void begin(Generation generation);
  void end() { begin(Generation{}); }

  // A question for `ttl` is about to be sent. Ensures: returns its number; the stamp is `now`.
  std::uint64_t ask(Instant now, Duration ttl);
  // An answer came. Ensures: returns true when the lease became longer. Unknown or old numbers and other generations
  // change nothing.
  bool granted(std::uint64_t number, Generation generation);

  std::optional<WriterLease> live(Instant now) const;
  Instant lease_end() const { return end_; }          // kLongAgo: never had one
  Instant last_ask() const { return last_ask_; }      // kLongAgo: never asked, or asking at once is wanted
  void ask_at_once() { last_ask_ = kLongAgo; }
  Generation generation() const { return generation_; }

 private:
  // Questions of the last few seconds; an answer that comes later than this many questions is useless anyway.
  static constexpr std::size_t kOpenQuestions = 64;

  Generation generation_;
  Instant end_ = kLongAgo;
  Instant last_ask_ = kLongAgo;
  std::uint64_t next_number_ = 1;
  std::map<std::uint64_t, Instant> open_;  // question -> where the lease ends if it is granted: stamp + ttl
};

}  // namespace mmm::agent
