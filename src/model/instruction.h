#pragma once
// What the monitor tells an agent: the whole map of the cluster as it shall be, the same for every host.
// Desired states, idempotent; nothing depends on one of them arriving once.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/gtid.h"
#include "model/host_state.h"
#include "model/lease.h"
#include "model/role.h"

namespace mmm {

struct HostPlan {
  HostState state = HostState::unknown;
  std::vector<Role> roles;         // reader roles and, on the writer, the writer role; sorted

  bool operator==(const HostPlan&) const = default;
};

struct Instruction {
  Order order;
  // Which chain of leaderships this one belongs to, each continuing the one before. Promises are given within one only: a
  // writer of another is one that the monitor was made to lead without (rule 3).
  std::string line;
  Assignment assignment;
  // Set while the monitor asks the writer to give up `assignment.generation` for good (rule 7).
  bool release = false;
  // The highest generation that a writer had accepted and then gave up for good: every promise to it or to an earlier one
  // is void (rule 7). A generation that was only refused for good does not count: the writer before it may be alive.
  Generation given_up;
  // An operator's word stands for the writer of this generation, whom nobody could ask: nobody promises to it or to an
  // earlier one any more. What was promised before stays promised.
  Generation barred;
  // What the new writer must have applied before it takes its first write: all that a reachable host is known to have
  // received. What it lacks beyond its own relay log it fetches from `catch_up_from`.
  GtidSet must_have;
  HostName catch_up_from;
  Duration lease_ttl = 2s;
  Duration reader_ttl = 10s;
  std::map<HostName, HostPlan> hosts;
  std::string reason;              // why this instruction differs from the one before; for the log

  bool operator==(const Instruction&) const = default;
};

}  // namespace mmm
