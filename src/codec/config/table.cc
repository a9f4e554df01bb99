#include "codec/config/table.h"

#include <algorithm>
#include <iterator>

namespace mmm::conf {
namespace {

// The letters of the reference.
constexpr Programs A = set_of(Program::agent);
constexpr Programs M = set_of(Program::monitor);
constexpr Programs C = set_of(Program::control);
constexpr Programs T = set_of(Program::tools);
constexpr Programs all = A | M | C | T;
constexpr Programs none = 0;

template <class>
struct MemberOf;
template <class S, class Value>
struct MemberOf<Value S::*> {
  using Section = S;
};
template <auto Member>
using SectionOf = typename MemberOf<decltype(Member)>::Section;

template <auto Member, const auto& kType>
Parsed<void> store(SectionOf<Member>& section, std::string_view value) {
  auto parsed = kType.parse(value);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  section.*Member = std::move(*parsed);
  return {};
}

template <auto Member, const auto& kType>
constexpr Row<SectionOf<Member>> row(std::string_view name, Programs required = none) {
  return {{.name = name, .expected = kType.expected, .required = required}, &store<Member, kType>, nullptr};
}

template <auto Member>
constexpr Row<SectionOf<Member>> secret(std::string_view name, Programs required) {
  auto made = row<Member, kPassword>(name, required);
  made.variable.secret = true;
  return made;
}

template <class S>
constexpr Row<S> when(bool (*applies)(const S&, const GivenValues&), std::string_view condition, Row<S> made) {
  made.variable.required_when = condition;
  made.applies = applies;
  return made;
}

bool is_master(const HostConfig& host, const GivenValues& given) {
  return host.mode == HostMode::master && given.contains("mode");
}
bool is_ssl(const SocketConfig& socket, const GivenValues&) { return socket.type == SocketType::ssl; }
bool is_incremental(const CopyMethodConfig& method, const GivenValues&) { return method.incremental; }

constexpr Row<Config> kTopRows[] = {
    row<&Config::self, kHostRef>("this", A | T),
    row<&Config::debug, kBoolean>("debug"),
    row<&Config::active_master_role, kRoleRef>("active_master_role", A | M),
    row<&Config::max_kill_retries, kCount>("max_kill_retries"),
    row<&Config::blocking_type, kBlockingType>("blocking_type"),
    row<&Config::iptables_block_cmd, kCommand>("iptables_block_cmd"),
    row<&Config::iptables_unblock_cmd, kCommand>("iptables_unblock_cmd"),
    row<&Config::default_copy_method, kCopyMethodRef>("default_copy_method", T),
    row<&Config::clone_dirs, kTexts>("clone_dirs", T),
    // Ours.
    row<&Config::lease_ttl, kLeaseTtl>("lease_ttl"),
    row<&Config::restart_grace, kRestartGrace>("restart_grace"),
    row<&Config::reader_ttl, kReaderTtl>("reader_ttl"),
    row<&Config::write_fence, kFenceMode>("write_fence"),
    row<&Config::fence_cmd, kCommand>("fence_cmd"),
    row<&Config::allow_from, kNetworks>("allow_from"),
    row<&Config::log_file, kAbsolutePath>("log_file"),
    row<&Config::log_level, kLogLevel>("log_level"),
};

constexpr Row<RoleConfig> kRoleRows[] = {
    row<&RoleConfig::mode, kRoleMode>("mode", M),
    row<&RoleConfig::hosts, kHostRefs>("hosts", M),
    row<&RoleConfig::ips, kAddresses>("ips", A | M),
    row<&RoleConfig::prefer, kHostRef>("prefer"),
};

constexpr Row<MonitorConfig> kMonitorRows[] = {
    row<&MonitorConfig::ip, kListenAddress>("ip", M | C),
    row<&MonitorConfig::port, kPort>("port"),
    row<&MonitorConfig::pid_path, kPath>("pid_path", M),
    row<&MonitorConfig::bin_path, kPath>("bin_path", M),
    row<&MonitorConfig::status_path, kPath>("status_path", M),
    row<&MonitorConfig::ping_interval, kPeriod>("ping_interval"),
    row<&MonitorConfig::ping_ips, kAddresses>("ping_ips", M),
    row<&MonitorConfig::flap_duration, kDuration>("flap_duration"),
    row<&MonitorConfig::flap_count, kCount>("flap_count"),
    row<&MonitorConfig::auto_set_online, kDuration>("auto_set_online"),
    row<&MonitorConfig::kill_host_bin, kCommand>("kill_host_bin"),
    row<&MonitorConfig::careful_startup, kBoolean>("careful_startup"),
    row<&MonitorConfig::mode, kMonitorMode>("mode"),
    row<&MonitorConfig::wait_for_other_master, kDuration>("wait_for_other_master"),
};

constexpr Row<HostConfig> kHostRows[] = {
    row<&HostConfig::ip, kAddress>("ip", A | M | T),
    row<&HostConfig::mode, kHostMode>("mode", A | M),
    when(is_master, "mode is master", row<&HostConfig::peer, kHostRef>("peer", all)),
    row<&HostConfig::pid_path, kPath>("pid_path", A),
    row<&HostConfig::bin_path, kPath>("bin_path", A),
    row<&HostConfig::agent_port, kPort>("agent_port"),
    row<&HostConfig::cluster_interface, kInterface>("cluster_interface", A),
    row<&HostConfig::mysql_port, kPort>("mysql_port"),
    row<&HostConfig::mysql_pidfile, kPath>("mysql_pidfile"),
    row<&HostConfig::mysql_rcscript, kCommand>("mysql_rcscript"),
    row<&HostConfig::mysql_cnf, kPath>("mysql_cnf"),
    row<&HostConfig::agent_user, kUser>("agent_user", A),
    secret<&HostConfig::agent_password>("agent_password", A),
    row<&HostConfig::monitor_user, kUser>("monitor_user", M),
    secret<&HostConfig::monitor_password>("monitor_password", M),
    row<&HostConfig::replication_user, kUser>("replication_user", A | T),
    secret<&HostConfig::replication_password>("replication_password", A | T),
    row<&HostConfig::ssh_user, kUser>("ssh_user", T),
    row<&HostConfig::ssh_port, kPort>("ssh_port"),
    row<&HostConfig::ssh_parameters, kText>("ssh_parameters"),
    row<&HostConfig::tools_user, kUser>("tools_user", T),
    secret<&HostConfig::tools_password>("tools_password", T),
    row<&HostConfig::backup_dir, kPath>("backup_dir", T),
    row<&HostConfig::restore_dir, kPath>("restore_dir", T),
    row<&HostConfig::lvm_bin_lvcreate, kCommand>("lvm_bin_lvcreate"),
    row<&HostConfig::lvm_bin_lvremove, kCommand>("lvm_bin_lvremove"),
    row<&HostConfig::lvm_snapshot_size, kText>("lvm_snapshot_size", T),
    row<&HostConfig::lvm_logical_volume, kText>("lvm_logical_volume", T),
    row<&HostConfig::lvm_volume_group, kText>("lvm_volume_group", T),
    row<&HostConfig::lvm_mount_dir, kPath>("lvm_mount_dir", T),
    row<&HostConfig::lvm_mount_opts, kText>("lvm_mount_opts", T),
    // Ours.
    row<&HostConfig::mysql_socket, kAbsolutePath>("mysql_socket"),
    row<&HostConfig::state_path, kAbsolutePath>("state_path"),
};

constexpr Row<CheckConfig> kCheckRows[] = {
    row<&CheckConfig::check_period, kPeriod>("check_period"),
    row<&CheckConfig::trap_period, kDuration>("trap_period"),
    row<&CheckConfig::timeout, kPeriod>("timeout"),
    row<&CheckConfig::restart_after, kWholeSeconds>("restart_after"),
    row<&CheckConfig::max_backlog, kWholeSeconds>("max_backlog"),
};

constexpr Row<SocketConfig> kSocketRows[] = {
    row<&SocketConfig::type, kSocketType>("type"),
    when(is_ssl, "type is ssl", row<&SocketConfig::cert_file, kPath>("cert_file", all)),
    when(is_ssl, "type is ssl", row<&SocketConfig::key_file, kPath>("key_file", all)),
    when(is_ssl, "type is ssl", row<&SocketConfig::ca_file, kPath>("ca_file", A | M)),
};

constexpr Row<CopyMethodConfig> kCopyMethodRows[] = {
    row<&CopyMethodConfig::backup_command, kCommand>("backup_command", T),
    row<&CopyMethodConfig::restore_command, kCommand>("restore_command", T),
    when(is_incremental, "incremental is set",
         row<&CopyMethodConfig::incremental_command, kCommand>("incremental_command", all)),
    row<&CopyMethodConfig::incremental, kBoolean>("incremental"),
    row<&CopyMethodConfig::single_run, kBoolean>("single_run"),
    row<&CopyMethodConfig::true_copy, kBoolean>("true_copy"),
};

template <class S>
std::vector<Variable> variables_of() {
  std::vector<Variable> variables;
  std::ranges::transform(rows<S>(), std::back_inserter(variables), &Row<S>::variable);
  return variables;
}

std::vector<std::string_view> check_labels() {
  std::vector<std::string_view> labels;
  std::ranges::transform(kAllChecks, std::back_inserter(labels), [](CheckName check) { return to_string(check); });
  return labels;
}

}  // namespace

template <> std::span<const Row<Config>> rows() { return kTopRows; }
template <> std::span<const Row<RoleConfig>> rows() { return kRoleRows; }
template <> std::span<const Row<MonitorConfig>> rows() { return kMonitorRows; }
template <> std::span<const Row<HostConfig>> rows() { return kHostRows; }
template <> std::span<const Row<CheckConfig>> rows() { return kCheckRows; }
template <> std::span<const Row<SocketConfig>> rows() { return kSocketRows; }
template <> std::span<const Row<CopyMethodConfig>> rows() { return kCopyMethodRows; }

const std::vector<SectionType>& section_types() {
  static const std::vector<SectionType> kTypes{
      {.name = "", .variables = variables_of<Config>()},
      {.name = "role", .named = true, .variables = variables_of<RoleConfig>()},
      {.name = "monitor", .required = M | C, .variables = variables_of<MonitorConfig>()},
      {.name = "host", .named = true, .has_template = true, .required = all, .variables = variables_of<HostConfig>()},
      {.name = "check", .named = true, .has_template = true, .labels = check_labels(),
       .variables = variables_of<CheckConfig>()},
      {.name = "socket", .variables = variables_of<SocketConfig>()},
      {.name = "copy_method", .named = true, .has_template = true, .variables = variables_of<CopyMethodConfig>()},
  };
  return kTypes;
}

const SectionType* find_section_type(std::string_view name) {
  const auto it = std::ranges::find(section_types(), name, &SectionType::name);
  return it == section_types().end() ? nullptr : &*it;
}

const Variable* find_variable(const SectionType& type, std::string_view name) {
  const auto it = std::ranges::find(type.variables, name, &Variable::name);
  return it == type.variables.end() ? nullptr : &*it;
}

}  // namespace mmm::conf
