#include "io/store/file.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/store/file_calls.h"

namespace mmm {

namespace {

std::string errno_text(int code) { return fmt::format("{} (errno {})", std::generic_category().message(code), code); }

// Closes at the end of a scope, for the ways out that are failures already.
class Closing {
 public:
  Closing(FileCalls& calls, int fd) : calls_(calls), fd_(fd) {}
  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;
  ~Closing() {
    if (fd_ >= 0) calls_.close(fd_);
  }
  int fd() const { return fd_; }
  int close() { return calls_.close(std::exchange(fd_, -1)); }

 private:
  FileCalls& calls_;
  int fd_;
};

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::unexpected<Error> write_failed(std::string_view step, const std::string& path, int code) {
  return fail(fmt::format("cannot write {}: {}: {}; the previous content stands", path, step, errno_text(code)));
}

bool write_all(FileCalls& calls, int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = calls.write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    if (written == 0) {  // a regular file never does this; don't loop on what does
      errno = EIO;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Writes and syncs `fresh`, which must not exist.
Status write_new_file(FileCalls& calls, const std::string& fresh, const std::string& path, std::string_view text) {
  Closing file(calls, calls.open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kStateFileMode));
  if (file.fd() < 0) return write_failed("creating " + fresh, path, errno);
  if (calls.chmod(file.fd(), kStateFileMode) != 0) return write_failed("setting the mode of " + fresh, path, errno);
  if (!write_all(calls, file.fd(), text)) return write_failed("writing " + fresh, path, errno);
  if (calls.sync(file.fd()) != 0) return write_failed("syncing " + fresh, path, errno);
  // Some file systems (NFS, quotas) report a failed write only here.
  if (file.close() != 0) return write_failed("closing " + fresh, path, errno);
  return {};
}

}  // namespace

Status write_durably(FileCalls& calls, const std::string& path, std::string_view text) {
  const std::string directory = directory_of(path);
  const std::string fresh = path + std::string(kNewFileSuffix);
  // Opened first: what can fail without touching anything shall fail before the rename.
  Closing parent(calls, calls.open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (parent.fd() < 0) return write_failed("opening the directory " + directory, path, errno);
  if (calls.unlink(fresh.c_str()) != 0 && errno != ENOENT) return write_failed("removing " + fresh, path, errno);

  if (auto status = write_new_file(calls, fresh, path, text); !status) {
    calls.unlink(fresh.c_str());
    return status;
  }
  if (calls.rename(fresh.c_str(), path.c_str()) != 0) {
    const int code = errno;
    calls.unlink(fresh.c_str());
    return write_failed("renaming " + fresh, path, code);
  }
  // EINVAL: the file system can't sync directories (fsync(2)) and orders renames itself.
  if (calls.sync(parent.fd()) != 0 && errno != EINVAL) {
    return unknown_outcome(fmt::format("{} is written, but syncing its directory {} failed: {}; a power cut may undo it",
                                       path, directory, errno_text(errno)));
  }
  return {};
}

Status write_durably(const std::string& path, std::string_view text) {
  FileCalls calls;
  return write_durably(calls, path, text);
}

Status check_directory_of(const std::string& path) {
  const auto directory = directory_of(path);
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0)
    return fail(fmt::format("{} can't be kept: the directory {}: {}", path, directory, errno_text(errno)));
  if (!S_ISDIR(info.st_mode)) return fail(fmt::format("{} can't be kept: {} is no directory", path, directory));
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
  return fail(fmt::format("{} can't be kept: nothing can be written to {}: {}", path, directory, errno_text(errno)));
}

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t limit) {
  FileCalls calls;
  // O_NONBLOCK: a fifo of that name must not block us; it has no effect on a regular file.
  Closing file(calls, ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0 && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (file.fd() < 0) return fail(fmt::format("cannot open {}: {}", path, errno_text(errno)));
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return fail(fmt::format("cannot stat {}: {}", path, errno_text(errno)));
  if (!S_ISREG(info.st_mode)) return fail(fmt::format("{} is not a regular file", path));

  std::string text;
  char block[16 * 1024];  // bigger than any state file of ours: usually one read and one for the end
  for (;;) {
    const ssize_t got = ::read(file.fd(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(fmt::format("cannot read {}: {}", path, errno_text(errno)));
    if (got == 0) return text;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > limit) return fail(fmt::format("{} is longer than {} bytes", path, limit));
  }
}

}  // namespace mmm
