#pragma once
// The write fence in the language of nft(8): what is asked of the kernel, and what it answers. No I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace mmm {

// What the fence lets nobody through to, or from, without a lease.
struct FenceRules {
  // `write_fence host`: the host's own addresses too, for all but the hosts of the cluster. On a host that is not the
  // writer they are closed to clients. Reader IPs are not guarded.
  struct Host {
    std::vector<std::string> own;       // IPv4 and IPv6, numeric
    std::vector<std::string> excepted;  // who reaches them all the same: hosts (replication, checks), monitors; numeric
  };

  std::string name;  // tells the fences on one host apart: of clusters, of several agents; see kFenceNameMax
  std::uint16_t mysql_port = 3306;
  std::vector<std::string> writer_ips;  // IPv4 and IPv6, numeric; they have one lease
  std::optional<Host> host;             // absent: only the writer IPs
};

// Names are of letters, digits, '-', '_' and '.', and this long at most; nft(8) allows more.
inline constexpr std::size_t kFenceNameMax = 64;

// What the kernel has.
struct FenceState {
  bool stands = false;            // without it everything passes
  bool open = false;              // an armed lease lives: packets pass. Meaningless where no fence stands
  std::optional<Duration> left;   // of the lease that is open; nothing: it has no end. Milliseconds, at jiffies (1-10 ms)
  std::optional<std::size_t> armed;  // its slot; also of one that has run out
  std::vector<std::size_t> untimed;  // slots that hold an element without an end, armed or only staged

  bool operator==(const FenceState&) const = default;
};

namespace fence_text {

// Leases that are held or asked for at the same time: the armed one and three questions. One is asked every third of a
// lease, so an answer to an older one is of no use.
inline constexpr std::size_t kSlots = 4;

// Errors: a name that nft would not take, something that is no address, or no writer IP.
Status check(const FenceRules& rules);

// "inet mmm3_fence_NAME"
std::string table_of(const FenceRules& rules);

// Requires of all below: `check` found nothing. Each is one transaction, or a part of one.

// The whole table. Where it stands already the rules become these; its leases stay as they are.
std::string table(const FenceRules& rules);
// The table goes; no error when there is none.
std::string removal(const FenceRules& rules);
// The slot's element is replaced, expired or not, by one that lives so long; nullopt: for ever. Fails on an armed slot,
// and where no fence stands. The whole set is replaced: for a command about elements libnftables (1.0.6) first reads
// every interval set of the host, 0.4 s where a site blocks 50,000 networks. For sets and rules it doesn't.
std::string fill(const FenceRules& rules, std::size_t slot, std::optional<Duration> lease);
std::string empty(const FenceRules& rules, std::size_t slot);
// What the slot's element lets through passes; without a slot nothing does. A rule is switched, not an element of a map:
// each packet sees all rules as they were or as they will be (2,000 switches a second and 17,000 packets: none lost).
std::string arming(const FenceRules& rules, std::optional<std::size_t> slot);

// Reads what `list table …` prints (nft 1.0.6).
FenceState parse(std::string_view listing);

}  // namespace fence_text

}  // namespace mmm
