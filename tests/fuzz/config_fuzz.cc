// Any bytes as a configuration file: no crash, no endless loop, and a problem for everything that is not accepted.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "codec/config/interpret.h"
#include "codec/config/tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mmm::Program;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tree = mmm::conf::config_tree_of(text, "fuzz.conf");
  for (const auto program : {Program::agent, Program::monitor, Program::control, Program::tools}) {
    const auto loaded = mmm::conf::interpret(tree, program);
    if (loaded) {
      MMM_CHECK(tree.problems.empty());
      MMM_CHECK(!loaded->config.hosts.empty() || !tree.complete);
      continue;
    }
    MMM_CHECK(!loaded.error().empty());
    const auto shown = mmm::format_problems(loaded.error());
    for (const char c : shown) MMM_CHECK(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  }
  return 0;
}
