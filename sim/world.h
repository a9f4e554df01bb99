#pragma once
// Everything there is in a schedule, and who has to hear of what.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/agent_process.h"
#include "sim/checkers/checker.h"
#include "sim/client.h"
#include "sim/clock.h"
#include "sim/configurations.h"
#include "sim/event_queue.h"
#include "sim/kernel.h"
#include "sim/monitor_process.h"
#include "sim/network.h"
#include "sim/operator.h"
#include "sim/plan.h"
#include "sim/second_monitor.h"
#include "sim/server.h"
#include "sim/story.h"
#include "sim/topology.h"

namespace mmm::sim {

// A database host.
struct Host {
  Host(World& world, Node id, Random random);

  // A commit acknowledgement of this host can reach a client through the writer's address (checkers/one_writer.h).
  bool accepts_writes() const;
  bool fence_is_open() const;        // or there is none
  bool runs() const { return up && !still; }

  Node id;
  bool up = true;
  bool still = false;                // paused or suspended
  // It went on with what was left of its kernel's timers, until this time at most: rule 12's documented limit.
  TrueTime leftovers_until{0};
  Generation leftovers_of{};         // of which it was the writer then; of a later one it is by a lease of its own
  Kernel kernel;
  Server server;
  AgentProcess agent;
};

struct Violation {
  std::string checker;
  TrueTime at{0};
  std::string text;
};

struct World {
  World(Plan the_plan, bool tell_story);
  World(const World&) = delete;

  // Runs the whole schedule, or up to the first violation.
  void run();

  TrueTime now() const { return queue.now(); }
  const Clock& clock(Node machine) const { return clocks[machine]; }
  Instant local(Node machine) const { return clocks[machine].read(now()); }

  // ---- something changed
  void server_changed(Node host);
  void addresses_changed(Node host);
  void links_changed();
  void process_changed();
  void violate(std::string_view checker, std::string text);

  // ---- a machine, the monitor's too, loses its power, and gets it back; its disk is lost with all that was on it
  void power_off(Node machine);
  void power_on(Node machine);
  void lose_disk(Node host);
  // ---- a machine, the monitor's too, is paused, or suspended (`clock_goes_on`), and resumes
  void stand_still(Node machine, bool clock_goes_on);
  void go_on(Node machine);
  bool stands_still(Node machine) const { return machine == kMonitor ? monitor_still : machine < hosts.size() && hosts[machine]->still; }
  bool on_leftovers(const Host& host) const;

  // ---- which monitor
  MonitorProcess& monitor_on(Node machine) { return machine == kMonitor ? monitor : second->process; }
  // The one that leads, or that would be told to: the first, unless the second has taken its place.
  MonitorProcess& present_monitor();
  // Those that were started: a fault may end when another one is the present one.
  void each_monitor(const auto& action) {
    action(monitor);
    if (second && second->process.was_started()) action(second->process);
  }

  // ---- transactions
  TransactionId new_transaction(Transaction transaction) {
    transactions.push_back(transaction);
    return static_cast<TransactionId>(transactions.size()) - 1;
  }
  Transaction& transaction(TransactionId id) { return transactions[static_cast<std::size_t>(id)]; }

  // ---- questions of checkers and the operator
  // Since when `host` has been without any fault that keeps the monitor or other hosts from using it.
  std::optional<TrueTime> well_since(Node host) const { return well_since_[host]; }

  const Plan plan;
  EventQueue queue;
  Story story;
  Random random;
  std::vector<Clock> clocks;         // of each node; replaced when the machine boots
  Network network;
  std::vector<Transaction> transactions;
  std::vector<std::unique_ptr<Host>> hosts;
  Configurations configurations;
  MonitorProcess monitor;
  std::unique_ptr<SecondMonitor> second;   // where the plan has one
  Client client;
  Operator administrator;
  std::vector<std::unique_ptr<Checker>> checkers;
  std::vector<Violation> violations;
  bool memory_lost = false;          // a state file or a disk was, at some time
  bool monitor_still = false;        // its machine is paused or suspended
  NodeSet set_back;                  // whose agent's state file was
  std::uint64_t steps = 0;           // of both kinds of core

 private:
  void look_at_health();
  bool is_well(Node host) const;

  // Of each server, as it was when it changed last.
  struct Seen {
    bool alive = false, writable = false;
    std::uint64_t life = 0;
  };

  std::array<std::optional<TrueTime>, kHostsMax> well_since_;
  std::array<Seen, kHostsMax> seen_;
};

}  // namespace mmm::sim
