#pragma once
// A database host as its agent's operations see it, as values: a MySQL server and an interface whose addresses expire.

#include <map>
#include <set>
#include <string>

#include "core/agent/operations.h"
#include "model/config.h"

namespace mmm::lab {

class HostModel {
 public:
  bool alive = true;               // mysqld runs
  ServerStatus server;             // what it tells; its my.cnf says read_only
  bool sessions = false;           // clients that came while it could be written to are connected
  std::map<std::string, Instant> addresses;  // role addresses on the interface -> when the kernel drops them

  // Does what a real host would, at once.
  Status carry_out(const agent::Operation& operation, Instant now);
  Result<ServerStatus> observe() const;
  // Drops what has expired. Ensures: returns true when something did.
  bool expire(Instant now);
  Instant next_expiry() const;
  std::set<std::string> ips() const;
  std::set<std::string> untimed_ips() const;
  bool writable() const { return alive && !server.read_only; }
  // As the server process starts: read_only, replication running when it is configured.
  void start_server();
  void kill_server();

 private:
  Status in_server(const agent::Operation& operation);
};

}  // namespace mmm::lab
