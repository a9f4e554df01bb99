#pragma once
// The network: delays, loss, cuts one way or both, and standing connections as TCP gives them.
//
// A connection delivers in order or not at all. A cut link holds its packets back until it heals (TCP sends them again);
// a loss delays, sometimes it breaks the connection. What was sent before a close still arrives, so that messages of an
// old connection can come after the first ones of the next.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "sim/event_queue.h"
#include "sim/random.h"
#include "sim/topology.h"

namespace mmm::sim {

class Network {
 public:
  using ConnectionId = std::uint64_t;
  using Action = EventQueue::Action;

  // `delay`: one way, of every link that no fault slows down.
  Network(EventQueue& queue, Random random, Duration delay);

  // ---- single packets
  bool passes(Node from, Node to) const { return up_[from] && up_[to] && link(from, to).cuts == 0; }
  bool answers(Node asked, Node by) const { return passes(by, asked) && passes(asked, by); }
  Duration delay(Node from, Node to);                // drawn for one packet
  Duration usual_delay(Node from, Node to) const { return delay_ + link(from, to).extra; }

  // ---- faults; cuts and delays add up, each is taken back by its counterpart
  void cut(Node from, Node to);
  void heal(Node from, Node to);
  void add_delay(Node from, Node to, Duration extra) { link(from, to).extra += extra; }
  void set_loss(Node from, Node to, double probability) { link(from, to).loss = probability; }
  // The machine has lost its power: its ends of connections are gone without a word.
  void power_off(Node node);
  void power_on(Node node) { up_[node] = true; }
  bool has_power(Node node) const { return up_[node]; }

  // ---- standing connections
  // `closed_…`: called when that end learns that the connection is over, not when it closed it itself.
  ConnectionId open(Node client, Node server, Action closed_client, Action closed_server);
  // Ensures: `deliver` runs once, after everything sent before on this side, or never.
  void send(ConnectionId id, Node from, Action&& deliver);
  // A lossy link also brings messages again, out of their order. TCP does not; what stands between two programs may.
  // `repeats`: is this one brought again? Drawn. `send_again`: `deliver` runs once more, whenever it likes, or never.
  bool repeats(ConnectionId id, Node from);
  void send_again(ConnectionId id, Node from, Action&& deliver);
  // The process at `side` closed it or ended. The other end learns of it after all that was sent before.
  void close(ConnectionId id, Node side);
  bool is_open(ConnectionId id, Node side) const;
  // Who is at the other end; nothing once both have let go.
  std::optional<Node> other_end(ConnectionId id, Node side) const;

 private:
  struct Link {
    int cuts = 0;
    TrueTime cut_at{0};
    Duration extra{0};
    double loss = 0;
  };
  struct End {
    Node node = 0;
    bool open = true;
    Action closed;
    TrueTime last_arrival{0};        // of what was sent to this end
    std::deque<Action> held;         // sent to this end while the link was cut
  };
  struct Connection {
    std::array<End, 2> ends;
  };

  Link& link(Node from, Node to) { return links_[from * kNodesMax + to]; }
  const Link& link(Node from, Node to) const { return links_[from * kNodesMax + to]; }
  static std::size_t side_of(const Connection& connection, Node node) { return connection.ends[0].node == node ? 0 : 1; }
  void transmit(ConnectionId id, std::size_t to, Action&& deliver);
  void arrive(ConnectionId id, std::size_t to, Action& deliver);
  void release_held(ConnectionId id, std::size_t to);
  void learn_of_end(ConnectionId id, std::size_t side);
  void reset(ConnectionId id);
  void forget_if_over(ConnectionId id);

  EventQueue& queue_;
  Random random_;
  Duration delay_;
  std::array<bool, kNodesMax> up_;
  std::array<Link, kNodesMax * kNodesMax> links_;
  std::map<ConnectionId, Connection> connections_;
  ConnectionId next_ = 1;
};

}  // namespace mmm::sim
