#include "io/process/small_file.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>

#include "io/process/fd.h"

namespace mmm::process {

std::string errno_text(int code) { return fmt::format("{} (errno {})", std::generic_category().message(code), code); }

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ESRCH)) return std::nullopt;
  if (!fd) return fail(fmt::format("cannot open {}: {}", path, errno_text(errno)));
  std::string text(kSmallFileMax, '\0');
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0 && errno == ESRCH) return std::nullopt;  // the process ended between open and read
  if (got < 0) return fail(fmt::format("cannot read {}: {}", path, errno_text(errno)));
  text.resize(static_cast<std::size_t>(got));
  return text;
}

}  // namespace mmm::process
