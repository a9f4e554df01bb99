#include "runtime/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace mmm {

void TaskGroup::spawn(Task<void> task) {
  const auto signal = signals_.emplace(signals_.end());
  asio::co_spawn(loop_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr) {
                   signals_.erase(signal);
                   if (signals_.empty()) empty_.cancel();
                 }));
}

Task<void> TaskGroup::stop() {
  // A task may end while its signal is emitted; the list is walked by a copy of the positions that exist now.
  for (auto it = signals_.begin(); it != signals_.end();) {
    auto& signal = *it++;
    signal.emit(asio::cancellation_type::all);
  }
  while (!signals_.empty()) {
    empty_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await empty_.async_wait(no_throw);
  }
}

}  // namespace mmm
