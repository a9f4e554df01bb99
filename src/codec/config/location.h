#pragma once
// Where a program looks for its configuration.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/config.h"

namespace mmm {

struct ConfigLocation {
  std::string stem;                      // "mmm_mon": the main file is STEM.conf or STEM_CLUSTER.conf
  std::optional<std::string> cluster;    // without the @
  std::optional<std::string> file;       // --config: with a slash a path, without one a name to search for
  std::vector<std::string> search_dirs;  // the first that has the file wins

  std::string main_file_name() const;    // what to look for
  std::string own_file_name() const;     // "mmm3.conf" or "mmm3_CLUSTER.conf"
};

// The location for `program`.
//
// `config_dir`: std::getenv("MMM_CONFIG_DIR"); null or empty stands for MMM 2's search path.
// `config_file`: the value of --config. `cluster`: the "@CLUSTER" of the command line, with or without the @.
// Errors: a cluster name that could not be part of a file name, an empty --config.
Result<ConfigLocation> config_location(Program program, const char* config_dir,
                                       const std::optional<std::string>& config_file = std::nullopt,
                                       const std::optional<std::string>& cluster = std::nullopt);

// Takes a leading "@CLUSTER" out of the arguments (those after the program's name), as MMM 2's programs do.
std::optional<std::string> take_cluster_argument(std::vector<std::string>& arguments);

// `name`, with .conf appended when it is missing.
std::string with_conf_suffix(std::string_view name);

}  // namespace mmm
