#pragma once
// The one table of every section and variable: name, type, who requires it, where its value goes. Defaults are those
// of model/config.h; the reference is docs/mmm2-reference.md §2.

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/config/problem.h"
#include "codec/config/values.h"
#include "model/config.h"

namespace mmm::conf {

// A set of programs, one bit each.
using Programs = unsigned;
constexpr Programs set_of(Program program) { return 1U << static_cast<unsigned>(program); }
constexpr bool contains(Programs set, Program program) { return (set & set_of(program)) != 0; }

// A value that a section has, and where it came from (perhaps from a template).
struct Given {
  std::string value;
  ConfigOrigin where;
  std::string section;  // title of the section it stands in: "<host default>"
};
using GivenValues = std::map<std::string, Given, std::less<>>;

struct Variable {
  std::string_view name;
  std::string_view expected;
  Programs required = 0;
  std::string_view required_when;  // "mode is master"; empty: always
  bool secret = false;             // the value must not appear in any message
};

// A variable of sections that become an S.
template <class S>
struct Row {
  Variable variable;
  Parsed<void> (*store)(S& section, std::string_view value);
  // Null: always. `given` tells a value that was set from a default.
  bool (*applies)(const S& section, const GivenValues& given);
};

// In the order of the reference. Defined for Config (top level) and each of its section types.
template <class S>
std::span<const Row<S>> rows();
template <> std::span<const Row<Config>> rows();
template <> std::span<const Row<RoleConfig>> rows();
template <> std::span<const Row<MonitorConfig>> rows();
template <> std::span<const Row<HostConfig>> rows();
template <> std::span<const Row<CheckConfig>> rows();
template <> std::span<const Row<SocketConfig>> rows();
template <> std::span<const Row<CopyMethodConfig>> rows();

struct SectionType {
  std::string_view name;            // empty: top level
  bool named = false;
  bool has_template = false;        // <NAME default> holds values for all others
  Programs required = 0;            // at least one such section
  std::vector<std::string_view> labels;   // the only names there are; empty: any
  std::vector<Variable> variables;
};

// All of them, top level first.
const std::vector<SectionType>& section_types();
const SectionType* find_section_type(std::string_view name);
const Variable* find_variable(const SectionType& type, std::string_view name);

// The name of a section that holds the values of all others of its type.
inline constexpr std::string_view kTemplateLabel = "default";

}  // namespace mmm::conf
