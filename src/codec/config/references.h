#pragma once
// What values of different entries mean together: references and addresses.

#include "codec/config/load.h"

namespace mmm::conf {

// Requires: all files were read. Values that were not valid have no origin and are not judged again.
ConfigProblems check_references(const LoadedConfig& loaded, Program program);

}  // namespace mmm::conf
