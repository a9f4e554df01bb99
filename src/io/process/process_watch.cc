#include "io/process/process_watch.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io/process/server_process.h"
#include "io/process/small_file.h"

namespace mmm {

namespace {

// include/uapi/linux/pidfd.h of Linux 6.9; EINVAL before.
constexpr unsigned kPidfdThread = O_EXCL;

int pidfd_open(pid_t pid, unsigned flags) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, flags)); }

bool readable(int fd) {
  pollfd poll{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 0) == 1;
}

// The lowest thread ids, which are the oldest: a server's own, not those of its clients. The main one left out.
std::vector<pid_t> oldest_threads(pid_t pid) {
  std::vector<pid_t> threads;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(fmt::format("/proc/{}/task", pid).c_str()), ::closedir);
  if (!folder) return threads;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    pid_t thread = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), thread);
    if (parsed.ec == std::errc() && thread != pid) threads.push_back(thread);
  }
  std::sort(threads.begin(), threads.end());
  if (threads.size() > kThreadsWatched) threads.resize(kThreadsWatched);
  return threads;
}

}  // namespace

Result<std::optional<ProcessWatch>> ProcessWatch::open(asio::any_io_executor loop, pid_t pid,
                                                       std::optional<std::uint64_t> start_ticks) {
  process::Fd whole(pidfd_open(pid, 0));
  if (!whole && errno == ESRCH) return std::nullopt;
  if (!whole) return fail(fmt::format("cannot watch process {}: pidfd_open: {}", pid, process::errno_text(errno)));
  process::Fd wakeups(::epoll_create1(EPOLL_CLOEXEC));
  if (!wakeups) return fail(fmt::format("cannot watch process {}: epoll: {}", pid, process::errno_text(errno)));
  const auto state = read_process(pid);
  if (!state) return std::unexpected(state.error());
  if (!*state || (start_ticks && (*state)->start_ticks != *start_ticks)) return std::nullopt;

  ProcessWatch watch(std::move(loop), pid, std::move(whole), std::move(wakeups));
  watch.start_ticks_ = (*state)->start_ticks;
  if (!watch.watch(watch.whole_.get(), 0)) {
    return fail(fmt::format("cannot watch process {}: epoll: {}", pid, process::errno_text(errno)));
  }
  watch.watch_threads();
  return watch;
}

ProcessWatch::ProcessWatch(asio::any_io_executor loop, pid_t pid, process::Fd whole, process::Fd wakeups)
    : pid_(pid), whole_(std::move(whole)), wakeups_(std::move(loop), wakeups.release()) {}

bool ProcessWatch::watch(int fd, std::uint64_t id) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
  return ::epoll_ctl(wakeups_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

bool ProcessWatch::is_gone() const { return readable(whole_.get()); }

bool ProcessWatch::alive() const {
  if (is_gone()) return false;
  const auto state = read_process(pid_);
  if (!state) return true;  // /proc can't be read: the pidfd has just said that it lives
  // Absent or started later: it has gone, and been reaped, between the two looks.
  return *state && (*state)->start_ticks == start_ticks_ && !(*state)->is_dying();
}

void ProcessWatch::watch_threads() {
  if (!threads_tell_) return;
  for (const pid_t thread : oldest_threads(pid_)) {
    if (threads_.size() >= kThreadsWatched || threads_.contains(thread)) continue;
    process::Fd fd(pidfd_open(thread, kPidfdThread));
    if (!fd && errno == EINVAL) threads_tell_ = false;
    if (fd && watch(fd.get(), static_cast<std::uint64_t>(thread))) threads_.emplace(thread, std::move(fd));
  }
}

// True: at least one has ended.
bool ProcessWatch::drop_ended_threads() {
  return std::erase_if(threads_, [](const auto& thread) { return readable(thread.second.get()); }) > 0;
}

Task<bool> ProcessWatch::wait_exit(Deadline deadline) {
  auto hurry_until = Deadline::in(Duration{0});
  for (;;) {
    if (drop_ended_threads()) hurry_until = Deadline::in(kThreadEndedWindow);
    if (!alive()) co_return true;
    if (deadline.passed()) co_return false;
    const bool hurry = !hurry_until.passed();
    if (!hurry) watch_threads();
    // A process of one thread has nobody to tell early: its own thread takes the memory apart.
    const bool told = threads_tell_ && !threads_.empty();
    const auto pause = hurry ? kThreadEndedPoll : told ? kStatePollTold : kStatePollUntold;
    const auto woken = co_await wait_readable(wakeups_, deadline.within(pause));
    if (woken == Wakeup::cancelled) co_return false;
  }
}

Task<bool> ProcessWatch::wait_gone(Deadline deadline) {
  for (;;) {
    drop_ended_threads();  // they would keep the descriptor readable
    if (is_gone()) co_return true;
    if (deadline.passed()) co_return false;
    // A variable, not `if (co_await …)`: GCC 12 lays the frame of a coroutine that has no variable out wrongly then.
    const auto woken = co_await wait_readable(wakeups_, deadline);
    if (woken == Wakeup::cancelled) co_return false;
  }
}

}  // namespace mmm
