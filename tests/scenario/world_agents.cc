// The agents: what their brains want is done at once, unless the scenario says that it fails.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "support/message_text.h"
#include "world.h"

namespace mmm::scenario {

void World::start_agent(const HostName& name) {
  auto& h = host(name);
  h.brain = std::make_unique<agent::Brain>(h.config);
  h.stops = Host::Stops::no;
  h.reached.clear();
  h.granted = {};
  step(h, agent::Started{h.disk, h.machine.ips(), h.machine.untimed_ips(), fmt::format("boot at {}", h.booted.time_since_epoch().count())});
  step(h, agent::Tick{seconds(now_ - h.booted)});
  if (h.machine.alive)
    step(h, agent::MysqldUp{});
  else
    step(h, agent::MysqldDown{"its process is gone"});
}

void World::kill_agent(const HostName& name) {
  auto& h = host(name);
  h.brain.reset();
  h.frozen = false;
  h.inbox.clear();
  h.hung.clear();
  if (h.connection != 0 && path("monitor", name)) disconnect(h, "closed by peer");
}

void World::stop_agent(const HostName& name) { begin_stop(host(name), Host::Stops::agent); }

void World::shut_down(const HostName& name) { begin_stop(host(name), Host::Stops::machine); }

void World::begin_stop(Host& host, Host::Stops what) {
  host.stops = what;
  step(host, agent::Stopping{.machine_stops = what == Host::Stops::machine});
}

// It hears nothing any more; what it has said arrives before its connection ends.
void World::end_what_stopped() {
  for (auto& [name, host] : hosts_) {
    if (host->stops == Host::Stops::no || !host->brain || host->frozen || !host->brain->ready_to_stop()) continue;
    tell(name, "its agent has stopped");
    host->brain.reset();
    post([this, host = host.get()] {
      kill_agent(host->name);
      if (host->stops == Host::Stops::machine) power_off(host->name);
    });
  }
}

void World::freeze_agent(const HostName& name) { host(name).frozen = true; }

void World::thaw_agent(const HostName& name) {
  auto& h = host(name);
  h.frozen = false;
  while (!h.inbox.empty()) {
    const auto event = std::move(h.inbox.front());
    h.inbox.pop_front();
    step(h, event);
  }
}

void World::forget_memory(const HostName& name) { host(name).disk.reset(); }

void World::fail_operation(const HostName& name, const std::string& operation, bool hangs) {
  (hangs ? host(name).hanging : host(name).failing).insert(operation);
}

void World::let_operations_work(const HostName& name) {
  auto& h = host(name);
  h.failing.clear();
  h.hanging.clear();
  for (const auto& run : std::exchange(h.hung, {})) finish(h, run);
}

// ---- effects ----------------------------------------------------------------------------------------------------

void World::step(Host& host, const agent::Event& event) {
  if (!host.brain) return;
  if (host.frozen) return host.inbox.push_back(event);
  for (auto& effect : host.brain->step(event, now_)) std::visit([&](auto& e) { carry_out(host, e); }, effect);
}

void World::carry_out(Host& host, agent::Persist& effect) { host.disk = std::move(effect.memory); }

void World::carry_out(Host& host, agent::Note& effect) {
  if (effect.severity != agent::Severity::debug) tell(host.name, effect.text);
}

void World::carry_out(Host& host, agent::Send& effect) {
  const auto* welcome = std::get_if<Welcome>(&effect.message);
  const bool quiet = std::holds_alternative<Report>(effect.message) || std::holds_alternative<Ask>(effect.message) ||
                     std::holds_alternative<Acknowledged>(effect.message) || (welcome && welcome->accepted);
  if (!quiet) story.said(now_ - kBegin, host.name, "monitor", lab::text(effect.message));
  post([this, &host, to = effect.to, message = std::move(effect.message)] {
    if (host.connection == to && monitor_ && path("monitor", host.name)) step(AgentSaid{host.name, message});
  });
}

void World::carry_out(Host& host, agent::AskPeer& effect) {
  post([this, &host, effect] {
    if (!path(host.name, effect.to)) return;
    auto& peer = this->host(effect.to);
    if (peer.powered) step(peer, agent::PeerAsked{host.server_id, effect.question});
  });
}

// A hardware address is here the host's name; no agent tells its own to the monitor, so that does not ask.
void World::carry_out(Host& host, agent::ResolveAddress& effect) {
  agent::AddressResolved event{effect.asker, {.number = effect.number, .ip = effect.ip, .macs = {}, .problem = ""}};
  for (const auto& [name, other] : hosts_)
    if (name != host.name && path(host.name, name) && other->machine.ips().contains(effect.ip)) event.answer.macs.push_back(name);
  post([this, &host, brain = host.brain.get(), event = std::move(event)] {
    if (host.brain.get() == brain) step(host, event);
  });
}

void World::carry_out(Host& host, agent::AnswerPeer& effect) {
  const auto* refusal = std::get_if<NoPromise>(&effect.answer);
  if (refusal) tell(host.name, fmt::format("promises nothing for generation {}: {}", refusal->generation.value, refusal->reason));
  post([this, &host, effect] {
    for (auto& [name, asker] : hosts_)
      if (asker->server_id == effect.to && asker->powered && path(host.name, name))
        step(*asker, agent::PeerAnswered{host.name, effect.answer});
  });
}

// Renewals come all the time; so do looks at the server and announcements.
bool World::stands_in_story(const Host& host, const agent::Operation& operation) const {
  if (std::holds_alternative<agent::Observe>(operation) || std::holds_alternative<agent::Announce>(operation)) return false;
  if (const auto* put = std::get_if<agent::PutWriterAddress>(&operation)) return !host.machine.addresses.contains(put->ip);
  if (const auto* put = std::get_if<agent::PutReaderAddress>(&operation)) return !host.machine.addresses.contains(put->ip);
  return true;
}

void World::carry_out(Host& host, agent::Run& effect) {
  const auto text = to_string(effect.operation);
  if (host.hanging.contains(text)) {
    tell(host.name, text + " (hangs)");
    host.hung.push_back(std::move(effect));
    return;
  }
  post([this, &host, brain = host.brain.get(), run = std::move(effect)] {
    if (host.brain.get() == brain) finish(host, run);
  });
}

void World::finish(Host& host, const agent::Run& run) {
  const auto text = to_string(run.operation);
  if (host.failing.contains(text)) {
    step(host, agent::Completed{run.id, fail("the scenario says so")});
    return;
  }
  if (std::holds_alternative<agent::Observe>(run.operation)) {
    replicate();
    return step(host, agent::Observed{run.id, host.machine.observe()});
  }
  if (stands_in_story(host, run.operation)) tell(host.name, text);
  const auto result = host.machine.carry_out(run.operation, now_);
  replicate();
  step(host, agent::Completed{run.id, result});
}

void World::tell_addresses(Host& host) {
  if (host.brain) step(host, agent::AddressesChanged{host.machine.ips()});
}

}  // namespace mmm::scenario
