#pragma once
// Refuses connections to an address that has left this host, so that clients whose neighbour table is still old learn it
// at once. Without it their packets are dropped in silence, and a connect waits a second for its next try.

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace mmm {

class Nft;

// How long a neighbour table may stay old: it is corrected by the new owner's first announcement that gets through.
inline constexpr Duration kRejectFor = 10s;

// One nftables table of our own, `inet mmm3_PORT`; rules of the site are never touched. What arrives for a refused
// address and the MySQL port is answered by a TCP reset, before routing: the address need not be local (kernel 6.18).
// A firewall that is loaded anew (`nft flush ruleset`) takes the table away; the next call makes it again.
class RejectTable {
 public:
  // `agent_port` tells the tables of several agents on one host apart. Errors: no nftables, or no right (CAP_NET_ADMIN).
  static Result<RejectTable> open(std::uint16_t agent_port, std::uint16_t mysql_port);
  RejectTable(RejectTable&&) noexcept;
  RejectTable& operator=(RejectTable&&) noexcept;
  // Removes the table.
  ~RejectTable();

  // Refuses connections to `ip` for kRejectFor. Established ones are cut too.
  Status refuse(const std::string& ip);
  // Lets them through again. No error when they were not refused, nor when the kernel has forgotten that they were.
  Status admit(const std::string& ip);

 private:
  RejectTable(std::unique_ptr<Nft> nft, std::string table, std::uint16_t mysql_port);
  Status make();
  Status change(const std::string& commands);

  std::unique_ptr<Nft> nft_;       // nothing: it was moved from
  std::string table_;
  std::uint16_t mysql_port_;
  std::set<std::string> refused_;  // and not admitted since; the kernel may have let go of it already
};

}  // namespace mmm
