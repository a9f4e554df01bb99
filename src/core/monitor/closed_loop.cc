// Whether the addresses that are up are found where they shall be (resolution.h).

#include <algorithm>

#include <fmt/format.h>

#include "core/monitor/brain.h"

namespace mmm {

namespace {

// A second host with the writer IP takes writes of some clients: it shall not go unseen for long.
constexpr Duration kAskForWriterEvery = 5s;
constexpr Duration kAskForReaderEvery = 10s;
// A monitor that is on another segment: how often its interfaces are looked at again.
constexpr Duration kOffSegmentFor = 60s;

bool holds(const Report& report, const std::string& ip) { return std::ranges::find(report.ips, ip) != report.ips.end(); }

}  // namespace

void MonitorBrain::look_at_addresses() {
  std::map<std::string, HostName> hosts;  // by MAC
  for (const auto& [name, data] : hosts_)
    if (data.agent.report && data.agent.report->mac) hosts.emplace(*data.agent.report->mac, name);
  if (hosts.empty() && resolutions_.empty()) return;
  std::map<std::string, UpAddress> up;
  for (const auto& [role, owner] : owners_) {
    const auto& report = hosts_.at(owner).agent.report;
    if (!reachable(owner) || !report || !report->mac || !holds(*report, role.ip)) continue;
    UpAddress address{.owner = owner, .mac = *report->mac, .askers = {},
                      .ask_every = role.name == config_.active_master_role ? kAskForWriterEvery : kAskForReaderEvery};
    // A host that has the address itself does not hear its own answer.
    for (const auto& [mac, host] : hosts)
      if (host != owner && reachable(host) && !holds(*hosts_.at(host).agent.report, role.ip)) address.askers.push_back(host);
    std::ranges::sort(address.askers);
    const auto off = off_segment_.find(role.ip);
    if (off == off_segment_.end() || now_.at >= off->second + kOffSegmentFor) address.askers.push_back(kMonitorItself);
    up.emplace(role.ip, std::move(address));
  }
  for (auto& question : resolutions_.look(up, std::move(hosts), now_.at)) {
    if (question.asker == kMonitorItself) effects_.push_back(AskSegment{question.message});
    else send(question.asker, question.message, true);
  }
  tell_resolutions();
  wake_at(resolutions_.next());
}

void MonitorBrain::said(const HostName& host, const Resolved& message) { resolved(host, message); }

void MonitorBrain::on(const SegmentAsked& event) {
  auto answer = event.answer;
  if (event.on_segment) {
    off_segment_.erase(answer.ip);
  } else {
    answer.problem = "it has no interface in the subnet of the address";
    if (off_segment_.insert_or_assign(answer.ip, now_.at).second)
      note(NoteLevel::info, "", fmt::format("the monitor has no interface in the subnet of {}: only agents are asked where it is", answer.ip));
  }
  resolved(kMonitorItself, answer);
}

void MonitorBrain::resolved(const HostName& asker, const Resolved& message) {
  const auto owner = resolutions_.answered(asker, message, now_.at);
  if (!owner.empty() && reachable(owner)) send(owner, AnnounceAgain{message.ip}, true);
  tell_resolutions();
}

void MonitorBrain::tell_resolutions() {
  for (auto& news : resolutions_.take_news())
    note(news.good ? NoteLevel::info : NoteLevel::warning, news.host, std::move(news.text));
}

}  // namespace mmm
