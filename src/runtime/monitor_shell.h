#pragma once
// The monitor's shell: turns what happens into events for core/monitor's MonitorBrain and carries its effects out.
// Start reading at `run`; links to agents, checks, the segment and the control port have a file each.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "codec/control/control.h"
#include "core/monitor/brain.h"
#include "io/address/segment.h"
#include "io/icmp/pinger.h"
#include "io/store/locked_file.h"
#include "io/store/worker.h"
#include "io/wire/line_stream.h"
#include "runtime/idle_sessions.h"
#include "runtime/outbox.h"
#include "runtime/session.h"
#include "runtime/task_group.h"

namespace mmm {

class MonitorShell {
 public:
  // Requires: `config` outlives this.
  MonitorShell(asio::io_context& loop, const Config& config);

  // Locks and reads the state file, opens the control port. Errors: each names what to do.
  Status open();

  // Runs until `stop`. Requires: `open` succeeded.
  Task<void> run();
  void stop();

  // What the configuration says now. lease_ttl is taken from it at once; anything else takes a restart, which nobody notices.
  void reconfigured(const Config& fresh);

 private:
  // Events and effects.
  void happen(const MonitorEvent& event);
  void carry_out(Keep effect);
  void carry_out(Tell effect);
  void carry_out(Reply effect);
  void carry_out(const RunCheck& effect);
  void carry_out(const KillHost& effect);
  void carry_out(AskSegment effect);
  void carry_out(const MonitorNote& effect);
  Task<void> tick_loop();
  Moment moment() const;

  // Links to agents (monitor_links.cc).
  Task<void> link_loop(HostName host);
  struct TalkEnd {
    std::string why;
    bool fruitless = false;  // it hung up, or said what is not understood, before anything else
  };
  Task<TalkEnd> talk(HostName host, LineStream stream);
  Task<void> poke_loop(HostName host, std::shared_ptr<Session> session);

  // Checks (monitor_checks.cc).
  Task<void> check_loop(HostName host, CheckName check);
  Task<void> run_check(HostName host, CheckName check);
  Task<void> network_loop();
  Task<bool> any_answers(std::vector<std::string> ips);
  Task<void> kill_host(HostName host, bool answers_ping);

  // Its own segment (monitor_segment.cc).
  Task<void> ask_segment(Resolve question);

  // The control port (monitor_control.cc).
  Task<void> control_loop();
  Task<void> serve(LineStream stream);
  Task<void> turn_away(std::shared_ptr<Session> session, std::string ip);
  Task<void> wait_for_answer(CommandId id);

  asio::io_context& loop_;
  const Config& config_;
  MonitorBrain brain_;
  TaskGroup tasks_;
  Worker worker_;
  Outbox outbox_;
  asio::steady_timer tick_;
  asio::steady_timer stopped_;
  bool stopping_ = false;
  std::optional<LockedFile> lock_;
  std::optional<Listener> control_;
  Pinger pinger_;
  std::map<std::string, Segment> segments_;  // by the interface
  std::map<HostName, std::shared_ptr<Session>> links_;
  std::map<HostName, std::weak_ptr<Session>> greeted_;  // the connection that began with our Hello
  std::set<std::pair<HostName, CheckName>> running_checks_;

  struct Waiting {
    std::shared_ptr<Session> session;
    control::Form form;
    std::shared_ptr<asio::steady_timer> answered;
  };
  std::map<CommandId, Waiting> waiting_;
  CommandId next_command_ = 1;
  std::size_t control_sessions_ = 0;
  std::size_t turned_away_ = 0;        // connections that are being told that they may not use the control port
  IdleSessions idle_sessions_;         // control connections whose next line is awaited
};

}  // namespace mmm
