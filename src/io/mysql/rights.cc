#include "io/mysql/rights.h"

#include <set>
#include <span>

namespace mmm::mysql {

namespace {

constexpr auto kGrants = "SHOW GRANTS FOR CURRENT_USER";

struct Right {
  std::string_view name;
  bool in_super;  // SUPER included it before MariaDB 10.11.0 (MDEV-29668)
};

constexpr Right kAgentRights[] = {
    {"BINLOG ADMIN", true},             // save and prune binary logs
    {"BINLOG MONITOR", false},          // SHOW BINARY LOGS
    {"CONNECTION ADMIN", true},         // KILL, and a connection when all are taken
    {"PROCESS", false},                 // see other users' sessions
    {"READ_ONLY ADMIN", true},          // SET GLOBAL read_only
    {"RELOAD", false},                  // FLUSH
    {"REPLICATION MASTER ADMIN", true}, // semi-sync settings of a source
    {"REPLICATION SLAVE ADMIN", true},  // CHANGE MASTER, START and STOP SLAVE
    {"SLAVE MONITOR", false},           // SHOW ALL SLAVES STATUS
};
constexpr Right kMonitorRights[] = {
    {"BINLOG MONITOR", false},  // what REPLICATION CLIENT, which MMM 2 asked for, gives since 10.5
    {"SLAVE MONITOR", false},   // SHOW SLAVE STATUS
};

constexpr unsigned kSuperShrank = 101100;

// "GRANT A, B ON *.* TO …" gives A and B; anything else nothing.
std::set<std::string, std::less<>> privileges_in(std::string_view line) {
  constexpr std::string_view kGrant = "GRANT ", kOnAll = " ON *.* TO ";
  std::set<std::string, std::less<>> found;
  const auto end = line.find(kOnAll);
  if (!line.starts_with(kGrant) || end == std::string_view::npos) return found;
  auto list = line.substr(kGrant.size(), end - kGrant.size());
  while (!list.empty()) {
    const auto comma = list.find(", ");
    found.emplace(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 2);
  }
  return found;
}

}  // namespace

std::vector<std::string> missing_rights(ServerUser user, const std::vector<std::string>& grants,
                                        unsigned server_version) {
  std::set<std::string, std::less<>> granted;
  for (const auto& line : grants) granted.merge(privileges_in(line));
  std::vector<std::string> missing;
  if (granted.contains("ALL PRIVILEGES")) return missing;
  const bool super = granted.contains("SUPER") && server_version < kSuperShrank;
  for (const auto& right : user == ServerUser::agent ? std::span<const Right>(kAgentRights) : kMonitorRights) {
    const bool given = granted.contains(right.name) || (right.in_super && super);
    if (!given) missing.emplace_back(right.name);
  }
  return missing;
}

Task<SqlResult<std::vector<std::string>>> check_rights(Connection& server, ServerUser user, Deadline deadline) {
  auto rows = co_await server.query(kGrants, deadline);
  if (!rows) co_return std::unexpected(std::move(rows.error()));
  std::vector<std::string> grants;
  for (std::size_t row = 0; row < rows->size(); ++row) grants.push_back(rows->text(row, 0));
  co_return missing_rights(user, grants, server.server_version());
}

}  // namespace mmm::mysql
