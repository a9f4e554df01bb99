#pragma once
// Which rule of the protocol is broken on purpose. The simulator's build of the cores asks (base/mutant.h); nothing else
// is compiled with it.

#include <array>
#include <optional>
#include <string_view>

namespace mmm::sim {

enum class Mutant {
  none,
  older_epoch_accepted, equal_epoch_accepted, copied_file_continued, leads_without_all, leader_waits_for_nothing,
  word_covers_later, lineage_ignored,
  accept_older, generation_goes_back, said_before_written, told_before_written,
  version_reused, any_acknowledgement_counts, lease_from_answer, grant_older_generation, newest_promise,
  promise_to_older, grown_set_counts, shrunk_set_ignored, acknowledgement_is_no_grant,
  acknowledged_while_untimed, pin_not_ended, takeover_without_wait, promise_not_kept, no_clock_allowance,
  release_not_final, released_too_early, half_done_abandoned, first_set_empty,
  grace_forgotten, grace_shortened, shorter_at_once,
  promise_forgotten, rearmed_on_restart, older_state_obeyed, staged_on_answer, fence_one_way,
};

struct MutantEntry {
  Mutant mutant;
  std::string_view name, breaks;
};

#define MMM_SIM_ENTRY(name, breaks) MutantEntry{Mutant::name, #name, breaks}
inline constexpr std::array kMutants{
    MMM_SIM_ENTRY(older_epoch_accepted, "an agent obeys an older leadership (rule 1)"),
    MMM_SIM_ENTRY(equal_epoch_accepted, "an agent obeys a rival leadership of the same number (rule 1)"),
    MMM_SIM_ENTRY(copied_file_continued, "a copied state file is continued like one of our own (rule 1)"),
    MMM_SIM_ENTRY(leads_without_all, "a new monitor leads before every host accepted it (rule 1)"),
    MMM_SIM_ENTRY(leader_waits_for_nothing, "a new leader does not wait for the leases that may run (rule 1)"),
    MMM_SIM_ENTRY(word_covers_later, "an operator's word covers leaderships that are later than it (rule 1)"),
    MMM_SIM_ENTRY(lineage_ignored, "a monitor that leads is obeyed though it continues no leadership that is known here (rule 1)"),
    MMM_SIM_ENTRY(accept_older, "an agent accepts older instructions (rule 2)"),
    MMM_SIM_ENTRY(generation_goes_back, "a later leadership takes an agent back to an earlier generation (rule 2)"),
    MMM_SIM_ENTRY(said_before_written, "an agent acknowledges what is not on its disk (rule 2)"),
    MMM_SIM_ENTRY(told_before_written, "the monitor tells what is not on its disk (rule 2)"),
    MMM_SIM_ENTRY(version_reused, "another set is told under the same version (rule 2)"),
    MMM_SIM_ENTRY(any_acknowledgement_counts,
                  "an acknowledgement of an older version counts for the present one (rule 2)"),
    MMM_SIM_ENTRY(lease_from_answer, "the lease counts from the answer, not from the stamp (rule 3)"),
    MMM_SIM_ENTRY(grant_older_generation, "an older generation's lease is renewed (rule 3)"),
    MMM_SIM_ENTRY(newest_promise, "the newest promise of a set counts, not the oldest of all (rule 3)"),
    MMM_SIM_ENTRY(promise_to_older, "a promise is given to a generation that is over (rule 3)"),
    MMM_SIM_ENTRY(grown_set_counts, "a set counts before the writer acknowledged it (rule 4)"),
    MMM_SIM_ENTRY(shrunk_set_ignored, "who was sent out of the set counts until that is acknowledged (rule 4)"),
    MMM_SIM_ENTRY(acknowledgement_is_no_grant, "an acknowledgement does not count as a grant (rule 4)"),
    MMM_SIM_ENTRY(acknowledged_while_untimed, "a set is acknowledged while the address still has no end (rule 5)"),
    MMM_SIM_ENTRY(pin_not_ended, "a pinned writer stays pinned when its set grows (rule 5)"),
    MMM_SIM_ENTRY(takeover_without_wait, "a takeover waits for no outstanding grant (rule 6)"),
    MMM_SIM_ENTRY(promise_not_kept,
                  "a host accepts the role in spite of its promise (checked earlier, promised in between) (rule 6)"),
    MMM_SIM_ENTRY(no_clock_allowance, "the waiting side waits the bare lease (Terms)"),
    MMM_SIM_ENTRY(release_not_final, "an agent goes back to a generation it released (rule 7)"),
    MMM_SIM_ENTRY(released_too_early, "an agent says released before it stopped (rule 7)"),
    MMM_SIM_ENTRY(half_done_abandoned,
                  "while a new generation is not acknowledged, the one before is renewed (rule 8)"),
    MMM_SIM_ENTRY(first_set_empty, "the first set of a generation is empty (rule 8)"),
    MMM_SIM_ENTRY(grace_forgotten, "who gave a grace does not write it down (rule 9)"),
    MMM_SIM_ENTRY(grace_shortened, "a later, shorter lease ends the wait for a grace (rule 9)"),
    MMM_SIM_ENTRY(shorter_at_once, "a lowered lease_ttl is all that a restart waits for, while longer leases run (rule 9)"),
    MMM_SIM_ENTRY(promise_forgotten, "a restarted agent forgets what it promised (rule 10)"),
    MMM_SIM_ENTRY(rearmed_on_restart, "a restarted agent arms the address anew without an answer (rule 10)"),
    MMM_SIM_ENTRY(older_state_obeyed, "a state older than what was acknowledged is renewed and obeyed (rule 11)"),
    MMM_SIM_ENTRY(staged_on_answer,
                  "the kernel's element is staged when the answer comes, not before the stamp (rule 12)"),
    MMM_SIM_ENTRY(fence_one_way, "the fence holds back what comes in only, no answer that goes out (rule 12)"),
};
#undef MMM_SIM_ENTRY

// Set once, before the first schedule runs.
inline Mutant active_mutant = Mutant::none;

}  // namespace mmm::sim

#define MMM_MUTANT(name) (::mmm::sim::active_mutant == ::mmm::sim::Mutant::name)
