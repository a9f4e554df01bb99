// The monitor: its connections, its checks, its file.

#include <fmt/format.h>

#include "support/message_text.h"
#include "world.h"

namespace mmm::scenario {

namespace {

constexpr std::int64_t kWallMs = 1'795'325'755'000;  // 2026-11-22 05:35:55 UTC, so that times in answers never change

}  // namespace

void World::start_monitor(Start how) {
  monitor_ = std::make_unique<MonitorBrain>(config);
  dies_at_step_.clear();
  if (how == Start::copied_file) files_[Place::elsewhere] = files_[Place::here];
  if (how == Start::no_file) files_.erase(Place::here);
  place_ = how == Start::copied_file ? Place::elsewhere : Place::here;
  const auto state = files_[place_];
  step(MonitorStarted{.state = state, .own = how == Start::own_file, .id = "m" + std::to_string(++monitors_),
                      .machine_id = "machine", .path = "mmm_mond.status"});
  step(NetworkChecked{network_});
  next_checks_ = now_;
}

void World::kill_monitor() {
  monitor_.reset();
  next_checks_ = kNever;
  for (auto& [name, host] : hosts_)
    if (host->connection != 0 && path("monitor", name)) disconnect(*host, "closed by peer");
}

// ---- connections ------------------------------------------------------------------------------------------------

void World::connect() {
  if (!monitor_) return;
  for (auto& [name, host] : hosts_) {
    if (host->connection != 0 || !host->brain || !path("monitor", name)) continue;
    host->connection = ++connections_;
    host->granted = {};
    host->told.reset();
    step(AgentJoined{name});
    if (!monitor_) return;
  }
}

void World::disconnect(Host& host, const std::string& reason) {
  const auto connection = std::exchange(host.connection, 0);
  if (host.brain) step(host, agent::MonitorLeft{connection});
  if (monitor_) step(AgentLeft{host.name, reason});
}

// ---- effects ----------------------------------------------------------------------------------------------------

void World::step(const MonitorEvent& event) {
  if (!monitor_) return;
  const Moment moment{now_, kWallMs + milliseconds(now_ - kBegin)};
  for (const auto& effect : monitor_->step(event, moment))
    if (!std::visit([this](const auto& e) { return carry_out(e); }, effect)) return kill_monitor();
}

bool World::carry_out(const Keep& effect) {
  files_[place_] = effect.state;
  const auto& leadership = effect.state.leadership;
  const auto record = leadership ? leadership->hand_over : std::nullopt;
  if (dies_at_step_.empty() || !record || record->step != dies_at_step_) return true;
  tell("monitor", "dies: it has written down the step " + record->step + ", and said nothing of it yet");
  dies_at_step_.clear();
  return false;
}

bool World::carry_out(const Tell& effect) {
  auto& to = host(effect.host);
  const auto* grant = std::get_if<Grant>(&effect.message);
  const auto* instruction = std::get_if<Instruction>(&effect.message);
  const bool again = (grant && grant->generation == to.granted) || (instruction && to.told == *instruction);
  const bool quiet = again || std::holds_alternative<Poke>(effect.message);
  if (grant) to.granted = grant->generation;
  if (instruction) to.told = *instruction;
  if (!quiet) story.said(now_ - kBegin, "monitor", to.name, lab::text(effect.message));
  post([this, &to, connection = to.connection, message = effect.message] {
    if (to.connection == connection && connection != 0 && path("monitor", to.name))
      step(to, agent::MonitorSaid{connection, message});
  });
  return true;
}

bool World::carry_out(const Reply& effect) {
  story.print(effect.answer.text);
  return true;
}

bool World::carry_out(const RunCheck& effect) {
  post([this, effect] { run_check(effect.host, effect.check); });
  return true;
}

bool World::carry_out(const KillHost& effect) {
  tell("monitor", fmt::format("runs kill_host_bin {} {}", effect.host, effect.answers_ping ? 1 : 0));
  return true;
}

bool World::carry_out(const MonitorNote& effect) {
  if (effect.level == NoteLevel::debug) return true;
  auto text = effect.host.empty() ? effect.text : effect.host + ": " + effect.text;
  const std::string_view version = MMM_VERSION;  // a release changes no story
  if (const auto at = text.find(version); at != std::string::npos) text.replace(at, version.size(), "VERSION");
  tell("monitor", text);
  return true;
}

void World::command(const std::string& line) {
  auto words = split_words(line);
  if (!words.empty() && words.front() == "mmm_control") words.erase(words.begin());
  if (!monitor_) return story.print("ERROR: Can't connect to monitor daemon!");
  step(CommandCame{++commands_, std::move(words)});
}

// ---- checks -----------------------------------------------------------------------------------------------------

void World::override_check(const HostName& name, CheckName check, std::optional<Outcome> outcome) {
  if (outcome)
    overrides_[{name, check}] = *outcome;
  else
    overrides_.erase({name, check});
}

void World::run_checks() {
  for (const auto& [name, host] : hosts_)
    for (const auto check : kAllChecks) run_check(name, check);
}

void World::run_check(const HostName& name, CheckName check) {
  const auto [outcome, message] = find(host(name), check);
  step(CheckRan{name, check, outcome, message});
}

std::pair<Outcome, std::string> World::find(const Host& host, CheckName check) const {
  if (const auto it = overrides_.find({host.name, check}); it != overrides_.end())
    return {it->second, it->second == Outcome::bad ? "the scenario says so" : ""};
  const auto& replication = host.machine.server.replication;
  const bool reached = path("monitor", host.name), answers = reached && host.machine.alive;
  switch (check) {
    case CheckName::ping: return {reached ? Outcome::good : Outcome::bad, reached ? "" : "no answer"};
    case CheckName::mysql: return {answers ? Outcome::good : Outcome::bad, answers ? "" : "Connect error!"};
    case CheckName::rep_threads: {
      if (!answers) return {Outcome::unknown, "Connect error!"};
      const bool runs = replication.io != IoThread::no && replication.sql;
      return {runs ? Outcome::good : Outcome::bad, runs ? "" : "Replication is broken"};
    }
    case CheckName::rep_backlog: {
      if (!answers) return {Outcome::unknown, "Connect error!"};
      const bool behind = !host.machine.server.has.contains(replication.received);
      return {behind ? Outcome::bad : Outcome::good, behind ? "Backlog is too big" : ""};
    }
  }
  return {Outcome::unknown, ""};
}

}  // namespace mmm::scenario
