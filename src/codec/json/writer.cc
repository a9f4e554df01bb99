#include "codec/json/writer.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "codec/json/text.h"

namespace mmm::json {

void Writer::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void Writer::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
}

void Writer::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

void Writer::key(std::string_view name) {
  separate();
  append_quoted(out_, name);
  out_ += ':';
  comma_ = false;
}

void Writer::text(std::string_view value) {
  separate();
  append_quoted(out_, value, kTextMax);
}

void Writer::token(std::string_view value) {
  separate();
  append_quoted(out_, value);
}

void Writer::number(std::int64_t value) { raw(fmt::format("{}", value)); }
void Writer::number(std::uint64_t value) { raw(fmt::format("{}", value)); }
void Writer::real(double value) { raw(std::isfinite(value) ? fmt::format("{}", value) : "0"); }

void Writer::raw(std::string_view json) {
  separate();
  out_ += json;
}

std::string Writer::take() { return std::exchange(out_, {}); }

}  // namespace mmm::json
