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
// lengthen it. One question goes to the monitor and to every member of the takeover set: the monitor's answer is enough,
// and so are those of all members together, of which the oldest counts.
class LeaseClock {
 public:
  // Starts over for `generation`: no lease, no question open. `set`: its takeover set.
  // `end`: of what it goes on with from the generation before.
  void begin(Generation generation, HostSet set, Instant end = kLongAgo);
  void end() { begin(Generation{}, {}); }
  // Another takeover set of the same generation. What was renewed before stands.
  void change_set(HostSet set);

  // A question for `ttl` is about to be sent. `staged`: what stands in the kernel for it. Ensures: returns its number; the
  // stamp is `now`.
  std::uint64_t ask(Instant now, Duration ttl, std::uint64_t staged = 0);
  // The monitor's answer came. Ensures: returns true when the lease became longer. Unknown or old numbers and other
  // generations change nothing.
  bool granted(std::uint64_t number, Generation generation);
  // The promise of a member of the set came. Ensures: as above.
  bool promised(const HostName& by, std::uint64_t number, Generation generation);

  // Nobody can be made writer instead (rule 3: the set is empty and that is acknowledged): the lease has no end.
  void pin() { pinned_ = true; }
  // Ends that; what is left is as long as if it had been granted now.
  void unpin(Instant now, Duration ttl);
  bool pinned() const { return pinned_; }
  // Somebody knows of a later writer: the lease is over.
  void revoke(Instant now);

  std::optional<WriterLease> live(Instant now) const;
  Instant lease_end() const { return pinned_ ? kNever : end_; }  // kLongAgo: never had one
  std::uint64_t staged() const { return staged_; }   // for the question by whose answer the present lease stands; 0: nothing
  std::uint64_t staged_for(std::uint64_t number) const;  // for an open question; 0: nothing
  Instant last_ask() const { return last_ask_; }      // kLongAgo: never asked, or asking at once is wanted
  void ask_at_once() { last_ask_ = kLongAgo; }
  Generation generation() const { return generation_; }

 private:
  // Questions of the last few seconds; an answer that comes later than this many questions is useless anyway.
  static constexpr std::size_t kOpenQuestions = 64;

  struct Question {
    Instant end;                   // where the lease ends if it is answered: stamp + ttl
    std::uint64_t staged = 0;
  };
  bool extend(const Question& question);

  Generation generation_;
  HostSet set_;
  bool pinned_ = false;
  Instant end_ = kLongAgo;
  Instant last_ask_ = kLongAgo;
  std::uint64_t next_number_ = 1;
  std::uint64_t staged_ = 0;
  std::map<std::uint64_t, Question> open_;  // by number
  std::map<HostName, Question> promised_;   // member of the set -> the latest question that it answered
};

}  // namespace mmm::agent
