#include "sim/monitor_process.h"

#include <algorithm>
#include <utility>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// A lost agent is tried again after this time, then after twice as long, up to the maximum.
constexpr Duration kBackoffMin = 50ms, kBackoffMax = 1s;
constexpr Duration kConnectLimit = 1s;
// Silence is broken by a Poke after this time; a connection on which nothing comes for longer than the limit is closed.
constexpr Duration kPoke = 1s, kSilence = 5s;
// Some day in 2026; people only.
constexpr std::int64_t kWallBase = 1'795'000'000'000;

}  // namespace

MonitorProcess::MonitorProcess(World& world, Random random, Node machine, std::string name)
    : Process(world, machine), name_(std::move(name)), random_(random), disk_(world.queue, random_.fork()) {}

void MonitorProcess::start() {
  if (running() || retired_) return;
  begin_life();
  world_.story.tell(name_, "starts");
  layout_ = world_.configurations.on(machine_);
  config_ = &monitor_config(layout_);
  brain_ = std::make_unique<MonitorBrain>(*config_);
  outbox_.clear();
  network_.reset();
  for (auto& link : links_) link = Link{.attempt = link.attempt + 1, .backoff = kBackoffMin};
  MonitorStarted started{.id = std::to_string(random_.next()), .machine_id = "machine of " + name_, .path = "/status"};
  if (const auto& file = disk_.content() ? disk_.content() : found_) {
    started.state = *file;
    started.own = !file->leadership || file->leadership->machine_id == started.machine_id;
  }
  step(started);
  check_network();
  for (Node host = 0; host < world_.hosts.size(); ++host) {
    if (!knows(host)) continue;
    later(random_.between(Duration{0}, 5ms), [this, host] { connect(host); });
    later(random_.between(Duration{0}, 1s), [this, host] { check_host(host); });
  }
}

void MonitorProcess::kill() {
  if (!running()) return;
  end_life();
  disk_.lose_pending();
  for (auto& link : links_)
    if (const auto connection = std::exchange(link.connection, {})) world_.network.close(*connection, machine_);
}

void MonitorProcess::retire() {
  kill();
  retired_ = true;
}

void MonitorProcess::power_lost() {
  if (!running()) return;
  end_life();
  disk_.lose_pending();
  for (auto& link : links_) link.connection.reset();
}

void MonitorProcess::change_lease_ttl(Duration ttl) {
  handle([this, ttl] { step(LeaseTtlChanged{ttl}); });
}

void MonitorProcess::tick() { step(MonitorTick{}); }

void MonitorProcess::step(const MonitorEvent& event) {
  ++world_.steps;
  const auto now = world_.local(machine_);
  auto effects = brain_->step(event, Moment{now, kWallBase + milliseconds(world_.now())});
  for (auto& effect : effects) std::visit([this](auto& e) { carry_out(e); }, effect);
  wake_at(brain_->next_wakeup());
}

// ---- effects ----------------------------------------------------------------------------------------------------

void MonitorProcess::carry_out(Keep& effect) {
  const auto number = outbox_.write_begun();
  disk_.write(std::move(effect.state), [this, number] { handle([this, number] { outbox_.write_done(number); }); });
}

void MonitorProcess::carry_out(Tell& effect) {
  const auto host = node_of(effect.host);
  if (!links_[host].connection) return;
  auto send = [this, host, connection = *links_[host].connection, message = std::move(effect.message)]() mutable {
    links_[host].said = world_.now();
    for (const auto& checker : world_.checkers) checker->monitor_says(*this, message);
    auto deliver = [&world = world_, host, connection, message = std::move(message)]() mutable {
      world.hosts[host]->agent.heard(connection, std::move(message));
    };
    if (world_.network.repeats(connection, machine_)) world_.network.send_again(connection, machine_, deliver);
    world_.network.send(connection, machine_, std::move(deliver));
  };
  if (effect.urgent) send();
  else outbox_.send(std::move(send));
}

void MonitorProcess::carry_out(Reply& effect) {
  outbox_.send([this, answer = std::move(effect.answer)] { world_.administrator.answered(answer); });
}

void MonitorProcess::carry_out(RunCheck& effect) { run_check(node_of(effect.host), effect.check); }

void MonitorProcess::carry_out(KillHost& effect) {
  later(10ms, [this, host = effect.host] { step(HostKilled{host, false, "there is no kill_host here"}); });
}

void MonitorProcess::carry_out(MonitorNote& effect) {
  world_.story.tell(name_, "{}{}{}", effect.host, effect.host.empty() ? "" : ": ", effect.text);
}

// ---- connections ------------------------------------------------------------------------------------------------

void MonitorProcess::heard(Network::ConnectionId connection, Node host, FromAgent&& message) {
  handle([this, connection, host, message = std::move(message)]() mutable {
    auto& link = links_[host];
    if (link.connection != connection) return;
    link.heard = world_.now();
    step(AgentSaid{std::string(name_of(host)), std::move(message)});
  });
}

void MonitorProcess::command(std::vector<std::string> words) {
  if (!running()) return;
  handle([this, words = std::move(words)]() mutable { step(CommandCame{next_command_++, std::move(words)}); });
}

void MonitorProcess::connect(Node host) {
  auto& link = links_[host];
  const auto attempt = ++link.attempt;
  const auto there = world_.network.delay(machine_, host), back = world_.network.delay(host, machine_);
  if (world_.network.passes(machine_, host)) {
    world_.queue.after(there, [this, host, attempt, back] {
      if (!world_.network.passes(host, machine_)) return;
      later(back, [this, host, attempt] { connected(host, attempt); });
    });
  }
  later(kConnectLimit, [this, host, attempt] {
    if (links_[host].attempt == attempt && !links_[host].connection) try_again(host);
  });
}

// The answer to our SYN came: an agent listens, be it frozen, or nobody does.
void MonitorProcess::connected(Node host, std::uint64_t attempt) {
  auto& link = links_[host];
  if (link.attempt != attempt || link.connection) return;
  auto& agent = world_.hosts[host]->agent;
  if (!agent.running()) return try_again(host);
  // Each end hears of the end of its own connection; neither of them before `open` has told its number.
  const auto number = std::make_shared<Network::ConnectionId>(0);
  const auto id = world_.network.open(
      machine_, host, [this, host, number] { handle([this, host, number] { lost(host, *number, "closed by the agent"); }); },
      [&agent, number] { agent.connection_closed(*number); });
  *number = id;
  link.connection = id;
  link.backoff = kBackoffMin;
  link.heard = link.said = world_.now();
  agent.accepted(id);
  step(AgentJoined{std::string(name_of(host))});
  watch(host, id);
}

void MonitorProcess::try_again(Node host) {
  auto& link = links_[host];
  const auto attempt = ++link.attempt;
  later(link.backoff, [this, host, attempt] {
    if (links_[host].attempt == attempt) connect(host);
  });
  link.backoff = std::min(2 * link.backoff, kBackoffMax);
}

void MonitorProcess::watch(Node host, Network::ConnectionId connection) {
  later(500ms, [this, host, connection] {
    auto& link = links_[host];
    if (link.connection != connection) return;
    if (world_.now() >= link.heard + kSilence) {
      world_.network.close(connection, machine_);
      return lost(host, connection, "nothing was heard of it for too long");
    }
    if (world_.now() >= link.said + kPoke) {
      Tell poke{std::string(name_of(host)), Poke{}, true};
      carry_out(poke);
    }
    watch(host, connection);
  });
}

void MonitorProcess::lost(Node host, Network::ConnectionId connection, const std::string& why) {
  auto& link = links_[host];
  if (link.connection != connection) return;
  link.connection.reset();
  step(AgentLeft{std::string(name_of(host)), why});
  try_again(host);
}

}  // namespace mmm::sim
