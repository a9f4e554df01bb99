#include "codec/status_file/status_file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "codec/json/sealed.h"
#include "codec/json/text.h"
#include "codec/status_file/leadership_fields.h"

namespace mmm {
namespace {

constexpr std::string_view kOurs = "#mmm3 ";
constexpr std::string_view kName = "leadership";
constexpr std::uint64_t kFormat = 1;
// A status file has a line per host. A file with more bad lines than this is something else; one warning says so.
constexpr std::size_t kWarningsMax = 20;

std::string join(std::vector<Role> roles) {
  std::ranges::sort(roles);
  std::string text;
  for (const auto& role : roles) {
    if (!text.empty()) text += ',';
    text += to_string(role);
  }
  return text;
}

std::string shown(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string quoted;
  json::append_quoted(quoted, text, kShown);
  return quoted;
}

// Cuts the part before the first `separator` off `text`; all of it when there is none.
std::string_view take_part(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return part;
}

class Reader {
 public:
  Reader(const HostSet& configured, StatusFile& into) : configured_(configured), into_(into) {}

  void read_all(std::string_view text) {
    while (!text.empty()) {
      auto line = take_part(text, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      ++number_;
      if (line.starts_with(kOurs))
        read_ours(line.substr(kOurs.size()));
      else if (!line.empty())
        read_host(line);
    }
    if (passed_over_ > kWarningsMax)
      into_.warnings.push_back(fmt::format("{} more lines or roles were passed over", passed_over_ - kWarningsMax));
  }

 private:
  void warn(std::string what) {
    if (++passed_over_ <= kWarningsMax) into_.warnings.push_back(fmt::format("line {}: {}", number_, what));
  }

  void read_ours(std::string_view object) {
    auto leadership = json::parse_sealed<LeadershipState>(kName, kFormat, object);
    if (std::exchange(ours_seen_, true))
      into_.leadership_problem =
          fmt::format("line {}: a second #mmm3 line; the file was put together from two", number_);
    else if (!leadership)
      into_.leadership_problem = fmt::format("line {}: #mmm3: {}", number_, leadership.error().text);
    else
      into_.state.leadership = *std::move(leadership);
    if (!into_.leadership_problem.empty()) into_.state.leadership.reset();
  }

  void read_host(std::string_view line) {
    auto rest = line;
    const HostName host(take_part(rest, '|'));
    const auto word = take_part(rest, '|');
    if (!configured_.contains(host)) return warn(fmt::format("{} is no host of the configuration", shown(host)));
    const auto state = parse_host_state(word);
    if (!state) return warn(fmt::format("{} of {} is no state of a host", shown(word), host));
    HostRecord record{.state = *state, .roles = read_roles(host, take_part(rest, '|'))};
    if (!into_.state.hosts.insert_or_assign(host, std::move(record)).second)
      warn(fmt::format("{} again; the later line counts", host));
  }

  std::vector<Role> read_roles(const HostName& host, std::string_view list) {
    std::vector<Role> roles;
    while (!list.empty()) {
      const auto text = take_part(list, ',');
      if (auto role = json::read_role(text))
        roles.push_back(*std::move(role));
      else
        warn(fmt::format("{} of {} is no role with its address", shown(text), host));
    }
    std::ranges::sort(roles);
    return roles;
  }

  const HostSet& configured_;
  StatusFile& into_;
  int number_ = 0;
  std::size_t passed_over_ = 0;
  bool ours_seen_ = false;
};

}  // namespace

std::string print_status_file(const MonitorState& state) {
  std::string text;
  for (const auto& [host, record] : state.hosts)
    text += fmt::format("{}|{}|{}\n", host, to_string(record.state), join(record.roles));
  if (state.leadership) text += fmt::format("{}{}\n", kOurs, json::print_sealed(kName, kFormat, *state.leadership));
  return text;
}

StatusFile parse_status_file(std::string_view text, const HostSet& configured) {
  StatusFile file;
  Reader(configured, file).read_all(text);
  return file;
}

}  // namespace mmm
