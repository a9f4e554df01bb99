#pragma once
// A checker watches a schedule and says when something happened that must not.

#include "core/agent/operations.h"
#include "model/messages.h"
#include "sim/topology.h"

namespace mmm::agent {
class Brain;
}

namespace mmm::sim {

struct World;
class MonitorProcess;

class Checker {
 public:
  explicit Checker(World& world) : world_(world) {}
  virtual ~Checker() = default;
  Checker(const Checker&) = delete;

  // A server, an address or a machine's power is not what it was.
  virtual void state_changed() {}
  // The agent's memory is gone for good: its file was torn, or its disk lost, and the server's data with it.
  virtual void memory_lost(Node) {}
  // The agent's state file was replaced by an older one.
  virtual void state_restored(Node) {}
  // The administrator makes do with what that host has: what it lacks is lost by his word.
  virtual void loss_accepted(Node) {}
  // The agent's brain has handled an event; its effects are not carried out yet.
  virtual void agent_stepped(Node, const agent::Brain&) {}
  // The message leaves the host.
  virtual void agent_says(Node, const FromAgent&) {}
  // The message leaves the monitor's machine.
  virtual void monitor_says(const MonitorProcess&, const ToAgent&) {}
  virtual void agent_runs(Node, const agent::Operation&) {}
  // A commit's OK leaves the host through the writer's address.
  virtual void acknowledges(Node) {}
  // A client's write was refused, or was not answered in time.
  virtual void write_failed() {}
  // The schedule is over; nothing has been broken since kCalmFrom.
  virtual void at_end() {}

 protected:
  World& world_;
};

}  // namespace mmm::sim
