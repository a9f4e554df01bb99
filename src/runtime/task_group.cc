#include "runtime/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>

#include "base/check.h"

namespace mmm {

void stop_for(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& thrown) {
    stop_program(fmt::format("internal error, stopping: a task ended with: {}", thrown.what()));
  } catch (...) {
    stop_program("internal error, stopping: a task ended with an unknown exception");
  }
}

void TaskGroup::spawn(Task<void> task) {
  const auto signal = signals_.emplace(signals_.end());
  asio::co_spawn(loop_, std::move(task),
                 asio::bind_cancellation_slot(signal->slot(), [this, signal](std::exception_ptr error) {
                   if (error && !stopping_) stop_for(error);
                   signals_.erase(signal);
                   if (signals_.empty()) empty_.cancel();
                 }));
}

Task<void> TaskGroup::stop() {
  stopping_ = true;
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
