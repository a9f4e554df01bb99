// The owner of concurrent tasks.

#include "runtime/task_group.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "io/async/deadline.h"

namespace mmm {
namespace {

Task<void> wait_and_count(int& left) {
  co_await sleep_for(1ms);
  --left;
}

Task<void> wait_for_ever(int& ended) {
  struct Told {
    int& count;
    ~Told() { ++count; }
  } told{ended};
  co_await sleep_until(Deadline::never());
  co_await sleep_until(Deadline::never());
}

Task<void> wait_and_throw() {
  co_await sleep_for(1ms);
  throw std::runtime_error("nobody expected this");
}

TEST(TaskGroup, RunsTasksAndForgetsThoseThatEnded) {
  asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  int left = 3;
  for (int i = 0; i < 3; ++i) tasks.spawn(wait_and_count(left));
  EXPECT_EQ(tasks.size(), 3U);
  loop.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(tasks.size(), 0U);
}

TEST(TaskGroup, StopCancelsEveryTaskAndWaitsForIt) {
  asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  int ended = 0;
  for (int i = 0; i < 3; ++i) tasks.spawn(wait_for_ever(ended));
  loop.poll();
  asio::co_spawn(loop, tasks.stop(), [&](std::exception_ptr) { EXPECT_EQ(ended, 3); });
  loop.run();
  EXPECT_EQ(ended, 3);
}

// Goal: a program that goes on without one of its tasks looks healthy and is not.
TEST(TaskGroupDeathTest, AnExceptionStopsTheProgramAndIsNamed) {
  const auto run = [] {
    asio::io_context loop;
    TaskGroup tasks(loop.get_executor());
    tasks.spawn(wait_and_throw());
    loop.run();
  };
  EXPECT_DEATH(run(), "internal error, stopping: a task ended with: nobody expected this");
}

}  // namespace
}  // namespace mmm
