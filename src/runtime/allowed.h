#pragma once
// Who may command in plain mode, and whom the write fence must not shut out.

#include <string>

#include "model/config.h"

namespace mmm {

// The configured hosts' addresses, the monitor's if it is not loopback, loopback itself, and allow_from (addresses or
// networks). Where the configuration names no monitor (an agent's file of MMM 2) and allow_from is empty, any address
// may, as ever.
bool may_command(const Config& config, const std::string& ip);
bool anybody_may_command(const Config& config);

// What is wrong, and what to do, where the write fence of the whole host does not know the monitor: it then holds back the
// monitor's own checks. "" when nothing is.
std::string shut_out_monitor(const Config& config);

}  // namespace mmm
