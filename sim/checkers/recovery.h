#pragma once
// L1: after the faults stop, within a bounded time there is one writer, every healthy host is ONLINE, every reader address
// is up.

#include "sim/checkers/checker.h"

namespace mmm::sim {

// The bound is kEnd - kCalmFrom: 24 s. In it lie the reader's longest wait (reader_ttl, widened, and the kernel's slack:
// 12.2 s), the trap period and the administrator's attention (0.5 s). Healthy is every host but one that diverged: it
// made transactions that the writer lacks, an administrator has to copy its data anew.
class Recovery : public Checker {
 public:
  using Checker::Checker;
  void at_end() override;

 private:
  void check_writer();
  void check_hosts();
  void check_readers();
};

}  // namespace mmm::sim
