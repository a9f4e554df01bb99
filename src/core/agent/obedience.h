#pragma once
// Whom an agent obeys and which instruction is newer (docs/lease.md, rules 1, 2, 6 and 7; S4).

#include <optional>
#include <string>

#include "model/agent_memory.h"
#include "model/messages.h"

namespace mmm::agent {

// May this monitor lead us? `leader_is_near`: a monitor that led us was heard from a moment ago.
// A monitor that claims to lead without continuing the leadership that we know restarted on a file that is older than
// what happened since: it is never obeyed, however long nobody else was heard. It has to ask every host first.
// Ensures: returns why not, or nothing when it may.
std::optional<std::string> refuse_leader(const AgentMemory& memory, const HostName& self, const Hello& hello,
                                         bool leader_is_near);

enum class Reading {
  newer,     // to be accepted and persisted
  same,      // accepted already: acknowledge again
  refused,   // not obeyed
  never,     // not obeyed, and its generation never will be
};

struct Judgement {
  Reading reading = Reading::refused;
  std::string because;
};

// Judges an instruction of the monitor that leads us. `unfit`: why this host could not be the writer now ("" when it
// could); matters only for a generation that makes it the writer.
Judgement judge(const AgentMemory& memory, const HostName& self, const Instruction& instruction,
                const std::string& unfit);

}  // namespace mmm::agent
