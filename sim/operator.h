#pragma once
// The administrator: sets hosts online, and does what the plan wants of him.

#include <optional>
#include <string>

#include "core/monitor/commands.h"
#include "sim/plan.h"
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
  void move_to_one_of(const NodeSet& hosts);  // whoever may have it
  void set_offline(Node host);
  void set_mode(std::string word);
  void run(Errand errand, Node host);
  void set_online(Node host, bool accept_loss = false);
  void answered(const Answer& answer);

 private:
  void look();
  bool histories_are_forked(std::optional<Node> without = {}) const;
  // Each offer fails, since nobody can apply what two histories have: he stops the agent of the host whose history is given up
  // (docs/operating/failover.md), and starts it again when somebody writes.
  void give_up_a_history();
  // After memory was lost nobody but a person knows whose data is the best: he begins with the host that has most. Who has something
  // of its own is left out. Where only the last writer may go on (it was pinned), it fetches what it lacks from the others.
  void decide_what_is_lost();
  void start_what_was_left_stopped();
  // Who commands without a fence or takes the lead keeps to what the manual demands: the machines that MMM can't ask are
  // switched off, and stay off until all is decided.
  bool may_vouch(bool for_the_lead) const;

  World& world_;
  Random random_;
  std::size_t decisions_ = 0;
  std::string last_answer_;             // the same again is no news
  std::optional<Node> silenced_;        // whose agent he stopped
  std::optional<Node> makes_do_with_;   // told to accept the loss of what that host lacks; not yet answered
};

}  // namespace mmm::sim
