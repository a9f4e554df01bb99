#include "sim/network.h"

#include <algorithm>
#include <utility>

namespace mmm::sim {

namespace {

// A lost segment is sent again after Linux's least retransmission timeout, doubled a few times when it is lost again.
constexpr Duration kRetransmitMin = 200ms, kRetransmitMax = 1600ms;
// Of the losses, how many end the connection (a router that forgot it, a reset).
constexpr double kLossBreaks = 0.1;
// After a cut TCP tries again at doubling intervals: the first try after the heal comes at most this late.
constexpr Duration kResumeMax = 3s;

}  // namespace

Network::Network(EventQueue& queue, Random random, Duration delay) : queue_(queue), random_(random), delay_(delay) {
  up_.fill(true);
}

Duration Network::delay(Node from, Node to) {
  const auto usual = usual_delay(from, to);
  return usual + random_.between(Duration{0}, usual / 2);
}

void Network::cut(Node from, Node to) {
  auto& l = link(from, to);
  if (l.cuts++ == 0) l.cut_at = queue_.now();
}

void Network::heal(Node from, Node to) {
  auto& l = link(from, to);
  if (--l.cuts > 0) return;
  const auto longest = std::min(queue_.now() - l.cut_at, kResumeMax);
  for (auto& [id, connection] : connections_) {
    const auto side = side_of(connection, to);
    if (connection.ends[side].node != to || connection.ends[1 - side].node != from) continue;
    if (connection.ends[side].held.empty()) continue;
    queue_.after(random_.between(Duration{0}, longest), [this, id, side] { release_held(id, side); });
  }
}

void Network::power_off(Node node) {
  up_[node] = false;
  std::vector<ConnectionId> ended;
  for (auto& [id, connection] : connections_) {
    auto& end = connection.ends[side_of(connection, node)];
    if (end.node != node) continue;
    end.open = false;
    end.held.clear();
    ended.push_back(id);
  }
  for (const auto id : ended) forget_if_over(id);
}

Network::ConnectionId Network::open(Node client, Node server, Action closed_client, Action closed_server) {
  const auto id = next_++;
  auto& ends = connections_[id].ends;
  ends[0].node = client;
  ends[0].closed = std::move(closed_client);
  ends[1].node = server;
  ends[1].closed = std::move(closed_server);
  return id;
}

bool Network::is_open(ConnectionId id, Node side) const {
  const auto it = connections_.find(id);
  return it != connections_.end() && it->second.ends[side_of(it->second, side)].open;
}

std::optional<Node> Network::other_end(ConnectionId id, Node side) const {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return std::nullopt;
  return it->second.ends[1 - side_of(it->second, side)].node;
}

void Network::send(ConnectionId id, Node from, Action&& deliver) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const auto side = side_of(it->second, from);
  if (!it->second.ends[side].open) return;
  transmit(id, 1 - side, std::move(deliver));
}

bool Network::repeats(ConnectionId id, Node from) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return false;
  const auto loss = link(from, it->second.ends[1 - side_of(it->second, from)].node).loss;
  return loss > 0 && random_.chance(loss);
}

void Network::send_again(ConnectionId id, Node from, Action&& deliver) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const auto to = 1 - side_of(it->second, from);
  const auto wait = delay(from, it->second.ends[to].node) + random_.between(1ms, 3s);
  queue_.after(wait, [this, id, to, deliver = std::move(deliver)]() mutable { arrive(id, to, deliver); });
}

void Network::transmit(ConnectionId id, std::size_t to, Action&& deliver) {
  auto& connection = connections_.at(id);
  auto& end = connection.ends[to];
  const auto from = connection.ends[1 - to].node;
  if (!end.held.empty() || link(from, end.node).cuts > 0 || !up_[end.node]) {
    end.held.push_back(std::move(deliver));
    return;
  }
  auto wait = delay(from, end.node);
  if (const auto loss = link(from, end.node).loss; loss > 0 && random_.chance(loss)) {
    if (random_.chance(kLossBreaks)) return reset(id);
    wait += random_.between(kRetransmitMin, kRetransmitMax);
  }
  end.last_arrival = std::max(end.last_arrival, queue_.now() + wait);
  queue_.at(end.last_arrival, [this, id, to, deliver = std::move(deliver)]() mutable { arrive(id, to, deliver); });
}

void Network::arrive(ConnectionId id, std::size_t to, Action& deliver) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  auto& connection = it->second;
  if (connection.ends[to].open) return deliver();
  // Nobody listens there any more: a reset comes back.
  const auto node = connection.ends[to].node, other = connection.ends[1 - to].node;
  if (passes(node, other))
    queue_.after(delay(node, other), [this, id, to] { learn_of_end(id, 1 - to); });
}

void Network::release_held(ConnectionId id, std::size_t to) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  auto& connection = it->second;
  if (link(connection.ends[1 - to].node, connection.ends[to].node).cuts > 0) return;  // cut again meanwhile
  auto held = std::exchange(connection.ends[to].held, {});
  for (auto& deliver : held) {
    if (!connections_.contains(id)) return;
    transmit(id, to, std::move(deliver));
  }
}

void Network::learn_of_end(ConnectionId id, std::size_t side) {
  const auto it = connections_.find(id);
  if (it == connections_.end() || !it->second.ends[side].open) return;
  auto& end = it->second.ends[side];
  end.open = false;
  auto closed = std::move(end.closed);
  forget_if_over(id);
  if (closed) closed();
}

void Network::close(ConnectionId id, Node side) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const auto own = side_of(it->second, side);
  if (!it->second.ends[own].open) return;
  it->second.ends[own].open = false;
  if (!it->second.ends[1 - own].open) return forget_if_over(id);
  transmit(id, 1 - own, [this, id, own] { learn_of_end(id, 1 - own); });
}

void Network::reset(ConnectionId id) {
  for (const std::size_t side : {0u, 1u}) {
    const auto& ends = connections_.at(id).ends;
    const auto from = ends[1 - side].node, to = ends[side].node;
    if (passes(from, to)) queue_.after(delay(from, to), [this, id, side] { learn_of_end(id, side); });
  }
}

void Network::forget_if_over(ConnectionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end()) return;
  const auto& ends = it->second.ends;
  if (!ends[0].open && !ends[1].open) connections_.erase(it);
}

}  // namespace mmm::sim
