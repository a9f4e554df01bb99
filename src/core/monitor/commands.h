#pragma once
// The administrator's commands (docs/mmm2-reference.md §7): words in; a refusal, an answer or an intent out.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/monitor/view.h"

namespace mmm {

enum class AnswerCode { done = 0, refused = 1, usage = 2, unknown_outcome = 3 };

struct Answer {
  AnswerCode code = AnswerCode::done;
  std::string text;  // what MMM 2 would print, without a final newline of mmm_control's own
  std::string json;  // the same for scripts (`--json`): one JSON object
};

// What a command wants done. The brain carries it out, then sends `answer`, or another one when it fails.
struct SetOnline {
  HostName host;
  bool accept_loss = false;  // what it has is all there will be, whatever the last writer had
  bool compare_first = false;  // AWAITING_RECOVERY: it follows the writer, and is compared with it
};
struct SetOffline { HostName host; };
struct SwitchMode { MonitorMode mode; };
struct MoveWriter {                                        // the active master role: a hand-over
  HostName to;
  bool force = false;
  bool unfenced = false;                                   // rule 13: the operator vouches that the last writer is off
};
struct MoveExclusive { RoleName role; HostName to; };      // another exclusive role
struct MoveBalanced { RoleName role; HostName from; };     // its addresses leave `from` and are redistributed
struct SetIp { Role role; HostName to; };                  // passive mode only
struct TakeLead {};                                        // rule 1: the operator vouches that the old monitor is dead
using Intent = std::variant<SetOnline, SetOffline, SwitchMode, MoveWriter, MoveExclusive, MoveBalanced, SetIp, TakeLead>;

struct Accepted {
  Intent intent;
  Answer answer;  // to be sent once the intent is done
};

// Looks at one command. `words` are as typed after mmm_control, e.g. {"move_role", "--force", "writer", "db2"}.
// Every text and refusal is MMM 2's, verbatim (docs/mmm2-reference.md §7). Empty words are an invalid command.
std::variant<Answer, Accepted> evaluate(const std::vector<std::string>& words, const ClusterView& view);

// Splits a line of the control port at blanks. Requires: no newline in it.
std::vector<std::string> split_words(std::string_view line);

}  // namespace mmm
