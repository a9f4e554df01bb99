#pragma once
// The configuration file of each machine, and the administrator who edits them one after the other.

#include <array>

#include "sim/plan.h"

namespace mmm::sim {

struct World;

class Configurations {
 public:
  explicit Configurations(World& world);

  // Ensures: the plan's changes will be made.
  void schedule();
  // As the file says now. A program reads it when it starts.
  const Layout& on(Node machine) const { return files_[machine]; }
  // As it is to be everywhere.
  const Layout& wanted() const { return wanted_; }
  // Its machine stands there, with power or without.
  bool exists(Node host) const { return there_.test(host); }
  // In the calm, what the monitor demands after a careless change: the role is moved off a host that is no candidate; where
  // that can't be, or it was removed, it is added again. Who leads nothing because of a host that is gone is told to.
  void look_after();

 private:
  void begin(const ConfigChange& change);
  void edit(Node machine, const Layout& layout);
  void restart(Node machine);
  void take_away(const ConfigChange& change);
  void bring_back(Node host);

  World& world_;
  std::array<Layout, kNodesMax> files_;
  Layout wanted_;
  NodeSet there_;
  int moves_tried_ = 0;
};

}  // namespace mmm::sim
