#include "io/process/pid_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/process/server_process.h"
#include "io/process/small_file.h"

namespace mmm {

namespace {

// Another copy that ends removes the file between our open and our lock; then we try again. More than twice in a row
// is no accident.
constexpr int kLockAttempts = 3;

// rc scripts and monitoring read it without being root.
constexpr mode_t kPidFileMode = 0644;

bool still_there(int fd, const std::string& path) {
  struct stat ours {}, named {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
         ours.st_ino == named.st_ino;
}

std::unexpected<Error> cannot(const char* what, const std::string& path) {
  return fail(fmt::format("cannot {} the pid file {}: {}", what, path, process::errno_text(errno)));
}

std::unexpected<Error> runs_already(const std::string& path) {
  const auto pid = read_pid_file(path);
  const auto who = pid && *pid ? fmt::format("as process {}", **pid) : std::string("under an unknown pid");
  return fail(fmt::format("another copy is running already, {}: it holds {}", who, path));
}

}  // namespace

Result<PidFile> PidFile::take(const std::string& path) {
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kPidFileMode);
    if (fd < 0) return cannot("open", path);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      ::close(fd);
      if (code == EWOULDBLOCK) return runs_already(path);
      errno = code;
      return cannot("lock", path);
    }
    if (!still_there(fd, path)) {
      ::close(fd);
      continue;
    }
    PidFile file(path, fd);
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
      return cannot("write", path);
    }
    return file;
  }
  return fail(fmt::format("cannot lock the pid file {}: something keeps removing it", path));
}

PidFile::PidFile(std::string path, int fd) : path_(std::move(path)), fd_(fd), owner_(::getpid()) {}

PidFile::PidFile(PidFile&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), owner_(other.owner_) {}

PidFile& PidFile::operator=(PidFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(owner_, other.owner_);
  return *this;
}

PidFile::~PidFile() {
  if (fd_ < 0) return;
  if (owner_ == ::getpid() && still_there(fd_, path_)) ::unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace mmm
