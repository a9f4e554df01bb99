// The monitor's periodic checks, by its own viewpoint.

#include <algorithm>

#include "sim/monitor_process.h"
#include "sim/world.h"

namespace mmm::sim {

void MonitorProcess::check_host(Node host) {
  for (const auto check : kAllChecks) run_check(host, check);
  later(config_->checks.at(CheckName::ping).check_period, [this, host] { check_host(host); });
}

// The result comes after a round trip, or after the time-out.
void MonitorProcess::run_check(Node host, CheckName check) {
  const auto& limits = config_->checks.at(check);
  auto& network = world_.network;
  auto& server = world_.hosts[host]->server;
  const auto trip = network.usual_delay(machine_, host) + network.usual_delay(host, machine_);
  const bool there = network.answers(host, machine_) && trip < limits.timeout;
  const bool serves = there && server.responds();
  const bool refused = there && !server.alive();
  auto outcome = Outcome::unknown;
  auto wait = trip;
  switch (check) {
    case CheckName::ping:
      outcome = there ? Outcome::good : Outcome::bad;
      if (!there) wait = limits.timeout;
      break;
    case CheckName::mysql:
      outcome = serves ? Outcome::good : Outcome::bad;
      if (!serves && !refused) wait = limits.timeout;
      break;
    case CheckName::rep_threads:
      if (serves) outcome = server.replication_runs() ? Outcome::good : Outcome::bad;
      break;
    case CheckName::rep_backlog:
      if (serves) outcome = server.seconds_behind().value_or(0) > limits.max_backlog ? Outcome::bad : Outcome::good;
      break;
  }
  if (outcome == Outcome::unknown) return;
  // To the core a success after a success is no event; leaving it out halves its steps.
  const auto& known = brain_->checks().at(std::string(name_of(host)), check);
  if (outcome == Outcome::good && known.verdict == Verdict::good && !known.failing_since) return;
  later(wait, [this, host, check, outcome] { step(CheckRan{std::string(name_of(host)), check, outcome, ""}); });
}

void MonitorProcess::check_network() {
  bool any = false;
  for (Node host = 0; host < world_.hosts.size(); ++host) any = any || (knows(host) && world_.network.answers(host, machine_));
  if (network_ != any) {
    network_ = any;
    step(NetworkChecked{any});
  }
  later(config_->monitor.ping_interval, [this] { check_network(); });
}

}  // namespace mmm::sim
