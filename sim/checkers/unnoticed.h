#pragma once
// S5: when only our own processes restart, each of them within the lease, nobody notices.

#include <array>
#include <cstdint>

#include "sim/checkers/checker.h"

namespace mmm::sim {

// Judges the schedules that are only_restarts(). From the first restart on:
//
//   - every role address stays where it is,
//   - the writer stays writable, and no other host becomes it,
//   - no write of the client fails.
class Unnoticed : public Checker {
 public:
  using Checker::Checker;
  void state_changed() override;
  void write_failed() override;

 private:
  struct Serving {
    std::uint32_t addresses = 0;     // a bit for each role address
    bool accepts = false;
    bool operator==(const Serving&) const = default;
  };
  Serving serving(Node host) const;

  std::array<Serving, kHostsMax> before_{};
};

}  // namespace mmm::sim
