// What the agent tells of its host.

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

Report Brain::report(Instant now) const {
  Report r;
  report_into(r, now);
  return r;
}

void Brain::report_into(Report& r, Instant now) const {
  r.number = reports_;
  r.accepted = memory_.accepted;
  if (memory_.instruction) r.assignment = memory_.instruction->assignment;
  else r.assignment = {};
  r.released = memory_.released;
  r.longest_lease = longest_lease();
  r.lease_live = lease_.live(now).has_value();
  r.promise_live = managed() && promises_.runs_for(memory_.accepted.generation, now);
  r.writer_asks = managed() && promises_.asked_within(lease_ttl() / 2, memory_.accepted.generation, now);
  r.lost_memory = lost_memory_;
  r.mysqld_alive = mysqld_ != Life::down;  // an agent that has just started has not asked yet: that is no death
  r.server = server_;
  r.ips.clear();
  for (const auto& ip : ips_)
    if (is_role_ip(ip)) r.ips.push_back(ip);
  r.found_ips = found_ips_;
  r.uptime_s = uptime_at_ == kLongAgo ? 0 : uptime_s_ + seconds(now - uptime_at_);
  if (const auto* plan = own_plan()) {
    r.told_state = plan->state;
    r.told_roles = plan->roles;
  } else {
    r.told_state = HostState::unknown;
    r.told_roles.clear();
  }
  r.unreachable.assign(unreachable_.begin(), unreachable_.end());
  r.mac = mac_;
  r.overtaken_by.reset();
  if (is_writer() && overtaken_by_ > memory_.accepted.generation) r.overtaken_by = overtaken_by_;
  r.complete = memory_.complete;
  r.problems.clear();
  for (const auto& [key, problem] : problems_) r.problems.push_back(problem);
  if (const auto sick = replication_problem(); !sick.empty()) r.problems.push_back(sick);
}

void Brain::do_not_obey(ConnectionId monitor, const std::string& why) {
  effects_.push_back(Send{monitor, Welcome{self_, false, why, memory_.epoch, MMM_VERSION, report(now_)}});
}

// One that led until another one took over must hear of it: its next fail-over would do without this host (S2).
void Brain::obey_another_than(ConnectionId monitor) {
  do_not_obey(monitor, fmt::format("leadership {} is obeyed here, not what this connection says", memory_.epoch.counter));
}

// A source that refuses a login or a position is nobody's check: Seconds_Behind_Master is NULL, the thread "connects".
std::string Brain::replication_problem() const {
  if (!server_ || !server_->replication.configured) return "";
  const auto& now = server_->replication;
  if (now.error.empty() || (now.io == IoThread::yes && now.sql)) return "";
  return fmt::format("replication from {}:{} does not run: {}", now.source_ip, now.source_port, now.error);
}

}  // namespace mmm::agent
