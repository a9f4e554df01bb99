#pragma once
// A configuration that satisfies every program, to be varied one entry at a time, and files in memory.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "codec/config/interpret.h"
#include "codec/config/load.h"
#include "codec/config/tree.h"

namespace mmm::test {

// Keys are those of ConfigOrigins: "debug", "monitor.ip", "host db1.ip".
class Sample {
 public:
  Sample();  // db1 and db2 masters, db3 a slave; writer, reader; scp

  Sample& set(const std::string& key, std::string value);
  Sample& drop(const std::string& key);
  Sample& drop_section(const std::string& section);  // "monitor", "host db1"
  std::string text() const;

 private:
  using Values = std::vector<std::pair<std::string, std::string>>;
  Values& values_of(const std::string& section);
  std::vector<std::pair<std::string, Values>> sections_;  // top level first, with an empty name
};

class MemoryFiles final : public FileSource {
 public:
  std::map<std::string, FileContent> files;
  std::map<std::string, std::string> broken;  // path -> what is in the way

  std::expected<FileContent, FileError> read(const std::string& path) const override;
};

inline constexpr Program kPrograms[] = {Program::agent, Program::monitor, Program::control, Program::tools};
char letter(Program program);  // A M C T

std::expected<LoadedConfig, ConfigProblems> interpreted(std::string_view text, Program program = Program::monitor);

// What `format_problem` says of each, in order; empty when the text is a valid configuration.
std::vector<std::string> complaints(std::string_view text, Program program = Program::monitor);
std::vector<std::string> lines_of(const std::expected<LoadedConfig, ConfigProblems>& loaded);

}  // namespace mmm::test
