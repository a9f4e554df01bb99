#pragma once
// The agent's shell: turns what happens into events for core/agent's Brain and carries its effects out.
// Start reading at `run`; operations.cc holds what each Operation does.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/agent/brain.h"
#include "io/address/addresses.h"
#include "io/address/segment.h"
#include "io/address/watch.h"
#include "io/fence/reject.h"
#include "io/fence/write_fence.h"
#include "io/icmp/pinger.h"
#include "io/mysql/connection.h"
#include "io/process/process_watch.h"
#include "io/store/worker.h"
#include "io/wire/line_stream.h"
#include "runtime/idle_sessions.h"
#include "runtime/outbox.h"
#include "runtime/session.h"
#include "runtime/task_group.h"

namespace mmm {

class AgentShell {
 public:
  // Requires: `config` outlives this; `config.self` names a host.
  AgentShell(asio::io_context& loop, const Config& config);

  // Opens what must be there: state file, interface, port. Errors: each names what to do.
  Status open();

  // Runs until it is stopped. Requires: `open` succeeded.
  Task<void> run();
  // The writer first gets itself a longer lease, or gives its role up where the machine shuts down. Deadline: 8 s; when it
  // is said again, none.
  void stop();

 private:
  // Events and effects.
  void happen(const agent::Event& event);
  void carry_out(agent::Persist effect);
  void carry_out(agent::Send effect);
  void carry_out(agent::AskPeer effect);
  void carry_out(agent::AnswerPeer effect);
  void carry_out(agent::ResolveAddress effect);
  void carry_out(agent::Run effect);
  void carry_out(const agent::Note& effect);
  Task<void> tick_loop();
  Task<void> stop_in_order();

  // Operations (agent_operations.cc).
  Task<void> operate(std::uint64_t id, agent::Operation operation);
  Task<Status> perform(agent::Operation operation);
  Task<Status> run_fence_command(agent::FenceCommand operation);
  Task<mysql::SqlStatus> perform_on_server(mysql::Connection& server, agent::Operation operation);
  Status perform_on_kernel(std::uint64_t id, const agent::Operation& operation);
  Status perform_on_fence(std::uint64_t id, const agent::Operation& operation);
  Status drop_address(const std::string& ip);
  bool open_fence();
  bool holds_writer_ip();
  FenceRules fence_rules() const;
  void take_away_old_fence();
  Status admit_clients(const std::string& ip, Status put);
  void refuse_clients(const std::string& ip);
  Task<void> observe(std::uint64_t id);
  Task<Result<mysql::Connection*>> connected(agent::Lane lane, Deadline deadline);
  mysql::Target target() const;

  // The world (agent_watch.cc).
  Task<void> watch_server();
  Task<Duration> watch_server_once();
  Duration server_not_reached(const mysql::SqlError& error);
  void server_died(const std::string& reason);
  void close_lanes();
  std::optional<ProcessWatch> watch_process();
  Task<void> check_rights();
  // Tells the log and the monitor of a trouble that is new; of its end when `text` is empty.
  void report(const std::string& key, const std::string& text);
  Task<void> watch_addresses();
  void look_at_interface();
  Task<void> resolve(agent::ResolveAddress question);
  Task<void> probe(HostName host);
  std::set<std::string> role_ips_present();
  std::vector<StandingAddress> role_ips_found();

  // Monitors (agent_sessions.cc).
  Task<void> accept_loop();
  Task<void> serve(LineStream stream);
  void make_room_for_a_monitor();
  Task<void> serve_monitor(agent::ConnectionId id, std::shared_ptr<Session> session, Hello hello);

  // Other agents (agent_peers.cc).
  void look_for_peers();
  Task<void> peer_loop(HostName host);
  struct PeerTalk {
    std::string ended;    // why
    bool answered = false;
  };
  Task<PeerTalk> talk_to_peer(HostName host, LineStream stream);
  Duration peer_patience(const HostName& host) const;
  Task<void> serve_peer(agent::ConnectionId id, std::shared_ptr<Session> session);
  bool say(const std::shared_ptr<Session>& session, std::string line);

  asio::io_context& loop_;
  const Config& config_;
  const HostConfig& self_;
  agent::Brain brain_;
  TaskGroup tasks_;
  Worker worker_;
  Outbox outbox_;
  asio::steady_timer tick_;
  asio::steady_timer stopped_;
  bool stop_wanted_ = false;
  asio::steady_timer stepped_;       // something happened since a stop is wanted
  bool stopping_ = false;
  std::optional<Addresses> addresses_;
  std::optional<AddressWatch> address_watch_;
  Segment segment_;
  std::optional<std::string> told_mac_;
  std::optional<WriteFence> fence_;    // absent: `write_fence off`, or no nftables here
  bool fence_is_left_ = false;         // `write_fence off`: an earlier process may have left one
  std::map<std::uint64_t, StagedLease> staged_;  // by the id of the StageLease; of the last few
  std::optional<RejectTable> reject_;  // absent: no nftables here
  std::optional<Listener> listener_;
  IdleSessions strangers_;             // connections whose first line is awaited
  std::map<agent::ConnectionId, std::shared_ptr<Session>> sessions_;
  agent::ConnectionId next_session_ = 1;
  std::set<HostName> peer_loops_;      // that run
  std::map<HostName, std::shared_ptr<Session>> peers_;  // connected
  std::size_t turned_away_ = 0;        // connections that are being told that they may not command
  std::map<agent::Lane, mysql::Connection> lanes_;
  mysql::Connection idle_;           // tells of the server's end
  Pinger pinger_;
  std::string trouble_at_start_;     // what `open` found missing; "" when nothing
  std::map<std::string, std::string> troubles_;  // what `report` told last, by key
  Duration login_retry_{};
};

}  // namespace mmm
