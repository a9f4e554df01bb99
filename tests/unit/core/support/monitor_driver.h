#pragma once
// The monitor's brain with scripted agents under it. Events go in; what comes out stands in `story` as texts, and the
// agents answer it as far as the test lets them. Time is a number that the test moves.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/monitor/brain.h"
#include "support/cluster.h"

namespace mmm::lab {

// What an agent does without being told by the test. One that does nothing of it is frozen or out of reach.
struct ScriptedAgent {
  bool joined = false;
  bool welcomes = true, acknowledges = true, releases = true, surveys = true, asks = true, serves = true, reports = true;
  Epoch epoch;                       // the highest that it accepted
  std::string refuses;               // it does not accept the monitor: why
  std::string refuses_generation;    // it refuses for good to become the writer: why
  Duration promised_for{0};          // what it says of that when it is surveyed
  Report report;
  Instant asked = kLongAgo;
};

class MonitorDriver {
 public:
  explicit MonitorDriver(Config config = cluster());
  MonitorDriver(const MonitorDriver&) = delete;
  MonitorDriver& operator=(const MonitorDriver&) = delete;

  Config config;
  std::optional<MonitorBrain> brain;
  Moment now{Instant{5000s}, 1'800'000'000'000};
  std::map<HostName, ScriptedAgent> agents;

  std::vector<std::string> story;    // in order: "keep …", "tell db1: …", "reply: …", "check …", "kill …"; grants left out
  std::vector<std::string> notes;    // "db1: …", or only the text
  std::vector<std::string> replies;
  std::vector<MonitorState> kept;
  std::map<HostName, std::vector<ToAgent>> told;  // everything
  std::vector<Resolve> asked_segment;  // questions of the monitor itself

  // ---- events
  void step(MonitorEvent event);
  void start(const MonitorState& state = {}, bool own = false);
  void network(bool answers = true) { step(NetworkChecked{answers}); }
  void join(const HostName& host);
  void leave(const HostName& host);
  void check(const HostName& host, CheckName check, Outcome outcome, std::string message = "");
  void all_checks(const HostName& host, Outcome outcome);
  void say(const HostName& host, FromAgent message) { step(AgentSaid{host, std::move(message)}); }
  void say_report(const HostName& host) { say(host, agents.at(host).report); }
  void command(const std::string& line);
  // Time passes: timers, a report of each agent every second, the writer's question every third of its lease.
  void pass(Duration duration);

  // ---- the way to a known state
  // A new cluster: every host ONLINE, db1 is the writer and serves.
  void bring_up();
  // The monitor is killed and started again on what it kept; nobody has joined yet.
  void restart(bool own = true);
  // It does nothing more by itself and its words are lost; its connection stands.
  void silence(const HostName& host);
  void let_speak(const HostName& host, bool speaks = true);
  void forget();

  bool noted(const std::string& part) const;
  std::size_t index_of(const std::string& part) const;  // in the story; its size when nothing contains that
  template <class T>
  std::optional<T> last_told(const HostName& host) const {
    const auto it = told.find(host);
    if (it == told.end()) return std::nullopt;
    for (auto message = it->second.rbegin(); message != it->second.rend(); ++message)
      if (const auto* found = std::get_if<T>(&*message)) return *found;
    return std::nullopt;
  }

 private:
  void deliver();
  void take(const Keep& effect);
  void take(const Tell& effect);
  void take(const Reply& effect);
  void take(const RunCheck& effect);
  void take(const KillHost& effect);
  void take(const AskSegment& effect) { asked_segment.push_back(effect.question); }
  void take(const MonitorNote& effect);
  void answer(const HostName& host, const Hello& message);
  void answer(const HostName& host, const Instruction& message);
  void answer(const HostName& host, const Grant& message);
  void answer(const HostName& host, const Survey& message);
  void answer(const HostName& host, const Poke&);
  template <class Other>
  void answer(const HostName&, const Other&) {}  // nothing is said to it
  void obey(const HostName& host, const Instruction& message);
  void ask(const HostName& host);
  bool is_writer(const ScriptedAgent& agent, const HostName& host) const;

  std::deque<std::pair<HostName, FromAgent>> answers_;
  std::uint64_t asks_ = 0;
  CommandId commands_ = 0;
};

}  // namespace mmm::lab
