#pragma once
// Notices the end of a process, usually before anybody who is connected to it can.

#include <cstdint>
#include <map>
#include <optional>

#include <sys/types.h>

#include "base/result.h"
#include "io/async/deadline.h"
#include "io/async/task.h"
#include "io/process/fd.h"

namespace mmm {

// How often the state is read while nothing is heard. Where the kernel tells of the end of threads (Linux 6.9) this
// only finds a core being written; elsewhere it is what finds a crash. Reading it costs 10 µs.
inline constexpr Duration kStatePollTold = 50ms;
inline constexpr Duration kStatePollUntold = 5ms;
// After a thread has ended: if the process is being killed, its main thread follows within this, read this often.
inline constexpr Duration kThreadEndedPoll = 1ms;
inline constexpr Duration kThreadEndedWindow = 20ms;
// Threads watched. After SIGKILL one of them may be the one that takes the memory apart and so ends last; with four
// the first of the others is heard of in 0.1-4 ms.
inline constexpr std::size_t kThreadsWatched = 4;

// Watches one process through pidfds (pidfd_open(2)), so that a pid that is used again can't be mistaken for it.
//
// After SIGKILL the kernel takes the memory apart (50 ms per GB, kernel 6.18) before it closes connections, shows a
// zombie or signals the pidfd of the process. But threads that don't do that work are gone at once, and a pidfd of a
// thread (PIDFD_THREAD) tells; the flags of the main thread then show that the process is dying.
class ProcessWatch {
 public:
  // Nothing: there is no such process (any more): no such pid, or it started at another time than `start_ticks`.
  static Result<std::optional<ProcessWatch>> open(asio::any_io_executor loop, pid_t pid,
                                                  std::optional<std::uint64_t> start_ticks = std::nullopt);

  // True: no instruction of the process will run any more. It may still hold its memory, files and port, and a system
  //       call that was running (a write of the binary log) may still be ending: see wait_gone.
  // False: it lives at the deadline.
  Task<bool> wait_exit(Deadline deadline);

  // True: it is gone: memory, files, locks and sockets too. Only its zombie may be left.
  Task<bool> wait_gone(Deadline deadline);

  // Is it neither dying nor gone?
  bool alive() const;

  pid_t pid() const { return pid_; }
  std::uint64_t start_ticks() const { return start_ticks_; }

 private:
  ProcessWatch(asio::any_io_executor loop, pid_t pid, process::Fd whole, process::Fd wakeups);

  bool watch(int fd, std::uint64_t id);
  bool is_gone() const;
  void watch_threads();
  bool drop_ended_threads();

  pid_t pid_;
  std::uint64_t start_ticks_ = 0;
  process::Fd whole_;                     // the pidfd of the process
  std::map<pid_t, process::Fd> threads_;  // pidfds of some threads other than the main one
  bool threads_tell_ = true;              // false: the kernel has no PIDFD_THREAD
  asio::posix::stream_descriptor wakeups_;  // an epoll descriptor over all of them
};

}  // namespace mmm
