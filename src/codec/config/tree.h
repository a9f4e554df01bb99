#pragma once
// All files of one configuration as one tree: includes are followed, nothing is interpreted yet.

#include <string>
#include <vector>

#include "codec/config/files.h"
#include "codec/config/location.h"
#include "codec/config/problem.h"
#include "codec/config/syntax.h"

namespace mmm::conf {

struct ConfigTree {
  std::vector<std::string> files;      // as they were read; the main file comes first
  std::vector<ConfigEntry> top;        // in reading order: later values win
  std::vector<ConfigSection> sections;
  ConfigProblems problems;             // files and syntax
  bool complete = true;                // false: a file could not be read, what is missing may stand there
};

// The main file, what it includes, and `mmm3.conf` (of the cluster) beside it.
//
// `include` searches as for a main file; when --config named a path, its directory comes before the search path.
ConfigTree read_config_tree(const ConfigLocation& location, const FileSource& files);

// One text alone. Its includes are left out.
ConfigTree config_tree_of(std::string_view text, const std::string& file);

// Deeper than any sane layout; bounds what a chain of includes that is no loop can cost.
inline constexpr std::size_t kIncludeDepthMax = 16;
// A file may be read twice (it is in MMM 2); this ends files that include each other twice at each level.
inline constexpr std::size_t kFilesMax = 64;

}  // namespace mmm::conf
