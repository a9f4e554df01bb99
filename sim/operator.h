#pragma once
// The administrator: sets hosts online, and does what the plan wants of him.

#include <string>

#include "core/monitor/commands.h"
#include "sim/random.h"
#include "sim/topology.h"

namespace mmm::sim {

struct World;

class Operator {
 public:
  Operator(World& world, Random random) : world_(world), random_(random) {}

  // Sets every host online as soon as the monitor lets him. Later he looks now and then, and often in the calm at the
  // end: hosts in AWAITING_RECOVERY or ADMIN_OFFLINE need him.
  void start();
  void move_writer(Node to);
  void set_offline(Node host);
  void set_online(Node host);
  void answered(const Answer& answer);

 private:
  void look();

  World& world_;
  Random random_;
  std::string last_answer_;   // the same answer again is no news
};

}  // namespace mmm::sim
