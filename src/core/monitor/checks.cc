#include "core/monitor/checks.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mmm {

namespace {

// One viewpoint may have lost its own way to the host (docs/lease.md, "Evidence"). The replication checks are told by
// the server itself: whoever reads them has reached it.
bool needs_second_opinion(CheckName check) { return check == CheckName::ping || check == CheckName::mysql; }

// Ensures: returns true when the verdict changed.
bool enter(CheckView& view, Verdict verdict, std::string message, Moment now) {
  view.message = std::move(message);
  if (view.verdict == verdict) return false;
  view.verdict = verdict;
  view.last_change = now;
  return true;
}

}  // namespace

Instant HostChecks::last_change() const {
  const auto instant = [](const CheckView& view) { return view.last_change.at; };
  return instant(std::ranges::max(views_, {}, instant));
}

CheckBoard::CheckBoard(const Config& config) {
  for (const auto& host : config.hosts) hosts_[host.name] = {};
  for (const auto check : kAllChecks) {
    const auto it = config.checks.find(check);
    trap_periods_[check] = it == config.checks.end() ? CheckConfig{}.trap_period : it->second.trap_period;
  }
}

bool CheckBoard::record(const HostName& host, CheckName check, Outcome outcome, std::string message, bool corroborated,
                        Moment now) {
  auto& view = view_of(host, check);
  if (outcome == Outcome::unknown) {
    if (view.verdict == Verdict::pending) view.message = std::move(message);
    return false;
  }
  if (outcome == Outcome::good) {
    view.failing_since.reset();
    if (!view.passing_since) view.passing_since = now.at;
    view.accused = false;
    return enter(view, Verdict::good, std::move(message), now);
  }

  const bool first_run = view.verdict == Verdict::pending && !view.failing_since;
  if (!view.failing_since) view.failing_since = now.at;
  view.passing_since.reset();
  if (view.verdict == Verdict::bad) return enter(view, Verdict::bad, std::move(message), now);
  if (!first_run && now.at - *view.failing_since < trap_periods_.at(check)) return false;
  if (needs_second_opinion(check) && !corroborated) {
    view.accused = now.at - *view.failing_since >= trap_periods_.at(check);
    if (view.accused) view.message = std::move(message);
    return false;
  }
  view.accused = false;
  return enter(view, Verdict::bad, std::move(message), now);
}

bool CheckBoard::record_certain_failure(const HostName& host, CheckName check, std::string message, Moment now) {
  auto& view = view_of(host, check);
  if (!view.failing_since) view.failing_since = now.at;
  view.passing_since.reset();
  view.accused = false;
  return enter(view, Verdict::bad, std::move(message), now);
}

CheckView& CheckBoard::view_of(const HostName& host, CheckName check) {
  const auto it = hosts_.find(host);
  MMM_CHECK(it != hosts_.end());
  return it->second[check];
}

const HostChecks& CheckBoard::of(const HostName& host) const {
  const auto it = hosts_.find(host);
  MMM_CHECK(it != hosts_.end());
  return it->second;
}

bool CheckBoard::all_good(const HostName& host) const {
  return std::ranges::all_of(kAllChecks, [&](CheckName check) { return good(host, check); });
}

}  // namespace mmm
