#include "codec/config/load.h"

#include <utility>

#include "codec/config/interpret.h"
#include "codec/config/tree.h"

namespace mmm {

std::expected<LoadedConfig, ConfigProblems> load_config(Program program, const ConfigLocation& location) {
  return load_config(program, location, DiskFiles());
}

std::expected<LoadedConfig, ConfigProblems> load_config(Program program, const ConfigLocation& location,
                                                        const FileSource& files) {
  return conf::interpret(conf::read_config_tree(location, files), program);
}

}  // namespace mmm
