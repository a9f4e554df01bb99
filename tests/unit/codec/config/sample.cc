#include "sample.h"

#include <algorithm>
#include <iterator>

namespace mmm::test {
namespace {

std::pair<std::string, std::string> split_key(const std::string& key) {
  const auto dot = key.find('.');
  if (dot == key.npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

}  // namespace

Sample::Sample() {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"this", "db1"},
                                                        {"active_master_role", "writer"},
                                                        {"default_copy_method", "scp"},
                                                        {"clone_dirs", "data, log"},
                                                        {"monitor.ip", "10.0.0.6"},
                                                        {"monitor.pid_path", "/run/mond.pid"},
                                                        {"monitor.bin_path", "/usr/lib/mmm"},
                                                        {"monitor.status_path", "/var/lib/mmm/status"},
                                                        {"monitor.ping_ips", "10.0.0.1, 10.0.0.2"},
                                                        {"copy_method scp.backup_command", "scp -c"},
                                                        {"copy_method scp.restore_command", "cp -a"},
                                                        {"role writer.mode", "exclusive"},
                                                        {"role writer.hosts", "db1, db2"},
                                                        {"role writer.ips", "10.0.0.80"},
                                                        {"role reader.mode", "balanced"},
                                                        {"role reader.hosts", "db1, db2, db3"},
                                                        {"role reader.ips", "10.0.0.90, 10.0.0.100"}})
    set(key, value);
  for (const std::string host : {"db1", "db2", "db3"}) {
    const auto section = "host " + host + ".";
    set(section + "ip", host == "db1" ? "10.0.0.4" : host == "db2" ? "10.0.0.5" : "10.0.0.7");
    set(section + "mode", host == "db3" ? "slave" : "master");
    if (host != "db3") set(section + "peer", host == "db1" ? "db2" : "db1");
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"pid_path", "/run/agentd.pid"}, {"bin_path", "/usr/lib/mmm"}, {"cluster_interface", "eth0"},
             {"agent_user", "agent"}, {"agent_password", "secret-a"}, {"monitor_user", "monitor"},
             {"monitor_password", "secret-m"}, {"replication_user", "repl"}, {"replication_password", "secret-r"},
             {"ssh_user", "root"}, {"tools_user", "tools"}, {"tools_password", "secret-t"}, {"backup_dir", "/backup"},
             {"restore_dir", "/restore"}, {"lvm_snapshot_size", "1G"}, {"lvm_logical_volume", "mysql"},
             {"lvm_volume_group", "vg0"}, {"lvm_mount_dir", "/mnt/snapshot"}, {"lvm_mount_opts", "-o rw"}})
      set(section + name, value);
  }
}

Sample::Values& Sample::values_of(const std::string& section) {
  const auto it = std::ranges::find(sections_, section, [](const auto& named) { return named.first; });
  if (it != sections_.end()) return it->second;
  return sections_.emplace_back(section, Values{}).second;
}

Sample& Sample::set(const std::string& key, std::string value) {
  const auto [section, name] = split_key(key);
  auto& values = values_of(section);
  const auto it = std::ranges::find(values, name, [](const auto& entry) { return entry.first; });
  if (it == values.end()) {
    values.emplace_back(name, std::move(value));
  } else {
    it->second = std::move(value);
  }
  return *this;
}

Sample& Sample::drop(const std::string& key) {
  const auto [section, name] = split_key(key);
  std::erase_if(values_of(section), [&variable = name](const auto& entry) { return entry.first == variable; });
  return *this;
}

Sample& Sample::drop_section(const std::string& section) {
  std::erase_if(sections_, [&](const auto& named) { return named.first == section; });
  return *this;
}

std::string Sample::text() const {
  std::string text;
  for (const auto& [section, values] : sections_) {
    if (!section.empty()) text += fmt::format("<{}>\n", section);
    for (const auto& [name, value] : values) text += fmt::format("  {} {}\n", name, value);
    if (!section.empty()) text += fmt::format("</{}>\n", section.substr(0, section.find(' ')));
  }
  return text;
}

std::expected<FileContent, FileError> MemoryFiles::read(const std::string& path) const {
  if (const auto it = broken.find(path); it != broken.end()) return std::unexpected(FileError{.found = it->second});
  if (const auto it = files.find(path); it != files.end()) return it->second;
  return std::unexpected(FileError{.absent = true});
}

char letter(Program program) {
  switch (program) {
    case Program::agent: return 'A';
    case Program::monitor: return 'M';
    case Program::control: return 'C';
    case Program::tools: return 'T';
  }
  return '?';
}

std::expected<LoadedConfig, ConfigProblems> interpreted(std::string_view text, Program program) {
  return conf::interpret(conf::config_tree_of(text, "mmm.conf"), program);
}

std::vector<std::string> complaints(std::string_view text, Program program) {
  return lines_of(interpreted(text, program));
}

std::vector<std::string> lines_of(const std::expected<LoadedConfig, ConfigProblems>& loaded) {
  std::vector<std::string> lines;
  if (!loaded) std::ranges::transform(loaded.error(), std::back_inserter(lines), format_problem);
  return lines;
}

}  // namespace mmm::test
