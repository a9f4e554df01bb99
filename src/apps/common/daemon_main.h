#pragma once
// What mmm_mond and mmm_agentd share: flags, configuration, background, pid file, log, signals.

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/async/task.h"
#include "model/config.h"

namespace mmm {

// Exit codes of the daemons, and kExitUsage.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitBadConfig = 2;  // to start it again would not help (RestartPreventExitStatus)

// The configuration as it is now on disk; nothing, and the log says why, where it can't be used.
using Reread = std::function<std::optional<Config>()>;

struct DaemonProgram {
  Program program;
  std::string name, about;
  std::string (*pid_path)(const Config&);
  // Builds the shell on `loop`, opens it, tells `ready`, runs it until SIGTERM or SIGINT. Errors: it could not be opened.
  std::function<Status(asio::io_context& loop, const Config& config, const Reread& reread, const std::function<void()>& ready)> serve;
};

// Opens log_file anew. Where there is none nothing happens; where that fails the old one is written on.
void reopen_log();

int daemon_main(const DaemonProgram& program, int argc, char** argv);

// Runs `shell` (open, run, stop) until a signal; the body of DaemonProgram::serve.
template <class Shell>
Status serve_until_signal(asio::io_context& loop, const Config& config, const Reread& reread, const std::function<void()>& ready);

}  // namespace mmm

#include "apps/common/serve.h"
