#pragma once
// From the tree of lines to the configuration, for one program. Pure.

#include <expected>

#include "codec/config/load.h"
#include "codec/config/tree.h"
#include "model/config.h"

namespace mmm::conf {

// Errors: those of the tree, of names and values, and, if all files could be read, of what is missing or does not
// fit together. A value that a later one replaces is not judged: mmm3.conf may put right what MMM 2's files say.
std::expected<LoadedConfig, ConfigProblems> interpret(const ConfigTree& tree, Program program);

}  // namespace mmm::conf
