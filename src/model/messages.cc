#include "model/messages.h"

#include <tuple>

namespace mmm {

namespace {

// Every member is named once here and in `steady` below: a new one does not compile before somebody decided about it.
auto steady(const ReplicationStatus& status) {
  const auto& [configured, source_ip, source_port, source_server_id, io, sql, seconds_behind, received, error] = status;
  return std::tie(configured, source_ip, source_port, source_server_id, io, sql, error);
}

auto steady(const ServerStatus& status) {
  const auto& [read_only, has, replication, version, increment, offset, semi_sync_source, semi_sync_replica] = status;
  return std::tuple_cat(std::tie(read_only, version, increment, offset, semi_sync_source, semi_sync_replica),
                        steady(replication));
}

auto steady(const Report& report) {
  const auto& [number, accepted, assignment, released, longest_lease, lease_live, promise_live, writer_asks, lost_memory,
               mysqld_alive, server, ips, found_ips, uptime_s, told_state, told_roles, unreachable, problems, mac,
               overtaken_by, complete] = report;
  return std::tie(accepted, assignment, released, longest_lease, lease_live, promise_live, writer_asks, lost_memory,
                  mysqld_alive, ips, found_ips, told_state, told_roles, unreachable, problems, mac, overtaken_by, complete);
}

}  // namespace

bool tells_nothing_new(const Report& before, const Report& after) {
  if (before.server.has_value() != after.server.has_value()) return false;
  if (before.server && steady(*before.server) != steady(*after.server)) return false;
  return steady(before) == steady(after);
}

}  // namespace mmm
