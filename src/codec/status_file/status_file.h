#pragma once
// The monitor's status file: text to value and back (docs/protocol.md, "The monitor's status file").
//
//     db1|ONLINE|reader(10.0.0.90),writer(10.0.0.80)
//     #mmm3 {"crc32":"8c736521","format":1,"leadership":{…}}
//
// The first kind of line is MMM 2's. The second is ours; an MMM 2 monitor takes it for a host that it does not know,
// warns, and goes on (and writes a file without it, so that the monitor after it leads nothing by itself: rule 1).

#include <string>
#include <string_view>
#include <vector>

#include "model/lease.h"
#include "model/monitor_state.h"

namespace mmm {

// Every line of the file, ours last; roles sorted.
std::string print_status_file(const MonitorState& state);

struct StatusFile {
  MonitorState state;
  std::vector<std::string> warnings;  // what was passed over, each naming its line
  std::string leadership_problem;     // why our line can't be used; empty when it is good, or there is none
};

// Takes what is good and tells of the rest; it never fails.
//
// Requires: `configured` are the hosts of the configuration; lines of others are passed over with a warning.
// Ensures:  `state.leadership` is set only when exactly one line of ours is there and every byte of it is as written.
StatusFile parse_status_file(std::string_view text, const HostSet& configured);

}  // namespace mmm
