#pragma once
// Both real brains and a world of values between them. Messages and operations take no time; only `pass` moves the clock.
//
// Start reading at `pass`. world_agents.cc carries out what agents want, world_monitor.cc what the monitor wants,
// world.cc moves the world itself; inputs.cc turns the words of a scenario into calls of what stands here.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/agent/brain.h"
#include "core/monitor/brain.h"
#include "story.h"
#include "support/host_model.h"

namespace mmm::scenario {

struct Host {
  HostName name;
  std::uint32_t server_id = 0;
  Config config;                        // as its agent reads it
  bool powered = true;
  lab::HostModel machine;
  bool applier_pauses = false;
  bool stopped_by_administrator = false;
  Instant booted{};

  // The agent.
  std::unique_ptr<agent::Brain> brain;  // absent: it does not run
  bool frozen = false;
  enum class Stops { no, agent, machine } stops = Stops::no;  // on purpose: once its brain is ready to
  std::deque<agent::Event> inbox;       // what a frozen agent finds when it thaws
  std::optional<AgentMemory> disk;
  std::map<HostName, bool> reached;     // as told to the brain
  std::set<std::string> failing, hanging;  // operations
  std::vector<agent::Run> hung;

  // The connection from the monitor.
  agent::ConnectionId connection = 0;   // 0: none
  Generation granted;                   // the last generation for which a grant stands in the story
  std::optional<Instruction> told;      // the last instruction that stands in the story
};

class World {
 public:
  World();

  Config config;                        // to be changed before `start` only
  Story story;

  // Words of a scenario.
  void start();
  void pass(Duration duration);
  void command(const std::string& line);
  void look();
  void clients_write(int transactions);
  void write_on_its_own(const HostName& host, int transactions);
  void kill_server(const HostName& host);
  void start_server(const HostName& host);
  void kill_agent(const HostName& host);
  void start_agent(const HostName& host);
  void stop_agent(const HostName& host);
  void freeze_agent(const HostName& host);
  void thaw_agent(const HostName& host);
  void forget_memory(const HostName& host);
  void power_off(const HostName& host);
  void shut_down(const HostName& host);
  void boot(const HostName& host);
  void cut(const std::string& one, const std::string& other);
  void mend(const std::string& one, const std::string& other);
  void set_network(bool works);
  void override_check(const HostName& host, CheckName check, std::optional<Outcome> outcome);
  void pause_applier(const HostName& host, bool pauses);
  void stop_replication(const HostName& host);
  void fail_operation(const HostName& host, const std::string& operation, bool hangs);
  void let_operations_work(const HostName& host);
  enum class Start { own_file, copied_file, no_file };
  void start_monitor(Start how);
  void kill_monitor();
  void kill_monitor_at(const std::string& step) { dies_at_step_ = step; }
  std::vector<HostName> host_names() const;
  // Lets everything that is under way at this instant happen.
  void settle();

 private:
  // world.cc
  Instant next_event() const;
  void fire();
  void replicate();
  bool copy_transactions(Host& replica);
  void expire_addresses();
  void look_around();
  void check_single_writer();
  bool path(const std::string& one, const std::string& other) const;
  Host& host(const HostName& name) { return *hosts_.at(name); }
  Host* host_of_ip(const std::string& ip);
  void post(std::function<void()> happening) { queue_.push_back(std::move(happening)); }
  void tell(const std::string& who, const std::string& text) { story.add(now_ - kBegin, who, text); }

  // world_agents.cc
  void step(Host& host, const agent::Event& event);
  void carry_out(Host& host, agent::Persist& effect);
  void carry_out(Host& host, agent::Send& effect);
  void carry_out(Host& host, agent::AskPeer& effect);
  void carry_out(Host& host, agent::AnswerPeer& effect);
  void carry_out(Host& host, agent::ResolveAddress& effect);
  void carry_out(Host& host, agent::Run& effect);
  void carry_out(Host& host, agent::Note& effect);
  void begin_stop(Host& host, Host::Stops what);
  void end_what_stopped();
  void finish(Host& host, const agent::Run& run);
  bool stands_in_story(const Host& host, const agent::Operation& operation) const;
  void tell_addresses(Host& host);

  // world_monitor.cc
  void step(const MonitorEvent& event);
  bool carry_out(const Keep& effect);    // false: it died of it
  bool carry_out(const Tell& effect);
  bool carry_out(const Reply& effect);
  bool carry_out(const RunCheck& effect);
  bool carry_out(const KillHost& effect);
  bool carry_out(const AskSegment&) { return true; }  // no agent here tells a hardware address, so none is asked for
  bool carry_out(const MonitorNote& effect);
  void connect();                        // what can be connected and is not
  void disconnect(Host& host, const std::string& reason);
  void run_checks();
  void run_check(const HostName& host, CheckName check);
  std::pair<Outcome, std::string> find(const Host& host, CheckName check) const;

  static constexpr Instant kBegin{100'000s};

  Instant now_ = kBegin;
  std::deque<std::function<void()>> queue_;
  std::map<HostName, std::unique_ptr<Host>> hosts_;
  std::set<std::pair<std::string, std::string>> cuts_;
  agent::ConnectionId connections_ = 0;

  std::unique_ptr<MonitorBrain> monitor_;  // absent: it does not run
  enum class Place { here, elsewhere } place_ = Place::here;  // which monitor: each has a status file of its own
  std::map<Place, MonitorState> files_;
  std::string dies_at_step_;
  bool network_ = true;
  std::map<std::pair<HostName, CheckName>, Outcome> overrides_;
  Instant next_checks_ = kNever, next_look_ = kNever;
  CommandId commands_ = 0;
  int monitors_ = 0;
};

}  // namespace mmm::scenario
