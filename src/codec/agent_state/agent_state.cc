#include "codec/agent_state/agent_state.h"

#include "codec/json/model_fields.h"
#include "codec/json/sealed.h"

namespace mmm {

template <>
struct json::Description<PromisedGrace> {
  static constexpr auto fields = std::tuple{
      field("to", &PromisedGrace::to),
      field("grace", &PromisedGrace::grace),
  };
};

template <>
struct json::Description<AgentMemory> {
  static constexpr auto fields = std::tuple{
      field("epoch", &AgentMemory::epoch),
      field("accepted", &AgentMemory::accepted),
      field("instruction", &AgentMemory::instruction),
      field("released", &AgentMemory::released),
      later_field("followed", &AgentMemory::followed),
      later_field("complete", &AgentMemory::complete),
      later_field("wrote", &AgentMemory::wrote),
      later_field("stopped_replication", &AgentMemory::stopped_replication),
      field("longest_lease_ms", &AgentMemory::longest_lease),
      later_field("grace", &AgentMemory::grace),
      later_field("grace_over", &AgentMemory::grace_over),
      later_field("promised_graces", &AgentMemory::promised_graces),
      field("fenced", &AgentMemory::fenced),
      field("boot_id", &AgentMemory::boot_id),
  };
};

namespace {

constexpr std::string_view kName = "agent";
constexpr std::uint64_t kFormat = 1;

}  // namespace

std::string print_agent_memory(const AgentMemory& memory) {
  return json::print_sealed(kName, kFormat, memory) + '\n';
}

Result<AgentMemory> parse_agent_memory(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto memory = json::parse_sealed<AgentMemory>(kName, kFormat, text);
  if (!memory) return fail("the agent's state file: " + memory.error().text);
  return memory;
}

}  // namespace mmm
