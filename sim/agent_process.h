#pragma once
// mmm_agentd on one host: the real agent::Brain, and a shell that carries out its effects against the world.

#include <map>
#include <memory>
#include <set>
#include <string>

#include "core/agent/brain.h"
#include "sim/disk.h"
#include "sim/network.h"
#include "sim/process.h"
#include "sim/random.h"

namespace mmm::sim {

class AgentProcess : public Process {
 public:
  AgentProcess(World& world, Node host, Random random);

  void start();
  void kill();                       // SIGKILL: keeps what was durable, nothing else
  void power_lost();                 // the same, and no connection is closed
  void stop();                       // SIGTERM: dies once its brain is ready to

  Disk<AgentMemory>& disk() { return disk_; }
  bool disk_is_prompt() const { return disk_.is_prompt(); }

  // ---- what comes from outside
  void accepted(Network::ConnectionId connection);   // a monitor connected
  void heard(Network::ConnectionId connection, ToAgent&& message);
  void connection_closed(Network::ConnectionId connection);
  void asked(Network::ConnectionId connection, const PeerQuestion& ask);
  void answered(Node from, Network::ConnectionId connection, const PeerAnswer& answer);
  void server_started();
  void server_died();
  void addresses_changed();

  // ---- for checkers
  const agent::Brain& brain() const { return *brain_; }
  bool has_fence() const;
  Generation writer_of() const;      // the generation that made it the writer; 0: none did
  const std::optional<AgentMemory>& on_disk() const { return disk_.content(); }

 private:
  void tick() override;
  void step(const agent::Event& event);
  void carry_out(agent::Persist& effect);
  void carry_out(agent::Send& effect);
  void carry_out(agent::AskPeer& effect);
  void carry_out(agent::AnswerPeer& effect);
  void carry_out(agent::ResolveAddress& effect);
  void carry_out(agent::Run& effect);
  void carry_out(agent::Note& effect);
  void tell_story(const FromAgent& message);
  void look_around();                // pings the other hosts
  void probe_server();
  void watch_connection(Network::ConnectionId connection);

  // agent_peers.cc
  void look_for_peers();
  void connect_peer(Node peer);
  void try_peer_again(Node peer, Duration wait);
  void peer_connected(Node peer, std::uint64_t attempt);
  void watch_peer(Node peer, Network::ConnectionId connection);
  void peer_lost(Node peer, Network::ConnectionId connection);

  // agent_operations.cc
  void run(std::uint64_t id, const agent::StopWrites&);
  void run(std::uint64_t id, const agent::EndSessions&);
  void run(std::uint64_t id, const agent::AllowWrites&);
  void run(std::uint64_t id, const agent::SemiSyncSource& operation);
  void run(std::uint64_t id, const agent::Follow& operation);
  void run(std::uint64_t id, const agent::StopReplication&);
  void run(std::uint64_t id, const agent::StartReplication&);
  void run(std::uint64_t id, const agent::StopApplier&);
  void run(std::uint64_t id, const agent::StartApplier&);
  void run(std::uint64_t id, const agent::StopReceiver&);
  void run(std::uint64_t id, const agent::Observe&);
  void run(std::uint64_t id, const agent::FenceCommand&);
  void run(std::uint64_t id, const agent::PutWriterAddress& operation);
  void run(std::uint64_t id, const agent::PutReaderAddress& operation);
  void run(std::uint64_t id, const agent::DropAddress& operation);
  void run(std::uint64_t id, const agent::StageLease& operation);
  void run(std::uint64_t id, const agent::ArmLease& operation);
  void run(std::uint64_t id, const agent::LimitLease& operation);
  void run(std::uint64_t id, const agent::CloseFence&);
  void run(std::uint64_t id, const agent::Announce& operation);
  void statement(std::uint64_t id, Duration takes, std::function<void()> change);
  void query(std::uint64_t id, Duration takes, std::function<void()> ask);
  void in_kernel(std::uint64_t id, std::function<Status()> change);
  void finish(std::uint64_t id, Duration wait, Status result);
  void give_up(std::uint64_t id, const std::string& why, Certainty certainty);

  Random random_;
  Layout layout_;                    // as it read it when it started
  std::unique_ptr<agent::Brain> brain_;
  Disk<AgentMemory> disk_;
  Outbox outbox_;
  std::map<Network::ConnectionId, TrueTime> connections_;  // -> when something came over it last
  std::map<Node, bool> reached_;     // as told to the brain
  struct Peer {
    std::optional<Network::ConnectionId> connection;
    std::uint64_t attempt = 0;
    TrueTime heard{0};
    bool wanted = false;             // its connection is kept up
  };
  std::map<Node, Peer> peers_;
  std::map<std::uint64_t, bool> queries_;  // to the server, unfinished; true: an observation
};

}  // namespace mmm::sim
