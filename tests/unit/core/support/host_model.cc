#include "support/host_model.h"

#include <algorithm>

namespace mmm::lab {

namespace {

// Linux counts whole seconds (docs/invariants.md, limits).
Instant expiry(Instant now, Duration lifetime) {
  if (lifetime == kNever - now) return kNever;
  return now + std::max<Duration>(std::chrono::ceil<std::chrono::seconds>(lifetime), 1s);
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Status HostModel::carry_out(const agent::Operation& operation, Instant now) {
  using namespace agent;
  if (const auto* put = std::get_if<PutWriterAddress>(&operation))
    addresses[put->ip] = expiry(now, put->lease.end() - now);
  else if (const auto* reader = std::get_if<PutReaderAddress>(&operation))
    addresses[reader->ip] = expiry(now, reader->lifetime);
  else if (const auto* drop = std::get_if<DropAddress>(&operation))
    addresses.erase(drop->ip);
  else if (lane_of(operation) != Lane::kernel && lane_of(operation) != Lane::command)
    return alive ? in_server(operation) : Status(fail("can't connect to the server"));
  return {};
}

Status HostModel::in_server(const agent::Operation& operation) {
  using namespace agent;
  auto& replication = server.replication;
  const auto threads = [&](bool io, bool sql) {
    replication.io = io ? IoThread::yes : IoThread::no;
    replication.sql = sql;
  };
  std::visit(Overloaded{
                 [&](const StopWrites&) { server.read_only = true; },
                 [&](const AllowWrites&) { server.read_only = false, sessions = true; },
                 [&](const EndSessions&) { sessions = false; },
                 [&](const SemiSyncSource& o) { server.semi_sync_source = o.on; },
                 [&](const Follow& o) {
                   replication = {.configured = true, .source_ip = o.ip, .source_port = o.port, .received = server.has};
                   threads(true, true);
                 },
                 [&](const StopReplication&) { threads(false, false); },
                 [&](const StartReplication&) { threads(true, true); },
                 [&](const StopReceiver&) { replication.io = IoThread::no; },
                 [&](const StopApplier&) { replication.sql = false; },
                 [&](const StartApplier&) { replication.sql = true; },
                 [](const auto&) {},
             },
             operation);
  return {};
}

Result<ServerStatus> HostModel::observe() const {
  if (!alive) return fail("can't connect to the server");
  return server;
}

bool HostModel::expire(Instant now) {
  return std::erase_if(addresses, [now](const auto& address) { return now >= address.second; }) > 0;
}

Instant HostModel::next_expiry() const {
  auto next = kNever;
  for (const auto& [ip, at] : addresses) next = std::min(next, at);
  return next;
}

std::set<std::string> HostModel::ips() const {
  std::set<std::string> ips;
  for (const auto& [ip, at] : addresses) ips.insert(ip);
  return ips;
}

std::set<std::string> HostModel::untimed_ips() const {
  std::set<std::string> ips;
  for (const auto& [ip, at] : addresses)
    if (at == kNever) ips.insert(ip);
  return ips;
}

void HostModel::start_server() {
  alive = true;
  server.read_only = true;
  if (!server.replication.configured) return;
  server.replication.io = IoThread::yes;
  server.replication.sql = true;
}

void HostModel::kill_server() {
  alive = false;
  sessions = false;
}

}  // namespace mmm::lab
