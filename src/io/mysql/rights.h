#pragma once
// Which privileges MMM's users need on MariaDB, and which of them are missing.

#include <string>
#include <string_view>
#include <vector>

#include "io/mysql/connection.h"

namespace mmm::mysql {

enum class ServerUser { agent, monitor };

// The names of the privileges on *.* that the connected user lacks, in SHOW GRANTS' words; empty: all is well.
// Rights that come through a role count only when the role is active in this session.
Task<SqlResult<std::vector<std::string>>> check_rights(Connection& server, ServerUser user, Deadline deadline);

// The pure part: `grants` are the lines of SHOW GRANTS, `server_version` as 101119.
std::vector<std::string> missing_rights(ServerUser user, const std::vector<std::string>& grants,
                                        unsigned server_version);

}  // namespace mmm::mysql
