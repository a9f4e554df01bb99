#include "codec/config/references.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codec/config/merge.h"
#include "codec/config/suggest.h"

namespace mmm::conf {
namespace {

// A variable of a section, to ask for its origin and to name it in a problem.
struct Key {
  std::string_view type;  // empty: top level
  std::string label;
  std::string_view variable;

  std::string text() const {
    if (type.empty()) return std::string(variable);
    return fmt::format("{}{}{}.{}", type, label.empty() ? "" : " ", label, variable);
  }
};

class ReferenceCheck {
 public:
  ReferenceCheck(const LoadedConfig& loaded, Program program)
      : loaded_(loaded), config_(loaded.config), program_(program) {}

  ConfigProblems run() {
    check_top_level();
    check_active_master_role();
    check_socket();
    for (const auto& role : config_.roles) check_role(role);
    for (const auto& host : config_.hosts) check_peer(host);
    check_role_addresses();
    check_host_addresses();
    return std::move(problems_);
  }

 private:
  void check_top_level() {
    check_host_reference({.variable = "this"}, config_.self);
    const Key key{.variable = "default_copy_method"};
    const auto& methods = config_.copy_methods;
    const auto& name = config_.default_copy_method;
    if (!given(key) || std::ranges::find(methods, name, &CopyMethodConfig::name) != methods.end()) return;
    report_undefined(key, "copy_method", name, names_of(methods));
  }

  void check_active_master_role() {
    const Key key{.variable = "active_master_role"};
    if (!given(key)) return;
    const auto* role = config_.role(config_.active_master_role);
    if (role == nullptr) return report_undefined(key, "role", config_.active_master_role, names_of(config_.roles));
    if (given(key_of(*role, "mode")) && role->mode != RoleMode::exclusive)
      report(key_of(*role, "mode"), "the active master role can't be balanced", "exclusive");
    for (const auto& name : role->hosts) {
      const auto* host = config_.host(name);
      if (host == nullptr || !given(key_of(*host, "mode")) || host->mode == HostMode::master) continue;
      report(key_of(*role, "hosts"), fmt::format("host {} is a slave", name),
             "hosts with mode master in the active master role");
    }
  }

  // Whoever asks for TLS must not get plain text without a word. The tools use no socket of ours.
  void check_socket() {
    const Key key{.type = "socket", .variable = "type"};
    if (program_ == Program::tools || !given(key) || config_.socket.type != SocketType::ssl) return;
    report(key, "TLS is not in this version", "plain", "use type plain");
  }

  void check_role(const RoleConfig& role) {
    for (const auto& name : role.hosts) check_host_reference(key_of(role, "hosts"), name);
    check_prefer(role);
    const bool mode_known = loaded_.origins.contains(key_of(role, "mode").text());
    if (mode_known && role.mode == RoleMode::exclusive && role.ips.size() > 1)
      report(key_of(role, "ips"), fmt::format("an exclusive role has {} IPs", role.ips.size()), "exactly one");
  }

  void check_prefer(const RoleConfig& role) {
    const auto key = key_of(role, "prefer");
    if (!given(key)) return;
    check_host_reference(key, *role.prefer);
    const bool among_hosts = std::ranges::find(role.hosts, *role.prefer) != role.hosts.end();
    if (role.mode == RoleMode::balanced)
      report(key, "a balanced role can't prefer a host", "prefer in exclusive roles only", "remove it");
    else if (!among_hosts && given(key_of(role, "hosts")) && config_.host(*role.prefer) != nullptr)
      report(key, fmt::format("host {} is not among the hosts of the role", *role.prefer),
             fmt::format("one of {}", fmt::join(role.hosts, ", ")));
  }

  void check_peer(const HostConfig& host) {
    const auto key = key_of(host, "peer");
    if (!given(key)) return;
    check_host_reference(key, *host.peer);
    if (*host.peer == host.name) report(key, fmt::format("host {} is its own peer", host.name), "another host");
  }

  void check_role_addresses() {
    std::map<std::string, std::string_view> role_of;
    for (const auto& role : config_.roles) {
      for (const auto& ip : role.ips) {
        const auto [it, fresh] = role_of.emplace(ip, role.name);
        if (!fresh)
          report(key_of(role, "ips"), fmt::format("{} belongs to role {} already", ip, it->second), "another IP");
        const auto host = std::ranges::find(config_.hosts, ip, &HostConfig::ip);
        if (host == config_.hosts.end()) continue;
        report(key_of(role, "ips"), fmt::format("{} is the ip of host {}", ip, host->name), "an IP of no host");
      }
    }
  }

  void check_host_addresses() {
    std::map<std::pair<std::string, int>, std::string_view> host_at;
    for (const auto& host : config_.hosts) {
      const auto key = key_of(host, "ip");
      if (!given(key)) continue;
      const auto [it, fresh] = host_at.emplace(std::pair(host.ip, int{host.mysql_port}), host.name);
      if (fresh) continue;
      report(key, fmt::format("{} with mysql_port {} is host {} already", host.ip, host.mysql_port, it->second),
             "another address or port");
    }
  }

  void check_host_reference(const Key& key, const HostName& name) {
    if (given(key) && config_.host(name) == nullptr) report_undefined(key, "host", name, names_of(config_.hosts));
  }

  static Key key_of(const RoleConfig& role, std::string_view variable) { return {"role", role.name, variable}; }
  static Key key_of(const HostConfig& host, std::string_view variable) { return {"host", host.name, variable}; }

  template <class S>
  static std::vector<std::string_view> names_of(const std::vector<S>& sections) {
    std::vector<std::string_view> names;
    std::ranges::transform(sections, std::back_inserter(names), [](const S& s) { return std::string_view(s.name); });
    return names;
  }

  // The value stands in a file and is valid.
  bool given(const Key& key) const {
    const auto it = loaded_.origins.find(key.text());
    return it != loaded_.origins.end() && !it->second.is_default();
  }

  void report_undefined(const Key& key, std::string_view type, const std::string& name,
                        const std::vector<std::string_view>& candidates) {
    const auto nearest = nearest_name(name, candidates);
    report(key, fmt::format("{} {} is not defined", type, name),
           fmt::format("a name that has a <{} NAME> section", type),
           nearest ? fmt::format("did you mean {}?", *nearest) : fmt::format("add <{} {}>", type, name));
  }

  void report(const Key& key, std::string found, std::string expected, std::string advice = "") {
    const auto& origin = loaded_.origins.at(key.text());
    const auto section = key.type.empty() ? "" : title(key.type, key.label);
    problems_.push_back({.file = origin.file, .line = origin.line, .entry = entry_name(section, key.variable),
                         .found = std::move(found), .expected = std::move(expected), .advice = std::move(advice)});
  }

  const LoadedConfig& loaded_;
  const Config& config_;
  Program program_;
  ConfigProblems problems_;
};

}  // namespace

ConfigProblems check_references(const LoadedConfig& loaded, Program program) {
  return ReferenceCheck(loaded, program).run();
}

}  // namespace mmm::conf
