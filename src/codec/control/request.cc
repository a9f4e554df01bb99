#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "codec/control/control.h"
#include "codec/control/frame.h"

namespace mmm::control {
namespace {

constexpr std::pair<Form, std::string_view> kForms[] = {{Form::text, "text"}, {Form::json, "json"}};

std::optional<Form> form_named(std::string_view wanted) {
  for (const auto& [form, word] : kForms)
    if (word == wanted) return form;
  return std::nullopt;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_plain(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  for (auto at = line.begin(); at != line.end();) {
    const auto begin = std::find_if_not(at, line.end(), is_blank);
    at = std::find_if(begin, line.end(), is_blank);
    if (begin != at) words.emplace_back(begin, at);
  }
  return words;
}

Status check_line(std::string_view line) {
  if (line.size() > kMaxLine) return fail(fmt::format("The command is too long; {} bytes are the most", kMaxLine));
  if (!std::ranges::all_of(line, is_plain)) return fail("The command has characters that are not printable ASCII");
  return {};
}

}  // namespace

bool is_quit(const Request& request) { return request.words.size() == 1 && request.words.front() == "quit"; }

Form form_of(std::string_view line) {
  if (!line.starts_with(kFrameWord)) return Form::classic;
  line.remove_prefix(kFrameWord.size());
  return form_named(line.substr(0, line.find('|'))).value_or(Form::text);
}

Result<Request> decode_request(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (const auto good = check_line(line); !good) return std::unexpected(good.error());
  if (!line.starts_with(kFrameWord)) return Request{.form = Form::classic, .words = split(line)};
  line.remove_prefix(kFrameWord.size());
  const auto bar = line.find('|');
  const auto form = form_named(line.substr(0, bar));
  if (bar == line.npos || !form) return fail("Expected MMM3|text|COMMAND or MMM3|json|COMMAND");
  return Request{.form = *form, .words = split(line.substr(bar + 1))};
}

Result<std::string> encode_request(const Request& request) {
  std::string line;
  for (const auto& [form, word] : kForms)
    if (form == request.form) line = fmt::format("{}{}|", kFrameWord, word);
  line += fmt::format("{}", fmt::join(request.words, " "));
  if (const auto good = check_line(line); !good) return std::unexpected(good.error());
  if (form_of(line) != request.form) return fail("No command begins with MMM3|");
  return line + '\n';
}

}  // namespace mmm::control
