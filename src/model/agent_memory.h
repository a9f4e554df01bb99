#pragma once
// What an agent keeps on its disk. It is written before anything that relies on it is said (docs/lease.md, rule 2).

#include <map>
#include <optional>
#include <string>

#include "model/instruction.h"
#include "model/lease.h"

namespace mmm {

struct PromisedGrace {
  Generation to;
  Grace grace;

  bool operator==(const PromisedGrace&) const = default;
};

struct AgentMemory {
  Epoch epoch;                     // the highest leadership that it accepted (rule 1)
  Order accepted;                  // the last instruction that it accepted
  std::optional<Instruction> instruction;  // that instruction; absent before the first
  Generation released;             // the highest generation that it gave up or refused for good (rule 7)
  Generation followed;             // the last generation in which, as a replica, it followed the writer
  Generation complete;             // the last generation in which, as its writer, it had all that it had to have
  Generation wrote;                // the last generation in which, as its writer, it lifted read_only
  bool stopped_replication = false;  // this agent stopped a replication thread last, nobody else did: it may start it
  Duration longest_lease{0};       // the longest that it may hold or have promised, graces apart
  Grace grace;                     // the last one that it asked for (rule 9)
  std::uint64_t grace_over = 0;    // its graces up to this number are over: the kernel's timers were replaced since
  std::map<HostName, PromisedGrace> promised_graces;  // to whom; those that have run out are deleted
  std::optional<Generation> fenced;  // the last generation for which fence_cmd was run
  std::string boot_id;             // of the boot in which this was written: a pin holds within one boot only (rule 5)

  bool operator==(const AgentMemory&) const = default;
};

}  // namespace mmm
