#include "core/monitor/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "core/monitor/show.h"

namespace mmm {

namespace {

using Words = std::vector<std::string>;
using Evaluation = std::variant<Answer, Accepted>;

template <class... Args>
Answer refused(fmt::format_string<Args...> format, Args&&... args) {
  return plain_answer(AnswerCode::refused, "ERROR: " + fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
Answer done(fmt::format_string<Args...> format, Args&&... args) {
  return plain_answer(AnswerCode::done, fmt::format(format, std::forward<Args>(args)...));
}

Answer unknown_host(const HostName& name) { return refused("Unknown host name '{}'!", name); }

// ---- questions --------------------------------------------------------------------------------------------------

Evaluation help(const Words&, const ClusterView&) { return answer_help(); }
Evaluation ping(const Words&, const ClusterView&) { return done("OK: Pinged successfully!"); }
Evaluation show(const Words&, const ClusterView& view) { return answer_show(view); }
Evaluation checks(const Words& words, const ClusterView& view) {
  return answer_checks(Words(words.begin() + 1, words.end()), view);
}
Evaluation mode(const Words&, const ClusterView& view) { return done("{}", to_string(view.mode)); }

// ---- modes ------------------------------------------------------------------------------------------------------

Evaluation set_mode(const ClusterView& view, MonitorMode wanted, std::string_view word) {
  if (view.mode == wanted) return done("OK: Already in {} mode.", word);
  return Accepted{SwitchMode{wanted}, done("OK: Switched into {} mode.", word)};
}

Evaluation set_active(const Words&, const ClusterView& view) { return set_mode(view, MonitorMode::active, "active"); }
Evaluation set_manual(const Words&, const ClusterView& view) { return set_mode(view, MonitorMode::manual, "manual"); }
Evaluation set_passive(const Words&, const ClusterView& view) {
  return set_mode(view, MonitorMode::passive, "passive");
}

// ---- states -----------------------------------------------------------------------------------------------------

Answer already(HostState state) { return done("OK: This host is already {}. Skipping command.", to_string(state)); }

Answer wrong_state(const HostView& host, HostState wanted) {
  return refused("Host '{}' is '{}' at the moment. It can't be switched to {}.", host.name, to_string(host.state),
                 to_string(wanted));
}

Answer agent_out_of_reach(const HostView& host, HostState wanted) {
  return refused("Can't reach agent daemon on '{}'! Can't set its state to {}.", host.name, to_string(wanted));
}

Verdict verdict_of(const HostView& host, CheckName check) {
  const auto it = host.checks.find(check);
  return it == host.checks.end() ? Verdict::pending : it->second.verdict;
}

// "ping, mysql": those that are not good.
std::string lacking_checks(const HostView& host) {
  std::string names;
  for (const auto check : {CheckName::ping, CheckName::mysql})
    if (verdict_of(host, check) != Verdict::good) names += (names.empty() ? "" : ", ") + std::string(to_string(check));
  return names;
}

bool replication_is_bad(const HostView& host) {
  return verdict_of(host, CheckName::rep_threads) == Verdict::bad ||
         verdict_of(host, CheckName::rep_backlog) == Verdict::bad;
}

const HostView* peer_of(const HostView& host, const ClusterView& view) {
  const auto* section = view.config->host(host.name);
  return section && section->peer ? view.host(*section->peer) : nullptr;
}

// The host's own replication is no obstacle: an ADMIN_OFFLINE host's was stopped by us. The state table judges it next.
Evaluation set_online(const Words& words, const ClusterView& view) {
  const bool accept_loss = words.size() == 3;
  if (accept_loss && words[2] != "--accept-loss") return answer_invalid_command(words);
  const auto* host = view.host(words[1]);
  if (!host) return unknown_host(words[1]);
  constexpr auto wanted = HostState::online;
  const bool makes_do = accept_loss && host->unproven;  // ONLINE too: the last writer, whose agent lost its memory
  if (host->state == wanted && !makes_do) return already(wanted);
  if (host->state != HostState::admin_offline && host->state != HostState::awaiting_recovery && host->state != wanted)
    return wrong_state(*host, wanted);
  if (const auto lacking = lacking_checks(*host); !lacking.empty())
    return refused("Some checks failed on host '{}' ({}). We can't set it online now. Please, wait some time.",
                   host->name, lacking);
  if (host->diverged)
    return refused("Host '{}' has transactions that the writer lacks. It can't be switched to ONLINE. Copy the data of "
                   "the writer to it first.", host->name);
  const auto* role = view.config->role(view.config->active_master_role);
  if (makes_do && role && std::ranges::find(role->hosts, host->name) == role->hosts.end())
    return refused("Host '{}' is not among the hosts of role '{}': nobody can make do with what it has. Use set_online without "
                   "--accept-loss.", host->name, role->name);
  // One that replicates nothing may have nothing to compare: its disk was lost, or it is being copied.
  if (host->unproven && view.active_master && host->state == HostState::admin_offline && host->agent_reachable)
    return Accepted{SetOnline{host->name, false, true},
                    done("OK: State of '{0}' changed to AWAITING_RECOVERY: it replicates again and is compared with the writer. "
                         "When 'mmm_control show' has no warning about it any more: set_online {0}", host->name)};
  if (host->unproven && view.active_master)
    return refused("Host '{}' is still compared with the writer. We can't set it online now. Please, wait some time.", host->name);
  if (host->unproven && !accept_loss && view.assignment.writer == host->name)
    return refused("The agent on '{0}' lost its memory; its server may have lost transactions, too. Look at what the other hosts "
                   "have. If '{0}' has all that clients saw committed: set_online {0} --accept-loss", host->name);
  if (host->unproven && !accept_loss)
    return refused("Host '{0}' was not asked what it has when '{1}' became the writer. It may lack transactions that clients "
                   "saw committed. Bring '{1}' back; or, if that is lost for good: set_online {0} --accept-loss",
                   host->name, view.assignment.writer);
  // The active master's own replication checks never matter: it does not follow a peer that is not ONLINE. And the last
  // writer has all there is, whatever became of its peer, or who is to make do with what it has.
  const auto* peer = peer_of(*host, view);
  const bool peer_matters = peer && !makes_do && view.active_master != peer->name && view.assignment.writer != host->name;
  if (peer_matters && peer->state == HostState::online && replication_is_bad(*peer))
    return refused("Some replication checks failed on peer '{}'. We can't set '{}' online now. Please, wait some time.",
                   peer->name, host->name);
  if (!host->agent_reachable) return agent_out_of_reach(*host, wanted);
  return Accepted{SetOnline{host->name, accept_loss},
                  done("OK: State of '{}' changed to ONLINE. Now you can wait some time and check its new roles!",
                       host->name)};
}

Evaluation set_offline(const Words& words, const ClusterView& view) {
  const auto* host = view.host(words[1]);
  if (!host) return unknown_host(words[1]);
  constexpr auto wanted = HostState::admin_offline;
  if (host->state == wanted) return already(wanted);
  constexpr std::array kFrom{HostState::online, HostState::replication_fail, HostState::replication_delay};
  if (std::ranges::find(kFrom, host->state) == kFrom.end()) return wrong_state(*host, wanted);
  if (!host->agent_reachable) return agent_out_of_reach(*host, wanted);
  return Accepted{SetOffline{host->name},
                  done("OK: State of '{}' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!",
                       host->name)};
}

// ---- roles ------------------------------------------------------------------------------------------------------

bool can_handle(const RoleConfig& role, const HostName& host) {
  return std::ranges::find(role.hosts, host) != role.hosts.end();
}

std::optional<HostName> owner_of(const RoleConfig& role, const ClusterView& view) {
  if (role.ips.empty()) return std::nullopt;
  const auto it = view.owners.find(Role{role.name, role.ips.front()});
  return it == view.owners.end() ? std::nullopt : std::optional(it->second);
}

// A move of an exclusive role, its refusals that come after the host's state.
Evaluation move_exclusive(const RoleConfig& role, const HostView& host, const MoveWriter& how, const ClusterView& view) {
  if (!can_handle(role, host.name))
    return refused("Host '{}' can't handle role '{}'. Only following hosts could: {}", host.name, role.name,
                   fmt::join(role.hosts, ", "));
  const auto owner = owner_of(role, view);
  if (owner == host.name) return done("OK: Role is on '{}' already. Skipping command.", host.name);
  if (!host.agent_reachable)
    return refused("Can't reach agent daemon on '{}'! Can't move roles there.", host.name);
  if (view.mode == MonitorMode::active && owner && owner == role.prefer && !how.unfenced)
    return refused("Role '{}' is assigned to preferred host {}. Can't move it.", role.name, *owner);

  const auto from = owner ? fmt::format(" from '{}'", *owner) : std::string();
  auto answer = done("OK: Role '{}' has been moved{} to '{}'{}. Now you can wait some time and check new roles info!",
                     role.name, from, host.name, how.force ? " enforcedly" : "");
  if (role.name == view.config->active_master_role)
    return Accepted{how, std::move(answer)};
  return Accepted{MoveExclusive{role.name, host.name}, std::move(answer)};
}

Evaluation move_balanced(const RoleConfig& role, const HostView& host) {
  return Accepted{MoveBalanced{role.name, host.name},
                  done("OK: Balanced role {} has been removed from host '{}'. Now you can wait some time and check new "
                       "roles info!", role.name, host.name)};
}

Evaluation move_role_by_force(const RoleConfig& role, const HostView& host, const MoveWriter& how, const ClusterView& view) {
  if (role.name != view.config->active_master_role)
    return refused("move_role --forced may be used for the active master role only!");
  if (host.state != HostState::replication_fail && host.state != HostState::replication_delay)
    return refused("Can't force move of role to host with state {}.", to_string(host.state));
  return move_exclusive(role, host, how, view);
}

// Why the last writer can't be waited for or asked, and what nobody knows then; nothing: it need not be vouched for.
std::optional<Answer> needs_no_word(const RoleConfig& role, const HostView& host, const ClusterView& view) {
  const auto& writer = view.assignment.writer;
  if (role.name != view.config->active_master_role)
    return refused("move_role --unfenced may be used for the active master role only!");
  if (writer.empty()) return refused("There is no writer whose lease could be waived. Use move_role.");
  if (writer == host.name) return refused("'{}' is the last writer itself. It gets the role back when it renews its lease.", writer);
  const auto* last = view.host(writer);
  if (last && last->agent_reachable)
    return refused("The agent on '{}' answers. Use move_role: it stops the writes there first.", writer);
  return std::nullopt;
}

// A line each.
std::string what_is_not_known(const RoleConfig& role, const HostView& host, const ClusterView& view) {
  const auto& writer = view.assignment.writer;
  std::string list = fmt::format("\n  whether '{0}' still accepts writes: its agent does not answer, and its lease is not waited for"
                                 "\n  whether all that clients committed on '{0}' was received by somebody else", writer);
  for (const auto& other : view.hosts)
    if (other.name != writer && other.name != host.name && !other.agent_reachable)
      list += fmt::format("\n  {} '{}': its agent does not answer",
                          can_handle(role, other.name) ? "what is received on, and whether a lease is still promised by," : "what is received on",
                          other.name);
  return list;
}

Answer wants_a_word(const RoleConfig& role, const HostView& host, const ClusterView& view) {
  return refused("With --unfenced nobody but you makes sure that there is one writer. Not known:{}\nSwitch the machine of '{}' off, "
                 "then confirm with: move_role --unfenced --yes {} {}", what_is_not_known(role, host, view), view.assignment.writer,
                 role.name, host.name);
}

// Who confirms at once sees what for.
Evaluation with_what_is_not_known(Evaluation evaluation, const std::string& list) {
  if (auto* accepted = std::get_if<Accepted>(&evaluation))
    accepted->answer = done("{}\nDone on your word. Not known:{}", accepted->answer.text, list);
  return evaluation;
}

Evaluation move_role_to(const RoleConfig& role, const HostView& host, const MoveWriter& how, const ClusterView& view) {
  if (how.force) return move_role_by_force(role, host, how, view);
  if (role.mode == RoleMode::balanced) return move_balanced(role, host);
  if (host.state != HostState::online)
    return refused("Can't move role to host with state {}.", to_string(host.state));
  return move_exclusive(role, host, how, view);
}

Evaluation move_role(const Words& words, const ClusterView& view) {
  MoveWriter how;
  bool confirmed = false;
  auto word = words.begin() + 1;
  for (; words.end() - word > 2 && word->starts_with("--"); ++word) {
    if (*word == "--force") how.force = true;
    else if (*word == "--unfenced") how.unfenced = true;
    else if (*word == "--yes" && how.unfenced) confirmed = true;
    else return answer_invalid_command(words);
  }
  if (words.end() - word != 2) return answer_invalid_command(words);
  const auto& role_name = *word;
  const auto& host_name = *(word + 1);

  if (view.mode == MonitorMode::passive) return refused("This command is not allowed in passive mode");
  const auto* role = view.config->role(role_name);
  if (!role) return refused("Unknown role name '{}'!", role_name);
  const auto* host = view.host(host_name);
  if (!host) return unknown_host(host_name);
  how.to = host_name;
  if (how.unfenced) {
    if (auto why = needs_no_word(*role, *host, view)) return *why;
    if (!confirmed) return wants_a_word(*role, *host, view);
  }
  auto evaluation = move_role_to(*role, *host, how, view);
  return how.unfenced ? with_what_is_not_known(std::move(evaluation), what_is_not_known(*role, *host, view)) : evaluation;
}

Evaluation set_ip(const Words& words, const ClusterView& view) {
  if (view.mode != MonitorMode::passive) return refused("This command is only allowed in passive mode");
  const auto& ip = words[1];
  const auto has_ip = [&](const RoleConfig& role) { return std::ranges::find(role.ips, ip) != role.ips.end(); };
  const auto role = std::ranges::find_if(view.config->roles, has_ip);
  if (role == view.config->roles.end()) return refused("Unknown ip '{}'!", ip);
  const auto* host = view.host(words[2]);
  if (!host) return unknown_host(words[2]);
  if (!can_handle(*role, host->name))
    return refused("Host '{}' can't handle role '{}'. Following hosts could: {}", host->name, role->name,
                   fmt::join(role->hosts, ", "));
  if (host->state != HostState::online)
    return refused("Can't set role to host with state {}.", to_string(host->state));
  const Role address{role->name, ip};
  return Accepted{SetIp{address, host->name}, done("OK: Set role '{}' to host '{}'.", to_string(address), host->name)};
}

// ---- ours -------------------------------------------------------------------------------------------------------

Evaluation take_lead(const Words& words, const ClusterView& view) {
  if (words.size() == 2 && words[1] != "--yes") return answer_invalid_command(words);
  if (view.leads) return refused("This monitor leads already. There is nothing to take.");
  if (words.size() == 1)
    return refused("take_lead lets this monitor lead without the hosts that it can't ask. Another monitor that is "
                   "still alive, or such a host that goes on serving, could make a second writer: make sure that the "
                   "monitor is dead and stays dead and that those machines are switched off, then confirm with: take_lead --yes");
  return Accepted{TakeLead{}, done("OK: This monitor leads now. Check with show what it can't reach.")};
}

Answer does_not_lead(const ClusterView& view) {
  const auto says_why = [](const std::string& warning) { return warning.starts_with(kNotLeading); };
  const auto it = std::ranges::find_if(view.warnings, says_why);
  if (it != view.warnings.end()) return refused("{}", *it);
  return refused("{}{}", kNotLeading,
                 view.warnings.empty() ? "it waits until every host has accepted it"
                                       : fmt::format("{}", fmt::join(view.warnings, " ")));
}

// ---- the table --------------------------------------------------------------------------------------------------

struct Command {
  std::string_view name;
  std::size_t min_arguments, max_arguments;
  bool changes;  // needs a monitor that leads
  Evaluation (*evaluate)(const Words& words, const ClusterView& view);
};

constexpr std::array kCommands{
    Command{"help", 0, 0, false, help},
    Command{"ping", 0, 0, false, ping},
    Command{"show", 0, 0, false, show},
    Command{"checks", 0, 2, false, checks},
    Command{"set_online", 1, 2, true, set_online},
    Command{"set_offline", 1, 1, true, set_offline},
    Command{"mode", 0, 0, false, mode},
    Command{"set_active", 0, 0, true, set_active},
    Command{"set_manual", 0, 0, true, set_manual},
    Command{"set_passive", 0, 0, true, set_passive},
    Command{"move_role", 2, 5, true, move_role},
    Command{"set_ip", 2, 2, true, set_ip},
    Command{"take_lead", 0, 1, false, take_lead},
};

}  // namespace

std::variant<Answer, Accepted> evaluate(const std::vector<std::string>& words, const ClusterView& view) {
  MMM_CHECK(view.config != nullptr);
  if (words.empty()) return answer_invalid_command(words);
  const auto command = std::ranges::find(kCommands, std::string_view(words.front()), &Command::name);
  const auto arguments = words.size() - 1;
  if (command == kCommands.end() || arguments < command->min_arguments || arguments > command->max_arguments)
    return answer_invalid_command(words);
  if (command->changes && !view.leads) return does_not_lead(view);
  return command->evaluate(words, view);
}

std::vector<std::string> split_words(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<std::string> words;
  while (true) {
    const auto start = line.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const auto end = std::min(line.find_first_of(kBlanks), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

}  // namespace mmm
