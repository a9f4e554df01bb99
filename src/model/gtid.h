#pragma once
// MariaDB's global transaction ids as values: domain-server-sequence (MariaDB 10.0+, "Global Transaction ID").

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mmm {

struct Gtid {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;

  auto operator<=>(const Gtid&) const = default;
};

std::string to_string(const Gtid& gtid);  // "0-1-200"

// The transactions a host has, told by the last sequence number of each (domain, server). Sequence numbers of one
// server grow (gtid_strict_mode), so "has 0-1-200" means it has all of 0-1-… up to 200.
class GtidSet {
 public:
  bool operator==(const GtidSet&) const = default;

  void add(const Gtid& gtid);             // keeps the higher sequence number
  void add(const GtidSet& other);
  bool contains(const Gtid& gtid) const;
  bool contains(const GtidSet& other) const;
  bool empty() const { return last_.empty(); }

  // What `other` has and this lacks: for each (domain, server) the last one of `other`, and how many are missing.
  struct Missing {
    Gtid last;
    std::uint64_t count = 0;
  };
  std::vector<Missing> lacks_of(const GtidSet& other) const;
  // The sum of the counts of lacks_of: how far this is behind `other`.
  std::uint64_t count_lacking(const GtidSet& other) const;

  // Those of them that one server made.
  GtidSet made_by(std::uint32_t server) const;
  // Those of them that `other` has, too.
  GtidSet up_to(const GtidSet& other) const;
  // The last sequence number of that server in that domain; 0 when it has none.
  std::uint64_t last_of(std::uint32_t domain, std::uint32_t server) const;
  // One of each (domain, server), in their order.
  const std::vector<Gtid>& entries() const { return last_; }

 private:
  // A few entries, copied with every report: a sorted vector is one allocation where a map has one for each.
  std::vector<Gtid> last_;
};

std::string to_string(const GtidSet& set);  // "0-1-200,0-2-17"; "" when empty

// Reads gtid_binlog_state, gtid_slave_pos, gtid_current_pos or Gtid_IO_Pos. Errors: names the bad part.
Result<GtidSet> parse_gtid_set(std::string_view text);

}  // namespace mmm
