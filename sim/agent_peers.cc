// Agents among themselves: the writer's agent keeps a connection to each of those that it asks for promises.

#include "sim/agent_process.h"
#include "sim/world.h"

namespace mmm::sim {

namespace {

constexpr Duration kConnectLimit = 1s;
constexpr Duration kReconnect = 50ms, kUnreachable = 500ms;
constexpr Duration kSilence = 5s;

}  // namespace

void AgentProcess::look_for_peers() {
  for (const auto& name : brain_->peers())
    if (auto& link = peers_[node_of(name)]; !link.wanted) {
      link.wanted = true;
      connect_peer(node_of(name));
    }
}

void AgentProcess::connect_peer(Node peer) {
  auto& link = peers_[peer];
  if (!brain_->peers().contains(std::string(name_of(peer)))) {
    link.wanted = false;
    return;
  }
  const auto attempt = ++link.attempt;
  const auto there = world_.network.delay(machine_, peer), back = world_.network.delay(peer, machine_);
  if (world_.network.passes(machine_, peer)) {
    world_.queue.after(there, [this, peer, attempt, back] {
      if (!world_.network.passes(peer, machine_)) return;
      later(back, [this, peer, attempt] { peer_connected(peer, attempt); });
    });
  }
  later(kConnectLimit, [this, peer, attempt] {
    if (peers_[peer].attempt == attempt && !peers_[peer].connection) try_peer_again(peer, kUnreachable);
  });
}

void AgentProcess::try_peer_again(Node peer, Duration wait) {
  const auto attempt = ++peers_[peer].attempt;
  later(wait, [this, peer, attempt] {
    if (peers_[peer].attempt == attempt) connect_peer(peer);
  });
}

void AgentProcess::peer_connected(Node peer, std::uint64_t attempt) {
  auto& link = peers_[peer];
  if (link.attempt != attempt || link.connection) return;
  auto& other = world_.hosts[peer]->agent;
  if (!other.running()) return try_peer_again(peer, kReconnect);
  const auto number = std::make_shared<Network::ConnectionId>(0);
  const auto id = world_.network.open(
      machine_, peer, [this, peer, number] { handle([this, peer, number] { peer_lost(peer, *number); }); },
      [&other, number] { other.connection_closed(*number); });
  *number = id;
  link.connection = id;
  link.heard = world_.now();
  other.accepted(id);
  watch_peer(peer, id);
  step(agent::PeerJoined{std::string(name_of(peer))});
}

void AgentProcess::watch_peer(Node peer, Network::ConnectionId connection) {
  later(kSilence, [this, peer, connection] {
    auto& link = peers_[peer];
    if (link.connection != connection) return;
    if (world_.now() < link.heard + kSilence) return watch_peer(peer, connection);
    world_.network.close(connection, machine_);
    peer_lost(peer, connection);
  });
}

void AgentProcess::peer_lost(Node peer, Network::ConnectionId connection) {
  auto& link = peers_[peer];
  if (link.connection != connection) return;
  link.connection.reset();
  try_peer_again(peer, kReconnect);
}

void AgentProcess::carry_out(agent::AskPeer& effect) {
  const auto peer = node_of(effect.to);
  if (!peers_[peer].connection) return;
  outbox_.send([this, peer, connection = *peers_[peer].connection, ask = std::move(effect.question)] {
    const auto deliver = [&world = world_, peer, connection, ask] { world.hosts[peer]->agent.asked(connection, ask); };
    if (world_.network.repeats(connection, machine_)) world_.network.send_again(connection, machine_, deliver);
    world_.network.send(connection, machine_, deliver);
  });
}

void AgentProcess::carry_out(agent::AnswerPeer& effect) {
  outbox_.send([this, connection = effect.to, answer = std::move(effect.answer)] {
    const auto asker = world_.network.other_end(connection, machine_);
    if (!asker) return;
    const auto deliver = [&world = world_, asker = *asker, from = machine_, connection, answer] {
      world.hosts[asker]->agent.answered(from, connection, answer);
    };
    if (world_.network.repeats(connection, machine_)) world_.network.send_again(connection, machine_, deliver);
    world_.network.send(connection, machine_, deliver);
  });
}

void AgentProcess::asked(Network::ConnectionId connection, const PeerQuestion& ask) {
  handle([this, connection, ask] {
    const auto it = connections_.find(connection);
    if (it == connections_.end()) return;
    it->second = world_.now();
    step(agent::PeerAsked{connection, ask});
  });
}

void AgentProcess::answered(Node from, Network::ConnectionId connection, const PeerAnswer& answer) {
  handle([this, from, connection, answer] {
    auto& link = peers_[from];
    if (link.connection != connection) return;
    link.heard = world_.now();
    step(agent::PeerAnswered{std::string(name_of(from)), answer});
  });
}

}  // namespace mmm::sim
