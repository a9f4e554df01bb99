#pragma once
// The template behind serve_until_signal (daemon_main.h).

#include <csignal>

#include <boost/asio/signal_set.hpp>
#include <spdlog/spdlog.h>

namespace mmm {

template <class Shell>
Status serve_until_signal(asio::io_context& loop, const Config& config, const std::function<void()>& ready) {
  Shell shell(loop, config);
  if (const auto opened = shell.open(); !opened) return opened;
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](boost::system::error_code error, int number) {
    if (error) return;
    spdlog::info("stops: {}", number == SIGTERM ? "SIGTERM" : "SIGINT");
    shell.stop();
  });
  asio::co_spawn(loop, shell.run(), [&](std::exception_ptr) { signals.cancel(); });
  ready();
  loop.run();
  return {};
}

}  // namespace mmm
