#pragma once
// Who may command in plain mode.

#include <string>

#include "model/config.h"

namespace mmm {

// The configured hosts' addresses, the monitor's if it is not loopback, loopback itself, and allow_from (addresses or
// networks). Where the configuration names no monitor (an agent's file of MMM 2) and allow_from is empty, any address
// may, as ever.
bool may_command(const Config& config, const std::string& ip);
bool anybody_may_command(const Config& config);

}  // namespace mmm
