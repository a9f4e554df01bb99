#pragma once
// What is wrong between masters that are each other's peers (docs/mmm2-reference.md §6): it hurts at the next fail-over.

#include <map>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/server_status.h"

namespace mmm {

// A sentence for each master that does not replicate from its peer, and for each pair whose auto_increment settings
// collide. Only of hosts in `servers`: those that are ONLINE and whose agents say what their servers do.
std::vector<std::string> pair_warnings(const Config& config, const std::map<HostName, const ServerStatus*>& servers);

}  // namespace mmm
