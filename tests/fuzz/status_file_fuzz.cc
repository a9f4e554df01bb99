// Any bytes as a status file, and as an agent's state file: no crash; what is understood is printed and read again.
// Bytes that begin like a JSON object are also sealed, so that the fuzzer gets past the checksum.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/agent_state/agent_state.h"
#include "codec/json/seal.h"
#include "codec/status_file/status_file.h"

namespace {

// The first printing may cut a long text or round a duration; from then on nothing changes.
void try_status_file(std::string_view text) {
  const mmm::HostSet configured{"db1", "db2", "db3"};
  const auto file = mmm::parse_status_file(text, configured);
  MMM_CHECK(file.leadership_problem.empty() || !file.state.leadership);
  const auto printed = mmm::print_status_file(file.state);
  const auto again = mmm::parse_status_file(printed, configured);
  MMM_CHECK(again.warnings.empty() && again.leadership_problem.empty());
  MMM_CHECK(again.state.hosts == file.state.hosts);
  MMM_CHECK(mmm::print_status_file(again.state) == printed);
}

void try_agent_state(std::string_view text) {
  const auto memory = mmm::parse_agent_memory(text);
  if (!memory) return;
  const auto printed = mmm::print_agent_memory(*memory);
  const auto again = mmm::parse_agent_memory(printed);
  MMM_CHECK(again && mmm::print_agent_memory(*again) == printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_status_file(text);
  try_agent_state(text);
  if (text.starts_with("{\"")) {
    const auto sealed = mmm::json::seal(text);
    try_status_file("#mmm3 " + sealed);
    try_agent_state(sealed);
  }
  return 0;
}
