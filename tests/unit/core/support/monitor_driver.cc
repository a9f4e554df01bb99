#include "support/monitor_driver.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "support/message_text.h"

namespace mmm::lab {

namespace {

// More answers than this at one instant are a conversation that never ends.
constexpr int kAnswersMax = 10'000;

std::string outcome_word(AnswerCode code) {
  switch (code) {
    case AnswerCode::done: return "done";
    case AnswerCode::refused: return "refused";
    case AnswerCode::usage: return "usage";
    case AnswerCode::unknown_outcome: return "unknown";
  }
  return "?";
}

}  // namespace

MonitorDriver::MonitorDriver(Config given) : config(std::move(given)) {
  brain.emplace(config);
  for (const auto& host : config.hosts) {
    auto& report = agents[host.name].report;
    report.mysqld_alive = true;
    report.server = ServerStatus{};
  }
}

// ---- events -----------------------------------------------------------------------------------------------------

void MonitorDriver::step(MonitorEvent event) {
  for (const auto& effect : brain->step(event, now)) std::visit([this](const auto& e) { take(e); }, effect);
  deliver();
}

void MonitorDriver::deliver() {
  for (int i = 0; !answers_.empty(); ++i) {
    if (i > kAnswersMax) throw std::logic_error("the monitor and its agents never come to rest");
    auto [host, message] = std::move(answers_.front());
    answers_.pop_front();
    if (!agents.at(host).joined) continue;
    for (const auto& effect : brain->step(AgentSaid{host, std::move(message)}, now))
      std::visit([this](const auto& e) { take(e); }, effect);
  }
}

void MonitorDriver::start(const MonitorState& state, bool own) {
  step(MonitorStarted{.state = state, .own = own, .id = "m", .machine_id = "machine", .path = "mmm_mond.status"});
}

void MonitorDriver::join(const HostName& host) {
  agents.at(host).joined = true;
  step(AgentJoined{host});
}

void MonitorDriver::leave(const HostName& host) {
  agents.at(host).joined = false;
  step(AgentLeft{host, "closed"});
}

void MonitorDriver::check(const HostName& host, CheckName check, Outcome outcome, std::string message) {
  step(CheckRan{host, check, outcome, std::move(message)});
}

void MonitorDriver::all_checks(const HostName& host, Outcome outcome) {
  for (const auto name : kAllChecks) check(host, name, outcome);
}

void MonitorDriver::command(const std::string& line) { step(CommandCame{++commands_, split_words(line)}); }

void MonitorDriver::pass(Duration duration) {
  const auto end = now.at + duration;
  auto next_report = now.at + 1s;
  while (true) {
    auto next = std::min({brain->next_wakeup(), next_report, end});
    for (const auto& [name, agent] : agents)
      if (agent.asks && is_writer(agent, name)) next = std::min(next, std::max(agent.asked + config.lease_ttl / 3, now.at));
    now.wall_ms += milliseconds(next - now.at);
    now.at = next;
    for (auto& [name, agent] : agents)
      if (agent.asks && is_writer(agent, name) && now.at >= agent.asked + config.lease_ttl / 3) ask(name);
    if (now.at >= next_report) {
      next_report += 1s;
      for (const auto& [name, agent] : agents)
        if (agent.joined && agent.reports) answers_.emplace_back(name, agent.report);
    }
    step(MonitorTick{});
    if (now.at >= end) return;
  }
}

// ---- the way to a known state -----------------------------------------------------------------------------------

void MonitorDriver::bring_up() {
  start();
  network();
  for (const auto& host : config.hosts) join(host.name);
  for (const auto& host : config.hosts) all_checks(host.name, Outcome::good);
  for (const auto& host : config.hosts) {
    command("set_online " + host.name);
    pass(100ms);
  }
  forget();
}

void MonitorDriver::restart(bool own) {
  const auto state = kept.empty() ? MonitorState{} : kept.back();
  answers_.clear();
  for (auto& [name, agent] : agents) agent.joined = false;
  brain.emplace(config);
  forget();
  start(state, own);
}

void MonitorDriver::silence(const HostName& host) {
  let_speak(host, false);
}

void MonitorDriver::let_speak(const HostName& host, bool speaks) {
  auto& agent = agents.at(host);
  agent.welcomes = agent.acknowledges = agent.releases = agent.surveys = agent.asks = agent.serves = agent.reports = speaks;
}

void MonitorDriver::forget() {
  story.clear();
  notes.clear();
  replies.clear();
  told.clear();
}

bool MonitorDriver::noted(const std::string& part) const {
  return std::ranges::any_of(notes, [&](const auto& line) { return line.contains(part); });
}

std::size_t MonitorDriver::index_of(const std::string& part) const {
  const auto it = std::ranges::find_if(story, [&](const auto& line) { return line.contains(part); });
  return static_cast<std::size_t>(it - story.begin());
}

// ---- effects ----------------------------------------------------------------------------------------------------

void MonitorDriver::take(const Keep& effect) {
  kept.push_back(effect.state);
  if (!effect.state.leadership) return story.push_back("keep no leadership");
  const auto& l = *effect.state.leadership;
  story.push_back(fmt::format("keep {}.{}.{}{}", l.epoch.counter, l.assignment.generation.value,
                              l.assignment.version.value, l.hand_over ? " " + l.hand_over->step : ""));
}

void MonitorDriver::take(const Tell& effect) {
  if (!std::holds_alternative<Grant>(effect.message)) story.push_back("tell " + effect.host + ": " + text(effect.message));
  told[effect.host].push_back(effect.message);
  std::visit([&](const auto& message) { answer(effect.host, message); }, effect.message);
}

void MonitorDriver::take(const Reply& effect) {
  replies.push_back(outcome_word(effect.answer.code) + ": " + effect.answer.text);
  story.push_back("reply " + replies.back());
}

void MonitorDriver::take(const RunCheck& effect) {
  story.push_back(fmt::format("check {} {}", effect.host, to_string(effect.check)));
}

void MonitorDriver::take(const KillHost& effect) {
  story.push_back(fmt::format("kill {} {}", effect.host, effect.answers_ping ? 1 : 0));
}

void MonitorDriver::take(const MonitorNote& effect) {
  notes.push_back(effect.host.empty() ? effect.text : effect.host + ": " + effect.text);
}

// ---- the agents -------------------------------------------------------------------------------------------------

bool MonitorDriver::is_writer(const ScriptedAgent& agent, const HostName& host) const {
  return agent.joined && agent.report.assignment.writer == host &&
         agent.report.released < agent.report.assignment.generation;
}

void MonitorDriver::ask(const HostName& host) {
  auto& agent = agents.at(host);
  agent.asked = now.at;
  answers_.emplace_back(host, Ask{.number = ++asks_, .accepted = agent.report.accepted, .ttl = config.lease_ttl});
}

void MonitorDriver::answer(const HostName& host, const Hello& message) {
  auto& agent = agents.at(host);
  if (!agent.welcomes) return;
  const bool accepted = agent.refuses.empty() && message.epoch.counter >= agent.epoch.counter;
  if (accepted) agent.epoch = message.epoch;
  const auto reason = accepted ? "" : agent.refuses.empty() ? "a later monitor is obeyed" : agent.refuses;
  answers_.emplace_back(host, Welcome{host, accepted, reason, agent.epoch, "test", agent.report});
}

void MonitorDriver::answer(const HostName& host, const Instruction& message) {
  auto& agent = agents.at(host);
  if (!agent.acknowledges) return;
  const bool new_writer = message.assignment.writer == host &&
                          message.assignment.generation > agent.report.assignment.generation;
  if (new_writer && !agent.refuses_generation.empty()) {
    agent.report.released = message.assignment.generation;
    answers_.emplace_back(host, Refused{message.order, true, agent.refuses_generation});
    return;
  }
  obey(host, message);
}

void MonitorDriver::obey(const HostName& host, const Instruction& message) {
  auto& agent = agents.at(host);
  auto& report = agent.report;
  report.accepted = message.order;
  report.assignment = message.assignment;
  report.longest_lease = std::max(report.longest_lease, message.lease_ttl);
  report.told_state = message.hosts.at(host).state;
  report.told_roles = message.hosts.at(host).roles;
  answers_.emplace_back(host, Acknowledged{message.order, report.longest_lease});
  if (message.assignment.writer != host) {
    report.lease_live = false;
    report.ips.clear();
    if (report.server) report.server->read_only = true;
  } else if (message.release && agent.releases && report.released < message.assignment.generation) {
    report.released = message.assignment.generation;
    report.lease_live = false;
    report.ips.clear();
    if (report.server) report.server->read_only = true;
    answers_.emplace_back(host, Released{.generation = report.released,
                                         .has = report.server ? std::optional(report.server->has) : std::nullopt,
                                         .reason = "told to"});
  } else if (agent.asks && !message.release && is_writer(agent, host)) {
    ask(host);
  }
}

void MonitorDriver::answer(const HostName& host, const Grant& message) {
  auto& agent = agents.at(host);
  if (!agent.serves || message.generation != agent.report.assignment.generation || agent.report.lease_live) return;
  agent.report.lease_live = true;
  agent.report.ips = {kWriterRole.ip};
  if (auto& server = agent.report.server) {
    server->read_only = false;
    if (const auto order = last_told<Instruction>(host)) server->has.add(order->must_have);
  }
  answers_.emplace_back(host, agent.report);
}

void MonitorDriver::answer(const HostName& host, const Survey& message) {
  const auto& agent = agents.at(host);
  if (!agent.surveys) return;
  SurveyAnswer answer{.generation = message.generation, .promised_for = agent.promised_for};
  if (const auto& server = agent.report.server)
    answer.has = server->has, answer.received = server->replication.received;
  else
    answer.bound = "its mysqld does not answer";
  answers_.emplace_back(host, std::move(answer));
}

void MonitorDriver::answer(const HostName& host, const Poke&) {
  if (agents.at(host).reports) answers_.emplace_back(host, agents.at(host).report);
}

}  // namespace mmm::lab
