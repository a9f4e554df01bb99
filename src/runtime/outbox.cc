#include "runtime/outbox.h"

#include <algorithm>

namespace mmm {

Outbox::Outbox(asio::any_io_executor loop, Worker& worker, std::string path,
               std::function<void(const Error&)> report_failure)
    : worker_(worker),
      path_(std::move(path)),
      report_failure_(std::move(report_failure)),
      wanted_(loop, std::chrono::steady_clock::time_point::max()) {}

void Outbox::write(std::string state) {
  items_.emplace_back(std::move(state));
  wanted_.cancel();
}

void Outbox::then(std::function<void()> message) {
  items_.emplace_back(std::move(message));
  send_ready();
}

void Outbox::send_ready() {
  if (writing_) return;
  while (!items_.empty() && std::holds_alternative<std::function<void()>>(items_.front())) {
    const auto message = std::get<std::function<void()>>(std::move(items_.front()));
    items_.pop_front();
    message();
  }
}

// Of several states in the queue the last one says it all: it is written in place of each.
std::string Outbox::newest_state() {
  const auto last = std::find_if(items_.rbegin(), items_.rend(),
                                 [](const Item& item) { return std::holds_alternative<std::string>(item); });
  auto state = std::get<std::string>(*last);
  std::erase_if(items_, [](const Item& item) { return std::holds_alternative<std::string>(item); });
  return state;
}

Task<void> Outbox::run() {
  while (true) {
    if (items_.empty() || !std::holds_alternative<std::string>(items_.front())) {
      send_ready();
      if (!items_.empty()) continue;
      wanted_.expires_at(std::chrono::steady_clock::time_point::max());
      co_await wanted_.async_wait(no_throw);
      continue;
    }
    writing_ = true;
    auto state = newest_state();
    while (true) {
      const auto written = co_await worker_.write_durably_async(path_, state, Deadline::in(kWriteLimit));
      if (written) break;
      report_failure_(written.error());
      co_await sleep_for(kRetry);
    }
    writing_ = false;
    send_ready();
  }
}

}  // namespace mmm
