#pragma once
// The monitor's side of the writer's lease: who may be promoted, and when (docs/lease.md, rules 2, 4, 6, 7, 8).
//
// What must survive a crash is in `durable()`; the caller persists it before it sends anything that follows from a
// change (rule 2). What is not (grants given) is covered after a restart by waiting for the longest lease (rule 1).

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/lease.h"
#include "model/messages.h"
#include "model/monitor_state.h"

namespace mmm {

// Why not, and until when; `until` is kNever when waiting does not help.
struct NotYet {
  std::string because;
  Instant until = kNever;
};

class LeaseBook {
 public:
  struct Durable {
    Assignment assignment;
    bool accepted = false;       // the writer acknowledged this generation
    HostSet acknowledged;        // the takeover set that it acknowledged last
    HostSet sent_since;          // the intersection of every set sent since then, the present one included
    HostSet before;              // rule 8: promotable and writer of the generation before
    bool released = false;       // given up, or refused, for good
    Generation given_up;         // the highest that its writer had accepted and then gave up for good (rule 7)
    // Instructions of this generation from this version on bar it: nobody renews its writer any more. 0: none does.
    Version barred_from;
    HostSet excused;             // candidates that need not confirm that: an operator vouches for them
    Duration longest_lease{0};
    // A leadership by an operator's word: a lease of which nobody told may run. Nothing is granted until it has run out.
    bool unheard_lease = false;
    Grace grace;                 // that the writer was given and did not end yet (rule 9); number 0: none

    bool operator==(const Durable&) const = default;
  };

  // A new leadership. `hold_until`: no takeover without a release before it (rule 1, last but one sentence).
  LeaseBook(Durable durable, HostSet candidates, Instant hold_until);

  const Durable& durable() const { return durable_; }
  const Assignment& assignment() const { return durable_.assignment; }
  bool exists() const { return durable_.assignment.generation.value > 0; }

  // Rule 4 and 8: whom the monitor may really promote from here.
  HostSet promotable() const;
  // Why `target` is not among them; "" when it is.
  std::string not_promotable(const HostName& target) const;

  // An operator vouches that the writer, which nobody can ask, accepts no writes. Which set it acknowledged last is not
  // known, so no set counts any more: every other candidate has to confirm that it renews this generation no more, but for
  // the `excused`. Ensures: from the next version on.
  void bar(HostSet excused);
  bool barred() const { return durable_.barred_from.value > 0; }
  HostSet bar_unconfirmed() const;
  // An operator vouches that the lease of the writer does not run: it is not waited for (rule 13).
  void waive_wait(Instant now);

  // Rule 6. Nothing when (g+1, target) may be persisted now.
  std::optional<NotYet> refuse_promotion(const HostName& target, Instant now) const;

  // Begins generation g+1 with `target` as its writer. Requires: refuse_promotion says nothing. `first_set`: every other
  // candidate, living or not (rule 8).
  void promote(const HostName& target, HostSet first_set);

  // A generation up to this one exists somewhere: the next one is later (S4).
  void raise_floor(Generation seen) { floor_ = std::max(floor_, seen); }
  Generation floor() const { return floor_; }
  // Nobody holds this one, but somebody would refuse it for good.
  void pass_over(Generation refused) { passed_over_ = std::max(passed_over_, refused); }
  Generation next_generation() const { return std::max({durable_.assignment.generation, floor_, passed_over_}).next(); }

  // Another instruction of the same generation, with this takeover set. Ensures: a version that was never used before.
  void next_version(HostSet set);

  // The writer acknowledged (g, v). It counts as a grant as long as the longest lease that it may hold then (rule 4).
  // Ensures: returns true when something durable changed.
  bool acknowledged(const HostName& from, const Order& order, Duration longest_lease, bool has_fence, Instant now);
  // Any host did.
  void confirmed(const HostName& by, const Order& order);

  // `from` gave up, or refused for good, every generation up to this one (rule 7). `had_accepted`: it was its writer. One
  // that only refused leaves the promises to the writer before it in force: that one may live on them.
  // Ensures: as above.
  bool released(const HostName& from, Generation generation, bool had_accepted);

  // A renewal is asked for, or a grace. Ensures: returns the refusal's reason, or nothing, and then the grant counts from
  // `now`; a grace is durable, and has to be on disk before it is given.
  std::optional<std::string> grant(const HostName& from, const Ask& ask, Instant now);

  // The writer holds this grace, or may. It counts beside what it is granted otherwise: no shorter lease ends it (rule 9).
  void count_grace(const HostName& holder, const Grace& grace, bool has_fence, Instant now);
  // The writer's graces up to this one are over.
  void end_graces(const HostName& holder, std::uint64_t number);
  bool in_grace(Instant now) const { return durable_.grace.number > 0 && now < grace_until_; }

  // Forgets what has run out: a grace, and leases longer than `ttl`, which is what is asked for from now on.
  void forget_what_ran_out(Duration ttl, Instant now);

  // The time for a lease of which nobody told is over. Ensures: as above.
  bool unheard_lease_ends(Instant now);

  // While the time for an unheard lease lasts nobody can renew: until then a writer that does not is none that is lost.
  Instant first_renewal_by() const { return first_renewal_by_; }
  // The same while we heard of nobody: the writer may have lived on promises.
  void nobody_could_tell_before(Instant at) { first_renewal_by_ = std::max(first_renewal_by_, at); }
  // From here on the writer has missed its renewals, and every lease has run out.
  Instant nobody_holds_a_lease() const { return std::max(outstanding(""), first_renewal_by_); }

  // When the present writer asked last; kLongAgo: never.
  Instant last_ask() const { return last_ask_; }
  // The end of every lease that is not the target's own.
  Instant outstanding(const HostName& target) const;

  void set_candidates(HostSet candidates) { candidates_ = std::move(candidates); }

 private:
  void count_grant(const HostName& holder, Duration lease, bool has_fence, Instant now);
  void end_grace();

  Durable durable_;
  HostSet candidates_;
  Instant hold_until_;
  Instant first_renewal_by_ = kLongAgo;  // nobody could renew before, or tell us that it did
  Generation floor_, passed_over_;
  Instant last_ask_ = kLongAgo;
  HostSet bar_confirmed_;
  std::map<Duration, Instant> ends_;     // of the leases that may run, by their length
  Instant grace_until_ = kLongAgo;       // of the writer's grace
  std::map<HostName, Instant> outstanding_;
};

}  // namespace mmm
