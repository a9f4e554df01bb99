#pragma once
// What the monitor keeps in its status file: the host states and roles as MMM 2 writes them and, on a line of our own,
// the leadership with all that a restarted monitor needs to go on with it (docs/lease.md, rules 1, 2, 6 and 8).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/gtid.h"
#include "model/host_state.h"
#include "model/lease.h"
#include "model/mode.h"
#include "model/role.h"

namespace mmm {

// A hand-over of the writer role that is under way. Each step is written down before it is taken (rule 8).
struct HandOverRecord {
  std::string step;                // the name of the step that is being taken
  HostName from;                   // empty: nobody held the role
  HostName to;
  bool planned = false;            // asked for, or a return to the preferred host; else `from` failed
  bool force = false;              // move_role --force
  std::string why;
  std::int64_t since_wall_ms = 0;  // milliseconds since 1970; for people, decides nothing
  GtidSet must_have;               // what `to` must have applied before its first write
  bool position_known = false;     // `must_have` is the last position of `from`
  HostName catch_up_from;          // whom `to` fetches from what it lacks; empty: nobody
  HostName makes_do_with;          // set_online --accept-loss: what this host lacks is given up; empty: nothing is

  bool operator==(const HandOverRecord&) const = default;
};

// How often a host left ONLINE lately (docs/mmm2-reference.md §4, "Flapping").
struct FlapRecord {
  int flap_count = 0;
  std::int64_t flap_first_wall_ms = 0;  // when the counting began, milliseconds since 1970
  bool flapping = false;
  std::optional<double> uptime_at_loss_s;  // of the host, as far as its agent had told, when it left ONLINE last

  bool operator==(const FlapRecord&) const = default;
};

struct LeadershipState {
  Epoch epoch;
  std::string line;                // as in Instruction
  std::string machine_id;          // of the machine that wrote the file, and
  std::string path;                // the absolute path it was written to: a copied file is noticed (rule 1)
  Assignment assignment;
  bool accepted = false;           // the writer of `assignment` accepted its generation
  HostSet acknowledged;            // the takeover set that the writer acknowledged last
  HostSet sent_since;              // the intersection of every set sent since then (rule 4)
  HostSet before;                  // previous promotable + previous writer (rule 8)
  bool released = false;           // the writer gave up `assignment.generation` for good (rule 7)
  Generation given_up;             // the highest generation that its writer had accepted and then gave up for good
  Version barred_from;             // instructions of `assignment.generation` from this version on bar it; 0: none does
  HostSet excused;                 // candidates that an operator vouches for: they need not confirm that they know of it
  bool release_requested = false;
  Duration longest_lease{0};       // the longest lease that may be running, a grace apart
  Grace grace;                     // that the writer of `assignment` was given (rule 9); number 0: none runs
  // An operator let it lead without hosts that could not be asked: a lease of which nobody told may run (rule 1).
  bool unheard_lease = false;
  // What the writer of `assignment` must have applied before its first write, and where it fetches it from; "" once it has
  // served.
  GtidSet must_have;
  HostName catch_up_from;
  Order must_have_since;           // the first order that told its writer so; all 0 once that has served
  HostName left_in_order;          // the last writer: it stopped, told what it has, and nobody has taken over yet; "": none
  MonitorMode mode = MonitorMode::active;
  std::string passive_cause;       // why the mode is PASSIVE; may have several lines
  std::optional<HandOverRecord> hand_over;
  std::uint64_t vouched_below = 0; // as in Hello; 0 once every host has accepted a leadership of ours since
  std::vector<Epoch> lineage;      // earlier leaderships that some host may still know as the last
  HostSet unproven;                // a writer was made without asking them what they have
  // What the present writer had to have when these were asked; of what they have more only what it made counts.
  std::map<HostName, GtidSet> counts_up_to;
  std::map<HostName, GtidSet> diverged;  // what they have and the writer lacked
  std::map<HostName, FlapRecord> flaps;
  std::map<HostName, Order> acknowledgements;  // the latest of each host: one with an older state has lost it (rule 11)

  bool operator==(const LeadershipState&) const = default;
};

struct HostRecord {
  HostState state = HostState::unknown;
  std::vector<Role> roles;

  bool operator==(const HostRecord&) const = default;
};

struct MonitorState {
  std::map<HostName, HostRecord> hosts;
  std::optional<LeadershipState> leadership;  // absent: the file of an MMM 2 monitor, or our line was damaged

  bool operator==(const MonitorState&) const = default;
};

}  // namespace mmm
