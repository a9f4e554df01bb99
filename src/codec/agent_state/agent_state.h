#pragma once
// The agent's state file: text to value and back (docs/protocol.md, "The agent's state file").
//
//     {"crc32":"8c736521","format":1,"agent":{…}}

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/agent_memory.h"

namespace mmm {

// One line, newline included.
std::string print_agent_memory(const AgentMemory& memory);

// Errors: any byte that is not as written; a newer program's format. The caller then treats the state as lost (rule
// 11): a half-understood memory could break a promise.
Result<AgentMemory> parse_agent_memory(std::string_view text);

}  // namespace mmm
