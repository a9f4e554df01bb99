#include "runtime/monitor_shell.h"

#include <ctime>
#include <filesystem>
#include <random>

#include <spdlog/spdlog.h>

#include "codec/status_file/status_file.h"
#include "codec/wire2/wire2.h"
#include "io/async/clock.h"
#include "io/process/machine.h"
#include "io/store/file.h"

namespace mmm {

namespace {

constexpr std::size_t kStatusLimit = 16 * 1024 * 1024;
// More than any site's scripts hold open at once and say nothing on.
constexpr std::size_t kIdleSessionsMax = 128;

std::string random_id() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

}  // namespace

MonitorShell::MonitorShell(asio::io_context& loop, const Config& config)
    : loop_(loop),
      config_(config),
      brain_(config),
      tasks_(loop.get_executor()),
      outbox_(loop.get_executor(), worker_, config.monitor.status_path,
              [](const Error& error) {
                spdlog::error("the status file can't be written; nothing is decided until it is: {}", error.text);
              }),
      tick_(loop),
      stopped_(loop, std::chrono::steady_clock::time_point::max()),
      pinger_(loop.get_executor()),
      idle_sessions_(kIdleSessionsMax) {}

Status MonitorShell::open() {
  const auto& path = config_.monitor.status_path;
  if (const auto kept = check_directory_of(path); !kept)
    return fail(kept.error().text + ". Make it so that it can, or give another status_path");
  auto lock = LockedFile::take(path);
  if (!lock) return std::unexpected(lock.error());
  lock_ = std::move(*lock);
  auto control = Listener::open(loop_.get_executor(), config_.monitor.ip, config_.monitor.port);
  if (!control) return std::unexpected(control.error());
  control_ = std::move(*control);

  const auto text = read_file(path, kStatusLimit);
  if (!text) return std::unexpected(text.error());
  HostSet configured;
  for (const auto& host : config_.hosts) configured.insert(host.name);
  auto file = parse_status_file(text->value_or(""), configured);
  for (const auto& warning : file.warnings) spdlog::warn("{}: {}", path, warning);
  if (!file.leadership_problem.empty()) spdlog::error("{}: {}", path, file.leadership_problem);

  const auto machine = machine_id();
  if (!machine) return std::unexpected(machine.error());
  std::error_code ignored;
  const auto full_path = std::filesystem::weakly_canonical(path, ignored).string();
  const auto& leadership = file.state.leadership;
  const bool own = leadership && leadership->machine_id == *machine && leadership->path == full_path;
  happen(MonitorStarted{std::move(file.state), own, random_id(), *machine, full_path});
  return {};
}

Task<void> MonitorShell::run() {
  tasks_.spawn(outbox_.run());
  tasks_.spawn(tick_loop());
  tasks_.spawn(control_loop());
  tasks_.spawn(network_loop());
  for (const auto& host : config_.hosts) {
    tasks_.spawn(link_loop(host.name));
    for (const auto check : kAllChecks) tasks_.spawn(check_loop(host.name, check));
  }
  spdlog::info("monitor {} listens on {} port {}", MMM_VERSION, config_.monitor.ip, config_.monitor.port);
  co_await stopped_.async_wait(no_throw);
  co_await tasks_.stop();
}

void MonitorShell::stop() {
  stopping_ = true;
  stopped_.cancel();
}

void MonitorShell::reconfigured(const Config& fresh) { happen(LeaseTtlChanged{fresh.lease_ttl}); }

Moment MonitorShell::moment() const {
  const auto wall_ms = wall_clock_ms();
  const auto wall_s = static_cast<std::time_t>(wall_ms / 1000);
  std::tm local{};
  localtime_r(&wall_s, &local);
  return {boot_now(), wall_ms, static_cast<int>(local.tm_gmtoff)};
}

void MonitorShell::happen(const MonitorEvent& event) {
  if (stopping_) return;  // what is cut short because we stop is no failure of a host
  auto effects = brain_.step(event, moment());
  for (auto& effect : effects) std::visit([this](auto& e) { carry_out(std::move(e)); }, effect);
  tick_.cancel();
}

void MonitorShell::carry_out(Keep effect) { outbox_.write(print_status_file(effect.state)); }

void MonitorShell::carry_out(Tell effect) {
  const auto link = links_.find(effect.host);
  if (link == links_.end()) return;
  const auto* hello = std::get_if<Hello>(&effect.message);
  // The first line of a connection says which protocol it is; a repeated Hello is a message like any other.
  const bool first = hello && greeted_[effect.host].lock() != link->second;
  if (first) greeted_[effect.host] = link->second;
  auto line = first ? wire2::encode_hello_line(*hello) : wire2::encode(effect.message);
  if (effect.urgent) return link->second->send(std::move(line));
  const auto to = link->second;
  if (!outbox_.then([to, line = std::move(line)] { to->send(line); })) to->close();
}

void MonitorShell::carry_out(const MonitorNote& effect) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  spdlog::log(kLevels[static_cast<int>(effect.level)], "{}{}{}", effect.host, effect.host.empty() ? "" : ": ", effect.text);
}

Task<void> MonitorShell::tick_loop() {
  while (true) {
    const auto wait = std::clamp<Duration>(brain_.next_wakeup() - boot_now(), 0ns, 1s);
    tick_.expires_after(wait);
    const auto [cancelled] = co_await tick_.async_wait(no_throw);
    if (cancelled) continue;  // something happened: the wake-up is another one now
    happen(MonitorTick{});
  }
}

}  // namespace mmm
