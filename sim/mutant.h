#pragma once
// Which rule of the protocol is broken on purpose. The simulator's build of the cores asks (base/mutant.h); nothing else
// is compiled with it.

#include <array>
#include <optional>
#include <string_view>

namespace mmm::sim {

enum class Mutant {
  none,
  lease_from_answer,      // the lease counts from the answer's arrival, not from the stamp (rule 3)
  takeover_without_wait,  // a takeover does not wait for outstanding grants (rule 6)
  grant_older_generation, // a writer of an older generation is granted its lease too (rule 3)
  no_clock_allowance,     // the waiting side waits the bare lease: no widening, no slack ("Terms")
  accept_older,           // an agent accepts older instructions (rule 2)
  release_not_final,      // an agent goes back to a generation that it released (rule 7)
  promise_not_kept,       // a host accepts the role though it promised not to (rule 6)
  promise_forgotten,      // a restarted agent does not wait for what it may have promised (rule 10)
  newest_promise,         // of the promises of a set the newest one counts, not the oldest of all (rule 3)
  refusal_voids_promises, // a generation that was only refused voids the promises to earlier ones (rule 7)
};

struct MutantEntry {
  Mutant mutant;
  std::string_view name, breaks;
};

inline constexpr std::array kMutants{
    MutantEntry{Mutant::lease_from_answer, "lease_from_answer", "the lease counts from the answer, not from the stamp"},
    MutantEntry{Mutant::takeover_without_wait, "takeover_without_wait", "a takeover waits for no outstanding grant"},
    MutantEntry{Mutant::grant_older_generation, "grant_older_generation", "an older generation's lease is renewed"},
    MutantEntry{Mutant::no_clock_allowance, "no_clock_allowance", "the waiting side waits the bare lease"},
    MutantEntry{Mutant::accept_older, "accept_older", "an agent accepts older instructions"},
    MutantEntry{Mutant::promise_not_kept, "promise_not_kept", "a host accepts the role in spite of its promise"},
    MutantEntry{Mutant::promise_forgotten, "promise_forgotten", "a restarted agent forgets what it promised"},
    MutantEntry{Mutant::newest_promise, "newest_promise", "the newest promise of a set counts, not the oldest"},
    MutantEntry{Mutant::refusal_voids_promises, "refusal_voids_promises", "a refused generation voids promises to earlier ones"},
    MutantEntry{Mutant::release_not_final, "release_not_final", "an agent goes back to a generation it released"},
};

// Set once, before the first schedule runs.
inline Mutant active_mutant = Mutant::none;

}  // namespace mmm::sim

#define MMM_MUTANT(name) (::mmm::sim::active_mutant == ::mmm::sim::Mutant::name)
