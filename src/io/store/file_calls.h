#pragma once
// The calls to the operating system of which a durable write consists, so that a test can let each of them fail.

#include <cstddef>

#include <sys/types.h>

namespace mmm {

// Each returns what the system call of that name returns, and leaves errno as it does.
class FileCalls {
 public:
  virtual ~FileCalls() = default;

  virtual int open(const char* path, int flags, mode_t mode);
  virtual int chmod(int fd, mode_t mode);
  virtual ssize_t write(int fd, const char* data, std::size_t size);
  virtual int sync(int fd);
  virtual int close(int fd);
  virtual int rename(const char* from, const char* to);
  virtual int unlink(const char* path);
};

}  // namespace mmm
