#include "io/process/server_process.h"

#include <charconv>
#include <cstdio>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/process/small_file.h"

namespace mmm {

namespace {

// include/linux/sched.h. PF_EXITING is set before a process gives its memory back, which takes 50 ms per GB: the
// zombie state, the pidfd and the end of its connections come only after that. The other two: other threads are
// writing the core, or have parked for it.
constexpr unsigned kExiting = 0x00000004;      // PF_EXITING
constexpr unsigned kParkedForCore = 0x00000008;  // PF_POSTCOREDUMP (5.16; before 5.9 another stage of exiting)
constexpr unsigned kWritesCore = 0x00000200;   // PF_DUMPCORE

// The file is written within seconds of the start, by a wall clock that may have been set back a little since.
constexpr double kClockSlackSeconds = 30;

// Seconds since 1970 at which the process started, by today's reading of the wall clock.
double start_on_the_wall(const ProcessState& state) {
  timespec wall{}, boot{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto as_seconds = [](const timespec& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9; };
  const double since_boot = static_cast<double>(state.start_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return as_seconds(wall) - as_seconds(boot) + since_boot;
}

// Does the file look as if an earlier process of this pid had written it?
std::string doubt_about(const ProcessState& state, const std::string& file) {
  struct stat named {}, running {};
  if (::stat(file.c_str(), &named) != 0 || ::stat(fmt::format("/proc/{}", state.pid).c_str(), &running) != 0) return "";
  if (named.st_uid != running.st_uid) {
    return fmt::format("{} belongs to user {}, but process {} to user {}", file, named.st_uid, state.pid, running.st_uid);
  }
  if (start_on_the_wall(state) > static_cast<double>(named.st_mtim.tv_sec) + kClockSlackSeconds) {
    return fmt::format("process {} started after {} was written", state.pid, file);
  }
  return "";
}

// What the file says, when a connection has told that the server is `peer`.
std::string doubt_about(pid_t peer, const Result<std::optional<pid_t>>& named, const std::string& file) {
  if (!named) return named.error().text;
  if (!*named) return fmt::format("the server is process {}, but there is no {}", peer, file);
  return **named == peer ? "" : fmt::format("the server is process {}, but {} says {}", peer, file, **named);
}

}  // namespace

bool ProcessState::is_dying() const {
  return state == 'Z' || state == 'X' || (flags & (kExiting | kParkedForCore | kWritesCore)) != 0;
}

Result<std::optional<ProcessState>> read_process(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/stat", pid);
  const auto text = process::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  // The name in parentheses may itself hold blanks and parentheses.
  const auto name_end = (*text)->rfind(')');
  ProcessState found{.pid = pid};
  unsigned long long start = 0;
  // Fields 3 (state), 9 (flags), 22 (start time).
  if (name_end == std::string::npos ||
      std::sscanf((*text)->c_str() + name_end + 1,
                  " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &found.state,
                  &found.flags, &start) != 3) {
    return fail(fmt::format("cannot make sense of {}: \"{}\"", path, (*text)->substr(0, 80)));
  }
  found.start_ticks = start;
  return found;
}

Result<std::optional<pid_t>> read_pid_file(const std::string& path) {
  const auto text = process::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto begin = (*text)->find_first_not_of(" \t\r\n");
  const auto end = (*text)->find_last_not_of(" \t\r\n");
  const auto word = begin == std::string::npos ? std::string() : (*text)->substr(begin, end - begin + 1);
  pid_t pid = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), pid);
  if (error != std::errc() || stop != word.data() + word.size() || pid <= 0) {
    return fail(fmt::format("{} holds no pid but \"{}\"", path, word.substr(0, 40)));
  }
  return pid;
}

std::optional<pid_t> unix_peer_pid(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX) return std::nullopt;
  ucred peer{};
  size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return std::nullopt;
  return peer.pid;
}

Result<std::optional<ServerProcess>> find_server(const std::string& pid_file, std::optional<pid_t> socket_peer) {
  const auto named = read_pid_file(pid_file);
  if (!socket_peer && !named) return std::unexpected(named.error());
  if (!socket_peer && !*named) return std::nullopt;
  const pid_t pid = socket_peer ? *socket_peer : **named;
  const auto state = read_process(pid);
  if (!state) return std::unexpected(state.error());
  if (!*state || (*state)->is_dying()) return std::nullopt;
  return ServerProcess{.pid = pid,
                       .start_ticks = (*state)->start_ticks,
                       .doubt = socket_peer ? doubt_about(pid, named, pid_file) : doubt_about(**state, pid_file)};
}

}  // namespace mmm
