// The periodic checks, the network check, and kill_host_bin.

#include <filesystem>

#include <spdlog/spdlog.h>

#include "io/mysql/checks.h"
#include "io/process/run_command.h"
#include "runtime/monitor_shell.h"

namespace mmm {

namespace {

constexpr Duration kPingLimit = 500ms;     // as MMM 2
constexpr Duration kKillHostLimit = 30s;   // a power switch may be slow, but not slower

}  // namespace

Task<void> MonitorShell::check_loop(HostName host, CheckName check) {
  const auto period = config_.checks.at(check).check_period;
  while (true) {
    const auto next = Deadline::in(period);
    co_await run_check(host, check);
    co_await sleep_until(next);
  }
}

Task<void> MonitorShell::run_check(HostName host, CheckName check) {
  if (!running_checks_.insert({host, check}).second) co_return;  // it runs already
  const auto& target_host = *config_.host(host);
  const auto& config = config_.checks.at(check);
  mysql::Target target{.host = target_host.ip, .port = target_host.mysql_port, .socket = "",
                       .user = target_host.monitor_user, .password = target_host.monitor_password};
  mysql::CheckRun run;
  const auto deadline = Deadline::in(config.timeout);
  switch (check) {
    case CheckName::ping: {
      const auto answer = co_await pinger_.ping(target_host.ip, Deadline::in(kPingLimit));
      run.outcome = answer ? Outcome::good : Outcome::bad;
      if (!answer) run.message = answer.error().text;
      break;
    }
    case CheckName::mysql: run = co_await mysql::check_mysql(std::move(target), deadline); break;
    case CheckName::rep_threads: run = co_await mysql::check_rep_threads(std::move(target), deadline); break;
    case CheckName::rep_backlog:
      run = co_await mysql::check_rep_backlog(std::move(target), config.max_backlog, deadline);
      break;
  }
  running_checks_.erase({host, check});
  happen(CheckRan{host, check, run.outcome, run.message});
}

void MonitorShell::carry_out(const RunCheck& effect) { tasks_.spawn(run_check(effect.host, effect.check)); }

Task<void> MonitorShell::network_loop() {
  while (true) {
    const auto next = Deadline::in(config_.monitor.ping_interval);
    const bool answered = co_await any_answers(config_.monitor.ping_ips);
    happen(NetworkChecked{answered});
    co_await sleep_until(next);
  }
}

// All at once; the first answer decides. Without ping_ips there is nothing to doubt the network by.
Task<bool> MonitorShell::any_answers(std::vector<std::string> ips) {
  if (ips.empty()) co_return true;
  struct Found {
    explicit Found(asio::any_io_executor loop) : done(loop, std::chrono::steady_clock::time_point::max()) {}
    asio::steady_timer done;
    std::size_t left = 0;
    bool any = false;
  };
  auto found = std::make_shared<Found>(loop_.get_executor());
  found->left = ips.size();
  const auto ask = [](Pinger& pinger, std::string ip, std::shared_ptr<Found> into) -> Task<void> {
    const auto answer = co_await pinger.ping(ip, Deadline::in(kPingLimit));
    if (answer) into->any = true;
    if (--into->left == 0 || into->any) into->done.cancel();
  };
  for (const auto& ip : ips) tasks_.spawn(ask(pinger_, ip, found));
  while (!found->any && found->left > 0) co_await found->done.async_wait(no_throw);
  co_return found->any;
}

void MonitorShell::carry_out(const KillHost& effect) { tasks_.spawn(kill_host(effect.host, effect.answers_ping)); }

Task<void> MonitorShell::kill_host(HostName host, bool answers_ping) {
  auto path = std::filesystem::path(config_.monitor.kill_host_bin);
  if (path.is_relative()) path = std::filesystem::path(config_.monitor.bin_path) / "monitor" / path;
  std::error_code missing;
  if (!std::filesystem::exists(path, missing)) {
    spdlog::warn("{}: could not be told that it is offline, and there is no kill_host_bin ({}): duplicate IPs are possible",
                 host, path.string());
    co_return;
  }
  std::vector<std::string> argv{path.string(), host, answers_ping ? "1" : "0"};
  const auto result = co_await run_command(std::move(argv), Deadline::in(kKillHostLimit));
  HostKilled event{host, result && result->ok(), result ? result->output : result.error().text};
  happen(event);
}

}  // namespace mmm
