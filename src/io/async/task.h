#pragma once
// The coroutine type of every adapter, and the completion token that keeps exceptions away.

#include "io/async/asio.h"

namespace mmm {

namespace asio = boost::asio;

// A piece of work on the event loop. Lazy: it starts when it is awaited or spawned. Parameters go by value, except
// adapters, which outlive every task. Operating errors come back as Result or Status, never as exceptions.
//
// One exception is Asio's own: when the owner of a spawned task cancels it, the next co_await throws
// boost::system::system_error and unwinds the task (locals are destroyed in order). Nobody catches it on the way;
// the owner sees it in co_spawn's completion.
template <class T>
using Task = asio::awaitable<T>;

// co_await socket.async_…(…, no_throw) gives (error_code, …).
inline constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace mmm
