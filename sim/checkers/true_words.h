#pragma once
// What is said is so when it leaves (rules 2, 5, 7, 8): most lies are harmless, since something else must fail within the
// same milliseconds. So they are judged themselves.

#include "sim/checkers/checker.h"

namespace mmm::sim {

// - A writer that says it released its generation accepts no writes any more (S1).
// - One that acknowledges a set has nothing without an end in its kernel (S1).
// - What a monitor instructs is on its disk (S4).
// - Nobody is offered a generation alone: should it die then, nobody could follow (L1).
class TrueWords : public Checker {
 public:
  using Checker::Checker;
  void agent_says(Node host, const FromAgent& message) override;
  void monitor_says(const MonitorProcess& monitor, const ToAgent& message) override;

 private:
  void says_released(Node host, Generation generation);
  void says_acknowledged(Node host, const Order& order);
};

}  // namespace mmm::sim
