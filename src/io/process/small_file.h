#pragma once
// The few bytes of a pid file or of something under /proc.

#include <optional>
#include <string>

#include "base/result.h"

namespace mmm::process {

// At most `kSmallFileMax` bytes of the file. Nothing: it is not there (under /proc also: the process is gone).
// Errors: why it can't be read; names it. Never blocks.
Result<std::optional<std::string>> read_small_file(const std::string& path);

// /proc/PID/stat is below 400 bytes, a pid file has 20.
inline constexpr std::size_t kSmallFileMax = 4096;

// "Permission denied (errno 13)".
std::string errno_text(int code);

}  // namespace mmm::process
