#include "story.h"

#include <utility>

#include <fmt/format.h>

namespace mmm::scenario {

namespace {

std::string time_text(Duration at) { return fmt::format("  {:>8.3f}  ", seconds(at)); }

}  // namespace

void Story::flush() {
  if (!open_.head.empty()) lines_.push_back(open_.head + open_.to + open_.text);
  open_ = {};
}

void Story::add(Duration at, const std::string& who, const std::string& text) {
  flush();
  lines_.push_back(time_text(at) + who + ": " + text);
}

void Story::said(Duration at, const std::string& from, const std::string& to, const std::string& text) {
  const Said next{time_text(at) + from + " >", ": " + text, " " + to};
  if (open_.head == next.head && open_.text == next.text && !open_.to.contains(next.to)) {
    open_.to += next.to;
    return;
  }
  flush();
  open_ = next;
}

void Story::print(const std::string& text) {
  flush();
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto end = std::min(text.find('\n', from), text.size());
    const auto line = text.substr(from, end - from);
    if (!line.empty() || end < text.size()) lines_.push_back(line.empty() ? "  |" : "  | " + line);
    from = end + 1;
  }
  while (!lines_.empty() && lines_.back() == "  |") lines_.pop_back();
}

std::vector<std::string> Story::take() {
  flush();
  return std::exchange(lines_, {});
}

}  // namespace mmm::scenario
