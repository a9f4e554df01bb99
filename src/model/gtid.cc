#include "model/gtid.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace mmm {

std::string to_string(const Gtid& gtid) { return fmt::format("{}-{}-{}", gtid.domain, gtid.server, gtid.sequence); }

namespace {

bool same_stream(const Gtid& a, const Gtid& b) { return a.domain == b.domain && a.server == b.server; }

// Where the entry of that domain and server is, or would be.
auto place_of(auto& entries, const Gtid& gtid) {
  return std::ranges::lower_bound(entries, std::pair(gtid.domain, gtid.server), {},
                                  [](const Gtid& entry) { return std::pair(entry.domain, entry.server); });
}

}  // namespace

void GtidSet::add(const Gtid& gtid) {
  const auto it = place_of(last_, gtid);
  if (it == last_.end() || !same_stream(*it, gtid)) last_.insert(it, gtid);
  else it->sequence = std::max(it->sequence, gtid.sequence);
}

void GtidSet::add(const GtidSet& other) {
  for (const auto& gtid : other.last_) add(gtid);
}

std::uint64_t GtidSet::last_of(std::uint32_t domain, std::uint32_t server) const {
  const Gtid wanted{domain, server};
  const auto it = place_of(last_, wanted);
  return it == last_.end() || !same_stream(*it, wanted) ? 0 : it->sequence;
}

bool GtidSet::contains(const Gtid& gtid) const {
  const auto it = place_of(last_, gtid);
  return it != last_.end() && same_stream(*it, gtid) && it->sequence >= gtid.sequence;
}

bool GtidSet::contains(const GtidSet& other) const {
  return std::ranges::all_of(other.last_, [this](const Gtid& gtid) { return last_of(gtid.domain, gtid.server) >= gtid.sequence; });
}

std::vector<GtidSet::Missing> GtidSet::lacks_of(const GtidSet& other) const {
  std::vector<Missing> missing;
  for (const auto& gtid : other.last_) {
    const auto have = last_of(gtid.domain, gtid.server);
    if (have < gtid.sequence) missing.push_back({gtid, gtid.sequence - have});
  }
  return missing;
}

std::uint64_t GtidSet::count_lacking(const GtidSet& other) const {
  std::uint64_t count = 0;
  for (const auto& missing : lacks_of(other)) count += missing.count;
  return count;
}

GtidSet GtidSet::made_by(std::uint32_t server) const {
  GtidSet made;
  std::ranges::copy_if(last_, std::back_inserter(made.last_), [server](const Gtid& gtid) { return gtid.server == server; });
  return made;
}

GtidSet GtidSet::up_to(const GtidSet& other) const {
  GtidSet common;
  for (const auto& gtid : last_)
    if (const auto last = std::min(gtid.sequence, other.last_of(gtid.domain, gtid.server)); last > 0)
      common.last_.push_back({gtid.domain, gtid.server, last});
  return common;
}

std::string to_string(const GtidSet& set) {
  std::string text;
  for (const auto& gtid : set.entries()) {
    if (!text.empty()) text += ',';
    text += to_string(gtid);
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
