#include "sim/topology.h"

#include <array>

#include "base/check.h"

namespace mmm::sim {

namespace {

Config lab_config(const HostName& self, std::size_t candidates) {
  Config config;
  config.self = self;
  config.active_master_role = "writer";
  config.hosts = {{.name = "db1", .ip = "10.0.0.4", .mode = HostMode::master, .peer = "db2"},
                  {.name = "db2", .ip = "10.0.0.5", .mode = HostMode::master, .peer = "db1"},
                  {.name = "db3", .ip = "10.0.0.7", .mode = HostMode::slave}};
  config.roles = {{.name = "writer", .mode = RoleMode::exclusive, .hosts = {"db1", "db2"}, .ips = {"10.0.0.80"}},
                  {.name = "reader",
                   .mode = RoleMode::balanced,
                   .hosts = {"db1", "db2", "db3"},
                   .ips = {"10.0.0.90", "10.0.0.100"}}};
  if (candidates == 3) config.roles[0].hosts.push_back("db3");
  config.restart_grace = 8s;
  // A backlog of a minute does not fit into a schedule of a minute.
  for (const auto check : kAllChecks)
    config.checks[check] = CheckConfig{.check_period = 1s, .trap_period = 2s, .timeout = 1s, .max_backlog = 5};
  config.monitor.ip = "10.0.0.6";
  for (const auto& host : config.hosts) config.monitor.ping_ips.push_back(host.ip);
  return config;
}

}  // namespace

std::string_view name_of(Node node) {
  constexpr std::array<std::string_view, kNodes> kNames{"db1", "db2", "db3", "monitor", "client"};
  return kNames.at(node);
}

const Config& monitor_config(std::size_t candidates) {
  static const std::array configs{lab_config("", 2), lab_config("", 3)};
  return configs.at(candidates - 2);
}

const Config& agent_config(Node host, std::size_t candidates) {
  static const auto all = [](std::size_t number) {
    return std::array{lab_config("db1", number), lab_config("db2", number), lab_config("db3", number)};
  };
  static const std::array configs{all(2), all(3)};
  return configs.at(candidates - 2).at(host);
}

Node node_of(std::string_view name_or_ip) {
  const auto& hosts = monitor_config().hosts;
  for (Node node = 0; node < hosts.size(); ++node)
    if (hosts[node].name == name_or_ip || hosts[node].ip == name_or_ip) return node;
  MMM_CHECK(!"a host of the configuration");
  return 0;
}

const std::string& writer_ip() { return monitor_config().roles[0].ips[0]; }
const std::vector<std::string>& reader_ips() { return monitor_config().roles[1].ips; }

}  // namespace mmm::sim
