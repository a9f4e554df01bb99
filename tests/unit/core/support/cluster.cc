#include "support/cluster.h"

namespace mmm::lab {

Config cluster(const HostName& self) {
  Config config;
  config.self = self;
  config.active_master_role = kWriterRole.name;
  config.hosts = {{.name = "db1", .ip = "10.0.0.4", .mode = HostMode::master, .peer = "db2"},
                  {.name = "db2", .ip = "10.0.0.5", .mode = HostMode::master, .peer = "db1"},
                  {.name = "db3", .ip = "10.0.0.7", .mode = HostMode::slave}};
  config.roles = {{.name = "writer", .mode = RoleMode::exclusive, .hosts = {"db1", "db2"}, .ips = {kWriterRole.ip}},
                  {.name = "reader",
                   .mode = RoleMode::balanced,
                   .hosts = {"db1", "db2", "db3"},
                   .ips = {kFirstReader.ip, kSecondReader.ip}}};
  for (const auto check : kAllChecks) config.checks[check] = CheckConfig{};
  return config;
}

GtidSet gtids(std::string_view text) { return parse_gtid_set(text).value(); }

Instruction instruction(std::uint64_t epoch, std::uint64_t generation, std::uint64_t version, const HostName& writer) {
  Instruction i;
  i.order = {epoch, Generation{generation}, Version{version}};
  i.assignment = {Generation{generation}, writer, Version{version}, {writer == "db1" ? "db2" : "db1"}};
  for (const auto* host : {"db1", "db2", "db3"}) i.hosts[host] = HostPlan{HostState::online, {}};
  i.hosts[writer].roles = {kWriterRole};
  i.reason = "test";
  return i;
}

}  // namespace mmm::lab
