#pragma once
// Which process the database server is, and what the kernel says of it.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"

namespace mmm {

// A process as /proc/PID/stat shows it (proc(5)).
struct ProcessState {
  pid_t pid = 0;
  char state = '?';              // R S D Z T …
  unsigned flags = 0;            // PF_…, include/linux/sched.h
  std::uint64_t start_ticks = 0; // when it started, clock ticks since boot; with the pid it identifies a process

  // No instruction of it will run any more: it is a zombie, or the kernel is taking it apart, or writes its core.
  bool is_dying() const;
};

// Nothing: there is no such process.
Result<std::optional<ProcessState>> read_process(pid_t pid);

// Nothing: there is no such file. Errors: it can't be read or holds no pid; names it.
Result<std::optional<pid_t>> read_pid_file(const std::string& path);

// The process that listens at the other end of a connected unix socket (unix(7), SO_PEERCRED). Nothing: the socket is
// of another kind, or the process is in a pid namespace that we don't see.
std::optional<pid_t> unix_peer_pid(int fd);

struct ServerProcess {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string doubt;  // what does not fit together; usually empty. With a doubt, log it and never signal the process

  bool operator==(const ServerProcess&) const = default;
};

// The running server. What the kernel says of a connection to it outranks the file, which may be old; without such a
// connection, signs that the pid was used again by another program (it belongs to another user than the file, or
// started after the file was written) are given as a doubt. They are no proof: init scripts write pid files as root,
// and clocks are set.
//
// Nothing: none runs: there is no file, or no living process of that pid.
// Errors:  the file holds something else than a pid, or can't be read.
Result<std::optional<ServerProcess>> find_server(const std::string& pid_file, std::optional<pid_t> socket_peer);

}  // namespace mmm
