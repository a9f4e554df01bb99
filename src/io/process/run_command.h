#pragma once
// Runs a program and waits for it, but not for ever.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

namespace mmm {

// What is kept of a program's output: enough for a message and a log. The rest is read and dropped, so that the
// program doesn't hang on a full pipe.
inline constexpr std::size_t kCommandOutputMax = 64 * 1024;

struct CommandResult {
  int exit_status = 0;     // of exit(3); 128 + the signal's number if a signal ended it, as shells count
  std::string output;      // standard output and standard error, in the order in which they came
  bool truncated = false;  // there was more output than is kept

  bool ok() const { return exit_status == 0; }
};

// Runs argv[0] (a path, or a name looked up in PATH) with these arguments; never a shell. Its standard input is
// /dev/null, its signals are the default ones, it inherits no descriptor of ours, and it leads a process group of its
// own. What it leaves running in the background is not waited for.
//
// Requires: argv is not empty; SIGCHLD is not ignored, and nobody else reaps our children.
// Errors:   it can't be started: names it and why.
// Unknown:  it has not ended by the deadline: it was killed with its whole process group. Part of its work may be done.
Task<Result<CommandResult>> run_command(std::vector<std::string> argv, Deadline deadline);

}  // namespace mmm
