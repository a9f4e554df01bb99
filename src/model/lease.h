#pragma once
// The vocabulary of the writer's lease. docs/lease.md is the protocol; the rules are quoted by number.

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/strong.h"
#include "base/time.h"

namespace mmm {

using Generation = Strong<std::uint64_t, struct GenerationTag>;  // 0: no assignment was ever made
using Version = Strong<std::uint64_t, struct VersionTag>;        // within a generation; never reused (rule 2)

// A leadership of a monitor (rule 1). Counters order; two leaderships with one counter are rivals.
struct Epoch {
  std::uint64_t counter = 0;
  std::string id;  // random, so that two monitors that count alike are told apart

  bool operator==(const Epoch&) const = default;
};

// The order of instructions (rule 2). Compare only orders of one epoch id, or of different counters.
struct Order {
  std::uint64_t epoch = 0;
  Generation generation;
  Version version;

  auto operator<=>(const Order&) const = default;
};

using HostSet = std::set<HostName>;

// Who is the writer, and who could be made writer next without asking it.
struct Assignment {
  Generation generation;
  HostName writer;         // empty while generation is 0
  Version version;         // of the takeover set
  HostSet takeover_set;

  bool operator==(const Assignment&) const = default;
};

// A long lease for a planned stop of its holder's agent (rule 9). The holder numbers them, on disk, so that the end of one
// ends no later one.
struct Grace {
  std::uint64_t number = 0;  // 0: none
  Duration length{0};

  bool operator==(const Grace&) const = default;
};

inline constexpr Duration kLeaseTtlMax = 60s;  // of `lease_ttl`; nobody promises for longer

// The widest that two clocks may differ: one 1 % fast, the other 1 % slow (rule "Terms": 1.01 / 0.99).
inline constexpr double kClockAllowance = 1.0203;
// A holder without the kernel's write fence has only the address's lifetime: whole seconds, up to a second late.
inline constexpr Duration kNoFenceSlack = 2s;

// How long the side that waits for a lease of `lease` to end has to wait on its own clock, rounded up to 1 ms.
constexpr Duration waiting_time(Duration lease, bool holder_has_fence) {
  const auto widened = static_cast<std::int64_t>(static_cast<double>(lease.count()) * kClockAllowance);
  const auto whole_ms = (widened + 999'999) / 1'000'000;
  return std::chrono::milliseconds(whole_ms) + (holder_has_fence ? Duration{0} : kNoFenceSlack);
}

}  // namespace mmm
