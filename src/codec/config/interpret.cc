#include "codec/config/interpret.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codec/config/merge.h"
#include "codec/config/references.h"
#include "codec/config/table.h"

namespace mmm::conf {
namespace {

// One section on its way into the configuration.
struct Scope {
  GivenValues given;
  GivenValues good;      // of those, the ones that could be stored
  std::string prefix;    // of the keys of its origins: "host db1."
  std::string title;     // "<host db1>"; empty at top level
  ConfigOrigin opened;
  bool has_template = false;
};

class Interpreter {
 public:
  Interpreter(const ConfigTree& tree, Program program) : tree_(tree), program_(program) {}

  std::expected<LoadedConfig, ConfigProblems> run() {
    auto merged = merge(tree_);
    problems_ = tree_.problems;
    std::ranges::move(merged.problems, std::back_inserter(problems_));
    loaded_.files = tree_.files;
    fill(loaded_.config, {.given = std::move(merged.top), .opened = {main_file(), 0}});
    for (auto& section : merged.sections) take(section);
    if (tree_.complete) {
      check_sections(merged.sections);
      std::ranges::move(check_references(loaded_, program_), std::back_inserter(problems_));
    }
    if (problems_.empty()) return std::move(loaded_);
    sort_problems(problems_);
    return std::unexpected(std::move(problems_));
  }

 private:
  void take(MergedSection& section) {
    auto& config = loaded_.config;
    const auto type = section.type->name;
    if (type == "monitor") return fill(config.monitor, scope_of(section));
    if (type == "socket") return fill(config.socket, scope_of(section));
    if (type == "host") return fill(add(config.hosts, section), scope_of(section));
    if (type == "role") return take_role(section);
    if (type == "copy_method") return fill(add(config.copy_methods, section), scope_of(section));
    if (const auto check = parse_check(section.label)) fill(config.checks[*check], scope_of(section));
  }

  template <class S>
  static S& add(std::vector<S>& sections, const MergedSection& section) {
    sections.emplace_back().name = section.label;
    return sections.back();
  }

  // An agent's files may leave the mode out. Several IPs can't be exclusive.
  void take_role(MergedSection& section) {
    auto& role = add(loaded_.config.roles, section);
    const bool mode_given = section.values.contains("mode");
    fill(role, scope_of(section));
    if (!mode_given && role.ips.size() > 1) role.mode = RoleMode::balanced;
  }

  Scope scope_of(MergedSection& section) const {
    const auto& type = *section.type;
    const std::string label = section.label.empty() ? "" : " " + section.label;
    return {.given = std::move(section.values),
            .prefix = fmt::format("{}{}.", type.name, label),
            .title = title(type.name, section.label),
            .opened = section.opened.is_default() ? ConfigOrigin{main_file(), 0} : section.opened,
            .has_template = type.has_template};
  }

  template <class S>
  void fill(S& section, Scope scope) {
    for (const auto& row : rows<S>()) store(section, row, scope);
    if (!tree_.complete) return;
    for (const auto& row : rows<S>()) {
      const bool applies = row.applies == nullptr || row.applies(section, scope.good);
      const bool required = contains(row.variable.required, program_) && applies;
      if (required && !scope.given.contains(row.variable.name)) report_missing(row.variable, scope);
    }
  }

  template <class S>
  void store(S& section, const Row<S>& row, Scope& scope) {
    const std::string name(row.variable.name);
    const auto it = scope.given.find(name);
    if (it == scope.given.end()) {
      loaded_.origins[scope.prefix + name] = ConfigOrigin{};
      return;
    }
    const auto stored = row.store(section, it->second.value);
    if (!stored) return report_value(row.variable, it->second, stored.error());
    scope.good.insert(*it);
    loaded_.origins[scope.prefix + name] = it->second.where;
  }

  void report_value(const Variable& variable, const Given& given, const std::string& reason) {
    std::string found = variable.secret ? "the value is not valid" : in_quotes(given.value) + " is not valid";
    if (!variable.secret && !reason.empty()) found += " (" + reason + ")";
    const bool comment = given.value.contains(" #") || given.value.contains("\t#");
    problems_.push_back({.file = given.where.file, .line = given.where.line,
                         .entry = entry_name(given.section, variable.name), .found = std::move(found),
                         .expected = std::string(variable.expected),
                         .advice = comment ? "a # starts a comment only at the beginning of a line" : ""});
  }

  void report_missing(const Variable& variable, const Scope& scope) {
    std::string found = "is missing";
    if (!variable.required_when.empty()) found += fmt::format(" (required when {})", variable.required_when);
    std::string advice = scope.title.empty() ? "add it outside of sections" : "add it to the section";
    if (scope.has_template) advice += fmt::format(" or to {}", template_title(scope.title));
    problems_.push_back({.file = scope.opened.file, .line = scope.opened.line,
                         .entry = entry_name(scope.title, variable.name), .found = std::move(found),
                         .expected = std::string(variable.expected), .advice = std::move(advice)});
  }

  static std::string template_title(const std::string& section_title) {
    return fmt::format("{} {}>", section_title.substr(0, section_title.find(' ')), kTemplateLabel);
  }

  void check_sections(const std::vector<MergedSection>& sections) {
    for (const auto& type : section_types()) {
      const bool present = std::ranges::find(sections, &type, &MergedSection::type) != sections.end();
      if (present || !contains(type.required, program_)) continue;
      const auto form = title(type.name, type.named ? "NAME" : "");
      problems_.push_back({.file = main_file(), .entry = title(type.name, ""), .found = "there is no such section",
                           .expected = type.named ? "at least one " + form : form});
    }
  }

  std::string main_file() const { return tree_.files.empty() ? "" : tree_.files.front(); }

  const ConfigTree& tree_;
  const Program program_;
  LoadedConfig loaded_;
  ConfigProblems problems_;
};

}  // namespace

std::expected<LoadedConfig, ConfigProblems> interpret(const ConfigTree& tree, Program program) {
  return Interpreter(tree, program).run();
}

}  // namespace mmm::conf
