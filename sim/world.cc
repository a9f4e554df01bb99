#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "sim/checkers/no_needless_move.h"
#include "sim/checkers/nothing_lost.h"
#include "sim/checkers/nothing_older.h"
#include "sim/checkers/one_writer.h"
#include "sim/checkers/recovery.h"
#include "sim/checkers/true_words.h"
#include "sim/checkers/unnoticed.h"
#include "sim/faults.h"

namespace mmm::sim {

namespace {

// A busy minute takes some 5,000 steps; a core that asks to be woken for ever takes more than this.
constexpr std::uint64_t kStepsMax = 60'000;
// A machine that stood still for 20 s has a few thousand messages to read.
constexpr std::uint64_t kAtOnceMax = 200'000;
// A link slower than this is a fault.
constexpr Duration kQuick = 20ms;

}  // namespace

Host::Host(World& world, Node host, Random random)
    : id(host),
      kernel(world.queue, random.fork(), [&world, host] { world.addresses_changed(host); }),
      server(world, host, random.fork()),
      agent(world, host, random.fork()) {}

bool Host::accepts_writes() const { return up && kernel.has(writer_ip()) && fence_is_open() && server.responds() && server.writable();
}

bool Host::fence_is_open() const { return !agent.has_fence() || kernel.passes(); }

World::World(Plan the_plan, bool tell_story)
    : plan(std::move(the_plan)),
      story(queue, tell_story),
      random(plan.seed),
      network(queue, random.fork(), plan.link_delay),
      configurations(*this),
      monitor(*this, random.fork(), kMonitor, "monitor"),
      second(plan.second ? std::make_unique<SecondMonitor>(*this) : nullptr),
      client(*this, random.fork()),
      administrator(*this, random.fork()) {
  clocks.assign(kNodesMax, Clock(TrueTime{0}, Duration{0}, 0));
  plan.topology.each_node([this](Node node) {
    clocks[node] = Clock(TrueTime{0}, random.between(60s, std::chrono::hours(100)), plan.clock_ppm[node]);
  });
  for (Node node = 0; node < plan.topology.hosts(); ++node) hosts.push_back(std::make_unique<Host>(*this, node, random.fork()));
  checkers.push_back(std::make_unique<OneWriter>(*this));
  checkers.push_back(std::make_unique<TrueWords>(*this));
  checkers.push_back(std::make_unique<NothingOlder>(*this));
  checkers.push_back(std::make_unique<NothingLost>(*this));
  checkers.push_back(std::make_unique<Unnoticed>(*this));
  checkers.push_back(std::make_unique<NoNeedlessMove>(*this));
  checkers.push_back(std::make_unique<Recovery>(*this));
}

void World::run() {
  // As an administrator leaves a new cluster: read_only everywhere, db1 the source of the others, db2 that of db1.
  const auto each_present = [this](const auto& action) {
    for (const auto& host : hosts)
      if (configurations.exists(host->id)) action(*host);
  };
  for (const auto& host : hosts) {
    host->up = configurations.exists(host->id);
    if (!host->up) network.power_off(host->id);
  }
  each_present([](Host& host) { host.server.start(); });
  each_present([](Host& host) { host.server.follow(host.id == 0 ? 1 : 0, true); });
  for (const auto& host : hosts)
    queue.at(random.between(Duration{0}, 300ms), [&host = *host] {
      if (host.runs()) host.agent.start();
    });
  queue.at(random.between(Duration{0}, 500ms), [this] { monitor.start(); });
  client.start();
  administrator.start();
  schedule_faults(*this);
  if (second) second->schedule();
  configurations.schedule();
  const auto steps_max = kStepsMax * std::max<std::size_t>(1, hosts.size() / 3);
  std::uint64_t at_once = 0;
  for (TrueTime last{-1}; violations.empty() && queue.run_next(kEnd); last = now()) {
    at_once = now() == last ? at_once + 1 : 0;
    if (steps > steps_max) violate("busy", fmt::format("{} steps of the cores: one of them turns in circles", steps));
    if (at_once > kAtOnceMax) violate("busy", fmt::format("{} actions at one instant: time does not go on", at_once));
  }
  if (!violations.empty()) return;
  for (const auto& host : hosts) host->server.advance();
  for (const auto& checker : checkers) checker->at_end();
}

// ---- something changed ------------------------------------------------------------------------------------------

void World::server_changed(Node changed) {
  for (const auto& host : hosts) host->server.look_at_source();
  auto& host = *hosts[changed];
  const auto& server = host.server;
  auto& seen = seen_[changed];
  if (server.alive() && seen.life != server.life()) host.agent.server_started();
  if (!server.alive() && seen.alive) host.agent.server_died();
  if (server.writable() != seen.writable)
    story.tell(name_of(changed), "mysqld is {}", server.writable() ? "WRITABLE" : "no longer writable");
  seen = {server.alive(), server.writable(), server.life()};
  look_at_health();
  for (const auto& checker : checkers) checker->state_changed();
}

void World::addresses_changed(Node changed) {
  auto& host = *hosts[changed];
  if (story.on()) {
    std::string list;
    for (const auto& ip : host.kernel.addresses()) list += " " + ip;
    story.tell(name_of(changed), "addresses:{}", list);
  }
  host.agent.addresses_changed();
  for (const auto& checker : checkers) checker->state_changed();
}

void World::links_changed() {
  for (const auto& host : hosts) host->server.look_at_source();
  look_at_health();
}

MonitorProcess& World::present_monitor() {
  if (!second || !second->process.was_started()) return monitor;
  const bool leads = second->process.running() && second->process.brain().leads();
  return leads || second->replaces() ? second->process : monitor;
}

void World::process_changed() { look_at_health(); }

void World::violate(std::string_view checker, std::string text) {
  story.tell("CHECKER", "{}: {}", checker, text);
  violations.push_back({std::string(checker), now(), std::move(text)});
}

void World::look_at_health() {
  for (const auto& host : hosts) {
    auto& since = well_since_[host->id];
    if (!is_well(host->id)) since.reset();
    else if (!since) since = now();
  }
}

bool World::is_well(Node node) const {
  const auto& host = *hosts[node];
  if (!host.up || !host.server.responds() || !host.agent.works() || !monitor.works() || !monitor.knows(node)) return false;
  // Who has to write something down first, says nothing while its disk is full, or that slow.
  if (!host.agent.is_prompt() || !monitor.is_prompt() || !host.agent.disk_is_prompt()) return false;
  if (second && (!second->process.works() || !second->process.is_prompt())) return false;
  for (std::size_t i = 0; i < plan.topology.nodes(); ++i) {
    const auto other = plan.topology.node(i);
    if (other == node || (other == kClient && !second)) continue;
    const bool there = other >= hosts.size() || hosts[other]->up;
    if (there && (!network.answers(node, other) || network.usual_delay(node, other) > kQuick ||
                  network.usual_delay(other, node) > kQuick))
      return false;
  }
  return true;
}

// ---- power ------------------------------------------------------------------------------------------------------

void World::power_off(Node machine) {
  if (machine == kMonitor) {
    network.power_off(machine);
    monitor.power_lost();
    return links_changed();
  }
  auto& host = *hosts[machine];
  if (!host.up) return;
  for (const auto& other : hosts) other->server.advance();
  host.up = host.still = false;
  network.power_off(machine);
  host.agent.power_lost();
  host.kernel.clear();
  host.server.kill();
  links_changed();
}

void World::power_on(Node machine) {
  if (network.has_power(machine) || (machine < kHostsMax && !configurations.exists(machine))) return;
  clocks[machine] = Clock(now(), random.between(5s, 20s), plan.clock_ppm[machine]);
  network.power_on(machine);
  if (machine == kMonitor) {
    queue.after(random.between(100ms, 2s), [this] {
      if (network.has_power(kMonitor)) monitor.start();
    });
    return links_changed();
  }
  auto& host = *hosts[machine];
  host.up = true;
  queue.after(random.between(100ms, 1s), [&host] {
    if (host.runs()) host.agent.start();
  });
  queue.after(random.between(300ms, 3s), [&host] {
    if (host.runs()) host.server.start();
  });
  links_changed();
}

void World::lose_disk(Node machine) {
  hosts[machine]->agent.disk().wipe();
  hosts[machine]->agent.disk().lose_copy();
  hosts[machine]->server.lose_disk();
  memory_lost = true;
  for (const auto& checker : checkers) checker->memory_lost(machine);
}

// ---- standing still ---------------------------------------------------------------------------------------------

void World::stand_still(Node machine, bool clock_goes_on) {
  if (machine == kMonitor) {
    monitor_still = true;
    if (!clock_goes_on) clocks[machine].stop(now());
    return monitor.freeze();
  }
  auto& host = *hosts[machine];
  if (!host.runs()) return;
  host.still = true;
  if (!clock_goes_on) clocks[machine].stop(now());
  host.kernel.stand_still();
  host.agent.freeze();
  host.server.freeze();
}

void World::go_on(Node machine) {
  if (machine == kMonitor) {
    monitor_still = false;
    clocks[machine].go_on(now());
    monitor.thaw();
    return monitor.start();
  }
  auto& host = *hosts[machine];
  if (!host.still) return;  // its power was lost meanwhile
  host.still = false;
  clocks[machine].go_on(now());
  host.kernel.go_on();
  // No fence has more left than a whole lease; an address is rounded up to a second and may end one late.
  host.leftovers_until = now() + clock(machine).stretch(lease_ttl()) + (plan.fence ? Duration{0} : Duration(2s));
  queue.at(host.leftovers_until, [this] {
    for (const auto& checker : checkers) checker->state_changed();
  });
  host.leftovers_of = host.agent.writer_of();
  host.server.start();
  host.server.thaw();
  host.agent.thaw();
  host.agent.start();
}

bool World::on_leftovers(const Host& host) const {
  return now() < host.leftovers_until && host.agent.writer_of() <= host.leftovers_of;
}

}  // namespace mmm::sim
