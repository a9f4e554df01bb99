#pragma once
// Whom an agent obeys and which instruction is newer (docs/lease.md, rules 1, 2, 6 and 7; S4).

#include <optional>
#include <string>

#include "model/agent_memory.h"
#include "model/config.h"
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

// Why this host could not become the writer now; "" when it could.
struct Hindrance {
  std::string promised;            // to another one: it will be over
  std::string unfit;               // this offer is refused for good
};

// Judges an instruction of the monitor that leads us. `hindrance` matters only for a generation that makes it the writer.
// A host that is bound by a promise refuses nothing for good: the writer to whom it was given may live on it.
Judgement judge(const AgentMemory& memory, const HostName& self, const Instruction& instruction,
                const Hindrance& hindrance);

// Why a writer that asks for a promise gets none (rule 3).
struct PromiseRefusal {
  std::string because;
  bool overtaken = false;          // by a later generation, or its own was given up
  Generation later = {};           // that one, where it is known
};
std::optional<PromiseRefusal> refuse_promise(const AgentMemory& memory, const Config& config, const PromiseAsk& ask);

}  // namespace mmm::agent
