#pragma once
// One agent's brain with a host under it and a scripted monitor over it. Events go in; what comes out stands in `story`
// as texts and is carried out when the test says so. Time is a number that the test moves.

#include <deque>
#include <string>
#include <vector>

#include "core/agent/brain.h"
#include "support/cluster.h"
#include "support/host_model.h"

namespace mmm::lab {

inline constexpr agent::ConnectionId kMonitor = 1, kOtherMonitor = 2;

class AgentDriver {
 public:
  explicit AgentDriver(const HostName& self) : config(cluster(self)), brain(config) {}
  AgentDriver(const AgentDriver&) = delete;
  AgentDriver& operator=(const AgentDriver&) = delete;

  Config config;
  HostModel host;
  agent::Brain brain;
  Instant now{1000s};
  bool grants = true;                  // the monitor grants what it is asked for
  bool has_fence = false;              // its kernel holds writes back; set before it starts
  std::optional<AgentMemory> disk;     // what was persisted last

  // In order: "persist", "say …", "run …". Observations, reports, announcements and notes are left out.
  std::vector<std::string> story;
  std::vector<FromAgent> said;         // everything, reports too
  std::vector<std::string> notes;
  std::size_t looks = 0;               // how often the server was to be observed
  std::vector<agent::AskPeer> asked;   // of other agents
  std::vector<PeerAnswer> answered;    // to other agents
  std::vector<agent::ResolveAddress> resolving;  // questions to the segment

  void step(const agent::Event& event);
  void hear(ToAgent message, agent::ConnectionId from = kMonitor) { step(agent::MonitorSaid{from, std::move(message)}); }

  // What was asked for and is not finished, in order.
  std::vector<std::string> pending() const;
  bool waits_for(std::string_view operation) const;
  // Finishes the oldest operation of this text. Requires: there is one.
  void finish(std::string_view operation);
  void fail(std::string_view operation);
  // Finishes the operations as they come, until none is left.
  void finish_all();
  // Lets time pass: wakes the brain when it wants, and finishes its operations.
  void pass(Duration duration);

  // ---- the way to a known state
  // The agent starts with what is on its disk, its server answers, a monitor of that leadership is obeyed.
  void start(std::uint64_t epoch = 1);
  // Starts; then obeys the instruction, at rest.
  void obey(const Instruction& instruction);
  // Forgets the story so far.
  void forget();
  // The last message of that type. Requires: there is one.
  template <class T>
  T last() const {
    for (auto it = said.rbegin(); it != said.rend(); ++it)
      if (const auto* message = std::get_if<T>(&*it)) return *message;
    throw std::logic_error("nothing of that kind was said");
  }
  template <class T>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& message : said) n += std::holds_alternative<T>(message);
    return n;
  }
  std::size_t index_of(const std::string& part) const;  // in the story; its size when nothing contains that

 private:
  void take(agent::Persist& effect);
  void take(agent::Send& effect);
  void take(agent::AskPeer& effect);
  void take(agent::AnswerPeer& effect);
  void take(agent::ResolveAddress& effect) { resolving.push_back(std::move(effect)); }
  void take(agent::Run& effect);
  void take(agent::Note& effect);
  agent::Run take_pending(std::string_view operation);
  void finish(const agent::Run& run);

  std::deque<agent::Run> pending_;
  std::deque<Grant> answers_;
};

}  // namespace mmm::lab
