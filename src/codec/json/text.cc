#include "codec/json/text.h"

#include <fmt/format.h>

namespace mmm::json {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// The second byte's range depends on the first (RFC 3629 §4): it shuts out overlong forms, surrogates and what lies
// beyond U+10FFFF.
bool second_byte_fits(unsigned first, unsigned second) {
  switch (first) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return second >= 0x80 && second <= 0xBF;
  }
}

std::size_t length_by_first_byte(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// The length of the character at the start of `text`; 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto first = byte_at(text, 0);
  const auto length = length_by_first_byte(first);
  if (length == 0 || length > text.size()) return 0;
  if (length > 1 && !second_byte_fits(first, byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  return length;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || code == 0x7F)
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(code));
  else
    out += c;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text, std::size_t longest) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = character_length(text.substr(at, 4));
    const auto step = length == 0 ? 1 : length;
    if (at + step > longest) {
      out += kEllipsis;
      break;
    }
    if (length == 0)
      out += kReplacement;
    else if (length == 1)
      append_ascii(out, text[at]);
    else
      out += text.substr(at, length);
    at += step;
  }
  out += '"';
}

}  // namespace mmm::json
