#pragma once
// S4: an agent obeys nothing older than what it has accepted, through crashes too; and rule 7: what was given up for good
// never comes back.

#include <array>

#include "sim/checkers/checker.h"

namespace mmm::sim {

// - Whatever an agent says it accepted (an order, an epoch, a release) is on its disk when the message leaves (rule 2).
// - Nothing that it holds in memory, now or after any restart, is older than what it ever said.
// - It lifts read_only and puts the writer's address only for the generation that it accepted, and never for one that
//   it said it released.
//
// A host whose memory is lost begins anew (rule 11), with one thing left to hold: it never writes again for a generation
// that it knew; what it may have released or promised then, nobody can tell. One whose state was set back can't know that
// before a leader tells it; from then on it holds no lease by what is older than that leader has on disk of it.
class NothingOlder : public Checker {
 public:
  using Checker::Checker;
  void agent_stepped(Node host, const agent::Brain& brain) override;
  void agent_says(Node host, const FromAgent& message) override;
  void memory_lost(Node host) override;
  void state_restored(Node host) override;
  void agent_runs(Node host, const agent::Operation& operation) override;

 private:
  struct Said {
    Order accepted;
    Epoch epoch;
    Generation released;
    std::string line;                // of the instruction that it accepted last
    Generation forgotten;            // the latest that it accepted or released before its memory was lost, and
    std::string forgotten_line;      // the leaderships that made it: others, led without everybody, may count anew
    bool set_back = false;           // its state was restored: it may go on with that, or begin anew
  };

  void says_accepted(Node host, const Order& order);
  void says_released(Node host, Generation generation);
  void says_epoch(Node host, const Epoch& epoch);
  void exercises(Node host, Generation generation);
  Order leader_heard(Node host) const;

  std::array<Said, kHostsMax> said_;
};

}  // namespace mmm::sim
