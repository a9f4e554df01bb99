// Who on the segment answers for the reader addresses that our map gives to us (docs/lease.md, "Reader IPs").
//
// One that we have: is somebody else's, too, where two monitors lead, or where it was moved while we heard nobody. Whose
// map is the newer one, the others are asked at once. One that we have not, and that no monitor gives to us at this
// moment, may be another host's by now: it is taken only if nobody answers.

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

// A monitor says something every second.
constexpr Duration kInTouch = 3s;
// An address that we would take: how often it is asked for, and how long the answer counts from the question on. The
// answer takes 200 ms; a process that was frozen since then knows nothing.
constexpr Duration kTakeAgain = 1s;

}  // namespace

bool Brain::in_touch() const { return leader_ && leader_leads_ && now_ - leader_heard_ < kInTouch; }

// After a start of this agent only a monitor's word gives an address back that does not stand any more.
bool Brain::may_take_reader(const std::string& ip) const {
  if (!map_confirmed_) return false;
  if (in_touch()) return true;
  const auto probe = probes_.find(ip);
  return probe != probes_.end() && probe->second.nobody && now_ < probe->second.asked + kTakeAgain;
}

void Brain::settle_reader_probes() {
  const auto ours = mysqld_ == Life::up ? reader_ips() : std::set<std::string>{};
  std::erase_if(probes_, [&](const auto& probe) { return !ours.contains(probe.first); });
  for (const auto& ip : ours) {
    const bool stands = ips_.contains(ip);
    const auto every = stands ? reader_ttl() / 3 : kTakeAgain;
    // One that came up a moment ago may still be leaving another host.
    auto& probe = probes_.try_emplace(ip, Probe{.due = stands ? now_ + every : now_}).first->second;
    if (!stands) probe.due = std::min(probe.due, now_ + every);
    if (!stands && (!map_confirmed_ || in_touch())) {
      probe.due = now_ + every;
      continue;
    }
    if (now_ >= probe.due) {
      probe.number = ++last_probe_;
      probe.asked = now_;
      probe.nobody = false;
      probe.due = now_ + every;
      effects_.push_back(ResolveAddress{kItself, probe.number, ip});
    }
    wake_at(probe.due);
  }
}

void Brain::probed(const Resolved& answer) {
  const auto found = probes_.find(answer.ip);
  if (found == probes_.end() || found->second.number != answer.number || !answer.problem.empty()) return;
  auto& probe = found->second;
  probe.nobody = answer.macs.empty();
  auto rival = probe.nobody ? "" : answer.macs.front();
  if (probe.rival == rival) return;
  probe.rival = std::move(rival);
  if (probe.rival.empty()) return note(Severity::info, fmt::format("no other host answers for {} any more", answer.ip));
  maps_asked_ = kLongAgo;
  note(Severity::warning, ips_.contains(answer.ip)
                              ? fmt::format("another host answers for {}, too: {}; asks the others for newer role maps", answer.ip, probe.rival)
                              : fmt::format("does not take {} back: {} answers for it", answer.ip, probe.rival));
}

}  // namespace mmm::agent
