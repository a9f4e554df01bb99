#include "codec/config/values.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "codec/config/addresses.h"
#include "codec/config/problem.h"
#include "codec/config/syntax.h"
#include "model/lease.h"

namespace mmm::conf {
namespace {

// Longer is a slip of the keyboard, and leaves room to add durations without overflow.
constexpr Duration kDurationMax = 10 * 365 * 24h;
// A check or ping more often than this measures the scheduler, not the server.
constexpr Duration kPeriodMin = 10ms;
// Below, an ordinary scheduling delay ends the lease; above, nobody would wait for a fail-over.
constexpr Duration kLeaseTtlMin = 200ms;
constexpr Duration kReaderTtlMin = 1s;
constexpr std::int64_t kCountMax = 1'000'000;
// IFNAMSIZ - 1 (linux/if.h).
constexpr std::size_t kInterfaceBytesMax = 15;
// A duration has nanoseconds.
constexpr std::size_t kFractionDigitsMax = 9;

std::unexpected<std::string> wrong(std::string what = "") { return std::unexpected(std::move(what)); }

template <class T, std::size_t N>
Parsed<T> one_of(std::string_view text, const std::pair<std::string_view, T> (&words)[N]) {
  for (const auto& [word, value] : words)
    if (word == text) return value;
  return wrong();
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return lower;
}

// Digits only: no sign, no blank.
std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const bool only_digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (text.empty() || !only_digits || parsed.ec != std::errc{}) return std::nullopt;
  return value;
}

// "5" of ".5" is half a second: its nanoseconds.
std::optional<std::int64_t> fraction(std::string_view text) {
  if (text.empty() || text.size() > kFractionDigitsMax) return std::nullopt;
  return digits(std::string(text) + std::string(kFractionDigitsMax - text.size(), '0'));
}

Parsed<Duration> duration_between(std::string_view text, Duration lowest, Duration highest) {
  const auto point = text.find('.');
  const auto whole = digits(text.substr(0, point));
  const auto part = point == text.npos ? std::optional<std::int64_t>(0) : fraction(text.substr(point + 1));
  if (!whole || !part) return wrong();
  if (*whole > kDurationMax / 1s) return wrong("too long");
  const auto duration = std::chrono::seconds(*whole) + Duration(*part);
  if (duration < lowest) return wrong("too short");
  if (duration > highest) return wrong("too long");
  return duration;
}

Parsed<Texts> parse_list(std::string_view text, Parsed<std::string> (*parse_element)(std::string_view)) {
  Texts list;
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto word = trimmed(text.substr(0, comma));
    if (word.empty()) return wrong("an element is empty");
    auto element = parse_element(word);
    if (!element) return wrong(in_quotes(word) + (element.error().empty() ? "" : ": " + element.error()));
    if (std::ranges::find(list, *element) != list.end()) return wrong(in_quotes(word) + " stands in it twice");
    list.push_back(std::move(*element));
    if (comma == text.size()) return list;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Parsed<std::string> parse_text(std::string_view text) { return std::string(text); }

Parsed<std::string> parse_name(std::string_view text) {
  if (!is_section_name(text)) return wrong();
  return std::string(text);
}

Parsed<std::string> parse_address(std::string_view text) {
  auto address = canonical_address(text);
  if (!address) return wrong();
  if (!is_host_address(*address)) return wrong("no single host has this address");
  return std::move(*address);
}

Parsed<std::string> parse_listen_address(std::string_view text) {
  auto address = canonical_address(text);
  if (!address) return wrong();
  return std::move(*address);
}

Parsed<std::string> parse_network(std::string_view text) {
  auto network = canonical_network(text);
  if (!network) return wrong();
  return std::move(*network);
}

Parsed<std::string> parse_interface(std::string_view text) {
  const bool odd = text.find_first_of("/ \t") != text.npos || text == "." || text == "..";
  if (odd || text.size() > kInterfaceBytesMax) return wrong();
  return std::string(text);
}

Parsed<std::string> parse_absolute_path(std::string_view text) {
  if (!text.starts_with('/')) return wrong();
  return std::string(text);
}

Parsed<bool> parse_boolean(std::string_view text) {
  return one_of<bool>(in_lower_case(text), {{"true", true}, {"yes", true}, {"on", true}, {"1", true},
                                            {"false", false}, {"no", false}, {"off", false}, {"0", false}});
}

Parsed<std::uint16_t> parse_port(std::string_view text) {
  const auto port = digits(text);
  if (!port || *port < 1 || *port > 65535) return wrong();
  return static_cast<std::uint16_t>(*port);
}

Parsed<std::int64_t> parse_count(std::string_view text) {
  const auto count = digits(text);
  if (!count || *count > kCountMax) return wrong();
  return *count;
}

// What is compared with it comes in whole seconds, so that "more than 1.5" is "more than 1".
Parsed<std::int64_t> parse_whole_seconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return wrong(duration.error());
  return *duration / 1s;
}

Parsed<Duration> parse_duration(std::string_view text) { return duration_between(text, 0s, kDurationMax); }
Parsed<Duration> parse_period(std::string_view text) { return duration_between(text, kPeriodMin, kDurationMax); }
Parsed<Duration> parse_lease_ttl(std::string_view text) { return duration_between(text, kLeaseTtlMin, kLeaseTtlMax); }
Parsed<Duration> parse_restart_grace(std::string_view text) { return duration_between(text, 0s, kLeaseTtlMax); }
Parsed<Duration> parse_reader_ttl(std::string_view text) { return duration_between(text, kReaderTtlMin, kDurationMax); }

Parsed<Texts> parse_names(std::string_view text) { return parse_list(text, parse_name); }
Parsed<Texts> parse_addresses(std::string_view text) { return parse_list(text, parse_address); }
Parsed<Texts> parse_networks(std::string_view text) { return parse_list(text, parse_network); }
Parsed<Texts> parse_texts(std::string_view text) { return parse_list(text, parse_text); }

Parsed<RoleMode> parse_role_mode(std::string_view text) {
  return one_of<RoleMode>(text, {{"exclusive", RoleMode::exclusive}, {"balanced", RoleMode::balanced}});
}

Parsed<FenceMode> parse_fence_mode(std::string_view text) {
  return one_of<FenceMode>(text, {{"on", FenceMode::on}, {"host", FenceMode::host}, {"off", FenceMode::off}});
}

Parsed<HostMode> parse_host_mode(std::string_view text) {
  return one_of<HostMode>(text, {{"master", HostMode::master}, {"slave", HostMode::slave}});
}

Parsed<MonitorMode> parse_monitor_mode(std::string_view text) {
  const auto mode = parse_mode(text);
  if (!mode) return wrong();
  return *mode;
}

Parsed<BlockingType> parse_blocking_type(std::string_view text) {
  return one_of<BlockingType>(text, {{"soft", BlockingType::soft}, {"hard", BlockingType::hard}});
}

Parsed<SocketType> parse_socket_type(std::string_view text) {
  return one_of<SocketType>(text, {{"plain", SocketType::plain}, {"ssl", SocketType::ssl}});
}

Parsed<LogLevel> parse_log_level(std::string_view text) {
  return one_of<LogLevel>(text, {{"debug", LogLevel::debug}, {"info", LogLevel::info},
                                 {"warning", LogLevel::warning}, {"error", LogLevel::error}});
}

}  // namespace mmm::conf
