#pragma once
// A second monitor, on the client's machine: started by a script that took the first one for dead, or in its place.

#include <optional>

#include "sim/monitor_process.h"
#include "sim/plan.h"

namespace mmm::sim {

struct World;

class SecondMonitor {
 public:
  explicit SecondMonitor(World& world);

  // Ensures: it will start with its file, end, or take the first one's place, as the plan says.
  void schedule();
  // The first one is dead for good: this one is the monitor.
  bool replaces() const { return replaces_; }

  MonitorProcess process;

 private:
  void keep_old_file();
  void start();
  void look();
  bool word_holds() const;

  World& world_;
  const SecondPlan plan_;
  Random random_;
  std::optional<MonitorState> old_file_;
  bool replaces_ = false;
};

}  // namespace mmm::sim
