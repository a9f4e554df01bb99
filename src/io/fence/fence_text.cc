#include "io/fence/fence_text.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmm::fence_text {

namespace {

bool is_of(int family, const std::string& ip) {
  in6_addr address;
  return ::inet_pton(family, ip.c_str(), &address) == 1;
}

std::vector<std::string> only(int family, const std::vector<std::string>& all) {
  std::vector<std::string> some;
  std::ranges::copy_if(all, std::back_inserter(some), [&](const auto& ip) { return is_of(family, ip); });
  return some;
}

Status check_addresses(const std::vector<std::string>& all) {
  for (const auto& ip : all) {
    if (is_of(AF_INET, ip) || is_of(AF_INET6, ip)) continue;
    return fail(fmt::format("write fence: \"{}\" is no IP address", ip));
  }
  return {};
}

// Connections that are remembered at a time; those beyond are rejected at once. More than a server has (100,000 at most).
constexpr int kToldMax = 131'072;

struct Family {
  int number;
  std::string_view word;  // in a rule
  std::string_view type;  // of its addresses
  std::string_view told;  // the set of its clients that know
};
constexpr Family kFamilies[] = {{AF_INET, "ip", "ipv4_addr", "told4"}, {AF_INET6, "ip6", "ipv6_addr", "told6"}};

// Rules that send what goes to and comes from these addresses' MySQL port through the gate.
std::string guard(const FenceRules& rules, const Family& family, const std::vector<std::string>& addresses,
                  const std::vector<std::string>& excepted, bool local_too) {
  const auto ours = only(family.number, addresses), others = only(family.number, excepted);
  if (ours.empty()) return "";
  const auto rule = [&](std::string_view hook, std::string_view us, std::string_view them, std::string_view port,
                        std::string_view interface, std::string_view gate) {
    auto text = fmt::format("add rule {} {} ", table_of(rules), hook);
    if (!local_too) text += fmt::format("{} != \"lo\" ", interface);
    text += fmt::format("{} {} {{ {} }} ", family.word, us, fmt::join(ours, ", "));
    if (!others.empty()) text += fmt::format("{} {} != {{ {} }} ", family.word, them, fmt::join(others, ", "));
    return text + fmt::format("tcp {} {} goto {}\n", port, rules.mysql_port, gate);
  };
  return rule("input", "daddr", "saddr", "dport", "iifname", "arriving") +
         rule("output", "saddr", "daddr", "sport", "oifname", "leaving");
}

// What clients send. A reset says nothing but "no"; and ours for a server's packet comes in here, through "lo".
std::string arrivals(const std::string& table) {
  return fmt::format("add rule {0} arriving tcp flags rst accept\nadd rule {0} arriving jump live\n"
                     "add rule {0} arriving reject with tcp reset\n", table);
}

// What the server sends. A rejected packet would only tell the server. So a connection's first goes out as a reset,
// which takes its data along but makes it worthless: TCP looks at the bit first and then at nothing else (RFC 9293,
// 3.10.7.4). When it is sent again, nobody having acknowledged it, the server is told.
std::string departures(const std::string& table) {
  auto text = fmt::format("add rule {0} leaving tcp flags rst accept\nadd rule {0} leaving jump live\n", table);
  for (const auto& [number, word, type, told] : kFamilies) {
    text += fmt::format("add set {0} {1} {{ type {2} . inet_service; flags dynamic,timeout; timeout 10s; size {4}; }}\n"
                        "add rule {0} leaving {3} daddr . tcp dport @{1} reject with tcp reset\n"
                        "add rule {0} leaving add @{1} {{ {3} daddr . tcp dport }} tcp flags set rst | ack accept\n",
                        table, told, type, word, kToldMax);
  }
  return text + fmt::format("add rule {} leaving reject with tcp reset\n", table);
}

std::string set_of(std::size_t slot) { return fmt::format("lease{}", slot); }

constexpr std::string_view kSetType = "type inet_proto; flags timeout;";

// "1d2h3m4s5ms"; nothing when it is something else.
std::optional<Duration> parse_time(std::string_view text) {
  Duration total{};
  while (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) {
    std::int64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = text.substr(0, text.find_first_of("0123456789 "));
    const std::pair<std::string_view, Duration> units[] = {{"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}};
    const auto* known = std::ranges::find(units, unit, &std::pair<std::string_view, Duration>::first);
    if (known == std::end(units)) return std::nullopt;
    total += known->second * number;
    text.remove_prefix(unit.size());
  }
  return total;
}

// What stands between the braces that follow `head`.
std::string_view block(std::string_view text, std::string_view head) {
  const auto at = text.find(head);
  if (at == text.npos) return {};
  text = text.substr(at + head.size());
  return text.substr(0, text.find("\n\t}"));
}

}  // namespace

Status check(const FenceRules& rules) {
  const auto fits = [](char c) {
    constexpr std::string_view kOthers = "-_.";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
  };
  if (rules.name.empty() || rules.name.size() > kFenceNameMax || !std::ranges::all_of(rules.name, fits)) {
    return fail(fmt::format("write fence: \"{}\" is no name for a table: letters, digits, '-', '_' and '.', {} at most",
                            rules.name, kFenceNameMax));
  }
  if (rules.writer_ips.empty()) return fail("write fence: there is no writer IP to guard");
  if (auto good = check_addresses(rules.writer_ips); !good || !rules.host) return good;
  if (auto good = check_addresses(rules.host->own); !good) return good;
  return check_addresses(rules.host->excepted);
}

std::string table_of(const FenceRules& rules) { return "inet mmm3_fence_" + rules.name; }

std::string table(const FenceRules& rules) {
  const auto name = table_of(rules);
  auto text = fmt::format("add table {}\n", name);
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    text += fmt::format("add set {} {} {{ {} }}\n", name, set_of(slot), kSetType);
  }
  text += fmt::format("add chain {0} live\nadd chain {0} arriving\nadd chain {0} leaving\n", name);
  // Before what the site may drop (priority 0, "filter"), which would answer nothing; after its connections are known.
  for (const auto* hook : {"input", "output"}) {
    text += fmt::format("add chain {} {} {{ type filter hook {} priority -150; policy accept; }}\n", name, hook, hook);
  }
  for (const auto* chain : {"input", "output", "arriving", "leaving"}) {
    text += fmt::format("flush chain {} {}\n", name, chain);
  }
  text += arrivals(name) + departures(name);
  for (const auto& family : kFamilies) {
    text += guard(rules, family, rules.writer_ips, {}, true);
    if (rules.host) text += guard(rules, family, rules.host->own, rules.host->excepted, false);
  }
  return text;
}

std::string removal(const FenceRules& rules) {
  return fmt::format("add table {0}\ndelete table {0}\n", table_of(rules));
}

std::string fill(const FenceRules& rules, std::size_t slot, std::optional<Duration> lease) {
  const auto timeout = lease ? fmt::format(" timeout {}ms", milliseconds(*lease)) : "";
  return fmt::format("delete set {0} {1}\nadd set {0} {1} {{ {2} elements = {{ tcp{3} }}; }}\n", table_of(rules),
                     set_of(slot), kSetType, timeout);
}

std::string empty(const FenceRules& rules, std::size_t slot) {
  return fmt::format("delete set {0} {1}\nadd set {0} {1} {{ {2} }}\n", table_of(rules), set_of(slot), kSetType);
}

std::string arming(const FenceRules& rules, std::optional<std::size_t> slot) {
  auto text = fmt::format("flush chain {} live\n", table_of(rules));
  if (slot) text += fmt::format("add rule {} live meta l4proto @{} accept\n", table_of(rules), set_of(*slot));
  return text;
}

FenceState parse(std::string_view listing) {
  constexpr std::string_view kExpires = " expires ";
  FenceState state{.stands = true};
  const auto live = block(listing, "chain live {");
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if (live.find(fmt::format("@{} ", set_of(slot))) != live.npos) state.armed = slot;
    const auto set = block(listing, fmt::format("set {} {{", set_of(slot)));
    const auto element = set.find("elements = {");
    if (element == set.npos) continue;
    const auto expires = set.find(kExpires, element);
    if (expires == set.npos) state.untimed.push_back(slot);
    if (state.armed != slot) continue;
    state.open = true;
    if (expires == set.npos) continue;
    const auto text = set.substr(expires + kExpires.size());
    state.left = parse_time(text).value_or(Duration{});
  }
  return state;
}

}  // namespace mmm::fence_text
