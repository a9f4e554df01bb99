#pragma once
// One process at a time uses a state file.

#include <string>

#include "base/result.h"

namespace mmm {

// Holds the lock `PATH.lock` of a state file. The file itself can't carry the lock: every durable write replaces it.
// The kernel drops the lock when the process is gone, however it went; the lock file stays, which means nothing.
// Not for network file systems that don't pass flock(2) on: two machines would both get it.
class LockedFile {
 public:
  // Errors: another process (or another LockedFile of this one) holds it: names its pid; or the lock file can't be
  // opened. Never waits.
  static Result<LockedFile> take(const std::string& path);

  LockedFile(LockedFile&& other) noexcept;
  LockedFile& operator=(LockedFile&& other) noexcept;
  ~LockedFile();

  const std::string& path() const { return path_; }  // of the state file

 private:
  LockedFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
};

}  // namespace mmm
