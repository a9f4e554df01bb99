#include "io/store/worker.h"

#include <chrono>
#include <semaphore>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/store/file.h"
#include "directory.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

// Runs a task to its end on a loop of its own.
template <class T>
T run_to_end(asio::io_context& loop, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
    if (!error) result = std::move(value);
  });
  loop.restart();
  loop.run();
  return std::move(*result);
}

TEST(Worker, WritesDurably) {
  Directory directory;
  asio::io_context loop;
  Worker worker;
  EXPECT_TRUE(run_to_end(loop, worker.write_durably_async(directory / "state", "text", Deadline::in(10s))));
  EXPECT_EQ(content(directory / "state"), "text");
  EXPECT_FALSE(run_to_end(loop, worker.write_durably_async(directory / "no/state", "text", Deadline::in(10s))));
}

TEST(Worker, GivesTheResultOnTheLoop) {
  asio::io_context loop;
  Worker worker;
  const auto here = std::this_thread::get_id();
  std::function<Result<std::thread::id>()> job = [] { return Result<std::thread::id>(std::this_thread::get_id()); };
  auto there = run_to_end(loop, worker.run<std::thread::id>("ask", job, Deadline::in(10s)));
  ASSERT_TRUE(there);
  EXPECT_NE(*there, here);
}

TEST(Worker, KeepsTheOrder) {
  Directory directory;
  asio::io_context loop;
  Worker worker;
  int done = 0;
  for (int i = 0; i < 20; ++i) {
    asio::co_spawn(loop, worker.write_durably_async(directory / "state", std::to_string(i), Deadline::in(10s)),
                   [&, i](std::exception_ptr, Status status) {
                     EXPECT_TRUE(status);
                     EXPECT_EQ(done++, i);
                   });
  }
  loop.run();
  EXPECT_EQ(done, 20);
  EXPECT_EQ(content(directory / "state"), "19");
}

TEST(Worker, DoesNotKnowWhatADiskDoesThatDoesNotAnswer) {
  asio::io_context loop;
  Worker worker;
  auto go_on = std::make_shared<std::binary_semaphore>(0);
  auto ran = std::make_shared<std::atomic<bool>>(false);
  std::function<Status()> job = [go_on, ran] {
    go_on->acquire();
    ran->store(true);
    return Status();
  };
  const auto status = run_to_end(loop, worker.run<void>("write the state", job, Deadline::in(20ms)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().certainty, Certainty::unknown);
  EXPECT_THAT(status.error().text, HasSubstr("write the state"));
  EXPECT_FALSE(ran->load());
  go_on->release();
}

TEST(Worker, RefusesMoreThanItsQueueHolds) {
  asio::io_context loop;
  auto go_on = std::make_shared<std::binary_semaphore>(0);
  Worker worker;
  std::function<Status()> blocked = [go_on] {
    go_on->acquire();
    go_on->release();
    return Status();
  };
  int good = 0, bad = 0;
  for (int i = 0; i < kWorkerQueueMax + 3; ++i) {
    asio::co_spawn(loop, worker.run<void>("wait", blocked, Deadline::in(10s)), [&](std::exception_ptr, Status status) {
      ++(status ? good : bad);
      if (bad == 3) go_on->release();
    });
  }
  loop.run();
  EXPECT_EQ(bad, 3);
  EXPECT_EQ(good, kWorkerQueueMax);
}

TEST(Worker, FinishesItsJobsBeforeItGoes) {
  Directory directory;
  asio::io_context loop;
  {
    Worker worker;
    asio::co_spawn(loop, worker.write_durably_async(directory / "state", "last words", Deadline::in(10s)),
                   [](std::exception_ptr, Status) {});
    loop.poll();
  }
  EXPECT_EQ(content(directory / "state"), "last words");
}

}  // namespace
}  // namespace mmm
