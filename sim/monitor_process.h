#pragma once
// mmm_mond: the real MonitorBrain, and a shell that connects, checks and keeps.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/monitor/brain.h"
#include "sim/disk.h"
#include "sim/network.h"
#include "sim/process.h"
#include "sim/random.h"

namespace mmm::sim {

class MonitorProcess : public Process {
 public:
  MonitorProcess(World& world, Random random, Node machine, std::string name);

  void start();
  void kill();
  void retire();                       // killed, and nobody starts it again
  // Somebody put a state file where it looks for its own.
  void find_file(std::optional<MonitorState> file) { found_ = std::move(file); }
  void power_lost();                   // the same, and no connection is closed

  void heard(Network::ConnectionId connection, Node host, FromAgent&& message);
  // mmm_control. `answered` runs with the answer; never, when the monitor dies before.
  void command(std::vector<std::string> words);
  void change_lease_ttl(Duration ttl); // SIGHUP, after lease_ttl was changed in its configuration

  Disk<MonitorState>& disk() { return disk_; }
  const MonitorBrain& brain() const { return *brain_; }   // Requires: it was started
  bool knows(Node host) const { return layout_.hosts.test(host); }
  bool was_started() const { return brain_ != nullptr; }
  const std::optional<MonitorState>& on_disk() const { return disk_.content(); }
  bool is_connected(Node host) const { return links_[host].connection.has_value(); }

 private:
  // The standing connection to one agent.
  struct Link {
    std::optional<Network::ConnectionId> connection;
    std::uint64_t attempt = 0;         // an answer to an earlier one is stale
    TrueTime heard{0}, said{0};
    Duration backoff{};
  };

  void tick() override;
  void step(const MonitorEvent& event);
  void carry_out(Keep& effect);
  void carry_out(Tell& effect);
  void carry_out(Reply& effect);
  void carry_out(RunCheck& effect);
  void carry_out(KillHost& effect);
  void carry_out(AskSegment&) {}     // no agent here tells a hardware address, so none is asked for
  void carry_out(MonitorNote& effect);

  // monitor_checks.cc
  void check_host(Node host);          // all checks, every check_period
  void run_check(Node host, CheckName check);
  void check_network();

  void connect(Node host);
  void connected(Node host, std::uint64_t attempt);
  void try_again(Node host);
  void watch(Node host, Network::ConnectionId connection);
  void lost(Node host, Network::ConnectionId connection, const std::string& why);

  const std::string name_;
  Layout layout_;                      // as it read it when it started
  const Config* config_ = nullptr;
  bool retired_ = false;
  std::optional<MonitorState> found_;
  Random random_;
  std::unique_ptr<MonitorBrain> brain_;
  Disk<MonitorState> disk_;
  Outbox outbox_;
  std::array<Link, kHostsMax> links_;
  std::optional<bool> network_;
  std::uint64_t next_command_ = 1;
};

}  // namespace mmm::sim
