#pragma once
// Who there may be in a schedule: database hosts, their monitor and one client. And the configurations that they read.

#include <bitset>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"

namespace mmm::sim {

// Database hosts first, in the order of the configuration. The same number means the same machine in every topology.
using Node = std::size_t;

inline constexpr std::size_t kCandidatesMin = 2, kCandidatesMax = 5, kSlavesMax = 20;
inline constexpr std::size_t kHostsMax = kCandidatesMax + kSlavesMax;
inline constexpr Node kMonitor = kHostsMax, kClient = kHostsMax + 1;
inline constexpr std::size_t kNodesMax = kHostsMax + 2;

using NodeSet = std::bitset<kNodesMax>;

// How many machines there are. The candidates for the writer's role come first.
struct Topology {
  std::size_t candidates = 2, slaves = 1;

  std::size_t hosts() const { return candidates + slaves; }
  std::size_t nodes() const { return hosts() + 2; }
  // The i-th of all machines: the hosts, the monitor, the client.
  Node node(std::size_t i) const { return i < hosts() ? i : kMonitor + (i - hosts()); }
  void each_node(const auto& action) const {
    for (std::size_t i = 0; i < nodes(); ++i) action(node(i));
  }
  // The first hosts, one of which is nearly always the writer; the demo's third one is a candidate only now and then.
  std::size_t likely_writers() const { return hosts() == 3 ? 2 : candidates; }
};

// What a configuration says of the hosts: which of them stand in it, which may be the writer.
// Requires: two candidates or more, all of them among the hosts.
struct Layout {
  NodeSet hosts, candidates;
  bool operator==(const Layout&) const = default;
};
Layout layout_of(const Topology& topology);

std::string_view name_of(Node node);
// The main address of a database host.
const std::string& ip_of(Node host);

// The configuration as the monitor reads it. Owns: kept for ever. Thread: any.
const Config& monitor_config(const Layout& layout);
// The same as the agent on `host` reads it. Requires: the host stands in it.
const Config& agent_config(Node host, const Layout& layout);
// How long a lease is, where no fault changes it.
Duration lease_ttl();
// The database host of that name, or of that main address. Requires: there is one.
Node node_of(std::string_view name_or_ip);

const std::string& writer_ip();
const std::vector<std::string>& reader_ips();

}  // namespace mmm::sim
