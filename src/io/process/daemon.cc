#include "io/process/daemon.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/process/small_file.h"

namespace mmm {

namespace {

// The word over the pipe: this byte alone, or any other text, which is the reason of a failure.
constexpr char kReady = '\0';

// Writes to a pipe or terminal whose reader may be gone: nothing can be done about a failure.
void tell(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// The part of the process that called: waits for the daemon's word, as long as that takes, and ends by it.
[[noreturn]] void wait_and_exit(int pipe, pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  std::string word;
  char block[512];
  for (;;) {
    const ssize_t got = ::read(pipe, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    word.append(block, static_cast<std::size_t>(got));
    if (word[0] == kReady) ::_exit(EXIT_SUCCESS);
  }
  if (word.empty()) word = "the program ended while it was starting; its log may say why";
  tell(STDERR_FILENO, word + "\n");
  ::_exit(EXIT_FAILURE);
}

}  // namespace

Result<Daemon> daemonize() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(fmt::format("cannot go into the background: pipe: {}", process::errno_text(errno)));
  }
  const pid_t child = ::fork();
  if (child < 0) {
    const int code = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return fail(fmt::format("cannot go into the background: fork: {}", process::errno_text(code)));
  }
  if (child > 0) {
    ::close(ends[1]);
    wait_and_exit(ends[0], child);
  }
  ::close(ends[0]);
  Daemon daemon(ends[1]);
  ::setsid();
  // The second fork: a session leader that opens a terminal would get it as its controlling one.
  const pid_t grandchild = ::fork();
  if (grandchild < 0) daemon.give_up("cannot go into the background: fork: " + process::errno_text(errno));
  if (grandchild > 0) ::_exit(EXIT_SUCCESS);
  if (::chdir("/") != 0) daemon.give_up("cannot go to /: " + process::errno_text(errno));
  ::umask(027);
  return daemon;
}

Daemon::Daemon(Daemon&& other) noexcept : way_back_(std::exchange(other.way_back_, -1)) {}

Daemon& Daemon::operator=(Daemon&& other) noexcept {
  std::swap(way_back_, other.way_back_);
  return *this;
}

Daemon::~Daemon() {
  if (way_back_ >= 0) ::close(way_back_);
}

void Daemon::ready() {
  if (way_back_ < 0) return;
  // Only now: what went wrong until here could be seen on the terminal too.
  if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, fd);
    if (null > STDERR_FILENO) ::close(null);
  }
  tell(way_back_, std::string_view(&kReady, 1));
  ::close(std::exchange(way_back_, -1));
}

void Daemon::give_up(std::string_view text) {
  if (way_back_ >= 0) tell(way_back_, text);
  ::_exit(EXIT_FAILURE);
}

}  // namespace mmm
