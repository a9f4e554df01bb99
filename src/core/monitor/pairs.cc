#include "core/monitor/pairs.h"

#include <fmt/format.h>

namespace mmm {

namespace {

bool replicates_from(const ServerStatus& server, const HostConfig& source) {
  return server.replication.configured && server.replication.source_ip == source.ip;
}

// Without different offsets, keys that both masters make collide as soon as both were written to.
bool make_different_keys(const ServerStatus& a, const ServerStatus& b) {
  const auto increment = a.auto_increment_increment;
  if (increment == 0 || b.auto_increment_increment == 0) return true;  // nobody asked
  return increment == b.auto_increment_increment && increment >= 2 && a.auto_increment_offset != b.auto_increment_offset &&
         a.auto_increment_offset <= increment && b.auto_increment_offset <= increment;
}

}  // namespace

std::vector<std::string> pair_warnings(const Config& config, const std::map<HostName, const ServerStatus*>& servers) {
  std::vector<std::string> warnings;
  for (const auto& host : config.hosts) {
    const auto* peer = host.mode == HostMode::master && host.peer ? config.host(*host.peer) : nullptr;
    if (!peer || !servers.contains(host.name) || !servers.contains(peer->name)) continue;
    const auto &own = *servers.at(host.name), &other = *servers.at(peer->name);
    const auto& source = own.replication.source_ip;
    if (!replicates_from(own, *peer))
      warnings.push_back(fmt::format("master {} does not replicate from its peer {} ({}) but from {}", host.name, peer->name,
                                     peer->ip, source.empty() ? "nobody" : source));
    const bool told_once = peer->peer != host.name || host.name < peer->name;
    if (told_once && !make_different_keys(own, other))
      warnings.push_back(fmt::format(
          "auto_increment settings of masters {} and {} collide: increment {} and {}, offset {} and {}; set one increment "
          "of at least 2 on both and different offsets up to it",
          host.name, peer->name, own.auto_increment_increment, other.auto_increment_increment, own.auto_increment_offset,
          other.auto_increment_offset));
  }
  return warnings;
}

}  // namespace mmm
