#pragma once
// The command lines of the three programs. The only place that sees CLI11: it compiles slowly.

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mmm {

struct Flags {
  std::optional<std::string> config, cluster;
  // The daemons'.
  bool foreground = false, check_config = false;
  // mmm_control's.
  bool json = false;
  std::vector<std::string> words;
};

struct CommandLine {
  std::string name, about;
  enum { daemon, control } kind = daemon;
};

inline constexpr int kExitUsage = 2;

// The flags; or, after --help, --version or a wrong word was answered on the terminal, the exit code.
std::variant<Flags, int> parse_flags(const CommandLine& program, int argc, char** argv);

}  // namespace mmm
