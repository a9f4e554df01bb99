#include "io/fence/write_fence.h"

#include <algorithm>

#include <fmt/format.h>

#include "io/async/clock.h"

namespace mmm {

namespace {

// How long it may take to put back what is left of an armed lease; whoever takes longer may have been frozen, and tries
// again with twice that. A call takes 0.2 ms, but the first on a new table waits for the kernel: up to 30 ms were seen.
constexpr Duration kPutBackWithin = 40ms;
constexpr int kPutBackTries = 3;

std::unexpected<Error> too_short(Duration lease) {
  return fail(fmt::format("write fence: a lease of {} ms is too short", milliseconds(lease)));
}

Instant end_of(Instant now, std::optional<Duration> lease) { return lease ? now + *lease : kNever; }

}  // namespace

Status probe_write_fence(const FenceRules& rules) {
  if (auto good = fence_text::check(rules); !good) return good;
  auto nft = Nft::open();
  if (!nft) return std::unexpected(nft.error());
  return nft->try_out(fence_text::table(rules));
}

Result<WriteFence> WriteFence::open(FenceRules rules) {
  if (const auto good = fence_text::check(rules); !good) return std::unexpected(good.error());
  auto nft = Nft::open();
  if (!nft) return std::unexpected(nft.error());
  WriteFence fence(std::move(*nft), std::move(rules));
  if (const auto made = fence.make(); !made) return std::unexpected(made.error());
  const auto state = fence.look();
  if (!state) return std::unexpected(state.error());
  fence.armed_ = state->armed;
  fence.last_number_ = static_cast<std::uint64_t>(boot_now().time_since_epoch().count());  // unlike any from before
  return fence;
}

Status WriteFence::take_away(const FenceRules& rules) {
  auto nft = Nft::open();
  if (!nft) return std::unexpected(nft.error());
  return nft->run(fence_text::removal(rules));
}

// A table of ours that has another shape (of another version) gives way; that closes it.
Status WriteFence::make() {
  const auto made = nft_.run(fence_text::table(rules_));
  if (made || made.error().certainty == Certainty::unknown) return made;
  return nft_.run(fence_text::removal(rules_) + fence_text::table(rules_));
}

void WriteFence::forget() {
  slots_ = {};
  armed_.reset();
}

// The kernel's time begins after ours was read.
Status WriteFence::fill(std::size_t slot, std::optional<Duration> lease) {
  slots_[slot] = {.number = 0, .end = end_of(boot_now(), lease)};
  return nft_.run(fence_text::fill(rules_, slot, lease));
}

std::size_t WriteFence::free_slot() const {
  std::size_t oldest = armed_ == 0 ? 1 : 0;
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
    if (slot != armed_ && slots_[slot].number < slots_[oldest].number) oldest = slot;
  }
  return oldest;
}

// After a call failed: somebody took the table away, or we don't know any more what is armed.
void WriteFence::make_again() {
  if (!make()) return;
  const auto state = look();
  if (!state) return;
  if (state->armed) {
    armed_ = state->armed;
    return;
  }
  const auto before = std::exchange(slots_, {});
  const auto armed = std::exchange(armed_, std::nullopt);
  if (armed && before[*armed].number != 0) put_back(*armed, before[*armed]);
}

// What is left of the armed lease comes back by the two steps of a renewal: its time runs in the kernel before the clock
// is looked at again, so a freeze in between can't make it longer. Only from our own memory, never from the kernel's.
void WriteFence::put_back(std::size_t slot, const Slot& lease) {
  auto within = kPutBackWithin;
  for (int tries = 0; tries < kPutBackTries; ++tries, within *= 2) {
    const auto start = boot_now();
    std::optional<Duration> left;
    if (lease.end != kNever) left = lease.end - start - within;
    if (left && *left < kFencedLeaseMin) return;
    if (!fill(slot, left)) return;
    if (left && boot_now() - start > within) continue;
    if (!nft_.run(fence_text::arming(rules_, slot))) return;
    slots_[slot] = lease;
    armed_ = slot;
    return;
  }
}

Result<StagedLease> WriteFence::stage(std::optional<Duration> lease) {
  if (lease && *lease < kFencedLeaseMin) return too_short(*lease);
  auto slot = free_slot();
  auto staged = fill(slot, lease);
  if (!staged) {
    make_again();
    slot = free_slot();
    staged = fill(slot, lease);
  }
  if (!staged) return std::unexpected(staged.error());
  slots_[slot].number = ++last_number_;
  return StagedLease{last_number_};
}

Status WriteFence::arm(StagedLease lease) {
  if (armed_ && lease.number != 0 && lease.number <= slots_[*armed_].number) return {};
  const auto found = std::ranges::find(slots_, lease.number, &Slot::number);
  if (lease.number == 0 || found == slots_.end()) {
    return fail("write fence: this lease was closed, or others came after it");
  }
  const auto slot = static_cast<std::size_t>(found - slots_.begin());
  const auto done = nft_.run(fence_text::arming(rules_, slot));
  if (done) armed_ = slot;
  if (!done && done.error().certainty == Certainty::failed) make_again();
  return done;
}

Status WriteFence::close() {
  forget();
  auto commands = fence_text::arming(rules_, std::nullopt);
  for (std::size_t slot = 0; slot < slots_.size(); ++slot) commands += fence_text::empty(rules_, slot);
  if (const auto closed = nft_.run(commands)) return closed;
  return nft_.run(fence_text::removal(rules_) + fence_text::table(rules_));
}

Status WriteFence::limit(Duration lease) {
  if (lease < kFencedLeaseMin) return too_short(lease);
  const auto state = look();
  if (!state) return std::unexpected(state.error());
  // What is put back after somebody took the table away has this end, too.
  const auto limited = boot_now() + lease;
  for (auto& slot : slots_)
    if (slot.end == kNever) slot.end = limited;
  if (state->untimed.empty()) return {};
  std::string commands;
  auto after = slots_;
  for (const auto slot : state->untimed) {
    if (slot == state->armed) {
      commands += fence_text::arming(rules_, std::nullopt);
      commands += fence_text::fill(rules_, slot, lease) + fence_text::arming(rules_, slot);
      after[slot].end = boot_now() + lease;
    } else {
      commands += fence_text::empty(rules_, slot);
      after[slot] = {};
    }
  }
  const auto done = nft_.run(commands);
  if (done) slots_ = after;
  return done;
}

Result<FenceState> WriteFence::look() {
  const auto name = fence_text::table_of(rules_);
  const auto listing = nft_.read("list table " + name);
  if (listing) return fence_text::parse(*listing);
  const auto tables = nft_.read("list tables");
  if (!tables) return std::unexpected(tables.error());
  if (tables->find("table " + name + "\n") == tables->npos) return FenceState{};
  return std::unexpected(listing.error());
}

Status WriteFence::remove() {
  forget();
  return nft_.run(fence_text::removal(rules_));
}

}  // namespace mmm
