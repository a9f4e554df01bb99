#pragma once
// The syntax of a configuration file (docs/mmm2-reference.md §2): text in, lines and sections out. It knows no
// variable and no section by name, `include` excepted.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "codec/config/problem.h"

namespace mmm::conf {

struct ConfigEntry {
  std::string name;   // letters, digits and _
  std::string value;  // empty: the line has a name only
  ConfigOrigin where;
};

struct ConfigSection {
  std::string type;
  std::string label;  // empty: a unique section
  ConfigOrigin where;       // its opening line
  std::vector<ConfigEntry> entries;
};

struct ConfigInclude {
  std::string file;
  ConfigOrigin where;
};

// In the order of the file: later values win, also over those of an include.
using ConfigItem = std::variant<ConfigEntry, ConfigSection, ConfigInclude>;

struct ParsedText {
  std::vector<ConfigItem> items;
  ConfigProblems problems;
};

// Ensures: every line is an item, part of one, a comment, blank, or has a problem.
// `file` is the name that origins and problems bear.
ParsedText parse_config_text(std::string_view text, const std::string& file);

// A longer line is no configuration; the reader's memory is bounded by it.
inline constexpr std::size_t kLineBytesMax = 64 * 1024;
// Names of sections travel in protocol lines and tables.
inline constexpr std::size_t kNameBytesMax = 64;

bool is_section_name(std::string_view name);   // [A-Za-z0-9_-]+, at most kNameBytesMax
std::string_view trimmed(std::string_view text);  // without the white space at both ends

}  // namespace mmm::conf
