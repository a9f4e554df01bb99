#include "lab.h"

namespace mmm::lab {

Config config() {
  Config config;
  config.active_master_role = "writer";
  config.hosts = {{.name = "db1", .ip = "10.0.0.4", .mode = HostMode::master, .peer = "db2"},
                  {.name = "db2", .ip = "10.0.0.5", .mode = HostMode::master, .peer = "db1"},
                  {.name = "db3", .ip = "10.0.0.7", .mode = HostMode::slave}};
  config.roles = {
      {.name = "writer", .mode = RoleMode::exclusive, .hosts = {"db1", "db2"}, .ips = {"10.0.0.80"}},
      {.name = "reader",
       .mode = RoleMode::balanced,
       .hosts = {"db1", "db2", "db3"},
       .ips = {"10.0.0.90", "10.0.0.100"}}};
  for (const auto check : kAllChecks) config.checks[check] = CheckConfig{};
  return config;
}

ClusterView view(const Config& config) {
  ClusterView view{.config = &config};
  for (const auto& section : config.hosts) {
    HostView host{.name = section.name, .state = HostState::online, .agent_reachable = true};
    for (const auto check : kAllChecks)
      host.checks[check] = {.verdict = Verdict::good, .last_change = {.wall_ms = kTranscriptMs}};
    host.checks[CheckName::rep_backlog].message = "Backlog is null";
    view.hosts.push_back(std::move(host));
  }
  return view;
}

std::variant<Answer, Accepted> run(const std::string& line, const ClusterView& view) {
  return evaluate(split_words(line), view);
}

Answer answer(const std::string& line, const ClusterView& view) {
  const auto result = run(line, view);
  if (const auto* accepted = std::get_if<Accepted>(&result)) return accepted->answer;
  return std::get<Answer>(result);
}

std::string outcome(const std::string& line, const ClusterView& view) {
  const auto result = run(line, view);
  if (const auto* accepted = std::get_if<Accepted>(&result)) return "accepted: " + accepted->answer.text;
  const auto& answer = std::get<Answer>(result);
  switch (answer.code) {
    case AnswerCode::done: return answer.text;
    case AnswerCode::refused: return "refused: " + answer.text;
    case AnswerCode::usage: return "usage: " + answer.text;
    case AnswerCode::unknown_outcome: return "unknown: " + answer.text;
  }
  return "?";
}

}  // namespace mmm::lab
