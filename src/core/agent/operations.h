#pragma once
// What the agent's brain asks its shell to do, and what it says. Data out; the shell does the I/O.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/agent/writer_lease.h"
#include "model/agent_memory.h"
#include "model/messages.h"

namespace mmm::agent {

// Writer lane: one at a time, on a connection of its own, so that nothing else can delay it.
struct StopWrites {};                    // read_only on; bounded
struct EndSessions {};                   // ends every client session; replication and our own excepted
struct AllowWrites { WriterLease lease; };  // read_only off
struct SemiSyncSource { bool on = false; };  // whether commits wait for a replica; on only on the writer

// Replication lane.
struct Follow {                          // replicate from that host, by GTID
  HostName source;
  std::string ip;
  std::uint16_t port = 3306;
  bool demote = true;                    // false: the writer follows its peer, whose position lags behind its own
};
struct StopReplication {};
struct StartReplication {};
struct StopReceiver {};                  // the IO thread only: the source has gone silent
struct StopApplier {};                   // the SQL thread only: quick, never talks to the source
struct StartApplier {};                  // the SQL thread only: what was received is applied, nothing more received

// Observation lane.
struct Observe {};

// Command lane: fence_cmd. The lease of `generation` has ended and nobody renewed it. Bounded; may take seconds.
struct FenceCommand {
  Generation generation;
  bool stopped = false;                  // read_only is known to be set
};

// Kernel lane.
struct PutWriterAddress { std::string ip; WriterLease lease; };  // valid_lft: what is left of the lease, rounded up
struct PutReaderAddress { std::string ip; Duration lifetime; };
struct DropAddress { std::string ip; };           // of the writer's: the fence is closed first
// The write fence (rule 12). A lease is put into the kernel before its stamp is taken and the question is asked; the
// answer only lets it pass. It is known by the id of the StageLease.
struct StageLease { std::optional<Duration> lease; };  // nothing: without an end
struct ArmLease { std::uint64_t staged = 0; };
struct LimitLease { WriterLease lease; };         // what has no end gets this one
struct CloseFence {};
struct Announce { std::string ip; };

using Operation = std::variant<StopWrites, EndSessions, AllowWrites, SemiSyncSource, Follow, StopReplication, StartReplication,
                               StopReceiver, StopApplier, StartApplier, Observe, FenceCommand, PutWriterAddress, PutReaderAddress, DropAddress,
                               StageLease, ArmLease, LimitLease, CloseFence, Announce>;

enum class Lane { writer, replication, observation, command, kernel };

inline constexpr std::string_view kFenceCommand = "run fence_cmd";  // its text, whatever the generation

Lane lane_of(const Operation& operation);
const std::string* changed_address(const Operation& operation);  // that is put or dropped; nullptr: none
std::string to_string(const Operation& operation);  // for the log: "put 10.0.0.80 on the interface"

using ConnectionId = std::uint64_t;  // a standing connection of a monitor; never reused

// ---- effects ----------------------------------------------------------------------------------------------------

// What is said leaves only once every Persist before it is on disk, file and directory synced (rule 2). Operations don't
// wait: those that take rights away must not, those that give rights need a lease, which needs a Send.
struct Persist { AgentMemory memory; };
// Leaves only once every Persist before it is on disk, unless it is `urgent`: it tells nothing that has to be there.
struct Send { ConnectionId to = 0; FromAgent message; bool urgent = false; };
struct AskPeer { HostName to; PeerQuestion question; };     // to another agent, over a connection that this one opened
struct AnswerPeer { ConnectionId to = 0; PeerAnswer answer; };
struct ResolveAddress { ConnectionId asker = 0; std::uint64_t number = 0; std::string ip; };  // ask the segment; answer AddressResolved
inline constexpr ConnectionId kItself = 0;                  // the asker of what no monitor asked
struct Run { std::uint64_t id = 0; Operation operation; };

enum class Severity { debug, info, warning, error };
struct Note { Severity severity = Severity::info; std::string text; };

using Effect = std::variant<Persist, Send, AskPeer, AnswerPeer, ResolveAddress, Run, Note>;

}  // namespace mmm::agent
