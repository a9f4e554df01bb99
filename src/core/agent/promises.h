#pragma once
// The promises that this host gave to writers: it will not take the role before they have run out (docs/lease.md, rule 3).

#include <map>
#include <optional>

#include "base/time.h"
#include "model/agent_memory.h"
#include "model/lease.h"

namespace mmm::agent {

// Of those no longer than an ordinary lease only the length is on disk: whoever restarts waits for that (rule 10). The
// graces are (AgentMemory::promised_graces).
class Promises {
 public:
  // A restart: something may have been promised, to any generation, for no longer than this.
  void begin(Instant forgotten_until);

  // Counted as a waiting side counts, from now on. A later, shorter one ends nothing (rule 9).
  void give(Generation to, Duration lease, bool holder_has_fence, bool holder_lives, Instant now);

  // The same for a grace, which no other promise ends. `holder`: to whom.
  void give_grace(const HostName& holder, const PromisedGrace& promised, bool holder_has_fence, Instant now);
  // The holder's graces up to this one are over, says the writer of `generation`. Ensures: true when its last one was no
  // later and binds no more. A holder that lost its disk counts from 1 again, in a later generation.
  bool end_grace(const HostName& holder, Generation generation, std::uint64_t number);
  bool grace_runs(const HostName& holder, Instant now) const;

  // Until when `offered` can't be accepted; nothing: it can. `given_up`: the highest generation that its writer gave up
  // for good after it had accepted it, so that every promise to it or to an earlier one is void (rule 7).
  std::optional<Instant> binding(Generation offered, Generation given_up, Instant now) const;

  Instant until() const { return until_; }
  Generation latest() const { return latest_; }
  Instant asked_at() const { return asked_at_; }
  // A promise to the writer of this generation runs, and that one held its lease when it asked. After a restart: may run.
  bool runs_for(Generation generation, Instant now) const;
  bool asked_within(Duration time, Generation generation, Instant now) const {
    return generation == latest_ && now < asked_at_ + time;
  }

 private:
  Generation latest_;                // the latest generation that was promised anything
  bool holder_lives_ = false;
  Instant asked_at_ = kLongAgo;      // when the last one was given
  Instant until_ = kLongAgo;         // of every promise since the start
  Instant forgotten_until_ = kLongAgo;
  struct LongPromise {
    PromisedGrace promised;
    Instant until = kLongAgo;
  };
  std::map<HostName, LongPromise> graces_;
};

}  // namespace mmm::agent
