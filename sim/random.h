#pragma once
// The only source of chance in a schedule. Same seed, same numbers, on every machine.

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace mmm::sim {

// SplitMix64 (Steele, Lea, Flood 2014): one word of state, every seed is a good seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    auto z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // A stream of its own: what one part of the world draws does not shift what another part gets.
  Random fork() { return Random(next()); }

  // Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    const auto width = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<std::int64_t>(next() % width);
  }
  Duration between(Duration low, Duration high) { return Duration(between(low.count(), high.count())); }
  bool chance(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

}  // namespace mmm::sim
