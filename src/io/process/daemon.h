#pragma once
// Going into the background, with a way back to the terminal until the program serves.

#include <string_view>

#include "base/result.h"

namespace mmm {

// Where the daemon tells the command that started it how its start went. That command waits: whoever started it from
// a script or an rc file gets an exit status that means something.
//
// If it goes without `ready` or `give_up` (a crash), the command exits 1 and says so.
class Daemon {
 public:
  explicit Daemon(int way_back) : way_back_(way_back) {}
  Daemon(Daemon&& other) noexcept;
  Daemon& operator=(Daemon&& other) noexcept;
  ~Daemon();

  // The program serves: the command exits 0, and standard input, output and error now lead to /dev/null.
  void ready();
  // The command prints `text` to standard error and exits 1; this process exits 1 too, without destructors.
  [[noreturn]] void give_up(std::string_view text);

 private:
  int way_back_;
};

// Forks twice, in a new session, with / as its directory and umask 027. Returns in the daemon only; the process that
// called waits for the daemon's word and exits by it.
//
// Requires: no thread and no event loop exists yet (they would not survive the fork), no PidFile is taken.
// Errors:   in the calling process: the first fork or the pipe failed.
Result<Daemon> daemonize();

}  // namespace mmm
