#include "runtime/outbox.h"

#include <algorithm>

namespace mmm {

Outbox::Outbox(asio::any_io_executor loop, Worker& worker, std::string path,
               std::function<void(const Error&)> report_failure)
    : worker_(worker),
      path_(std::move(path)),
      report_failure_(std::move(report_failure)),
      wanted_(loop, std::chrono::steady_clock::time_point::max()) {}

// One state waits at most: a newer one says all that the older one did, and may well be written in its place.
void Outbox::write(std::string state) {
  const auto waiting = std::ranges::find_if(items_, [](const Item& item) { return std::holds_alternative<std::string>(item); });
  if (waiting != items_.end())
    *waiting = std::move(state);
  else
    items_.emplace_back(std::move(state));
  wanted_.cancel();
}

bool Outbox::then(std::function<void()> message) {
  if (items_.size() > kMessagesMax) return false;
  items_.emplace_back(std::move(message));
  send_ready();
  return true;
}

std::optional<std::string> Outbox::held_up() const {
  if (!writing_ || Deadline::Clock::now() < begun_.at + kPatience) return std::nullopt;
  return last_failure_.empty() ? fmt::format("writing {} takes longer than {} s", path_, kPatience / 1s) : last_failure_;
}

void Outbox::send_ready() {
  if (writing_) return;
  while (!items_.empty() && std::holds_alternative<std::function<void()>>(items_.front())) {
    const auto message = std::get<std::function<void()>>(std::move(items_.front()));
    items_.pop_front();
    message();
  }
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
    begun_ = Deadline::in(0s);
    last_failure_.clear();
    const auto state = std::get<std::string>(std::move(items_.front()));
    items_.pop_front();
    while (true) {
      const auto written = co_await worker_.write_durably_async(path_, state, Deadline::in(kWriteLimit));
      if (written) break;
      if (last_failure_ != written.error().text) report_failure_(written.error());
      last_failure_ = written.error().text;
      co_await sleep_for(kRetry);
    }
    writing_ = false;
    send_ready();
  }
}

}  // namespace mmm
