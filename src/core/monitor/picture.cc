// What the commands see of the brain.

#include <algorithm>

#include <fmt/format.h>

#include "core/monitor/brain.h"

namespace mmm {

ClusterView MonitorBrain::view() const {
  ClusterView v;
  v.config = &config_;
  v.mode = mode_;
  v.passive_cause = passive_cause_;
  v.owners = owners_;
  v.active_master = active_master();
  v.assignment = book_.assignment();
  v.leads = leads_ && decided_start_;
  v.utc_offset_s = now_.utc_offset_s;
  if (!network_) v.warnings.push_back("No network: none of ping_ips answers. No state changes until one does.");
  if (!v.leads) v.warnings.push_back(std::string(kNotLeading) + not_leading_because_);
  // On a fresh cluster everybody waits for the administrator; the states say so.
  const bool fresh = !book_.exists() && std::ranges::all_of(hosts_, [](const auto& entry) {
    return entry.second.state == HostState::awaiting_recovery;
  });
  if (!stuck_because_.empty() && !fresh) v.warnings.push_back("Role " + config_.active_master_role + " can't be given to anybody: " + stuck_because_);
  if (book_.exists() && !reachable(book_.assignment().writer) && writer_lives_on_promises())
    v.warnings.push_back(fmt::format("agent on host {}, the writer, is in touch with the other candidates: nothing moves",
                                     book_.assignment().writer));
  for (const auto& warning : start_warnings_) v.warnings.push_back(warning);
  for (const auto& [text, warning] : pair_warnings_)
    if (warning.told) v.warnings.push_back(text);
  v.resolutions = resolutions_.view();
  for (auto& warning : resolutions_.warnings()) v.warnings.push_back(std::move(warning));
  for (const auto& host : config_.hosts) {
    const auto& data = hosts_.at(host.name);
    HostView h{.name = host.name, .state = data.state, .agent_reachable = reachable(host.name),
               .flapping = data.flap.flapping, .because = data.because};
    h.diverged = data.diverged;
    h.unproven = data.unproven;
    for (const auto check : kAllChecks) {
      h.checks[check] = checks_.at(host.name, check);
      if (h.checks[check].accused)
        v.warnings.push_back(fmt::format("check {} of host {} fails, but nobody else confirms it: {}", to_string(check),
                                         host.name, h.checks[check].message));
    }
    if (!data.agent.refusal.empty())
      v.warnings.push_back(fmt::format("agent on host {} does not obey: {}", host.name, data.agent.refusal));
    if (data.diverged)
      v.warnings.push_back(fmt::format("host {} has transactions that the writer lacks: {}", host.name, to_string(data.suspect)));
    if (data.unproven && reachable(host.name) && !v.active_master)
      v.warnings.push_back(fmt::format("host {} was not asked what it has when {} became the writer: it may lack what clients "
                                       "wrote since", host.name, v.assignment.writer));
    if (data.unproven && v.active_master && *v.active_master != host.name && data.state == HostState::awaiting_recovery)
      v.warnings.push_back(fmt::format("host {} has still to be compared with the writer", host.name));
    if (data.agent.report && reachable(host.name))
      for (const auto& problem : data.agent.report->problems) v.warnings.push_back("host " + host.name + ": " + problem);
    v.hosts.push_back(std::move(h));
  }
  return v;
}

}  // namespace mmm
