#pragma once
// S2, as far as this stage goes: with semi-sync replication, what a client saw committed is on every new writer before it
// takes its first write, if a host that has it could be asked.

#include <array>
#include <set>

#include "sim/checkers/checker.h"
#include "sim/server.h"

namespace mmm::sim {

// Could be asked: its machine, mysqld and agent had been well, and the links between it, the monitor and the other
// database hosts whole and quick, for kLongEnough when the new writer began to accept writes. What no such host had may be
// lost (two faults at once); it is excused, and counted.
class NothingLost : public Checker {
 public:
  using Checker::Checker;
  void state_changed() override;
  void loss_accepted(Node host) override;
  void at_end() override;

 private:
  void look_at_new_writer(Node writer);

  std::array<bool, kHostsMax> accepts_{};  // as it was at the last change
  std::set<TransactionId> excused_;
};

}  // namespace mmm::sim
