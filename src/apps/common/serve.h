#pragma once
// The template behind serve_until_signal (daemon_main.h).

#include <csignal>

#include <boost/asio/signal_set.hpp>
#include <spdlog/spdlog.h>

#include "runtime/task_group.h"

namespace mmm {

// log_file under its name: logrotate has renamed the one that is written, and says so by SIGHUP.
inline Task<void> reopen_log_on(asio::signal_set& hangups) {
  while (true) {
    const auto [error, number] = co_await hangups.async_wait(no_throw);
    if (error) co_return;
    reopen_log();
  }
}

template <class Shell>
Status serve_until_signal(asio::io_context& loop, const Config& config, const std::function<void()>& ready) {
  asio::signal_set signals(loop, SIGTERM, SIGINT), hangups(loop, SIGHUP);
  Shell shell(loop, config);
  if (const auto opened = shell.open(); !opened) return opened;
  signals.async_wait([&](boost::system::error_code error, int number) {
    if (error) return;
    spdlog::info("stops: {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
    shell.stop();
  });
  asio::co_spawn(loop, reopen_log_on(hangups), asio::detached);  // `loop.run` waits for its end
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
