#include "codec/json/forms.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "codec/config/addresses.h"

namespace mmm::json {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;
// What Duration::max() rounds up to. It stands for "no end" and is read as Duration::max() again.
constexpr std::int64_t kEndlessMillis = std::numeric_limits<std::int64_t>::max() / kNanosPerMilli + 1;
// Up to here a double holds every whole number.
constexpr double kExactDouble = 9007199254740992.0;  // 2^53
constexpr std::size_t kNameMax = 255;  // more than any host name; the configuration says nothing about it

bool is_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, fits);
}

std::optional<std::int64_t> whole(double number) {
  if (!(std::abs(number) <= kExactDouble) || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::string to_string(const Trouble& trouble) {
  return fmt::format("{}: expected {}, found {}", trouble.where, trouble.expected, trouble.found);
}

void prepend(Trouble& trouble, std::string_view outer) {
  trouble.where = trouble.where.empty() ? std::string(outer) : fmt::format("{}.{}", outer, trouble.where);
}

std::optional<std::int64_t> as_signed(const value& json) {
  if (json.is_int64()) return json.as_int64();
  if (json.is_double()) return whole(json.as_double());
  return std::nullopt;
}

std::optional<std::uint64_t> as_unsigned(const value& json) {
  if (json.is_uint64()) return json.as_uint64();
  const auto number = as_signed(json);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

std::string expected_number(std::int64_t lowest, std::uint64_t highest) {
  return fmt::format("a whole number from {} to {}", lowest, highest);
}

bool read_real(const value& json, double& into) {
  if (json.is_int64())
    into = static_cast<double>(json.as_int64());
  else if (json.is_uint64())
    into = static_cast<double>(json.as_uint64());
  else if (json.is_double() && std::isfinite(json.as_double()))
    into = json.as_double();
  else
    return false;
  return true;
}

std::string milliseconds_text(Duration duration) {
  const auto nanos = std::max<std::int64_t>(duration.count(), 0);
  const auto millis = nanos / kNanosPerMilli;
  const auto fraction = nanos % kNanosPerMilli;
  if (fraction == 0) return fmt::format("{}", millis);
  if (duration > kExactFraction) return fmt::format("{}", millis + 1);
  auto text = fmt::format("{}.{:06}", millis, fraction);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

bool read_milliseconds(const value& json, Duration& into) {
  if (const auto millis = as_signed(json)) {
    if (*millis < 0 || *millis > kEndlessMillis) return false;
    into = *millis == kEndlessMillis ? Duration::max() : Duration(*millis * kNanosPerMilli);
    return true;
  }
  if (!json.is_double()) return false;
  const auto nanos = json.as_double() * static_cast<double>(kNanosPerMilli);
  if (!(nanos >= 0) || nanos > 9.2e18) return false;
  into = Duration(std::llround(nanos));
  return true;
}

bool read_text(std::string_view text, std::string& into, Text) {
  into = text;
  return true;
}

bool read_text(std::string_view text, std::string& into, Host) {
  if (!is_name(text)) return false;
  into = text;
  return true;
}

bool read_text(std::string_view text, std::string& into, HostOrNone) {
  if (!text.empty() && !is_name(text)) return false;
  into = text;
  return true;
}

bool read_text(std::string_view text, std::string& into, Address) {
  auto canonical = canonical_address(text);
  if (canonical) into = *std::move(canonical);
  return canonical.has_value();
}

std::string_view expected_text(Text) { return "a text"; }
std::string_view expected_text(Host) { return "a name made of letters, digits, _ and -"; }
std::string_view expected_text(HostOrNone) { return "a name made of letters, digits, _ and -, or an empty text"; }
std::string_view expected_text(Address) { return "an IPv4 or IPv6 address"; }

std::optional<std::string_view> as_text(const value& json) {
  const auto* text = json.if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<Role> read_role(std::string_view text) {
  auto role = parse_role(text);
  if (!role || !is_name(role->name) || !read_text(role->ip, role->ip, Address{})) return std::nullopt;
  return role;
}

}  // namespace mmm::json
