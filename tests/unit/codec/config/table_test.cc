// Every row of the tables of docs/mmm2-reference.md §2 and of our own keys: who requires the variable, its default,
// values that are accepted (and how they are stored) and values that are refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "codec/config/table.h"
#include "sample.h"

namespace mmm::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string show(const std::string& text) { return text; }
std::string show(const std::optional<std::string>& text) { return text.value_or("none"); }
std::string show(bool value) { return value ? "yes" : "no"; }
std::string show(std::int64_t number) { return std::to_string(number); }
std::string show(std::uint16_t number) { return std::to_string(number); }
std::string show(Duration duration) { return fmt::format("{}ms", milliseconds(duration)); }
std::string show(RoleMode mode) { return mode == RoleMode::exclusive ? "exclusive" : "balanced"; }
std::string show(HostMode mode) { return mode == HostMode::master ? "master" : "slave"; }
std::string show(MonitorMode mode) { return std::string(to_string(mode)); }
std::string show(BlockingType type) { return type == BlockingType::soft ? "soft" : "hard"; }
std::string show(SocketType type) { return type == SocketType::plain ? "plain" : "ssl"; }
std::string show(FenceMode mode) {
  return std::vector<std::string>{"off", "on", "host"}[static_cast<std::size_t>(mode)];
}
std::string show(LogLevel level) {
  return std::vector<std::string>{"debug", "info", "warning", "error"}[static_cast<std::size_t>(level)];
}
std::string show(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& element : list) text += (text.empty() ? "" : "|") + element;
  return text;
}

using Show = std::string (*)(const Config&);
template <auto Member>
std::string top(const Config& config) { return show(config.*Member); }
template <auto Member>
std::string monitor(const Config& config) { return show(config.monitor.*Member); }
template <auto Member>
std::string reader(const Config& config) { return show(config.role("reader")->*Member); }
template <auto Member>
std::string writer(const Config& config) { return show(config.role("writer")->*Member); }
template <auto Member>
std::string db1(const Config& config) { return show(config.host("db1")->*Member); }
template <auto Member>
std::string db3(const Config& config) { return show(config.host("db3")->*Member); }
template <auto Member>
std::string ping(const Config& config) { return show(config.checks.at(CheckName::ping).*Member); }
template <auto Member>
std::string ssl(const Config& config) { return show(config.socket.*Member); }
template <auto Member>
std::string scp(const Config& config) { return show(config.copy_methods.at(0).*Member); }

struct RowCase {
  std::string key;
  std::string required_by;  // letters of the reference
  std::string default_value;
  Show show;
  std::vector<std::pair<std::string, std::string>> good;  // as written, as stored
  std::vector<std::string> bad;
};

void PrintTo(const RowCase& row, std::ostream* out) { *out << row.key; }

const std::vector<std::pair<std::string, std::string>> kAnyText{{"a b  # c", "a b  # c"}, {"/x/y", "/x/y"}};
const std::vector<std::pair<std::string, std::string>> kGoodBooleans{{"1", "yes"}, {"true", "yes"}, {"Yes", "yes"},
    {"ON", "yes"}, {"0", "no"}, {"FALSE", "no"}, {"no", "no"}, {"oFF", "no"}};
const std::vector<std::string> kBadBooleans{"2", "maybe", "y", "1 # comment"};
const std::vector<std::pair<std::string, std::string>> kGoodPorts{{"1", "1"}, {"65535", "65535"}};
const std::vector<std::string> kBadPorts{"0", "65536", "-1", "http", "1.5", "99999999999999999999"};
const std::vector<std::pair<std::string, std::string>> kGoodCounts{{"0", "0"}, {"1000000", "1000000"}};
const std::vector<std::string> kBadCounts{"-1", "1.5", "1000001", "ten", "1 0"};
const std::vector<std::pair<std::string, std::string>> kGoodDurations{{"0", "0ms"}, {"0.5", "500ms"}, {"2", "2000ms"},
    {"1.5", "1500ms"}, {"315360000", "315360000000ms"}};
const std::vector<std::string> kBadDurations{"-1", "1s", ".5", "5.", "1e3", "1,5", "315360001", "0.0000000001",
    "99999999999999999999", "nan", "+1"};
const std::vector<std::pair<std::string, std::string>> kGoodPeriods{
    {"0.01", "10ms"}, {"0.5", "500ms"}, {"3", "3000ms"}};
const std::vector<std::string> kBadPeriods{"0", "0.009", "-1", "soon", "315360001"};
const std::vector<std::pair<std::string, std::string>> kGoodSeconds{{"0", "0"}, {"60", "60"}, {"1.5", "1"}};
const std::vector<std::string> kBadSeconds{"-1", "x", "315360001"};
const std::vector<std::string> kBadAddresses{"10.0.0", "10.0.0.256", "db1.example.com", "10.0.0.4/24", "0.0.0.0",
    "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:10.0.0.4", "fe80::1%eth0", "010.0.0.4"};
const std::vector<std::pair<std::string, std::string>> kGoodAddresses{{"10.0.0.200", "10.0.0.200"},
    {"2001:DB8:0:0::1", "2001:db8::1"}};
const std::vector<std::string> kBadPaths{"relative/path", "./x"};
const std::vector<std::string> kUndefinedNames{"db9", "d b", "default", "db.1"};

const std::vector<RowCase> kTop{
    {"this", "AT", "", top<&Config::self>, {{"db3", "db3"}}, kUndefinedNames},
    {"debug", "", "no", top<&Config::debug>, kGoodBooleans, kBadBooleans},
    {"active_master_role", "AM", "", top<&Config::active_master_role>, {{"writer", "writer"}}, {"write", "w r"}},
    {"max_kill_retries", "", "10", top<&Config::max_kill_retries>, kGoodCounts, kBadCounts},
    {"blocking_type",
     "",
     "soft",
     top<&Config::blocking_type>,
     {{"soft", "soft"}, {"hard", "hard"}},
     {"Soft", "medium"}},
    {"iptables_block_cmd", "", "", top<&Config::iptables_block_cmd>, kAnyText, {}},
    {"iptables_unblock_cmd", "", "", top<&Config::iptables_unblock_cmd>, kAnyText, {}},
    {"default_copy_method", "T", "", top<&Config::default_copy_method>, {{"scp", "scp"}}, {"rsync", "s cp"}},
    {"clone_dirs",
     "T",
     "",
     top<&Config::clone_dirs>,
     {{"data", "data"}, {" a b ,c ", "a b|c"}},
     {"a,,b", "a,", "a, a"}},
    {"lease_ttl",
     "",
     "2000ms",
     top<&Config::lease_ttl>,
     {{"0.2", "200ms"}, {"2", "2000ms"}, {"60", "60000ms"}},
     {"0.199", "60.1", "-2", "2s", "0"}},
    {"restart_grace",
     "",
     "15000ms",
     top<&Config::restart_grace>,
     {{"0", "0ms"}, {"0.5", "500ms"}, {"60", "60000ms"}},
     {"60.1", "-1", "15s"}},
    {"reader_ttl",
     "",
     "10000ms",
     top<&Config::reader_ttl>,
     {{"1", "1000ms"}, {"7.5", "7500ms"}},
     {"0.999", "-1", "ten"}},
    {"fence_cmd", "", "", top<&Config::fence_cmd>, kAnyText, {}},
    {"write_fence",
     "",
     "on",
     top<&Config::write_fence>,
     {{"on", "on"}, {"host", "host"}, {"off", "off"}},
     {"On", "HOST", "yes", "1", "none", "on host", "on, off"}},
    {"allow_from",
     "",
     "",
     top<&Config::allow_from>,
     {{"10.0.0.6", "10.0.0.6"},
      {"10.0.0.0/24, 2001:DB8::/32", "10.0.0.0/24|2001:db8::/32"},
      {"0.0.0.0/0", "0.0.0.0/0"}},
     {"10.0.0.4/24", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "example.com", "10.0.0.6,", "::1, 0::1"}},
    {"log_file", "", "", top<&Config::log_file>, {{"/var/log/mmm.log", "/var/log/mmm.log"}}, kBadPaths},
    {"log_level",
     "",
     "info",
     top<&Config::log_level>,
     {{"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}},
     {"trace", "Info"}},
};

const std::vector<RowCase> kRoles{
    {"role reader.mode", "M", "balanced", reader<&RoleConfig::mode>, {{"balanced", "balanced"}}, {"mixed", "Balanced"}},
    {"role reader.hosts", "M", "", reader<&RoleConfig::hosts>, {{"db3 ,db1", "db3|db1"}, {"db2", "db2"}},
     {"db9", "db1,,db2", "db1, db1", "db1,", ",db1", "db1 db2"}},
    {"role reader.ips", "AM", "", reader<&RoleConfig::ips>,
     {{"10.0.0.91", "10.0.0.91"}, {"10.0.0.91,2001:DB8:0::1", "10.0.0.91|2001:db8::1"}},
     {"10.0.0.91,", "10.0.0.91, 10.0.0.91", "::1, 0::1", "10.0.0.91 10.0.0.92", "nowhere"}},
    {"role writer.prefer", "", "none", writer<&RoleConfig::prefer>, {{"db1", "db1"}, {"db2", "db2"}}, kUndefinedNames},
};

const std::vector<RowCase> kMonitor{
    {"monitor.ip", "MC", "", monitor<&MonitorConfig::ip>,
     {{"127.0.0.1", "127.0.0.1"}, {"0.0.0.0", "0.0.0.0"}, {"0::1", "::1"}}, {"localhost", "1.2.3", "10.0.0.6:9988"}},
    {"monitor.port", "", "9988", monitor<&MonitorConfig::port>, kGoodPorts, kBadPorts},
    {"monitor.pid_path", "M", "", monitor<&MonitorConfig::pid_path>, kAnyText, {}},
    {"monitor.bin_path", "M", "", monitor<&MonitorConfig::bin_path>, kAnyText, {}},
    {"monitor.status_path", "M", "", monitor<&MonitorConfig::status_path>, kAnyText, {}},
    {"monitor.ping_interval", "", "1000ms", monitor<&MonitorConfig::ping_interval>, kGoodPeriods, kBadPeriods},
    {"monitor.ping_ips", "M", "", monitor<&MonitorConfig::ping_ips>, kGoodAddresses, kBadAddresses},
    {"monitor.flap_duration", "", "3600000ms", monitor<&MonitorConfig::flap_duration>, kGoodDurations, kBadDurations},
    {"monitor.flap_count", "", "3", monitor<&MonitorConfig::flap_count>, kGoodCounts, kBadCounts},
    {"monitor.auto_set_online", "", "0ms", monitor<&MonitorConfig::auto_set_online>, kGoodDurations, kBadDurations},
    {"monitor.kill_host_bin", "", "kill_host", monitor<&MonitorConfig::kill_host_bin>, kAnyText, {}},
    {"monitor.careful_startup", "", "yes", monitor<&MonitorConfig::careful_startup>, kGoodBooleans, kBadBooleans},
    {"monitor.mode", "", "ACTIVE", monitor<&MonitorConfig::mode>,
     {{"active", "ACTIVE"}, {"manual", "MANUAL"}, {"wait", "WAIT"}, {"PASSIVE", "PASSIVE"}}, {"auto", "passiv"}},
    {"monitor.wait_for_other_master", "", "120000ms", monitor<&MonitorConfig::wait_for_other_master>, kGoodDurations,
     kBadDurations},
};

const std::vector<RowCase> kHosts{
    {"host db1.ip", "AMT", "", db1<&HostConfig::ip>, kGoodAddresses, kBadAddresses},
    {"host db3.mode", "AM", "master", db3<&HostConfig::mode>, {{"slave", "slave"}}, {"mastr", "Master"}},
    {"host db1.peer", "AMCT", "none", db1<&HostConfig::peer>, {{"db2", "db2"}}, {"db9", "db1", "default"}},
    {"host db1.pid_path", "A", "", db1<&HostConfig::pid_path>, kAnyText, {}},
    {"host db1.bin_path", "A", "", db1<&HostConfig::bin_path>, kAnyText, {}},
    {"host db1.agent_port", "", "9989", db1<&HostConfig::agent_port>, kGoodPorts, kBadPorts},
    {"host db1.cluster_interface",
     "A",
     "",
     db1<&HostConfig::cluster_interface>,
     {{"bond0.100", "bond0.100"}, {"eth0123456789ab", "eth0123456789ab"}},
     {"eth 0", "a/b", "eth0123456789abc", ".", ".."}},
    {"host db1.mysql_port", "", "3306", db1<&HostConfig::mysql_port>, kGoodPorts, kBadPorts},
    {"host db1.mysql_pidfile", "", "/var/run/mysqld/mysqld.pid", db1<&HostConfig::mysql_pidfile>, kAnyText, {}},
    {"host db1.mysql_rcscript", "", "/etc/init.d/mysql", db1<&HostConfig::mysql_rcscript>, kAnyText, {}},
    {"host db1.mysql_cnf", "", "/etc/my.cnf", db1<&HostConfig::mysql_cnf>, kAnyText, {}},
    {"host db1.agent_user", "A", "", db1<&HostConfig::agent_user>, kAnyText, {}},
    {"host db1.agent_password", "A", "", db1<&HostConfig::agent_password>, kAnyText, {}},
    {"host db1.monitor_user", "M", "", db1<&HostConfig::monitor_user>, kAnyText, {}},
    {"host db1.monitor_password", "M", "", db1<&HostConfig::monitor_password>, kAnyText, {}},
    {"host db1.replication_user", "AT", "", db1<&HostConfig::replication_user>, kAnyText, {}},
    {"host db1.replication_password", "AT", "", db1<&HostConfig::replication_password>, kAnyText, {}},
    {"host db1.ssh_user", "T", "", db1<&HostConfig::ssh_user>, kAnyText, {}},
    {"host db1.ssh_port", "", "22", db1<&HostConfig::ssh_port>, kGoodPorts, kBadPorts},
    {"host db1.ssh_parameters", "", "", db1<&HostConfig::ssh_parameters>, kAnyText, {}},
    {"host db1.tools_user", "T", "", db1<&HostConfig::tools_user>, kAnyText, {}},
    {"host db1.tools_password", "T", "", db1<&HostConfig::tools_password>, kAnyText, {}},
    {"host db1.backup_dir", "T", "", db1<&HostConfig::backup_dir>, kAnyText, {}},
    {"host db1.restore_dir", "T", "", db1<&HostConfig::restore_dir>, kAnyText, {}},
    {"host db1.lvm_bin_lvcreate", "", "lvcreate", db1<&HostConfig::lvm_bin_lvcreate>, kAnyText, {}},
    {"host db1.lvm_bin_lvremove", "", "lvremove", db1<&HostConfig::lvm_bin_lvremove>, kAnyText, {}},
    {"host db1.lvm_snapshot_size", "T", "", db1<&HostConfig::lvm_snapshot_size>, kAnyText, {}},
    {"host db1.lvm_logical_volume", "T", "", db1<&HostConfig::lvm_logical_volume>, kAnyText, {}},
    {"host db1.lvm_volume_group", "T", "", db1<&HostConfig::lvm_volume_group>, kAnyText, {}},
    {"host db1.lvm_mount_dir", "T", "", db1<&HostConfig::lvm_mount_dir>, kAnyText, {}},
    {"host db1.lvm_mount_opts", "T", "", db1<&HostConfig::lvm_mount_opts>, kAnyText, {}},
    {"host db1.mysql_socket", "", "", db1<&HostConfig::mysql_socket>, {{"/run/my.sock", "/run/my.sock"}}, kBadPaths},
    {"host db1.state_path",
     "",
     "/var/lib/mmm/mmm_agentd.state",
     db1<&HostConfig::state_path>,
     {{"/var/lib/mmm/db1.state", "/var/lib/mmm/db1.state"}},
     kBadPaths},
};

const std::vector<RowCase> kOthers{
    {"check ping.check_period", "", "5000ms", ping<&CheckConfig::check_period>, kGoodPeriods, kBadPeriods},
    {"check ping.trap_period", "", "10000ms", ping<&CheckConfig::trap_period>, kGoodDurations, kBadDurations},
    {"check ping.timeout", "", "2000ms", ping<&CheckConfig::timeout>, kGoodPeriods, kBadPeriods},
    {"check ping.restart_after", "", "10000", ping<&CheckConfig::restart_after>, kGoodSeconds, kBadSeconds},
    {"check ping.max_backlog", "", "60", ping<&CheckConfig::max_backlog>, kGoodSeconds, kBadSeconds},
    {"socket.type", "", "plain", ssl<&SocketConfig::type>, {{"plain", "plain"}}, {"tls", "SSL"}},
    {"socket.cert_file", "", "", ssl<&SocketConfig::cert_file>, kAnyText, {}},
    {"socket.key_file", "", "", ssl<&SocketConfig::key_file>, kAnyText, {}},
    {"socket.ca_file", "", "", ssl<&SocketConfig::ca_file>, kAnyText, {}},
    {"copy_method scp.backup_command", "T", "", scp<&CopyMethodConfig::backup_command>, kAnyText, {}},
    {"copy_method scp.restore_command", "T", "", scp<&CopyMethodConfig::restore_command>, kAnyText, {}},
    {"copy_method scp.incremental_command", "", "", scp<&CopyMethodConfig::incremental_command>, kAnyText, {}},
    {"copy_method scp.incremental", "", "no", scp<&CopyMethodConfig::incremental>, {{"0", "no"}}, kBadBooleans},
    {"copy_method scp.single_run", "", "no", scp<&CopyMethodConfig::single_run>, kGoodBooleans, kBadBooleans},
    {"copy_method scp.true_copy", "", "no", scp<&CopyMethodConfig::true_copy>, kGoodBooleans, kBadBooleans},
};

std::string section_of(const std::string& key) {
  const auto dot = key.find('.');
  return dot == key.npos ? "" : key.substr(0, dot);
}
std::string variable_of(const std::string& key) { return key.substr(key.find('.') + 1); }

// "<host db1> ip", as problems name it.
std::string entry_of(const std::string& key) {
  const auto section = section_of(key);
  return section.empty() ? key : fmt::format("<{}> {}", section, variable_of(key));
}

class Row : public testing::TestWithParam<RowCase> {};

TEST_P(Row, IsRequiredByExactlyTheProgramsThatTheReferenceNames) {
  const auto& row = GetParam();
  for (const auto program : kPrograms) {
    const auto found = complaints(Sample().drop(row.key).text(), program);
    const bool required = row.required_by.contains(letter(program));
    if (required) {
      EXPECT_THAT(found, ElementsAre(HasSubstr(entry_of(row.key) + ": is missing"))) << letter(program);
    } else {
      EXPECT_THAT(found, IsEmpty()) << letter(program);
    }
  }
}

TEST_P(Row, HasTheDefaultOfTheReferenceWhereNoProgramAsksForAValue) {
  const auto& row = GetParam();
  for (const auto program : kPrograms) {
    if (row.required_by.contains(letter(program))) continue;
    const auto loaded = interpreted(Sample().drop(row.key).text(), program);
    ASSERT_TRUE(loaded) << format_problems(loaded.error());
    EXPECT_EQ(row.show(loaded->config), row.default_value) << letter(program);
    EXPECT_EQ(to_string(loaded->origins.at(row.key)), "default") << letter(program);
  }
}

TEST_P(Row, StoresEachGoodValue) {
  const auto& row = GetParam();
  for (const auto& [written, stored] : row.good) {
    const auto loaded = interpreted(Sample().set(row.key, written).text(), Program::monitor);
    ASSERT_TRUE(loaded) << written << "\n" << format_problems(loaded.error());
    EXPECT_EQ(row.show(loaded->config), stored) << written;
    EXPECT_FALSE(loaded->origins.at(row.key).is_default());
  }
}

TEST_P(Row, RefusesEachBadValueAndNamesTheEntry) {
  const auto& row = GetParam();
  for (const auto& written : row.bad) {
    const auto found = complaints(Sample().set(row.key, written).text(), Program::monitor);
    EXPECT_THAT(found,
                Contains(AllOf(HasSubstr("mmm.conf:"), HasSubstr(entry_of(row.key) + ": "), HasSubstr("; expected "))))
        << written;
    EXPECT_EQ(found.size(), 1u) << written;
  }
}

TEST_P(Row, RefusesTheNameAlone) {
  const auto found = complaints(Sample().set(GetParam().key, "").text(), Program::control);
  EXPECT_THAT(found, Contains(HasSubstr(entry_of(GetParam().key) + ": has no value")));
}

std::string test_name(const testing::TestParamInfo<RowCase>& info) {
  std::string name = info.param.key;
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(TopLevel, Row, testing::ValuesIn(kTop), test_name);
INSTANTIATE_TEST_SUITE_P(Role, Row, testing::ValuesIn(kRoles), test_name);
INSTANTIATE_TEST_SUITE_P(Monitor, Row, testing::ValuesIn(kMonitor), test_name);
INSTANTIATE_TEST_SUITE_P(Host, Row, testing::ValuesIn(kHosts), test_name);
INSTANTIATE_TEST_SUITE_P(Other, Row, testing::ValuesIn(kOthers), test_name);

TEST(Table, HasATestForEachOfItsRows) {
  std::set<std::string> tested;
  for (const auto* rows : {&kTop, &kRoles, &kMonitor, &kHosts, &kOthers}) {
    for (const auto& row : *rows) {
      const auto section = section_of(row.key);
      tested.insert(section.substr(0, section.find(' ')) + "." + variable_of(row.key));
    }
  }
  std::set<std::string> in_table;
  for (const auto& type : conf::section_types())
    for (const auto& variable : type.variables) in_table.insert(fmt::format("{}.{}", type.name, variable.name));
  EXPECT_EQ(in_table, tested);
}

TEST(Table, KeepsEveryPasswordSecret) {
  for (const auto& type : conf::section_types())
    for (const auto& variable : type.variables)
      EXPECT_EQ(variable.secret, variable.name.ends_with("_password")) << variable.name;
}

}  // namespace
}  // namespace mmm::test
