#include "model/gtid.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace mmm {

std::string to_string(const Gtid& gtid) { return fmt::format("{}-{}-{}", gtid.domain, gtid.server, gtid.sequence); }

void GtidSet::add(const Gtid& gtid) {
  auto& sequence = last_[{gtid.domain, gtid.server}];
  sequence = std::max(sequence, gtid.sequence);
}

void GtidSet::add(const GtidSet& other) {
  for (const auto& [key, sequence] : other.last_) add(Gtid{key.first, key.second, sequence});
}

bool GtidSet::contains(const Gtid& gtid) const {
  const auto it = last_.find({gtid.domain, gtid.server});
  return it != last_.end() && it->second >= gtid.sequence;
}

bool GtidSet::contains(const GtidSet& other) const { return lacks_of(other).empty(); }

std::vector<GtidSet::Missing> GtidSet::lacks_of(const GtidSet& other) const {
  std::vector<Missing> missing;
  for (const auto& [key, sequence] : other.last_) {
    const auto it = last_.find(key);
    const auto have = it == last_.end() ? 0 : it->second;
    if (have < sequence) missing.push_back({Gtid{key.first, key.second, sequence}, sequence - have});
  }
  return missing;
}

std::uint64_t GtidSet::count_lacking(const GtidSet& other) const {
  std::uint64_t count = 0;
  for (const auto& missing : lacks_of(other)) count += missing.count;
  return count;
}

std::string to_string(const GtidSet& set) {
  std::string text;
  for (const auto& [key, sequence] : set.entries()) {
    if (!text.empty()) text += ',';
    text += to_string(Gtid{key.first, key.second, sequence});
  }
  return text;
}

namespace {

template <class T>
bool take_number(std::string_view& text, T& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<GtidSet> parse_gtid_set(std::string_view text) {
  GtidSet set;
  text = trim(text);
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto item = trim(text.substr(0, comma));
    const auto shown = item;
    Gtid gtid;
    const bool good = take_number(item, gtid.domain) && take(item, '-') && take_number(item, gtid.server) &&
                      take(item, '-') && take_number(item, gtid.sequence) && item.empty();
    if (!good) return fail(fmt::format("\"{}\" is not a MariaDB GTID (domain-server-sequence)", shown));
    set.add(gtid);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return set;
}

}  // namespace mmm
