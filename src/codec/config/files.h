#pragma once
// Where the text of configuration files comes from. The codec itself opens nothing: tests hand in memory files.

#include <cstddef>
#include <expected>
#include <string>

namespace mmm {

struct FileContent {
  std::string text;
  unsigned mode = 0600;  // permission bits
};

struct FileError {
  bool absent = false;  // there is no such file: look in the next directory
  std::string found;    // otherwise, what is in the way: "is a directory"
};

class FileSource {
 public:
  virtual ~FileSource() = default;
  // Ensures: the text is whole, or, of a file larger than kFileBytesMax, longer than that.
  virtual std::expected<FileContent, FileError> read(const std::string& path) const = 0;
};

// The files of this machine. Mode and content are those of one opened file: no other can slip in between.
class DiskFiles final : public FileSource {
 public:
  std::expected<FileContent, FileError> read(const std::string& path) const override;
};

// Bounds the memory that a wrong path can cost. A configuration of a hundred hosts has 50 KiB.
inline constexpr std::size_t kFileBytesMax = 1024 * 1024;

}  // namespace mmm
