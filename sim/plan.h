#pragma once
// A schedule before it happens: all that is drawn from the seed in advance, the faults above all.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/event_queue.h"
#include "sim/topology.h"

namespace mmm::sim {

// The hosts are set online before the first fault; after the last one nothing breaks any more, so that L1 can be judged.
inline constexpr TrueTime kFaultsFrom = 4s;
inline constexpr TrueTime kCalmFrom = 36s;
inline constexpr TrueTime kEnd = 60s;

enum class FaultKind {
  kill_mysqld, kill_agent, kill_monitor,
  freeze_mysqld, freeze_agent, freeze_monitor,
  lose_host, lose_disk, power_cut, pause, suspend, cut_link, isolate, slow_link, lossy_link,
  fill_disk, slow_disk, tear_file, restore_file,
  lag, stop_applier,
  restart_writable, slow_read_only,
  move_role, set_offline, change_mode, command,
  stop_agent, change_ttl,
  busy,
};

// What a schedule is drawn for (plan_kinds.h).
enum class PlanKind { general, restarts, single_faults, grants, pins, second_monitor, graces };

// What a second monitor finds when it starts: the first one's file of this moment, of an earlier one, or none.
enum class StateFile { copied, old, empty };

// A second monitor, on another machine (second_monitor.h).
struct SecondPlan {
  TrueTime at{0}, until{0};     // it runs beside the first one
  std::optional<TrueTime> first_dies;  // it takes its place instead, and stays
  StateFile file = StateFile::empty;
  TrueTime copied_at{0};        // of an old file
  std::optional<Node> lacks;    // its configuration is an old one, of before this host was there
};

// How many machines, and whether that changes. The last digit of the seed means the same at every scale.
enum class Scale {
  standard,   // the demo's three hosts
  large,      // 2-5 candidates, 0-20 slaves
  changing,   // a few hosts, of which some come and go (plan_changes.h)
};

enum class Edit { add_slave, add_candidate, promote_slave, demote_candidate, remove_host };

// The administrator edits the configuration, host by host: each program reads it when it starts again, be it for another
// reason.
struct ConfigChange {
  Edit edit = Edit::add_slave;
  Node who = 0;
  TrueTime at{0};
  Layout after;
  std::array<TrueTime, kNodesMax> edited{}, restarted{};  // of each machine; the client's: the second monitor's file
  bool prepared = false;        // of what takes a candidate away: the role is moved off it and it is set offline, before
  TrueTime gone{0};             // of remove_host: its machine is switched off
};

// What the administrator does at a bad moment, besides moving the writer and taking hosts out for a while.
enum class Errand { force_writer, unfenced_writer, move_reader, set_online, set_ip, take_lead, ask };

struct Fault {
  FaultKind kind = FaultKind::kill_mysqld;
  TrueTime at{0};
  Duration lasts{0};            // until it is taken back: restarted, thawed, healed, set online again
  Node who = 0, other = 0;      // `other`: the far end of a link
  bool one_way = false;         // of a cut: only packets from `who` to `other` are lost
  Duration amount{0};           // of a delay or lag; the age of a restored file; the new lease_ttl; see `first_back`
  double probability = 0;       // of a loss
  Errand errand = Errand::ask;     // a command's
  bool manual = false;          // of a change of mode: manual; else passive
  NodeSet first_back;           // of a power cut: who comes back after `amount`; the others at its end
};

struct Plan {
  std::uint64_t seed = 0;
  PlanKind kind = PlanKind::general;
  Scale scale = Scale::standard;
  Topology topology;            // of all machines that are ever there
  Layout layout;                // the configuration at the beginning
  bool fence = false;           // the hosts have a write fence
  bool semi_sync = true;
  bool skip_slave_start = false;  // in every my.cnf: a crashed mysqld comes back without replicating
  Duration link_delay{0};
  Duration write_every{0};      // of the client
  std::array<std::int64_t, kNodesMax> clock_ppm{};
  std::optional<SecondPlan> second;
  std::vector<Fault> faults;    // in order of time; three or more where the kind is general
  std::vector<ConfigChange> changes;  // in order of time, each begins when the one before is everywhere or later
};

// Ensures: the same plan for the same seed and scale.
Plan make_plan(std::uint64_t seed, Scale scale = Scale::standard);

std::string describe(const Fault& fault);
std::string describe(const SecondPlan& second);
std::string describe(const ConfigChange& change);
std::string describe(const Topology& topology);

}  // namespace mmm::sim
