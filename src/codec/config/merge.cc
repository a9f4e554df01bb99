#include "codec/config/merge.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codec/config/suggest.h"

namespace mmm::conf {
namespace {

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto nearest = nearest_name(word, candidates);
  return nearest ? fmt::format("did you mean {}?", *nearest) : "";
}

std::string section_form(const SectionType& type) {
  return type.named ? fmt::format("<{} NAME>", type.name) : fmt::format("<{}>", type.name);
}

// Where an unknown variable would be at home, or what it is a slip of.
std::string advice_for_unknown(const SectionType& type, std::string_view name) {
  std::vector<std::string_view> names;
  std::ranges::transform(type.variables, std::back_inserter(names), &Variable::name);
  auto advice = did_you_mean(name, names);
  if (!advice.empty()) return advice;
  for (const auto& other : section_types()) {
    if (find_variable(other, name) == nullptr) continue;
    return other.name.empty() ? "it belongs at top level, outside of sections"
                              : fmt::format("it belongs in a {} section", section_form(other));
  }
  return "";
}

class Merger {
 public:
  explicit Merger(const ConfigTree& tree) : tree_(tree) {}

  MergedConfig run() {
    take_entries(*find_section_type(""), "", tree_.top, result_.top);
    for (const auto& section : tree_.sections) take_section(section);
    for (const auto& type : section_types()) create_absent(type);
    for (const auto& type : section_types())
      if (type.has_template) apply_template(type);
    return std::move(result_);
  }

 private:
  void take_section(const ConfigSection& section) {
    const auto* type = section.type.empty() ? nullptr : find_section_type(section.type);
    if (type == nullptr) return report_unknown_section(section);
    const bool label_ok = check_label(*type, section);
    GivenValues values;
    take_entries(*type, title(section.type, section.label), section.entries, values);
    if (!label_ok) return;
    auto& merged = section_named(*type, section.label);
    if (merged.opened.is_default()) merged.opened = section.where;
    for (auto& [name, value] : values) merged.values[name] = std::move(value);
  }

  bool check_label(const SectionType& type, const ConfigSection& section) {
    const auto& label = section.label;
    const bool known = type.labels.empty() || (type.has_template && label == kTemplateLabel) ||
                       std::ranges::find(type.labels, label) != type.labels.end();
    ConfigProblem problem{.file = section.where.file, .line = section.where.line, .entry = title(section.type, label)};
    if (type.named == label.empty()) {
      problem.found = label.empty() ? "the section has no name" : "this section takes no name";
      problem.expected = section_form(type);
    } else if (!known) {
      problem.found = fmt::format("there is no {} {}", type.name, label);
      problem.expected = fmt::format("one of {} or {}", fmt::join(type.labels, ", "), kTemplateLabel);
      problem.advice = did_you_mean(label, type.labels);
    } else {
      return true;
    }
    result_.problems.push_back(std::move(problem));
    return false;
  }

  void take_entries(const SectionType& type, const std::string& section, const std::vector<ConfigEntry>& entries,
                    GivenValues& values) {
    for (const auto& entry : entries) {
      const auto* variable = find_variable(type, entry.name);
      if (variable == nullptr) {
        report_unknown_variable(type, section, entry);
      } else if (entry.value.empty()) {
        result_.problems.push_back({.file = entry.where.file, .line = entry.where.line,
                                    .entry = entry_name(section, entry.name), .found = "has no value",
                                    .expected = std::string(variable->expected)});
      } else {
        values[entry.name] = Given{entry.value, entry.where, section};
      }
    }
  }

  // A name without a value may be the second half of a password that was broken in two: it is not shown.
  void report_unknown_variable(const SectionType& type, const std::string& section, const ConfigEntry& entry) {
    ConfigProblem problem{.file = entry.where.file, .line = entry.where.line, .entry = section};
    if (entry.value.empty()) {
      problem.found = "the line is a single word";
      problem.expected = "a variable: name, white space, value";
    } else {
      problem.entry = entry_name(section, in_quotes(entry.name));
      problem.found = "unknown variable";
      problem.advice = advice_for_unknown(type, entry.name);
    }
    result_.problems.push_back(std::move(problem));
  }

  void report_unknown_section(const ConfigSection& section) {
    std::vector<std::string_view> names;
    for (const auto& type : section_types())
      if (!type.name.empty()) names.push_back(type.name);
    result_.problems.push_back({.file = section.where.file, .line = section.where.line,
                                .entry = title(section.type, section.label), .found = "unknown section",
                                .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                                .advice = did_you_mean(section.type, names)});
  }

  MergedSection& section_named(const SectionType& type, const std::string& label) {
    const auto [it, fresh] = index_.emplace(std::pair(type.name, label), result_.sections.size());
    if (fresh) result_.sections.push_back({.type = &type, .label = label});
    return result_.sections[it->second];
  }

  // <check …> and <socket> exist even if nobody writes them.
  void create_absent(const SectionType& type) {
    for (const auto label : type.labels) section_named(type, std::string(label));
    if (type.name == "socket") section_named(type, "");
  }

  void apply_template(const SectionType& type) {
    const auto is_template = [&](const MergedSection& s) { return s.type == &type && s.label == kTemplateLabel; };
    const auto it = std::ranges::find_if(result_.sections, is_template);
    if (it == result_.sections.end()) return;
    const auto values = std::move(it->values);
    result_.sections.erase(it);
    for (auto& section : result_.sections)
      if (section.type == &type) section.values.insert(values.begin(), values.end());
  }

  const ConfigTree& tree_;
  std::map<std::pair<std::string_view, std::string>, std::size_t> index_;  // until templates are taken out
  MergedConfig result_;
};

}  // namespace

MergedConfig merge(const ConfigTree& tree) { return Merger(tree).run(); }

std::string title(std::string_view type, std::string_view label) {
  return label.empty() ? fmt::format("<{}>", type) : fmt::format("<{} {}>", type, label);
}

std::string entry_name(std::string_view section_title, std::string_view variable) {
  return section_title.empty() ? std::string(variable) : fmt::format("{} {}", section_title, variable);
}

}  // namespace mmm::conf
