#include "sim/agent_process.h"

#include <utility>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// How often the agent pings the other hosts.
constexpr Duration kLookAround = 1s;
// A monitor pokes at least every second or two; a connection without a word for this long is closed.
constexpr Duration kDeafFor = 6s;
// How long an agent listens for answers of the segment.
constexpr Duration kResolveFor = 200ms;

// Looking at the server, renewing an address and announcing it happen all the time.
bool is_news(const agent::Operation& operation, const Kernel& kernel) {
  if (const auto* put = std::get_if<agent::PutWriterAddress>(&operation)) return !kernel.has(put->ip);
  if (const auto* put = std::get_if<agent::PutReaderAddress>(&operation)) return !kernel.has(put->ip);
  return !std::holds_alternative<agent::Observe>(operation) && !std::holds_alternative<agent::Announce>(operation) &&
         !std::holds_alternative<agent::StageLease>(operation) && !std::holds_alternative<agent::ArmLease>(operation);
}

}  // namespace

AgentProcess::AgentProcess(World& world, Node host, Random random)
    : Process(world, host), random_(random), disk_(world.queue, random_.fork()) {}

void AgentProcess::start() {
  if (running()) return;
  layout_ = world_.configurations.on(machine_);
  if (!layout_.hosts.test(machine_)) return world_.story.tell(name_of(machine_), "agent ends: it is not configured");
  begin_life();
  world_.story.tell(name_of(machine_), "agent starts");
  brain_ = std::make_unique<agent::Brain>(agent_config(machine_, layout_));
  outbox_.clear();
  connections_.clear();
  reached_.clear();
  queries_.clear();
  for (auto& [peer, link] : peers_) link = Peer{.attempt = link.attempt + 1};
  auto& kernel = world_.hosts[machine_]->kernel;
  kernel.reopen();
  step(agent::Started{disk_.content(), kernel.addresses(), kernel.untimed(), fmt::format("boot at {}", world_.clock(machine_).booted().count()),
                      world_.plan.fence, kernel.passes_without_end()});
  later(random_.between(1ms, 5ms), [this] { probe_server(); });
  later(random_.between(Duration{0}, kLookAround), [this] { look_around(); });
}

Generation AgentProcess::writer_of() const {
  const auto& memory = brain_ ? brain_->memory() : AgentMemory{};
  const bool writer = memory.instruction && memory.instruction->assignment.writer == name_of(machine());
  return writer ? memory.accepted.generation : Generation{};
}

bool AgentProcess::has_fence() const { return world_.plan.fence; }

void AgentProcess::kill() {
  if (!running()) return;
  end_life();
  disk_.lose_pending();
  for (const auto& [connection, heard] : std::exchange(connections_, {})) world_.network.close(connection, machine_);
  for (auto& [peer, link] : peers_)
    if (const auto connection = std::exchange(link.connection, {})) world_.network.close(*connection, machine_);
}

void AgentProcess::stop() {
  handle([this] { step(agent::Stopping{}); });
}

void AgentProcess::power_lost() {
  if (!running()) return;
  end_life();
  disk_.lose_pending();
  connections_.clear();
}

void AgentProcess::tick() { step(agent::Tick{world_.clock(machine_).uptime_s(world_.now())}); }

void AgentProcess::step(const agent::Event& event) {
  ++world_.steps;
  auto effects = brain_->step(event, world_.local(machine_));
  for (const auto& checker : world_.checkers) checker->agent_stepped(machine_, *brain_);
  for (auto& effect : effects) std::visit([this](auto& e) { carry_out(e); }, effect);
  wake_at(brain_->next_wakeup());
  look_for_peers();
  // What it writes and says last may still be lost.
  if (brain_->ready_to_stop()) later(random_.between(Duration{0}, Duration(5ms)), [this] { kill(); });
}

// ---- effects ----------------------------------------------------------------------------------------------------

void AgentProcess::carry_out(agent::Persist& effect) {
  const auto number = outbox_.write_begun();
  disk_.write(std::move(effect.memory), [this, number] { handle([this, number] { outbox_.write_done(number); }); });
}

void AgentProcess::carry_out(agent::Send& effect) {
  auto say = [this, to = effect.to, message = std::move(effect.message)]() mutable {
    for (const auto& checker : world_.checkers) checker->agent_says(machine_, message);
    if (world_.story.on()) tell_story(message);
    const auto monitor = world_.network.other_end(to, machine_);
    if (!monitor) return;
    auto deliver = [&world = world_, monitor = *monitor, host = machine_, to, message = std::move(message)]() mutable {
      world.monitor_on(monitor).heard(to, host, std::move(message));
    };
    if (world_.network.repeats(to, machine_)) world_.network.send_again(to, machine_, deliver);
    world_.network.send(to, machine_, std::move(deliver));
  };
  if (effect.urgent) say();
  else outbox_.send(std::move(say));
}

void AgentProcess::carry_out(agent::Run& effect) {
  for (const auto& checker : world_.checkers) checker->agent_runs(machine_, effect.operation);
  if (world_.story.on() && is_news(effect.operation, world_.hosts[machine_]->kernel))
    world_.story.tell(name_of(machine_), "  operation {}: {}", effect.id, agent::to_string(effect.operation));
  std::visit([&](const auto& operation) { run(effect.id, operation); }, effect.operation);
}

// Whoever has the address now answers. A hardware address is here the host's name; no agent tells its own to the monitor,
// so that does not ask.
void AgentProcess::carry_out(agent::ResolveAddress& effect) {
  agent::AddressResolved event{effect.asker, {.number = effect.number, .ip = effect.ip, .macs = {}, .problem = ""}};
  for (const auto& host : world_.hosts)
    if (host->id != machine_ && host->runs() && host->kernel.has(effect.ip) && world_.network.answers(host->id, machine_))
      event.answer.macs.emplace_back(name_of(host->id));
  later(kResolveFor, [this, event = std::move(event)] { step(event); });
}

// Of the messages, those that decide who is the writer next.
void AgentProcess::tell_story(const FromAgent& message) {
  const auto who = name_of(machine_);
  if (const auto* answer = std::get_if<SurveyAnswer>(&message))
    world_.story.tell(who, "  answers the survey for generation {}: applied {}, received {}{}{}", answer->generation.value,
                      to_string(answer->has), to_string(answer->received), answer->bound.empty() ? "" : ", but ", answer->bound);
  else if (const auto* released = std::get_if<Released>(&message))
    world_.story.tell(who, "  says that it released generation {}", released->generation.value);
  else if (const auto* refused = std::get_if<Refused>(&message))
    world_.story.tell(who, "  says that it refuses generation {}{}: {}", refused->order.generation.value,
                      refused->for_good ? " for good" : "", refused->reason);
}

void AgentProcess::carry_out(agent::Note& effect) { world_.story.tell(name_of(machine_), "{}", effect.text); }

// ---- from outside -----------------------------------------------------------------------------------------------

void AgentProcess::accepted(Network::ConnectionId connection) {
  if (!running()) return;
  connections_[connection] = world_.now();
  watch_connection(connection);
}

void AgentProcess::watch_connection(Network::ConnectionId connection) {
  later(kDeafFor, [this, connection] {
    const auto it = connections_.find(connection);
    if (it == connections_.end()) return;
    if (world_.now() < it->second + kDeafFor) return watch_connection(connection);
    connections_.erase(it);
    world_.network.close(connection, machine_);
    step(agent::MonitorLeft{connection});
  });
}

void AgentProcess::heard(Network::ConnectionId connection, ToAgent&& message) {
  handle([this, connection, message = std::move(message)]() mutable {
    const auto it = connections_.find(connection);
    if (it == connections_.end()) return;  // closed by us, this was in its buffer
    it->second = world_.now();
    step(agent::MonitorSaid{connection, std::move(message)});
  });
}

void AgentProcess::connection_closed(Network::ConnectionId connection) {
  handle([this, connection] {
    if (connections_.erase(connection) > 0) step(agent::MonitorLeft{connection});
  });
}

void AgentProcess::probe_server() {
  if (world_.hosts[machine_]->server.alive())
    step(agent::MysqldUp{});
  else
    step(agent::MysqldDown{"nothing listens"});
}

void AgentProcess::server_started() {
  if (!running()) return;
  later(random_.between(20ms, 300ms), [this] {
    if (world_.hosts[machine_]->server.alive()) step(agent::MysqldUp{});
  });
}

// The pidfd tells; the connections break a little earlier or later.
void AgentProcess::server_died() {
  if (!running()) return;
  later(random_.between(200us, 15ms), [this] {
    for (const auto& [id, observation] : std::exchange(queries_, {})) {
      if (observation) step(agent::Observed{id, unknown_outcome("the connection was lost")});
      else step(agent::Completed{id, unknown_outcome("the connection was lost")});
    }
  });
  later(random_.between(200us, 15ms), [this] { step(agent::MysqldDown{"its process is gone"}); });
}

// The kernel says that there is news; what is there now is then read, as the agent does.
void AgentProcess::addresses_changed() {
  if (!running()) return;
  later(random_.between(30us, 500us), [this] { step(agent::AddressesChanged{world_.hosts[machine_]->kernel.addresses()}); });
}

void AgentProcess::look_around() {
  for (Node other = 0; other < world_.hosts.size(); ++other) {
    if (other == machine_ || !layout_.hosts.test(other)) continue;
    const bool answers = world_.network.answers(other, machine_);
    const auto told = reached_.find(other);
    if (told != reached_.end() && told->second == answers) continue;
    reached_[other] = answers;
    step(agent::Reach{std::string(name_of(other)), answers});
  }
  later(kLookAround, [this] { look_around(); });
}

}  // namespace mmm::sim
