#pragma once
// One copy of a program at a time.

#include <string>

#include <sys/types.h>

#include "base/result.h"

namespace mmm {

// A locked file with our pid in it. The lock (flock(2)) is what counts: the kernel keeps it until the process and
// every child that inherited it are gone, however they went; a file of a killed copy is simply taken over.
class PidFile {
 public:
  // Requires: the process is the one that will stay (take it after `daemonize`).
  // Errors:   another copy runs: names its pid and the file; or the file can't be written. Never waits.
  static Result<PidFile> take(const std::string& path);

  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&& other) noexcept;
  // Removes the file, then drops the lock; in a child of the process that took it, neither.
  ~PidFile();

  const std::string& path() const { return path_; }

 private:
  PidFile(std::string path, int fd);

  std::string path_;
  int fd_;
  pid_t owner_;
};

}  // namespace mmm
