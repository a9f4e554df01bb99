#pragma once
// The cluster of the lab as values: two masters, one slave, one writer and two reader addresses.

#include <string>
#include <vector>

#include "core/monitor/commands.h"
#include "core/monitor/view.h"
#include "model/config.h"

namespace mmm::lab {

inline const Role kWriter{"writer", "10.0.0.80"};
inline const Role kReader90{"reader", "10.0.0.90"};
inline const Role kReader100{"reader", "10.0.0.100"};

// 2026-11-22 05:35:55 UTC, the time in the transcripts of MMM 2.
inline constexpr std::int64_t kTranscriptMs = 1795325755000;

Config config();

// Every host ONLINE, agents reachable, checks good, nobody holds a role.
ClusterView view(const Config& config);

inline HostView& host(ClusterView& view, const HostName& name) {
  for (auto& candidate : view.hosts)
    if (candidate.name == name) return candidate;
  throw std::out_of_range(name);
}

// The command as typed after mmm_control.
std::variant<Answer, Accepted> run(const std::string& line, const ClusterView& view);

// The answer that the command gets at once, or once its intent is done.
Answer answer(const std::string& line, const ClusterView& view);
inline std::string text(const std::string& line, const ClusterView& view) { return answer(line, view).text; }

// The text, with "refused: " or "usage: " before it unless the code is `done`; "accepted: " before the answer of an
// intent. One string to compare with says all.
std::string outcome(const std::string& line, const ClusterView& view);

}  // namespace mmm::lab
