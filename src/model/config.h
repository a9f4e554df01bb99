#pragma once
// The configuration as data: MMM 2's sections and variables (docs/mmm2-reference.md §2) and our own keys.
// codec/config reads it from files; every default stands here, once.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "model/check.h"
#include "model/mode.h"

namespace mmm {

enum class Program { agent, monitor, control, tools };

enum class RoleMode { exclusive, balanced };
enum class HostMode { master, slave };
enum class BlockingType { soft, hard };
enum class SocketType { plain, ssl };
enum class LogLevel { debug, info, warning, error };

struct RoleConfig {
  RoleName name;
  RoleMode mode = RoleMode::exclusive;
  std::vector<HostName> hosts;       // in file order: ties are decided by it
  std::vector<std::string> ips;      // canonical text of IPv4 or IPv6 addresses, without prefix length
  std::optional<HostName> prefer;    // exclusive roles only
};

struct HostConfig {
  HostName name;
  std::string ip;
  HostMode mode = HostMode::master;
  std::optional<HostName> peer;      // masters
  std::string pid_path;
  std::string bin_path;
  std::uint16_t agent_port = 9989;
  std::string cluster_interface;
  std::uint16_t mysql_port = 3306;
  std::string mysql_pidfile = "/var/run/mysqld/mysqld.pid";
  std::string mysql_rcscript = "/etc/init.d/mysql";
  std::string mysql_cnf = "/etc/my.cnf";
  std::string agent_user, agent_password;
  std::string monitor_user, monitor_password;
  std::string replication_user, replication_password;
  std::string tools_user, tools_password;
  std::string ssh_user, ssh_parameters;
  std::uint16_t ssh_port = 22;
  std::string backup_dir, restore_dir;
  std::string lvm_bin_lvcreate = "lvcreate", lvm_bin_lvremove = "lvremove";
  std::string lvm_snapshot_size, lvm_logical_volume, lvm_volume_group, lvm_mount_dir, lvm_mount_opts;
  // Ours.
  std::string mysql_socket;          // empty: the agent connects by TCP to ip:mysql_port
  std::string state_path = "/var/lib/mmm/mmm_agentd.state";  // where the agent keeps what it accepted (lease.md rule 2)
};

struct CheckConfig {
  Duration check_period = 5s;
  Duration trap_period = 10s;        // a check is failed only once it has failed for this long
  Duration timeout = 2s;
  std::int64_t restart_after = 10000;  // MMM 2's checker restarts; accepted, without meaning here
  std::int64_t max_backlog = 60;     // seconds behind the source
};

struct MonitorConfig {
  std::string ip;
  std::uint16_t port = 9988;
  std::string pid_path, bin_path, status_path;
  Duration ping_interval = 1s;
  std::vector<std::string> ping_ips;
  Duration flap_duration = 3600s;
  std::int64_t flap_count = 3;
  Duration auto_set_online = 0s;     // 0: never
  std::string kill_host_bin = "kill_host";
  bool careful_startup = true;
  MonitorMode mode = MonitorMode::active;
  Duration wait_for_other_master = 120s;  // 0: for ever
};

struct SocketConfig {
  SocketType type = SocketType::plain;
  std::string cert_file, key_file, ca_file;
};

struct CopyMethodConfig {
  std::string name;
  std::string backup_command, restore_command, incremental_command;
  bool incremental = false, single_run = false, true_copy = false;
};

// What the kernel holds back when the writer's lease ends (docs/lease.md, rule 12).
enum class FenceMode {
  off,    // nothing: the address's lifetime alone ends it
  on,     // the MySQL port of the writer IPs
  host,   // ... and of the host's own address, for all but the hosts of the cluster
};

struct Config {
  HostName self;                     // `this`
  bool debug = false;
  RoleName active_master_role;
  std::int64_t max_kill_retries = 10;
  BlockingType blocking_type = BlockingType::soft;
  std::string iptables_block_cmd, iptables_unblock_cmd;
  std::string default_copy_method;
  std::vector<std::string> clone_dirs;

  std::vector<RoleConfig> roles;     // in file order, without templates
  std::vector<HostConfig> hosts;     // in file order, `default` already applied and left out
  std::map<CheckName, CheckConfig> checks;  // every check is present
  MonitorConfig monitor;
  SocketConfig socket;
  std::vector<CopyMethodConfig> copy_methods;

  // Ours, at top level.
  Duration lease_ttl = 2s;           // the writer's lease; a host that disappears silently costs this much
  Duration restart_grace = 15s;      // the writer's lease while its agent is restarted on purpose; 0: none longer than lease_ttl
  Duration reader_ttl = 10s;         // how long a reader IP outlives the last word of the monitor
  FenceMode write_fence = FenceMode::on;
  std::string fence_cmd;             // run when the writer's lease ended and nobody renewed it; empty: none
  std::vector<std::string> allow_from;  // addresses or networks that may command, besides the configured hosts
  std::string log_file;              // empty: standard error (which systemd takes into the journal)
  LogLevel log_level = LogLevel::info;

  // The section of `name`, or null.
  const HostConfig* host(const HostName& name) const;
  const RoleConfig* role(const RoleName& name) const;
};

}  // namespace mmm
