#include "core/monitor/lease_book.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "base/mutant.h"

namespace mmm {

namespace {

HostSet intersection(const HostSet& a, const HostSet& b) {
  HostSet both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

}  // namespace

LeaseBook::LeaseBook(Durable durable, HostSet candidates, Instant hold_until)
    : durable_(std::move(durable)), candidates_(std::move(candidates)), hold_until_(hold_until) {
  ends_[durable_.longest_lease] = hold_until_;
}

bool LeaseBook::unheard_lease_ends(Instant now) {
  if (!durable_.unheard_lease || now < hold_until_) return false;
  durable_.unheard_lease = false;
  return true;
}

HostSet LeaseBook::promotable() const {
  if (!exists()) return candidates_;
  if (barred()) return bar_unconfirmed().empty() ? bar_confirmed_ : HostSet{};
  if (MMM_MUTANT(grown_set_counts)) return durable_.assignment.takeover_set;
  if (MMM_MUTANT(shrunk_set_ignored) && durable_.accepted) return durable_.acknowledged;
  const auto& base = durable_.accepted ? durable_.acknowledged : durable_.before;
  return intersection(base, durable_.sent_since);
}

std::string LeaseBook::not_promotable(const HostName& target) const {
  if (promotable().contains(target)) return "";
  const auto generation = durable_.assignment.generation.value;
  const auto missing = barred() ? bar_unconfirmed() : HostSet{};
  if (!missing.empty())
    return fmt::format("{} did not confirm yet that the writer of generation {} is renewed no more", fmt::join(missing, ", "),
                       generation);
  return fmt::format("it is not in the takeover set that the writer of generation {} acknowledged", generation);
}

void LeaseBook::bar(HostSet excused) {
  durable_.barred_from = durable_.assignment.version.next();
  durable_.excused = std::move(excused);
  bar_confirmed_.clear();
}

HostSet LeaseBook::bar_unconfirmed() const {
  HostSet missing;
  for (const auto& host : candidates_)
    if (host != durable_.assignment.writer && !bar_confirmed_.contains(host) && !durable_.excused.contains(host))
      missing.insert(host);
  return missing;
}

void LeaseBook::waive_wait(Instant now) {
  outstanding_.clear();
  end_grace();
  hold_until_ = std::min(hold_until_, now);
  first_renewal_by_ = std::min(first_renewal_by_, now);
}

void LeaseBook::confirmed(const HostName& by, const Order& order) {
  const auto& assignment = durable_.assignment;
  if (barred() && by != assignment.writer && candidates_.contains(by) && order.generation == assignment.generation &&
      order.version >= durable_.barred_from)
    bar_confirmed_.insert(by);
}

Instant LeaseBook::outstanding(const HostName& target) const {
  auto end = hold_until_;
  if (target != durable_.assignment.writer) end = std::max(end, grace_until_);
  for (const auto& [host, until] : outstanding_)
    if (host != target) end = std::max(end, until);
  return end;
}

std::optional<NotYet> LeaseBook::refuse_promotion(const HostName& target, Instant now) const {
  const auto& [generation, writer, version, set] = durable_.assignment;
  if (!exists()) return std::nullopt;  // nobody ever held a lease
  if (target == writer && (durable_.released || durable_.accepted)) return std::nullopt;
  if (const auto why = target == writer ? std::string() : not_promotable(target); !why.empty())
    return NotYet{fmt::format("'{}' can't be made writer: {}", target, why)};
  // Refused only, it ends no lease of an earlier generation, e.g. of a living writer that was offered a new one.
  if (durable_.released && durable_.given_up >= generation) return std::nullopt;
  const auto end = outstanding(target);
  if (now >= end || MMM_MUTANT(takeover_without_wait)) return std::nullopt;
  return NotYet{fmt::format("'{}' may hold a lease for another {:.2f} s", writer, seconds(end - now)), end};
}

void LeaseBook::promote(const HostName& target, HostSet first_set) {
  auto before = promotable();
  if (exists()) before.insert(durable_.assignment.writer);
  auto& assignment = durable_.assignment;
  if (target != assignment.writer) end_grace();  // it has run out, or was given up
  assignment.generation = next_generation();
  assignment.writer = target;
  assignment.version = Version{1};
  if (MMM_MUTANT(first_set_empty)) first_set.clear();
  assignment.takeover_set = first_set;
  durable_.before = std::move(before);
  durable_.accepted = false;
  durable_.acknowledged.clear();
  durable_.sent_since = std::move(first_set);
  durable_.released = false;
  durable_.barred_from = {};
  durable_.excused.clear();
  last_ask_ = kLongAgo;
}

void LeaseBook::next_version(HostSet set) {
  auto& assignment = durable_.assignment;
  if (!MMM_MUTANT(version_reused)) assignment.version = assignment.version.next();
  durable_.sent_since = intersection(durable_.sent_since, set);
  assignment.takeover_set = std::move(set);
}

bool LeaseBook::acknowledged(const HostName& from, const Order& order, Duration longest_lease, bool has_fence,
                             Instant now) {
  const auto& assignment = durable_.assignment;
  if (!exists() || durable_.released || from != assignment.writer || order.generation != assignment.generation) return false;
  if (!MMM_MUTANT(acknowledgement_is_no_grant)) count_grant(from, longest_lease, has_fence, now);
  // Only the newest version's set is known here; an older acknowledgement still says that the generation stands.
  const auto before = durable_;
  durable_.longest_lease = std::max(durable_.longest_lease, longest_lease);
  if (order.version == assignment.version || MMM_MUTANT(any_acknowledgement_counts)) {
    durable_.acknowledged = assignment.takeover_set;
    durable_.sent_since = assignment.takeover_set;
    durable_.accepted = true;
  } else if (!durable_.accepted) {
    durable_.acknowledged = durable_.sent_since;  // it has seen one of the sets since the first; all of them share this
    durable_.accepted = true;
  }
  return !(before == durable_);
}

bool LeaseBook::released(const HostName& from, Generation generation, bool had_accepted) {
  if (!exists() || from != durable_.assignment.writer || generation < durable_.assignment.generation) return false;
  if (had_accepted) {
    outstanding_.erase(from);
    end_grace();
    durable_.given_up = std::max(durable_.given_up, durable_.assignment.generation);
  }
  if (durable_.released) return false;
  durable_.released = true;
  return true;
}

std::optional<std::string> LeaseBook::grant(const HostName& from, const Ask& ask, Instant now) {
  const auto& assignment = durable_.assignment;
  if (MMM_MUTANT(grant_older_generation)) return std::nullopt;
  if (MMM_MUTANT(half_done_abandoned) && !durable_.accepted && ask.accepted.generation.next() == assignment.generation) {
    count_grant(from, ask.ttl, ask.has_fence, now);
    return std::nullopt;
  }
  if (!exists() || from != assignment.writer)
    return fmt::format("the writer is '{}'", exists() ? assignment.writer : HostName("nobody"));
  if (ask.accepted.generation != assignment.generation)
    return fmt::format("generation {} is over; the present one is {}", ask.accepted.generation.value,
                       assignment.generation.value);
  if (durable_.released && !MMM_MUTANT(release_not_final))
    return fmt::format("generation {} was given up", assignment.generation.value);
  if (barred()) return fmt::format("an administrator ended generation {}", assignment.generation.value);
  end_graces(from, ask.grace_over);
  count_grace(from, ask.grace_runs, ask.has_fence, now);
  if (ask.grace > 0) count_grace(from, {ask.grace, ask.ttl}, ask.has_fence, now);
  if (durable_.unheard_lease && now < hold_until_)
    return std::string("the administrator let this monitor lead: a lease of which nobody told may run out first");
  last_ask_ = now;
  if (ask.grace == 0) count_grant(from, ask.ttl, ask.has_fence, now);
  return std::nullopt;
}

void LeaseBook::count_grace(const HostName& holder, const Grace& grace, bool has_fence, Instant now) {
  if (grace.number == 0 || holder != durable_.assignment.writer || durable_.released) return;
  if (!MMM_MUTANT(grace_forgotten)) {
    durable_.grace.number = std::max(durable_.grace.number, grace.number);
    durable_.grace.length = std::max(durable_.grace.length, grace.length);
  }
  grace_until_ = std::max(grace_until_, now + waiting_time(grace.length, has_fence));
}

void LeaseBook::end_graces(const HostName& holder, std::uint64_t number) {
  if (holder != durable_.assignment.writer || durable_.grace.number == 0) return;
  if (number >= durable_.grace.number) end_grace();
}

void LeaseBook::end_grace() {
  durable_.grace = {};
  grace_until_ = kLongAgo;
}

void LeaseBook::forget_what_ran_out(Duration ttl, Instant now) {
  if (now >= grace_until_) end_grace();
  std::erase_if(ends_, [&](const auto& entry) { return now >= entry.second || MMM_MUTANT(shorter_at_once); });
  durable_.longest_lease = ends_.empty() ? ttl : std::max(ttl, ends_.rbegin()->first);
}

void LeaseBook::count_grant(const HostName& holder, Duration lease, bool has_fence, Instant now) {
  auto& end = outstanding_.try_emplace(holder, kLongAgo).first->second;
  end = std::max(end, now + (MMM_MUTANT(no_clock_allowance) ? lease : waiting_time(lease, has_fence)));
  auto& its_kind = ends_.try_emplace(lease, kLongAgo).first->second;
  its_kind = std::max(its_kind, end);
  if (MMM_MUTANT(grace_shortened)) grace_until_ = kLongAgo;
}

}  // namespace mmm
