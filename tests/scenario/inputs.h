#pragma once
// The words of a scenario: what happens to the world, in sentences.

#include <string>

#include "world.h"

namespace mmm::scenario {

// Does what `line` says, without its `>`. Errors: throws std::runtime_error when no sentence is meant.
void happen(World& world, const std::string& line);

}  // namespace mmm::scenario
