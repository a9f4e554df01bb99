#include "io/async/deadline.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/check.h"
#include "io/async/clock.h"

namespace mmm {
namespace {

using Descriptor = asio::posix::stream_descriptor;

template <class T>
T run(asio::io_context& loop, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&result](std::exception_ptr thrown, T value) {
    EXPECT_FALSE(thrown);
    result.emplace(std::move(value));
  });
  loop.run();
  return std::move(*result);
}

struct Pair {
  asio::io_context loop;
  Descriptor near{loop}, far{loop};

  Pair() {
    int ends[2];
    MMM_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    near.assign(ends[0]);
    far.assign(ends[1]);
  }
};

TEST(Deadline, NeverShrinksBelowZeroAndNeverPasses) {
  EXPECT_EQ(Deadline::in(-5s).left(), Duration{0});
  EXPECT_TRUE(Deadline::in(-5s).passed());
  EXPECT_FALSE(Deadline::never().passed());
  EXPECT_LE(Deadline::never().within(1s).left(), 1s);
  EXPECT_LE(Deadline::in(1s).within(5s).left(), 1s);
}

TEST(WaitReadable, EndsAtTheDeadlineWithoutData) {
  Pair pair;
  const auto deadline = Deadline::in(20ms);
  EXPECT_EQ(run(pair.loop, wait_readable(pair.near, deadline)), Wakeup::expired);
  EXPECT_TRUE(deadline.passed());
}

TEST(WaitReadable, SeesDataAndTheEndOfFile) {
  Pair data, end;
  ASSERT_EQ(::send(data.far.native_handle(), "x", 1, 0), 1);
  EXPECT_EQ(run(data.loop, wait_readable(data.near, Deadline::never())), Wakeup::ready);
  end.far.close();
  EXPECT_EQ(run(end.loop, wait_readable(end.near, Deadline::never())), Wakeup::ready);
}

TEST(WaitReadable, ACloseEndsIt) {
  Pair pair;
  asio::post(pair.loop, [&pair] { pair.near.close(); });
  EXPECT_EQ(run(pair.loop, wait_readable(pair.near, Deadline::never())), Wakeup::cancelled);
}

TEST(WaitReady, EitherDirectionWillDo) {
  Pair pair;
  EXPECT_EQ(run(pair.loop, wait_ready(pair.near, true, true, Deadline::in(20s))), Wakeup::ready);
}

Task<int> three_after(Duration d) {
  co_await sleep_for(d);
  co_return 3;
}

TEST(WithDeadline, GivesTheResultOrNothing) {
  asio::io_context quick, slow;
  EXPECT_EQ(run(quick, with_deadline(three_after(0ms), Deadline::in(20s))), 3);
  EXPECT_EQ(run(slow, with_deadline(three_after(20s), Deadline::in(5ms))), std::nullopt);
}

TEST(Clock, BootTimeGrowsAndWallTimeIsOfThisCentury) {
  const auto before = boot_now();
  EXPECT_LE(before, boot_now());
  EXPECT_GT(wall_clock_ms(), 1'600'000'000'000);
}

}  // namespace
}  // namespace mmm
