#include "io/store/file_calls.h"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mmm {

int FileCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
int FileCalls::chmod(int fd, mode_t mode) { return ::fchmod(fd, mode); }
ssize_t FileCalls::write(int fd, const char* data, std::size_t size) { return ::write(fd, data, size); }
int FileCalls::sync(int fd) { return ::fsync(fd); }
int FileCalls::close(int fd) { return ::close(fd); }
int FileCalls::rename(const char* from, const char* to) { return ::rename(from, to); }
int FileCalls::unlink(const char* path) { return ::unlink(path); }

}  // namespace mmm
