#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/check.h"
#include "codec/control/control.h"
#include "codec/control/frame.h"

namespace mmm::control {
namespace {

constexpr int kCodeMax = 255;  // an exit code of a process
// "MMM3|255|16777216": what has no newline within this is no frame.
constexpr std::size_t kHeadMax = 32;

std::optional<std::size_t> number(std::string_view digits, std::size_t highest) {
  std::size_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value > highest) return std::nullopt;
  return value;
}

}  // namespace

std::string encode_answer(Form form, int code, std::string_view text) {
  MMM_CHECK(code >= 0 && code <= kCodeMax);
  if (form == Form::classic) return std::string(text);
  return fmt::format("{}{}|{}\n{}", kFrameWord, code, text.size(), text);
}

Result<AnswerProgress> decode_answer(std::string_view bytes) {
  const auto start = bytes.substr(0, kFrameWord.size());
  if (start != kFrameWord.substr(0, start.size())) return ClassicPeer{};
  const auto newline = bytes.substr(0, kHeadMax).find('\n');
  if (newline == bytes.npos && bytes.size() < kHeadMax) return Incomplete{};
  if (newline == bytes.npos) return fail("the monitor's answer has no frame");
  const auto head = bytes.substr(kFrameWord.size(), newline - kFrameWord.size());
  const auto bar = head.find('|');
  const auto code = number(head.substr(0, bar), kCodeMax);
  const auto length = bar == head.npos ? std::nullopt : number(head.substr(bar + 1), kMaxAnswer);
  if (!code || !length) return fail("the monitor's answer begins with a bad frame");
  const auto body = bytes.substr(newline + 1);
  if (body.size() < *length) return Incomplete{};
  if (body.size() > *length) return fail("the monitor's answer is longer than its frame says");
  return Answer{.code = static_cast<int>(*code), .text = std::string(body)};
}

}  // namespace mmm::control
