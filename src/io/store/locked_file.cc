#include "io/store/locked_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/store/file.h"

namespace mmm {

namespace {

// The lock file may be removed by hand between our open and our lock; then we try again. More than twice in a row is
// no accident.
constexpr int kLockAttempts = 3;

std::string holder_of(int fd) {
  char text[32] = {};
  const ssize_t got = ::pread(fd, text, sizeof text - 1, 0);
  std::string holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (const auto end = holder.find_first_not_of("0123456789"); end != std::string::npos) holder.resize(end);
  return holder.empty() ? "another process" : "process " + holder;
}

// Is what is locked still what the name stands for?
bool still_there(int fd, const std::string& name) {
  struct stat ours {}, named {};
  return ::fstat(fd, &ours) == 0 && ::stat(name.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

std::unexpected<Error> lock_failed(const std::string& name, int code) {
  return fail(fmt::format("cannot lock {}: {}", name, std::generic_category().message(code)));
}

}  // namespace

Result<LockedFile> LockedFile::take(const std::string& path) {
  const std::string name = path + ".lock";
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kStateFileMode);
    if (fd < 0) return lock_failed(name, errno);
    LockedFile lock(path, fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return lock_failed(name, errno);
      return fail(fmt::format("{} is in use by {} (it holds {})", path, holder_of(fd), name));
    }
    if (!still_there(fd, name)) continue;
    // The pid is for the message above only, the lock is what counts: a full disk must not keep us from working.
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) errno = 0;
    return lock;
  }
  return fail(fmt::format("cannot lock {}: something keeps removing it", name));
}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

LockedFile& LockedFile::operator=(LockedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

LockedFile::~LockedFile() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace mmm
