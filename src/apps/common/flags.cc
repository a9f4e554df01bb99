#include "apps/common/flags.h"

#include <CLI/CLI.hpp>

#include "codec/config/load.h"

namespace mmm {

std::variant<Flags, int> parse_flags(const CommandLine& program, int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  Flags flags;
  flags.cluster = take_cluster_argument(arguments);
  CLI::App app(program.about, program.name);
  app.set_version_flag("--version", program.name + " " MMM_VERSION);
  app.add_option("--config", flags.config, "read this file instead of searching /etc, /etc/mmm, /etc/mysql-mmm "
                                           "(or the directory in MMM_CONFIG_DIR)");
  if (program.kind == CommandLine::control) {
    app.add_flag("--json", flags.json, "print the answer as JSON");
    app.prefix_command();  // everything from the command on is the monitor's
  } else {
    app.add_flag("--check-config", flags.check_config, "read the configuration, tell every problem in it, and exit");
    app.add_flag("-f,--foreground", flags.foreground, "stay in the foreground and log to standard error");
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes a vector from its end
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  flags.words = app.remaining();
  return flags;
}

}  // namespace mmm
