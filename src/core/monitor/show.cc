#include "core/monitor/show.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "base/json_text.h"

namespace mmm {

namespace {

constexpr std::string_view kHelp =
    R"(Valid commands are:
    help                              - show this message
    ping                              - ping monitor
    show                              - show status
    checks [<host>|all [<check>|all]] - show checks status
    set_online <host>                 - set host <host> online
    set_offline <host>                - set host <host> offline
    mode                              - print current mode.
    set_active                        - switch into active mode.
    set_manual                        - switch into manual mode.
    set_passive                       - switch into passive mode.
    move_role [--force] <role> <host> - move exclusive role <role> to host <host>
                                        (Only use --force if you know what you are doing!)
    set_ip <ip> <host>                - set role with ip <ip> to host <host>
    set_online <host> --accept-loss   - make do with what <host> has: what the last writer had more is lost
                                        (Only when the last writer will not come back!)
    move_role --unfenced <role> <host> - move it from a host that nobody can ask, without waiting for its lease
                                        (Only when you know that its machine is off! It says what is not known)
    take_lead --yes                   - lead without the hosts that can't be asked
                                        (Only when you know that the old monitor is dead and those machines are off!)
)";

// ---- times ------------------------------------------------------------------------------------------------------

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<std::chrono::milliseconds> time;

  explicit CivilTime(std::chrono::milliseconds since_1970)
      : date(std::chrono::sys_days(std::chrono::floor<std::chrono::days>(since_1970))),
        time(since_1970 - std::chrono::floor<std::chrono::days>(since_1970)) {}

  std::string text(char between_days, char between) const {
    return fmt::format("{:04}{}{:02}{}{:02}{}{:02}:{:02}:{:02}", int{date.year()}, between_days, unsigned{date.month()},
                       between_days, unsigned{date.day()}, between, time.hours().count(), time.minutes().count(),
                       time.seconds().count());
  }
};

std::string local_time(std::int64_t wall_ms, int utc_offset_s) {
  return CivilTime(std::chrono::milliseconds(wall_ms) + std::chrono::seconds(utc_offset_s)).text('/', ' ');
}

std::string iso_time(std::int64_t wall_ms) {
  const CivilTime civil{std::chrono::milliseconds(wall_ms)};
  return fmt::format("{}.{:03}Z", civil.text('-', 'T'), civil.time.subseconds().count());
}

// ---- show -------------------------------------------------------------------------------------------------------

std::vector<const HostView*> by_name(const ClusterView& view) {
  std::vector<const HostView*> hosts;
  for (const auto& host : view.hosts) hosts.push_back(&host);
  std::ranges::sort(hosts, {}, [](const HostView* host) { return host->name; });
  return hosts;
}

std::vector<std::string> role_texts(const ClusterView& view, const HostName& host) {
  std::vector<std::string> texts;
  for (const auto& role : roles_of(view.owners, host)) texts.push_back(to_string(role));
  std::ranges::sort(texts);
  return texts;
}

std::string_view mode_word(HostMode mode) { return mode == HostMode::master ? "master" : "slave"; }

const HostConfig& section(const ClusterView& view, const HostName& host) {
  const auto* config = view.config->host(host);
  MMM_CHECK(config != nullptr);
  return *config;
}

std::vector<std::string> all_warnings(const ClusterView& view) {
  std::vector<std::string> warnings;
  for (const auto* host : by_name(view))
    if (!host->agent_reachable) warnings.push_back(fmt::format("agent on host {} is not reachable", host->name));
  warnings.insert(warnings.end(), view.warnings.begin(), view.warnings.end());
  return warnings;
}

// A text of several lines stays one comment.
void add_comment(std::string& text, std::string_view label, std::string line) {
  for (auto at = line.find('\n'); at != std::string::npos; at = line.find('\n', at)) line.replace(at, 1, "\n# "), ++at;
  text += fmt::format("# {}{}\n", label, line);
}

std::string preferred_line(const ClusterView& view, const RoleConfig& role) {
  const bool there = std::ranges::all_of(role.ips, [&](const std::string& ip) {
    const auto it = view.owners.find(Role{role.name, ip});
    return it != view.owners.end() && it->second == *role.prefer;
  });
  return fmt::format("# Role {} is {}assigned to it's preferred host {}.\n", role.name, there ? "" : "not ",
                     *role.prefer);
}

std::string show_text(const ClusterView& view) {
  std::string text;
  if (view.mode == MonitorMode::passive) {
    text += "# --- Monitor is in PASSIVE MODE ---\n";
    if (!view.passive_cause.empty()) add_comment(text, "Cause: ", view.passive_cause);
  }
  for (const auto& warning : all_warnings(view)) add_comment(text, "Warning: ", warning);
  for (const auto* host : by_name(view)) {
    const auto& config = section(view, host->name);
    text += fmt::format("  {}({}) {}/{}. Roles: {}\n", host->name, config.ip, mode_word(config.mode),
                        to_string(host->state), fmt::join(role_texts(view, host->name), ", "));
  }
  for (const auto& role : view.config->roles)
    if (role.prefer) text += preferred_line(view, role);
  return text;
}

JsonText host_json(const ClusterView& view, const HostView& host) {
  const auto& config = section(view, host.name);
  return JsonObject{}
      .add("name", host.name)
      .add("ip", config.ip)
      .add("mode", mode_word(config.mode))
      .add("state", to_string(host.state))
      .add("roles", json_array(role_texts(view, host.name)))
      .add("agent_reachable", host.agent_reachable)
      .add("flapping", host.flapping)
      .add("diverged", host.diverged)
      .add("unproven", host.unproven)
      .add("because", host.because)
      .done();
}

// Does another host resolve it to its owner? null: not known yet, or it is not up.
JsonText verified_json(const Resolutions::View& seen) {
  if (seen.resolution == Resolution::pending) return JsonText::null();
  return JsonText::of(seen.resolution == Resolution::verified);
}

JsonText role_json(const ClusterView& view, const RoleConfig& role, const std::string& ip) {
  const auto owner = view.owners.find(Role{role.name, ip});
  const auto resolution = view.resolutions.find(ip);
  const auto seen = resolution == view.resolutions.end() ? Resolutions::View{} : resolution->second;
  return JsonObject{}
      .add("name", role.name)
      .add("ip", ip)
      .add("mode", role.mode == RoleMode::exclusive ? "exclusive" : "balanced")
      .add("host", owner == view.owners.end() ? JsonText::null() : JsonText::of(owner->second))
      .add("prefer", role.prefer ? JsonText::of(*role.prefer) : JsonText::null())
      .add("verified", verified_json(seen))
      .add("second_answerers", json_array(seen.second_answerers))
      .done();
}

JsonText show_json(const ClusterView& view) {
  JsonArray hosts, roles;
  for (const auto* host : by_name(view)) hosts.add(host_json(view, *host));
  for (const auto& role : view.config->roles)
    for (const auto& ip : role.ips) roles.add(role_json(view, role, ip));
  const auto assignment = JsonObject{}
                              .add("generation", view.assignment.generation.value)
                              .add("writer", view.assignment.writer)
                              .add("version", view.assignment.version.value)
                              .add("takeover_set", json_array(view.assignment.takeover_set))
                              .done();
  return JsonObject{}
      .add("ok", true)
      .add("mode", to_string(view.mode))
      .add("passive_cause", view.passive_cause)
      .add("leads", view.leads)
      .add("active_master", view.active_master ? JsonText::of(*view.active_master) : JsonText::null())
      .add("hosts", hosts.done())
      .add("roles", roles.done())
      .add("assignment", assignment)
      .add("warnings", json_array(all_warnings(view)))
      .done();
}

// ---- checks -----------------------------------------------------------------------------------------------------

constexpr std::size_t kLongestCheckName = std::string_view("rep_threads").size();

const CheckView& result_of(const HostView& host, CheckName check) {
  static const CheckView nothing;
  const auto it = host.checks.find(check);
  return it == host.checks.end() ? nothing : it->second;
}

// What a server said may have several lines; a check has one.
std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

std::string outcome_text(const CheckView& result) {
  std::string text = result.verdict == Verdict::good ? "OK" : result.verdict == Verdict::bad ? "ERROR" : "UNKNOWN";
  if (!result.message.empty()) text += ": " + on_one_line(result.message);
  if (result.accused) text += " (fails from the monitor, but nothing confirms it)";
  return text;
}

std::string_view verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::pending: return "pending";
    case Verdict::good: return "good";
    case Verdict::bad: return "bad";
  }
  return "?";
}

JsonText check_json(const HostView& host, CheckName check) {
  const auto& result = result_of(host, check);
  const bool pending = result.verdict == Verdict::pending;
  return JsonObject{}
      .add("host", host.name)
      .add("check", to_string(check))
      .add("verdict", verdict_word(result.verdict))
      .add("message", result.message)
      .add("last_change", pending ? JsonText::null() : JsonText::of(iso_time(result.last_change.wall_ms)))
      .add("accused", result.accused)
      .done();
}

struct CheckColumns {
  std::size_t host = 0, check = 0;  // widths; 0: as long as the word
};

std::string check_line(const ClusterView& view, const HostView& host, CheckName check, CheckColumns columns) {
  const auto& result = result_of(host, check);
  const bool pending = result.verdict == Verdict::pending;
  const auto last = pending ? "never" : local_time(result.last_change.wall_ms, view.utc_offset_s);
  return fmt::format("{:<{}}  {:<{}}  [last change: {}]  {}", host.name, columns.host, to_string(check), columns.check,
                     last, outcome_text(result));
}

}  // namespace

Answer plain_answer(AnswerCode code, std::string text) {
  auto json = JsonObject{}.add("ok", code == AnswerCode::done).add("message", text).done();
  return {code, std::move(text), std::move(json.text)};
}

Answer answer_help() { return plain_answer(AnswerCode::done, std::string(kHelp)); }

Answer answer_invalid_command(const std::vector<std::string>& words) {
  return plain_answer(AnswerCode::usage, fmt::format("Invalid command '{}'\n\n{}", fmt::join(words, " "), kHelp));
}

Answer answer_show(const ClusterView& view) { return {AnswerCode::done, show_text(view), show_json(view).text}; }

Answer answer_checks(const std::vector<std::string>& arguments, const ClusterView& view) {
  const std::string all = "all";
  const auto& host_word = arguments.empty() ? all : arguments[0];
  const auto& check_word = arguments.size() < 2 ? all : arguments[1];
  const auto* only_host = view.host(host_word);
  const auto only_check = parse_check(check_word);
  if (host_word != all && !only_host)
    return plain_answer(AnswerCode::refused, fmt::format("ERROR: Unknown host name '{}'!", host_word));
  if (check_word != all && !only_check)
    return plain_answer(AnswerCode::refused, fmt::format("ERROR: Unknown check '{}'!", check_word));

  CheckColumns columns;
  if (!only_check) {
    columns.check = kLongestCheckName;
    for (const auto& host : view.hosts)
      if (host_word == all) columns.host = std::max(columns.host, host.name.size());
  }
  std::string text;
  JsonArray results;
  for (const auto& host : view.hosts) {
    if (host_word != all && host.name != host_word) continue;
    for (const auto check : kAllChecks) {
      if (only_check && check != *only_check) continue;
      text += check_line(view, host, check, columns) + '\n';
      results.add(check_json(host, check));
    }
  }
  // MMM 2 ended a table with a newline, and a single line without.
  if (host_word != all && only_check) text.pop_back();
  auto json = JsonObject{}.add("ok", true).add("checks", results.done()).done();
  return {AnswerCode::done, std::move(text), std::move(json.text)};
}

}  // namespace mmm
