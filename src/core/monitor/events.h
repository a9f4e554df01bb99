#pragma once
// What happens to the monitor's brain and what it wants done. Data in, data out.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/monitor/commands.h"
#include "core/monitor/moment.h"
#include "model/messages.h"
#include "model/monitor_state.h"

namespace mmm {

// ---- events -----------------------------------------------------------------------------------------------------

// Once, first. `own`: the file was written by a monitor on this machine to this path, and its lock is held (rule 1);
// only then may `state.leadership` be continued. `id` is random and new.
struct MonitorStarted {
  MonitorState state;
  bool own = false;
  std::string id;
  std::string machine_id, path;       // to be written into the state
};
struct CheckRan { HostName host; CheckName check = CheckName::ping; Outcome outcome = Outcome::unknown; std::string message; };
struct NetworkChecked { bool answered = false; };
struct AgentJoined { HostName host; };  // a connection to its agent stands; nothing was said yet
struct AgentLeft { HostName host; std::string reason; };
struct AgentSaid { HostName host; FromAgent message; };
using CommandId = std::uint64_t;
struct CommandCame { CommandId id = 0; std::vector<std::string> words; };
// Answers AskSegment. `on_segment`: the monitor's machine has an interface in the subnet of the address; else nobody was asked.
struct SegmentAsked { bool on_segment = false; Resolved answer; };
struct HostKilled { HostName host; bool success = false; std::string message; };  // kill_host_bin has ended
struct LeaseTtlChanged { Duration ttl{0}; };  // the configuration was read anew
struct MonitorTick {};

using MonitorEvent = std::variant<MonitorStarted, CheckRan, NetworkChecked, AgentJoined, AgentLeft, AgentSaid,
                                  CommandCame, HostKilled, SegmentAsked, LeaseTtlChanged, MonitorTick>;

// ---- effects ----------------------------------------------------------------------------------------------------

// A Tell or Reply leaves only once every Keep before it is on disk (rule 2), unless it is `urgent`: a grant of what the
// disk already says.
struct Keep { MonitorState state; };
struct Tell { HostName host; ToAgent message; bool urgent = false; };
struct Reply { CommandId id = 0; Answer answer; };
struct RunCheck { HostName host; CheckName check = CheckName::ping; };  // now, besides its period
struct KillHost { HostName host; bool answers_ping = false; };

struct AskSegment { Resolve question; };  // from the monitor's own machine; answer SegmentAsked

enum class NoteLevel { debug, info, warning, error };
// A decision, or a decision not to act, with its reason.
struct MonitorNote { NoteLevel level = NoteLevel::info; HostName host; std::string text; };

using MonitorEffect = std::variant<Keep, Tell, Reply, RunCheck, KillHost, AskSegment, MonitorNote>;

}  // namespace mmm
