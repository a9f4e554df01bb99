#include "io/process/run_command.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "io/process/fd.h"
#include "io/process/small_file.h"

namespace mmm {

namespace {

// A killed process ends at once unless it hangs in the kernel (a dead disk); then its zombie is left to the system.
constexpr Duration kKillWait = 1s;

struct Child {
  pid_t pid = 0;
  process::Fd output;
};

// Kills and reaps the child if the task is cancelled or its time is up.
class Guard {
 public:
  explicit Guard(pid_t pid) : pid_(pid) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (pid_ <= 0) return;
    kill_group();
    ::waitpid(pid_, nullptr, WNOHANG);
  }
  void kill_group() const { ::kill(-pid_, SIGKILL); }
  void reaped() { pid_ = 0; }

 private:
  pid_t pid_;
};

class SpawnSettings {
 public:
  SpawnSettings() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&files);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
};

Result<Child> start(std::vector<std::string>& argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(fmt::format("cannot run {}: pipe: {}", argv[0], process::errno_text(errno)));
  process::Fd read_end(ends[0]), write_end(ends[1]);
  SpawnSettings settings;
  ::posix_spawn_file_actions_addopen(&settings.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&settings.files, write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&settings.files, write_end.get(), STDERR_FILENO);
  // Libraries may have opened theirs without FD_CLOEXEC.
  ::posix_spawn_file_actions_addclosefrom_np(&settings.files, STDERR_FILENO + 1);
  std::vector<char*> words;
  for (auto& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, words[0], &settings.files, &settings.attributes, words.data(), environ);
  if (error != 0) return fail(fmt::format("cannot run {}: {}", argv[0], process::errno_text(error)));
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  return Child{pid, std::move(read_end)};
}

// Takes what is there; false at the end of the output.
bool drain(int fd, CommandResult& result) {
  char block[4096];
  for (;;) {
    const ssize_t got = ::read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const auto room = kCommandOutputMax - result.output.size();
    const auto size = static_cast<std::size_t>(got);
    result.output.append(block, std::min(size, room));
    result.truncated = result.truncated || size > room;
  }
}

// The exit status, once the pidfd has said that the child has ended.
Result<int> reap(pid_t pid, const std::string& program) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return unknown_outcome(fmt::format("{} ended, but its exit status was taken by another", program));
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Task<Result<CommandResult>> run_command(std::vector<std::string> argv, Deadline deadline) {
  using namespace asio::experimental::awaitable_operators;
  MMM_CHECK(!argv.empty());
  auto child = start(argv);
  if (!child) co_return std::unexpected(child.error());
  Guard guard(child->pid);
  const auto loop = co_await asio::this_coro::executor;
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child->pid, 0));
  if (pidfd < 0) co_return unknown_outcome(fmt::format("cannot wait for {}: {}", argv[0], process::errno_text(errno)));
  asio::posix::stream_descriptor ended(loop, pidfd);
  asio::posix::stream_descriptor output(loop, child->output.release());

  CommandResult result;
  Wakeup why = Wakeup::expired;
  bool open = true;
  while (!deadline.passed() && why != Wakeup::ready) {
    if (!open) {
      why = co_await wait_readable(ended, deadline);
      continue;
    }
    const auto first = co_await (wait_readable(ended, deadline) || wait_readable(output, deadline));
    if (first.index() == 0) why = std::get<0>(first);
    open = drain(output.native_handle(), result);
  }
  if (why == Wakeup::ready) {
    guard.reaped();
    const auto status = reap(child->pid, argv[0]);
    if (!status) co_return std::unexpected(status.error());
    result.exit_status = *status;
    drain(output.native_handle(), result);
    co_return result;
  }
  guard.kill_group();
  const auto after_kill = co_await wait_readable(ended, Deadline::in(kKillWait));
  if (after_kill == Wakeup::ready) {
    guard.reaped();
    ::waitpid(child->pid, nullptr, WNOHANG);
  }
  drain(output.native_handle(), result);
  co_return unknown_outcome(fmt::format("\"{}\" did not end in time and was killed; its output so far: \"{}\"",
                                        fmt::join(argv, " "), result.output.substr(0, 200)));
}

}  // namespace mmm
