#include "world.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "support/cluster.h"

namespace mmm::scenario {

namespace {

// More happenings than this at one instant are a conversation that never ends.
constexpr int kHappeningsMax = 100'000;

}  // namespace

World::World() : config(lab::cluster()) {}

void World::start() {
  std::uint32_t id = 0;
  for (const auto& section : config.hosts) {
    auto made = std::make_unique<Host>();
    made->name = section.name;
    made->server_id = ++id;
    made->config = config;
    made->config.self = section.name;
    made->booted = now_ - 1h;
    const auto source = section.name == "db1" ? "db2" : "db1";
    made->machine.server.replication = {.configured = true, .source_ip = config.host(source)->ip, .source_port = 3306,
                                        .io = IoThread::yes, .sql = true};
    hosts_[section.name] = std::move(made);
  }
  next_look_ = now_;
  for (const auto& section : config.hosts) start_agent(section.name);
  start_monitor(Start::no_file);
}

std::vector<HostName> World::host_names() const {
  std::vector<HostName> names;
  for (const auto& section : config.hosts) names.push_back(section.name);
  return names;
}

// ---- time -------------------------------------------------------------------------------------------------------

void World::pass(Duration duration) {
  const auto end = now_ + duration;
  settle();
  while (true) {
    const auto next = std::max(next_event(), now_);
    if (next > end) break;
    now_ = next;
    fire();
    settle();
  }
  now_ = end;
}

Instant World::next_event() const {
  auto next = std::min(next_checks_, next_look_);
  if (monitor_) next = std::min(next, monitor_->next_wakeup());
  for (const auto& [name, host] : hosts_) {
    next = std::min(next, host->machine.next_expiry());
    if (host->brain && !host->frozen) next = std::min(next, host->brain->next_wakeup());
  }
  return next;
}

void World::fire() {
  expire_addresses();
  if (now_ >= next_look_) {
    next_look_ = now_ + 1s;
    look_around();
  }
  if (now_ >= next_checks_) {
    next_checks_ = now_ + config.checks.at(CheckName::ping).check_period;
    run_checks();
  }
  for (auto& [name, host] : hosts_)
    if (host->brain && !host->frozen && now_ >= host->brain->next_wakeup())
      step(*host, agent::Tick{seconds(now_ - host->booted)});
  if (monitor_ && now_ >= monitor_->next_wakeup()) step(MonitorTick{});
}

void World::settle() {
  for (int i = 0;; ++i) {
    if (i > kHappeningsMax) throw std::runtime_error("nothing ever comes to rest");
    replicate();
    connect();
    end_what_stopped();
    if (queue_.empty()) return;
    const auto happening = std::move(queue_.front());
    queue_.pop_front();
    happening();
    check_single_writer();
  }
}

// S1, as far as it can be seen here: the address and a server that takes writes behind it.
void World::check_single_writer() {
  const auto& ip = config.role(config.active_master_role)->ips.front();
  std::vector<HostName> writers;
  for (const auto& [name, host] : hosts_)
    if (host->powered && host->machine.writable() && host->machine.addresses.contains(ip)) writers.push_back(name);
  if (writers.size() > 1) throw std::runtime_error(fmt::format("two writers: {}", fmt::join(writers, ", ")));
}

// ---- cables -----------------------------------------------------------------------------------------------------

void World::cut(const std::string& one, const std::string& other) { cuts_.insert(std::minmax(one, other)); }

// What was said over the connection meanwhile is lost, and both ends notice when it is used again.
void World::mend(const std::string& one, const std::string& other) {
  if (cuts_.erase(std::minmax(one, other)) == 0) return;
  const auto& name = one == "monitor" ? other : one;
  if (one != "monitor" && other != "monitor") return;
  if (host(name).connection != 0) disconnect(host(name), "connection reset by peer");
}

bool World::path(const std::string& one, const std::string& other) const {
  for (const auto* end : {&one, &other})
    if (const auto it = hosts_.find(*end); it != hosts_.end() && !it->second->powered) return false;
  return !cuts_.contains(std::minmax(one, other));
}

void World::set_network(bool works) {
  network_ = works;
  if (monitor_) step(NetworkChecked{works});
}

// ---- servers ----------------------------------------------------------------------------------------------------

Host* World::host_of_ip(const std::string& ip) {
  for (const auto& section : config.hosts)
    if (section.ip == ip) return hosts_.at(section.name).get();
  return nullptr;
}

bool World::copy_transactions(Host& replica) {
  auto& server = replica.machine.server;
  auto& replication = server.replication;
  if (!replica.powered || !replica.machine.alive || !replication.configured || replication.io == IoThread::no) return false;
  const auto before = server;
  const auto* source = host_of_ip(replication.source_ip);
  const bool connected = source && source->powered && source->machine.alive && path(replica.name, source->name);
  replication.io = connected ? IoThread::yes : IoThread::connecting;
  if (connected) replication.received.add(source->machine.server.has);
  if (replication.sql && !replica.applier_pauses) server.has.add(replication.received);
  return !(server == before);
}

void World::replicate() {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [name, host] : hosts_) changed = copy_transactions(*host) || changed;
  }
}

void World::write_on_its_own(const HostName& name, int transactions) {
  auto& server = host(name).machine.server;
  const auto last = server.has.last_of(0, host(name).server_id);
  server.has.add(Gtid{0, host(name).server_id, last + static_cast<std::uint64_t>(transactions)});
}

void World::clients_write(int transactions) {
  const auto& ip = config.role(config.active_master_role)->ips.front();
  for (auto& [name, host] : hosts_) {
    if (!host->powered || !host->machine.addresses.contains(ip) || !host->machine.writable()) continue;
    write_on_its_own(name, transactions);
    return story.print(fmt::format("{} takes {} transactions", name, transactions));
  }
  story.print("nobody takes writes");
}

void World::kill_server(const HostName& name) {
  host(name).machine.kill_server();
  if (host(name).brain) step(host(name), agent::MysqldDown{"its process is gone"});
}

void World::start_server(const HostName& name) {
  host(name).machine.start_server();
  if (host(name).brain) step(host(name), agent::MysqldUp{});
}

void World::pause_applier(const HostName& name, bool pauses) { host(name).applier_pauses = pauses; }

void World::stop_replication(const HostName& name) {
  host(name).machine.server.replication.io = IoThread::no;
  host(name).machine.server.replication.sql = false;
}

// ---- interfaces -------------------------------------------------------------------------------------------------

void World::expire_addresses() {
  for (auto& [name, host] : hosts_) {
    const auto before = host->machine.ips();
    if (!host->machine.expire(now_)) continue;
    for (const auto& ip : before)
      if (!host->machine.addresses.contains(ip)) tell(name, "the kernel drops " + ip);
    tell_addresses(*host);
  }
}

void World::power_off(const HostName& name) {
  auto& h = host(name);
  h.powered = false;
  h.machine.kill_server();
  h.machine.addresses.clear();
  h.brain.reset();
  h.inbox.clear();
  h.frozen = false;
}

void World::boot(const HostName& name) {
  auto& h = host(name);
  h.powered = true;
  h.booted = now_;
  h.machine.start_server();
  if (h.connection != 0) disconnect(h, "connection reset by peer");
  start_agent(name);
}

void World::look_around() {
  for (auto& [name, host] : hosts_) {
    if (!host->brain) continue;
    for (const auto& [other, data] : hosts_) {
      if (other == name) continue;
      const bool answers = path(name, other);
      if (auto [it, first] = host->reached.try_emplace(other, true); it->second != answers) {
        it->second = answers;
        step(*host, agent::Reach{other, answers});
      }
    }
  }
}

void World::look() {
  for (const auto& [name, host] : hosts_) {
    if (!host->powered) {
      story.print(name + ": no power");
      continue;
    }
    const auto& server = host->machine.server;
    const auto& replication = server.replication;
    const auto* source = host_of_ip(replication.source_ip);
    const bool stopped = replication.io == IoThread::no && !replication.sql;
    const auto ips = host->machine.ips();
    story.print(fmt::format("{}: {}; {}; {}{}; has [{}]", name, ips.empty() ? "no address" : fmt::format("{}", fmt::join(ips, " ")),
                            !host->machine.alive ? "mysqld is dead" : server.read_only ? "read only" : "writable",
                            stopped ? "replication stopped, source " : "follows ", source ? source->name : "nobody",
                            to_string(server.has)));
  }
}

}  // namespace mmm::scenario
