#pragma once
// A thread for what must block, so that the event loop never does.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/result.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

namespace mmm {

// Jobs that wait or run. A healthy disk syncs in milliseconds, so 64 means that it hangs; more would only hide that.
inline constexpr int kWorkerQueueMax = 64;

// One thread that runs jobs in the order in which they were given.
//
// Owns:   its thread. The destructor waits for every job given, those whose caller gave up too.
// Thread: `run` and the destructor belong to the event loop. Requires: the loop's context outlives the worker.
class Worker {
 public:
  Worker() = default;
  ~Worker() { thread_.join(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs `job` on the thread. `what` names it in errors: "cannot <what>: …".
  //
  // Requires: the job throws nothing and keeps no reference to what its caller may free when the deadline passes.
  // Unknown:  the deadline passed; the job will still run, in its turn.
  template <class T>
  Task<Result<T>> run(std::string what, std::function<Result<T>()> job, Deadline deadline);

  // write_durably (io/store/file.h) on the thread. Two writes are done in the order in which they were given.
  Task<Status> write_durably_async(std::string path, std::string text, Deadline deadline);

 private:
  asio::thread_pool thread_{1};
  std::shared_ptr<std::atomic<int>> queued_ = std::make_shared<std::atomic<int>>(0);
};

template <class T>
Task<Result<T>> Worker::run(std::string what, std::function<Result<T>()> job, Deadline deadline) {
  struct Pending {  // used on the loop only; the thread just carries it
    asio::steady_timer answered;
    std::optional<Result<T>> result;
  };
  if (queued_->load() >= kWorkerQueueMax) {
    co_return fail(fmt::format("cannot {}: {} operations wait for the disk already", what, kWorkerQueueMax));
  }
  const auto loop = co_await asio::this_coro::executor;
  auto pending = std::make_shared<Pending>(asio::steady_timer(loop, deadline.at), std::nullopt);
  queued_->fetch_add(1);
  asio::post(thread_, [loop, pending, queued = queued_, job = std::move(job)]() mutable {
    auto result = job();
    queued->fetch_sub(1);
    asio::post(loop, [pending = std::move(pending), result = std::move(result)]() mutable {
      pending->result = std::move(result);
      pending->answered.cancel();
    });
  });
  co_await pending->answered.async_wait(no_throw);
  if (pending->result) co_return std::move(*pending->result);
  co_return unknown_outcome(fmt::format("cannot tell whether this was done: {}: the disk has not answered in time", what));
}

}  // namespace mmm
