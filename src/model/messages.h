#pragma once
// What a monitor and an agent say to each other on their standing connection (docs/protocol.md, version 2).

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/instruction.h"
#include "model/server_status.h"

namespace mmm {

// ---- monitor to agent -------------------------------------------------------------------------------------------

// The first message of a connection: who wants to lead. The agent answers with Welcome.
struct Hello {
  HostName host;                   // whom the monitor believes to talk to
  Epoch epoch;                     // its leadership
  // The leaderships that it continues, oldest first: it restarted on its own locked state file (rule 1), perhaps several
  // times before every host heard of it. Empty where it continues none.
  std::vector<Epoch> lineage;
  bool leads = false;              // it may lead already; false: it gathers acceptances first and grants nothing
  // An operator vouched that no other monitor of a leadership below this counter lives; 0: nobody did. A word of an
  // earlier day says nothing about who came to lead since.
  std::uint64_t vouched_below = 0;
  // The latest that this host acknowledged to a leadership that this monitor has, or continues; all zero: nothing. An agent
  // whose state is older has a lost state (rule 11).
  Order acknowledged;

  bool operator==(const Hello&) const = default;
};

// Renews the lease that Ask number `ask` asked for. It lasts as long as was asked, from the asker's own stamp.
struct Grant {
  std::uint64_t ask = 0;
  Generation generation;

  bool operator==(const Grant&) const = default;
};

// Why Ask number `ask` gets nothing.
struct NoGrant {
  std::uint64_t ask = 0;
  std::string reason;

  bool operator==(const NoGrant&) const = default;
};

// Before a takeover: what have you received, and could you accept generation `generation`? (rule 6, first sentence)
struct Survey {
  Generation generation;
  Generation given_up;             // as in Instruction

  bool operator==(const Survey&) const = default;
};

// The lease of `source` has run out and nobody renewed it: stop receiving from it. A receiver takes up to a second or more
// to let go of a silent source (MariaDB, semi-sync), which must not fall into the hand-over. A hint: nothing is
// persisted, and without a new generation it is forgotten after a few seconds. An empty `source`: it is back, attach.
struct Detach {
  HostName source;

  bool operator==(const Detach&) const = default;
};

// Keeps the connection's silence bounded; the agent answers with a Report.
struct Poke {
  bool operator==(const Poke&) const = default;
};

// Who on the segment of your interface answers for this role address? A hint: nothing is persisted, nothing changes.
// Said only to agents whose Report has a `mac`: older ones don't know it.
struct Resolve {
  std::uint64_t number = 0;        // comes back in the answer
  std::string ip;

  bool operator==(const Resolve&) const = default;
};

// This address stands on your interface, and another host did not resolve it to you: announce it once more. A hint; to
// whom as Resolve.
struct AnnounceAgain {
  std::string ip;

  bool operator==(const AnnounceAgain&) const = default;
};

using ToAgent = std::variant<Hello, Instruction, Grant, NoGrant, Survey, Detach, Poke, Resolve, AnnounceAgain>;

// ---- agent to monitor -------------------------------------------------------------------------------------------

// What is, never what was intended.
struct Report {
  std::uint64_t number = 0;        // grows within a connection
  Order accepted;                  // the last instruction it accepted and has on disk
  Assignment assignment;           // as it knows it
  Generation released;             // the highest generation it gave up or refused for good
  Duration longest_lease{0};       // the longest lease it may hold or have asked for, a grace included
  bool lease_live = false;
  bool promise_live = false;       // it keeps a promise to the writer of `assignment`, or may: it has just restarted
  bool writer_asks = false;        // ... and has asked for one within the last half of lease_ttl
  bool lost_memory = false;        // it has no memory, or had one that was too old, and has accepted nothing since (rule 11)
  bool mysqld_alive = false;
  std::optional<ServerStatus> server;    // absent: it does not answer, or was not asked yet
  std::vector<std::string> ips;    // of the role addresses, those really on the interface; sorted
  std::vector<std::string> found_ips;    // role addresses it found, and dropped, when it started without a memory
  double uptime_s = 0;             // the host's
  HostState told_state = HostState::unknown;  // what it was last told
  std::vector<Role> told_roles;
  std::vector<HostName> unreachable;     // hosts that do not answer its pings
  std::vector<std::string> problems;     // each a sentence: what is wrong here and what to do
  // Of the interface that its role addresses are on: "02:42:ac:11:00:02". Absent: it is no Ethernet, or an older agent.
  std::optional<std::string> mac;
  std::optional<Generation> overtaken_by;  // it is the writer of `accepted`, and another agent knows of this later one
  // The last one in which it had all that it had to have, and may have taken writes; 0: none. Absent: an older agent.
  std::optional<Generation> complete;

  bool operator==(const Report&) const = default;
};

// Equal but for what moves all the time under load: the number, the uptime, positions and seconds behind.
bool tells_nothing_new(const Report& before, const Report& after);

// Answers Hello. `accepted`: the epoch is on the agent's disk. Else `reason` says why it obeys another.
struct Welcome {
  HostName host;
  bool accepted = false;
  std::string reason;
  Epoch epoch;                     // the highest it has accepted
  std::string version;             // of the program
  Report report;

  bool operator==(const Welcome&) const = default;
};

// The instruction of this order is on the agent's disk and will be carried out (rule 2: it names what it acknowledges).
struct Acknowledged {
  Order order;
  Duration longest_lease{0};       // the longest lease that may run then (rule 4), and beside it
  bool has_fence = false;
  Grace grace;                     // ... the one that is not over (rule 9); number 0: none

  bool operator==(const Acknowledged&) const = default;
};

// The instruction is not accepted. `for_good`: this generation will never be accepted here (rule 7).
struct Refused {
  Order order;
  bool for_good = false;
  std::string reason;

  bool operator==(const Refused&) const = default;
};

// The writer gave up `generation` for good (rule 7): no write, no session, no address any more.
struct Released {
  Generation generation;
  bool mysqld_dead = false;
  std::optional<GtidSet> has;      // its last position; absent when its server did not tell
  bool complete = false;           // it had all that it had to have, and may have taken writes
  std::string reason;

  bool operator==(const Released&) const = default;
};

// Asks for the lease (rule 3). `number` answers come back with; the stamp stays with the asker.
struct Ask {
  std::uint64_t number = 0;
  Order accepted;
  Duration ttl{0};
  bool has_fence = false;
  std::uint64_t grace = 0;         // it is the asker's grace of this number, `ttl` its length (rule 9); 0: an ordinary lease
  std::uint64_t grace_over = 0;    // the asker's graces up to this number are over
  Grace grace_runs;                // the one that is not, as in Acknowledged: an Ask is an acknowledgement, too

  bool operator==(const Ask&) const = default;
};

// Answers Survey. `bound`: why it can't accept that generation now; empty when it can.
struct SurveyAnswer {
  Generation generation;
  std::string bound;
  Duration promised_for{0};        // it could, if it had not promised another writer not to for so long
  GtidSet has;                     // applied
  GtidSet received;                // received, applied or not

  bool operator==(const SurveyAnswer&) const = default;
};

// Answers Resolve.
struct Resolved {
  std::uint64_t number = 0;        // of the question
  std::string ip;
  std::vector<std::string> macs;   // of every other host that says that it has the address
  std::string problem;             // why it could not ask; "" when it did

  bool operator==(const Resolved&) const = default;
};

using FromAgent = std::variant<Welcome, Report, Acknowledged, Refused, Released, Ask, SurveyAnswer, Resolved>;

// ---- agent to agent ---------------------------------------------------------------------------------------------

// The writer's agent asks a member of its takeover set for a promise (rule 3). The stamp stays with the asker.
struct PromiseAsk {
  HostName from, to;
  std::string line;                // of the instruction that the asker accepted last
  std::uint64_t number = 0;        // of the asker's Ask: one stamp for both
  Generation generation;           // whose writer it is
  Duration ttl{0};
  bool has_fence = false;
  bool lease_live = false;         // it still holds its lease; without it a promise keeps nobody alive by itself
  std::uint64_t grace = 0;         // as in Ask
  std::uint64_t grace_over = 0;

  bool operator==(const PromiseAsk&) const = default;
};

// It will not accept the writer's role before `ttl`, as a waiting side counts it, has passed from now.
struct Promise {
  std::uint64_t number = 0;
  Generation generation;

  bool operator==(const Promise&) const = default;
};

struct NoPromise {
  std::uint64_t number = 0;
  Generation generation;
  bool overtaken = false;          // a later generation was accepted somewhere: the asker stops at once
  Generation later;                // that generation, where it is known; else 0
  std::string reason;

  bool operator==(const NoPromise&) const = default;
};

// An agent that is out of touch with the monitor asks the others which reader addresses it may still hold.
struct MapAsk {
  HostName from, to;

  bool operator==(const MapAsk&) const = default;
};

struct MapAnswer {
  Order accepted;                  // the instruction, and the role map in it, that it accepted last
  std::vector<std::string> serves; // the reader addresses that this map gives to it, and that it holds with a living server

  bool operator==(const MapAnswer&) const = default;
};

using PeerQuestion = std::variant<PromiseAsk, MapAsk>;
using PeerAnswer = std::variant<Promise, NoPromise, MapAnswer>;

}  // namespace mmm
