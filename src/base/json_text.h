#pragma once
// JSON text out of values, for modules that use no JSON library. Writing only.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace mmm {

// The length of the well-formed UTF-8 sequence that `text` starts with (RFC 3629, section 4); 0 when there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i)
      if (byte(i) < 0x80 || byte(i) > 0xBF) return false;
    return true;
  };
  const auto first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1, 2) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0, surrogate = first == 0xED && second > 0x9F;
    return !overlong && !surrogate && tail(1, 3) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90, beyond = first == 0xF4 && second > 0x8F;
    return !overlong && !beyond && tail(1, 4) ? 4 : 0;
  }
  return 0;
}

// A whole JSON value as text.
struct JsonText {
  std::string text;

  static JsonText null() { return {"null"}; }
  static JsonText of(bool value) { return {value ? "true" : "false"}; }
  static JsonText of(std::string_view value);
  static JsonText of(const char* value) { return of(std::string_view(value)); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  static JsonText of(T value) {
    return {std::to_string(value)};
  }
  static JsonText of(JsonText value) { return value; }
};

// Bytes that are not UTF-8 become U+FFFD: what a person typed or a server said is shown in an answer, and the answer
// must stay JSON.
inline JsonText JsonText::of(std::string_view value) {
  std::string text = "\"";
  while (!value.empty()) {
    const auto length = utf8_length(value);
    const auto c = static_cast<unsigned char>(value.front());
    if (length == 0)
      text += "\\ufffd";
    else if (c == '"' || c == '\\')
      text += {'\\', value.front()};
    else if (c == '\n')
      text += "\\n";
    else if (c < 0x20 || c == 0x7F)
      text += fmt::format("\\u{:04x}", c);
    else
      text += value.substr(0, length);
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return {text + '"'};
}

// Members in the order in which they were added; a key must be added once only.
class JsonObject {
 public:
  template <class T>
  JsonObject& add(std::string_view key, const T& value) {
    if (!body_.empty()) body_ += ',';
    body_ += JsonText::of(key).text + ':' + JsonText::of(value).text;
    return *this;
  }
  JsonText done() const { return {'{' + body_ + '}'}; }

 private:
  std::string body_;
};

class JsonArray {
 public:
  template <class T>
  JsonArray& add(const T& value) {
    if (!body_.empty()) body_ += ',';
    body_ += JsonText::of(value).text;
    return *this;
  }
  JsonText done() const { return {'[' + body_ + ']'}; }

 private:
  std::string body_;
};

template <class Range>
JsonText json_array(const Range& values) {
  JsonArray array;
  for (const auto& value : values) array.add(value);
  return array.done();
}

}  // namespace mmm
