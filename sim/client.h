#pragma once
// An application: it writes through the writer's address, one transaction after the other, and remembers which of them
// it was told are committed.

#include <cstdint>
#include <optional>
#include <string>

#include "sim/network.h"
#include "sim/random.h"
#include "sim/server.h"
#include "sim/topology.h"

namespace mmm::sim {

class Client {
 public:
  Client(World& world, Random random) : world_(world), random_(random) {}

  void start();
  // A gratuitous ARP of `host` for `ip` is on the wire.
  void hear_announcement(const std::string& ip, Node host);

  std::optional<TrueTime> last_acknowledged() const { return last_acknowledged_; }
  std::uint64_t acknowledged() const { return acknowledged_; }

 private:
  void write();
  void resolve();                       // asks who has the address
  void arrive(std::uint64_t request, Node host);
  void answer(std::uint64_t request, Node host, TransactionId transaction);
  void end_request(Duration pause);

  World& world_;
  Random random_;
  std::optional<Node> neighbour_;       // the ARP cache: who has the writer's address
  std::uint64_t request_ = 0;           // the present one; answers to others come too late
  std::optional<TrueTime> last_acknowledged_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace mmm::sim
