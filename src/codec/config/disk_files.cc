#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "codec/config/files.h"

namespace mmm {
namespace {

class Descriptor {
 public:
  // O_NONBLOCK: opening a fifo without a writer would wait for ever.
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<FileError> system_error(int code) {
  const bool absent = code == ENOENT || code == ENOTDIR;
  return std::unexpected(FileError{absent, "can't be read: " + std::generic_category().message(code)});
}

std::expected<std::string, FileError> read_all(int fd) {
  std::string text;
  char buffer[16 * 1024];
  while (text.size() <= kFileBytesMax) {
    const auto count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno);
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

std::expected<FileContent, FileError> DiskFiles::read(const std::string& path) const {
  const Descriptor file(path);
  if (file.get() < 0) return system_error(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error(errno);
  if (S_ISDIR(status.st_mode)) return std::unexpected(FileError{.found = "is a directory"});
  if (!S_ISREG(status.st_mode)) return std::unexpected(FileError{.found = "is not a regular file"});
  auto text = read_all(file.get());
  if (!text) return std::unexpected(text.error());
  return FileContent{std::move(*text), status.st_mode & 07777U};
}

}  // namespace mmm
