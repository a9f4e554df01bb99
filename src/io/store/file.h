#pragma once
// Small state files: read whole, replaced whole, never half.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mmm {

class FileCalls;

// Who may read a state file: root writes it, its group (backup, support) reads it. It holds no passwords.
inline constexpr unsigned kStateFileMode = 0640;

// What is appended to the name of a file for the new content before it takes the old one's place.
inline constexpr std::string_view kNewFileSuffix = ".new";

// Can state files be kept in the directory of `path`? Errors: it is not there, or can't be written to; names it.
Status check_directory_of(const std::string& path);

// Reads a whole file. Nothing: there is no such file (or no such directory), which is not an error.
//
// Errors: it is there but can't be read, is not a regular file, or is longer than `limit` bytes; names the path.
Result<std::optional<std::string>> read_file(const std::string& path, std::size_t limit);

// Replaces the content of a file so that after a power cut either the old or the new content is there, whole.
//
// Requires: one writer of this path at a time (see LockedFile, Worker); the directory exists. The path is no
//           symbolic link: the link itself would be replaced.
// Ensures:  on success the new content is on the disk. A `PATH.new` of an earlier crash is overwritten.
// Thread:   any; blocks for the disk. On the event loop use Worker.
// Errors:   names the step and the path; the old content stands, untouched.
// Unknown:  the new content is visible, but whether it survives a power cut is not known: write again.
Status write_durably(const std::string& path, std::string_view text);
Status write_durably(FileCalls& calls, const std::string& path, std::string_view text);

}  // namespace mmm
