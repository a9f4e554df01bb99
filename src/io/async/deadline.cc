#include "io/async/deadline.h"

#include "base/check.h"

namespace mmm {

namespace {

using Descriptor = asio::posix::stream_descriptor;
using boost::system::error_code;

// Waits for one readiness of the descriptor or for the timer; the loser is cancelled and has ended when this returns.
Task<Wakeup> wait_one(Descriptor& descriptor, Descriptor::wait_type what, Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at);
  const auto [order, error, timer_error] =
      co_await asio::experimental::make_parallel_group(descriptor.async_wait(what, asio::deferred),
                                                       timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (!error) co_return Wakeup::ready;
  co_return order[0] == 1 && !timer_error ? Wakeup::expired : Wakeup::cancelled;
}

Task<Wakeup> wait_both(Descriptor& descriptor, Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at);
  const auto [order, read_error, write_error, timer_error] =
      co_await asio::experimental::make_parallel_group(descriptor.async_wait(Descriptor::wait_read, asio::deferred),
                                                       descriptor.async_wait(Descriptor::wait_write, asio::deferred),
                                                       timer.async_wait(asio::deferred))
          .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (!read_error || !write_error) co_return Wakeup::ready;
  co_return order[0] == 2 && !timer_error ? Wakeup::expired : Wakeup::cancelled;
}

}  // namespace

Task<Wakeup> wait_readable(Descriptor& descriptor, Deadline deadline) {
  return wait_one(descriptor, Descriptor::wait_read, deadline);
}

Task<Wakeup> wait_writable(Descriptor& descriptor, Deadline deadline) {
  return wait_one(descriptor, Descriptor::wait_write, deadline);
}

Task<Wakeup> wait_ready(Descriptor& descriptor, bool read, bool write, Deadline deadline) {
  MMM_CHECK(read || write);
  if (read && write) return wait_both(descriptor, deadline);
  return read ? wait_readable(descriptor, deadline) : wait_writable(descriptor, deadline);
}

Task<Wakeup> sleep_until(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at);
  const auto [error] = co_await timer.async_wait(no_throw);
  co_return error ? Wakeup::cancelled : Wakeup::expired;
}

Task<Wakeup> sleep_for(Duration d) { return sleep_until(Deadline::in(d)); }

Task<bool> run_until(Task<void> work, Deadline deadline) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.at);
  auto expiry = timer.async_wait(no_throw);
  const auto first = co_await (std::move(work) || std::move(expiry));
  co_return first.index() == 0;
}

}  // namespace mmm
