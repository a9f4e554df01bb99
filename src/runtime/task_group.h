#pragma once
// The owner of concurrent tasks: it starts them, cancels them and waits for them.

#include <exception>
#include <list>

#include "io/async/task.h"

namespace mmm {

// Thread: one event loop. Requires: `stop` has ended before it is destroyed, unless the loop itself is gone by then.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor loop) : loop_(std::move(loop)), empty_(loop_) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // A task that ends by an exception before `stop` was a bug of ours: what it did is done by nobody from then on. The
  // program stops, and is started again by whoever watches it, within the lease.
  void spawn(Task<void> task);

  // Cancels every task and waits until the last one has ended.
  Task<void> stop();

  std::size_t size() const { return signals_.size(); }

 private:
  asio::any_io_executor loop_;
  asio::steady_timer empty_;
  std::list<asio::cancellation_signal> signals_;
  bool stopping_ = false;
};

// Stops the program and tells of `error`. Requires: there is one.
[[noreturn]] void stop_for(const std::exception_ptr& error);

}  // namespace mmm
