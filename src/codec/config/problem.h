#pragma once
// What is wrong with a configuration, as data. All problems are collected before any is shown.

#include <string>
#include <string_view>
#include <vector>

namespace mmm {

// Where an entry stands, or the default of its variable.
struct ConfigOrigin {
  std::string file;
  int line = 0;  // 0: the value is the default

  bool is_default() const { return line == 0; }
  bool operator==(const ConfigOrigin&) const = default;
};

std::string to_string(const ConfigOrigin& origin);  // "mmm_common.conf:12" or "default"

// The order of the members is the order in which problems are reported: by file, then by line.
//
// No member ever holds the value of a password, nor text of a line that could not be understood (it may be the
// rest of one).
struct ConfigProblem {
  std::string file;
  int line = 0;          // 0: the file as a whole
  std::string entry;     // "<host db1> mode"; empty when the line is no entry
  std::string found;
  std::string expected;  // empty when `found` says it all
  std::string advice;    // what to do; may be empty

  auto operator<=>(const ConfigProblem&) const = default;
};

using ConfigProblems = std::vector<ConfigProblem>;

// Sorted by file and line, each problem once: a wrong value in a template shows up in every section that takes it.
void sort_problems(ConfigProblems& problems);

// `mmm_common.conf:12: <host db1> mode: "mastr" is not valid; expected master or slave`
std::string format_problem(const ConfigProblem& problem);

// One line each, for stderr. After kShownProblemsMax a last line says how many more there are.
std::string format_problems(const ConfigProblems& problems);

// A page that a person still reads; a wrong file (not a configuration at all) has a problem in every line.
inline constexpr std::size_t kShownProblemsMax = 200;

// The parts of codec/config that only its own files and tests use live in mmm::conf.
namespace conf {

// `text` in quotes for a message: bytes that could disturb a terminal are written as \xNN, long text is cut.
std::string in_quotes(std::string_view text);

}  // namespace conf
}  // namespace mmm
