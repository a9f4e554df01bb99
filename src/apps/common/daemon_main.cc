#include "apps/common/daemon_main.h"

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include "apps/common/flags.h"
#include "base/check.h"
#include "codec/config/load.h"
#include "io/process/daemon.h"
#include "io/process/pid_file.h"

namespace mmm {

namespace {

constexpr auto kPattern = "%Y-%m-%d %H:%M:%S.%e [%l] %v";

void set_up_log(const Config& config, const std::string& name, bool foreground) {
  std::shared_ptr<spdlog::logger> logger;
  if (!config.log_file.empty())
    logger = spdlog::basic_logger_mt(name, config.log_file);
  else if (foreground)
    logger = spdlog::stderr_logger_mt(name);
  else
    logger = spdlog::syslog_logger_mt(name, name, LOG_PID, LOG_DAEMON);
  logger->set_pattern(kPattern);
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  logger->set_level(config.debug ? spdlog::level::debug : kLevels[static_cast<int>(config.log_level)]);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  report_stops_to([](std::string_view text) {
    spdlog::critical("{}", text);
    spdlog::default_logger()->flush();
  });
  std::set_terminate([] { stop_program("internal error, stopping: an exception that nobody caught"); });
}

// Everything after the fork. `fail` tells the person who started the program.
int serve(const DaemonProgram& program, const Config& config, const Reread& reread, const std::function<void()>& ready,
          const std::function<void(const std::string&)>& fail_start) {
  const auto path = program.pid_path(config);
  std::optional<PidFile> pid_file;
  if (!path.empty()) {
    auto taken = PidFile::take(path);
    if (!taken) {
      fail_start(taken.error().text);
      return kExitFailed;
    }
    pid_file = std::move(*taken);
  }
  asio::io_context loop(1);
  const auto served = program.serve(loop, config, reread, ready);
  if (!served) {
    spdlog::error("cannot start: {}", served.error().text);
    fail_start(served.error().text);
    return kExitFailed;
  }
  return kExitOk;
}

}  // namespace

void reopen_log() {
  auto& sink = spdlog::default_logger()->sinks().front();
  const auto file = std::dynamic_pointer_cast<spdlog::sinks::basic_file_sink_mt>(sink);
  if (!file) return spdlog::info("SIGHUP: there is no log_file to open anew");
  try {
    auto fresh = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file->filename());
    fresh->set_pattern(kPattern);
    sink = std::move(fresh);
    spdlog::info("SIGHUP: this log was opened anew");
  } catch (const spdlog::spdlog_ex& error) {
    spdlog::error("SIGHUP: {}", error.what());
  }
}

int daemon_main(const DaemonProgram& program, int argc, char** argv) {
  const auto about = program.about + "\n\nUsage: " + program.name + " [@CLUSTER] [OPTIONS]";
  const auto parsed = parse_flags({program.name, about}, argc, argv);
  if (const auto* code = std::get_if<int>(&parsed)) return *code;
  const auto& flags = std::get<Flags>(parsed);
  auto location = config_location(program.program, std::getenv("MMM_CONFIG_DIR"), flags.config, flags.cluster);
  if (!location) {
    std::cerr << program.name << ": " << location.error().text << "\n";
    return kExitUsage;
  }
  // It is read again when the daemon has left this directory.
  if (location->file && location->file->contains('/')) location->file = std::filesystem::absolute(*location->file);
  for (auto& directory : location->search_dirs) directory = std::filesystem::absolute(directory);
  const auto loaded = load_config(program.program, *location);
  if (!loaded) {
    std::cerr << format_problems(loaded.error());
    return kExitBadConfig;
  }
  if (flags.check_config) {
    for (const auto& file : loaded->files) std::cout << "read " << file << "\n";
    std::cout << "The configuration is good.\n";
    return kExitOk;
  }
  const auto& config = loaded->config;
  const auto reread = [&]() -> std::optional<Config> {
    auto fresh = load_config(program.program, *location);
    if (fresh) return std::move(fresh->config);
    spdlog::error("SIGHUP: the configuration can't be used, nothing changes: {}", format_problems(fresh.error()));
    return std::nullopt;
  };
  const bool foreground = flags.foreground || config.debug;
  const auto complain = [&](const std::string& text) { std::cerr << program.name << ": " << text << "\n"; };
  try {
    if (foreground) {
      set_up_log(config, program.name, true);
      return serve(program, config, reread, [] {}, complain);
    }
    auto daemon = daemonize();
    if (!daemon) {
      complain(daemon.error().text);
      return kExitFailed;
    }
    set_up_log(config, program.name, false);
    return serve(program, config, reread, [&] { daemon->ready(); },
                 [&](const std::string& text) { daemon->give_up(program.name + ": " + text); });
  } catch (const std::exception& error) {  // e.g. spdlog can't open log_file
    complain(error.what());
    spdlog::critical("{}", error.what());  // in the background nobody hears the complaint
    return kExitFailed;
  }
}

}  // namespace mmm
