#pragma once
// Who there is: the hosts of the demo, its monitor and one client. And the configuration that all of them read.

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"

namespace mmm::sim {

using Node = std::size_t;  // database hosts first, in the order of the configuration

inline constexpr std::size_t kDatabases = 3;
inline constexpr Node kMonitor = 3, kClient = 4;
inline constexpr std::size_t kNodes = 5;

using NodeSet = std::bitset<kNodes>;

std::string_view name_of(Node node);

// The configuration as the monitor reads it; with db3 it has three candidates for the writer's role. Owns: static.
const Config& monitor_config(std::size_t candidates = 2);
// The same as the agent on `host` reads it.
const Config& agent_config(Node host, std::size_t candidates);
// The database host of that name, or of that main address. Requires: there is one.
Node node_of(std::string_view name_or_ip);

const std::string& writer_ip();
const std::vector<std::string>& reader_ips();

}  // namespace mmm::sim
