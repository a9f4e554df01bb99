#pragma once
// The template behind serve_until_signal (daemon_main.h).

#include <csignal>

#include <boost/asio/signal_set.hpp>
#include <spdlog/spdlog.h>

#include "runtime/task_group.h"

namespace mmm {

// SIGHUP: logrotate has renamed the log that is written, or an administrator has changed the configuration.
template <class Shell>
Task<void> serve_hangups(asio::signal_set& hangups, Shell& shell, const Reread& reread) {
  while (true) {
    const auto [error, number] = co_await hangups.async_wait(no_throw);
    if (error) co_return;
    reopen_log();
    if constexpr (requires(const Config& config) { shell.reconfigured(config); })
      if (const auto fresh = reread()) shell.reconfigured(*fresh);
  }
}

// The first SIGTERM or SIGINT stops the shell; a second one stops its stopping.
template <class Shell>
Task<void> serve_stops(asio::signal_set& signals, Shell& shell) {
  while (true) {
    const auto [error, number] = co_await signals.async_wait(no_throw);
    if (error) co_return;
    spdlog::info("stops: {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
    shell.stop();
  }
}

template <class Shell>
Status serve_until_signal(asio::io_context& loop, const Config& config, const Reread& reread, const std::function<void()>& ready) {
  asio::signal_set signals(loop, SIGTERM, SIGINT), hangups(loop, SIGHUP);
  Shell shell(loop, config);
  if (const auto opened = shell.open(); !opened) return opened;
  asio::co_spawn(loop, serve_stops(signals, shell), asio::detached);  // `loop.run` waits for their end
  asio::co_spawn(loop, serve_hangups(hangups, shell, reread), asio::detached);
  asio::co_spawn(loop, shell.run(), [&](const std::exception_ptr& error) {
    if (error) stop_for(error);
    signals.cancel();
    hangups.cancel();
  });
  ready();
  loop.run();
  return {};
}

}  // namespace mmm
