#include "sim/checkers/recovery.h"

#include <optional>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// The client writes several times a second; whoever serves was heard within this time.
constexpr Duration kServed = 3s;

// The host that is writable with the writer's address, if it is one alone.
std::optional<Node> the_writer(const World& world) {
  std::optional<Node> writer;
  for (const auto& host : world.hosts) {
    if (!host->server.writable() || !host->kernel.has(writer_ip())) continue;
    if (writer) return std::nullopt;
    writer = host->id;
  }
  return writer;
}

bool has_diverged(World& world, Node host, Node writer) {
  const auto last = world.hosts[host]->server.last();
  return last != kNone && !world.hosts[writer]->server.has(last);
}

bool has_replica(World& world, Node writer) {
  for (const auto& host : world.hosts)
    if (host->id != writer && world.configurations.wanted().hosts.test(host->id) && !has_diverged(world, host->id, writer)) return true;
  return false;
}

}  // namespace

void Recovery::at_end() {
  if (!world_.violations.empty()) return;
  check_writer();
  check_hosts();
  check_readers();
}

void Recovery::check_writer() {
  const auto writer = the_writer(world_);
  if (!writer) return world_.violate("L1", "at the end nobody is the writer");
  const auto& book = world_.present_monitor().brain().book();
  if (book.assignment().writer != name_of(*writer))
    world_.violate("L1", fmt::format("at the end {} serves as the writer, but the monitor gave the role to {}",
                                     name_of(*writer), book.assignment().writer));
  const auto last = world_.client.last_acknowledged();
  if (world_.plan.semi_sync && !has_replica(world_, *writer)) return;  // commits wait for one that has not diverged
  if (!last || world_.now() - *last > kServed)
    world_.violate("L1", fmt::format("at the end {} is the writer, but the client's last acknowledgement is of {:.3f} s",
                                     name_of(*writer), last ? seconds(*last) : 0.0));
}

void Recovery::check_hosts() {
  const auto writer = the_writer(world_);
  if (!writer) return;
  for (const auto& host : world_.hosts) {
    if (!world_.configurations.wanted().hosts.test(host->id)) continue;
    const bool diverged = has_diverged(world_, host->id, *writer);
    const auto state = world_.present_monitor().brain().state_of(std::string(name_of(host->id)));
    if (!diverged && state != HostState::online)
      world_.violate("L1", fmt::format("at the end {} is healthy, but {}", name_of(host->id), to_string(state)));
    if (!diverged && host->id != *writer && !host->server.replicates_from(*writer))
      world_.violate("L1", fmt::format("at the end {} is healthy, but does not replicate from the writer {}: {}",
                                       name_of(host->id), name_of(*writer), host->server.observe().replication.error));
  }
}

void Recovery::check_readers() {
  for (const auto& ip : reader_ips()) {
    int holders = 0;
    for (const auto& host : world_.hosts) holders += host->kernel.has(ip) && host->server.responds() ? 1 : 0;
    if (holders != 1)
      world_.violate("L1", fmt::format("at the end {} hosts have the reader address {}", holders, ip));
  }
}

}  // namespace mmm::sim
