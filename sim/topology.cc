#include "sim/topology.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace mmm::sim {

namespace {

// The demo's addresses; further hosts come after its roles' neighbours.
std::array<std::string, kHostsMax> host_ips() {
  std::array<std::string, kHostsMax> ips{"10.0.0.4", "10.0.0.5", "10.0.0.7"};
  for (Node host = 3; host < kHostsMax; ++host) ips[host] = fmt::format("10.0.0.{}", 8 + host);
  return ips;
}

std::array<std::string, kNodesMax> node_names() {
  std::array<std::string, kNodesMax> names;
  for (Node host = 0; host < kHostsMax; ++host) names[host] = fmt::format("db{}", host + 1);
  names[kMonitor] = "monitor";
  names[kClient] = "client";
  return names;
}

// The first two candidates are MMM's masters, each the other's peer; further ones are slaves that may be the writer.
void name_masters(Config& config, const Layout& layout) {
  std::vector<HostConfig*> masters;
  for (auto& host : config.hosts)
    if (layout.candidates.test(node_of(host.name)) && masters.size() < 2) masters.push_back(&host);
  MMM_CHECK(masters.size() == 2);
  for (const std::size_t one : {0u, 1u}) {
    masters[one]->mode = HostMode::master;
    masters[one]->peer = masters[1 - one]->name;
  }
}

Config make_config(const HostName& self, const Layout& layout) {
  Config config;
  config.self = self;
  config.active_master_role = "writer";
  config.roles = {{.name = "writer", .mode = RoleMode::exclusive, .hosts = {}, .ips = {writer_ip()}},
                  {.name = "reader", .mode = RoleMode::balanced, .hosts = {}, .ips = reader_ips()}};
  for (Node node = 0; node < kHostsMax; ++node) {
    if (!layout.hosts.test(node)) continue;
    const HostName name(name_of(node));
    config.hosts.push_back({.name = name, .ip = ip_of(node), .mode = HostMode::slave, .peer = {}});
    config.roles[1].hosts.push_back(name);
    if (layout.candidates.test(node)) config.roles[0].hosts.push_back(name);
  }
  name_masters(config, layout);
  config.restart_grace = 8s;
  // A backlog of a minute does not fit into a schedule of a minute.
  for (const auto check : kAllChecks)
    config.checks[check] = CheckConfig{.check_period = 1s, .trap_period = 2s, .timeout = 1s, .max_backlog = 5};
  config.monitor.ip = "10.0.0.6";
  for (const auto& host : config.hosts) config.monitor.ping_ips.push_back(host.ip);
  return config;
}

// Every world of that layout reads the same one.
const Config& kept_config(Node reader, const Layout& layout) {
  static std::mutex mutex;
  static std::map<std::tuple<Node, unsigned long, unsigned long>, std::unique_ptr<const Config>> kept;
  const std::scoped_lock lock(mutex);
  auto& config = kept[{reader, layout.hosts.to_ulong(), layout.candidates.to_ulong()}];
  if (!config) config = std::make_unique<const Config>(make_config(reader == kMonitor ? "" : HostName(name_of(reader)), layout));
  return *config;
}

}  // namespace

Layout layout_of(const Topology& topology) {
  Layout layout;
  for (Node host = 0; host < topology.hosts(); ++host) {
    layout.hosts.set(host);
    layout.candidates.set(host, host < topology.candidates);
  }
  return layout;
}

std::string_view name_of(Node node) {
  static const auto names = node_names();
  return names.at(node);
}

const std::string& ip_of(Node host) {
  static const auto ips = host_ips();
  return ips.at(host);
}

const Config& monitor_config(const Layout& layout) { return kept_config(kMonitor, layout); }

const Config& agent_config(Node host, const Layout& layout) {
  MMM_CHECK(layout.hosts.test(host));
  return kept_config(host, layout);
}

Duration lease_ttl() { return Config{}.lease_ttl; }

Node node_of(std::string_view name_or_ip) {
  for (Node node = 0; node < kHostsMax; ++node)
    if (name_of(node) == name_or_ip || ip_of(node) == name_or_ip) return node;
  MMM_CHECK(!"a host of the configuration");
  return 0;
}

const std::string& writer_ip() {
  static const std::string ip = "10.0.0.80";
  return ip;
}

const std::vector<std::string>& reader_ips() {
  static const std::vector<std::string> ips{"10.0.0.90", "10.0.0.100"};
  return ips;
}

}  // namespace mmm::sim
