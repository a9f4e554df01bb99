#include "codec/config/problem.h"

#include <algorithm>

#include <fmt/format.h>

namespace mmm {
namespace {

// Longer values are cut: the line number says where to find the rest.
constexpr std::size_t kQuotedBytesMax = 80;

bool is_plain(unsigned char c) { return c >= 0x20 && c != 0x7f && c != '"' && c != '\\'; }

}  // namespace

std::string to_string(const ConfigOrigin& origin) {
  return origin.is_default() ? "default" : fmt::format("{}:{}", origin.file, origin.line);
}

void sort_problems(ConfigProblems& problems) {
  std::ranges::sort(problems);
  const auto repeated = std::ranges::unique(problems);
  problems.erase(repeated.begin(), repeated.end());
}

std::string format_problem(const ConfigProblem& problem) {
  std::string line = problem.file;
  if (problem.line > 0) line += fmt::format(":{}", problem.line);
  if (!problem.entry.empty()) line += ": " + problem.entry;
  line += ": " + problem.found;
  if (!problem.expected.empty()) line += "; expected " + problem.expected;
  if (!problem.advice.empty()) line += "; " + problem.advice;
  return line;
}

std::string format_problems(const ConfigProblems& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (&problem == problems.data() + kShownProblemsMax) break;
    text += format_problem(problem) + "\n";
  }
  if (problems.size() > kShownProblemsMax) text += fmt::format("and {} more\n", problems.size() - kShownProblemsMax);
  return text;
}

std::string conf::in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kQuotedBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    out += is_plain(byte) ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return out + (text.size() > kQuotedBytesMax ? "…\"" : "\"");
}

}  // namespace mmm
