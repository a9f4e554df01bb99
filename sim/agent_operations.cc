// The agent's operations, with the time they take and the ways in which they fail.

#include <utility>

#include "sim/agent_process.h"
#include "sim/world.h"

namespace mmm::sim {

namespace {

// The shell's deadline for a statement. What is not answered then may still be carried out later.
constexpr Duration kStatementLimit = 1500ms;
constexpr Duration kObserveLimit = 1s;
// Of the operations: how many fail without a reason that we model. Half of them were carried out all the same.
constexpr double kFails = 0.002;

}  // namespace

void AgentProcess::finish(std::uint64_t id, Duration wait, Status result) {
  later(wait, [this, id, result = std::move(result)]() mutable {
    queries_.erase(id);
    step(agent::Completed{id, std::move(result)});
  });
}

void AgentProcess::give_up(std::uint64_t id, const std::string& why, Certainty certainty) {
  const auto it = queries_.find(id);
  if (it == queries_.end()) return;
  const bool observation = it->second;
  queries_.erase(it);
  const auto error = std::unexpected(Error{why, certainty});
  if (observation) step(agent::Observed{id, error});
  else step(agent::Completed{id, error});
}

// Sends something to the server. `ask` runs when the server gets to it, unless it died; once it is sent, a frozen agent
// changes nothing about that. Who gets no answer in time gives up.
void AgentProcess::query(std::uint64_t id, Duration takes, std::function<void()> ask) {
  auto& server = world_.hosts[machine_]->server;
  const bool observation = queries_.at(id);
  if (!server.alive())
    return later(200us, [this, id] { give_up(id, "can't connect to the server", Certainty::failed); });
  world_.queue.after(takes, [&server, life = server.life(), ask = std::move(ask)]() mutable {
    if (server.life() == life) server.when_it_responds(std::move(ask));
  });
  later(observation ? kObserveLimit : kStatementLimit,
        [this, id] { give_up(id, "no answer in time", Certainty::unknown); });
}

void AgentProcess::statement(std::uint64_t id, Duration takes, std::function<void()> change) {
  queries_[id] = false;
  const bool fails = random_.chance(kFails), changes_all_the_same = random_.chance(0.5);
  query(id, takes, [this, id, fails, changes_all_the_same, change = std::move(change)] {
    if (!fails || changes_all_the_same) change();
    if (!fails) finish(id, 50us, {});
    else finish(id, 50us, changes_all_the_same ? Status(unknown_outcome("the connection was lost")) : Status(fail("an error")));
  });
}

// A change of the interface, in the agent's own process: a frozen agent does it when it thaws.
void AgentProcess::in_kernel(std::uint64_t id, std::function<Status()> change) {
  const bool fails = random_.chance(kFails);
  later(random_.between(40us, 300us), [this, id, fails, change = std::move(change)] {
    finish(id, 20us, fails ? Status(fail("netlink: no buffer space")) : change());
  });
}

// ---- the server -------------------------------------------------------------------------------------------------

void AgentProcess::run(std::uint64_t id, const agent::StopWrites&) {
  queries_[id] = false;
  query(id, random_.between(100us, 1ms), [this, id] {
    world_.hosts[machine_]->server.stop_writes([this, id](Status result) {
      if (running() && queries_.contains(id)) finish(id, 50us, std::move(result));
    });
  });
}

void AgentProcess::run(std::uint64_t id, const agent::EndSessions&) {
  statement(id, random_.between(1ms, 5ms), [this] { world_.hosts[machine_]->server.end_sessions(); });
}

void AgentProcess::run(std::uint64_t id, const agent::AllowWrites&) {
  statement(id, random_.between(100us, 500us), [this] { world_.hosts[machine_]->server.allow_writes(); });
}

void AgentProcess::run(std::uint64_t id, const agent::SemiSyncSource& operation) {
  const bool on = operation.on;
  statement(id, random_.between(100us, 500us), [this, on] { world_.hosts[machine_]->server.set_semi_sync_source(on); });
}

void AgentProcess::run(std::uint64_t id, const agent::Follow& operation) {
  const auto source = node_of(operation.source);
  const bool demote = operation.demote;
  statement(id, random_.between(3ms, 30ms), [this, source, demote] { world_.hosts[machine_]->server.follow(source, demote); });
}

void AgentProcess::run(std::uint64_t id, const agent::StopReplication&) {
  statement(id, random_.between(1ms, 20ms), [this] { world_.hosts[machine_]->server.stop_replication(); });
}

void AgentProcess::run(std::uint64_t id, const agent::StartReplication&) {
  statement(id, random_.between(1ms, 10ms), [this] { world_.hosts[machine_]->server.start_replication(); });
}

void AgentProcess::run(std::uint64_t id, const agent::StopApplier&) {
  statement(id, random_.between(500us, 3ms), [this] { world_.hosts[machine_]->server.stop_applier(); });
}

void AgentProcess::run(std::uint64_t id, const agent::StartApplier&) {
  statement(id, random_.between(500us, 3ms), [this] { world_.hosts[machine_]->server.start_applier(); });
}

// With a silent source the thread notices only when its socket's time-out is over.
void AgentProcess::run(std::uint64_t id, const agent::StopReceiver&) {
  const auto takes = random_.chance(0.7) ? random_.between(500us, 5ms) : random_.between(5ms, 1200ms);
  statement(id, takes, [this] { world_.hosts[machine_]->server.stop_receiver(); });
}

void AgentProcess::run(std::uint64_t id, const agent::Observe&) {
  queries_[id] = true;
  query(id, random_.between(200us, 2ms), [this, id] {
    if (!running()) return;
    later(50us, [this, id, status = world_.hosts[machine_]->server.observe()]() mutable {
      if (queries_.erase(id) > 0) step(agent::Observed{id, std::move(status)});
    });
  });
}

// Nothing that is modelled is switched off.
void AgentProcess::run(std::uint64_t id, const agent::FenceCommand&) { finish(id, 10ms, {}); }

// ---- the interface ----------------------------------------------------------------------------------------------

void AgentProcess::run(std::uint64_t id, const agent::PutWriterAddress& operation) {
  in_kernel(id, [this, operation]() -> Status {
    auto& kernel = world_.hosts[machine_]->kernel;
    if (operation.lease.end() == kNever) return kernel.put_untimed(operation.ip), Status{};
    const auto left = operation.lease.end() - world_.local(machine_);
    if (left <= Duration{0}) return fail("the lease has ended");
    kernel.put(operation.ip, left, world_.clock(machine_));
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::PutReaderAddress& operation) {
  in_kernel(id, [this, operation]() -> Status {
    world_.hosts[machine_]->kernel.put(operation.ip, operation.lifetime, world_.clock(machine_));
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::DropAddress& operation) {
  in_kernel(id, [this, operation]() -> Status {
    auto& kernel = world_.hosts[machine_]->kernel;
    if (operation.ip == writer_ip()) kernel.close();
    kernel.drop(operation.ip);
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::StageLease& operation) {
  in_kernel(id, [this, id, operation]() -> Status {
    world_.hosts[machine_]->kernel.stage(id, operation.lease, world_.clock(machine_));
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::ArmLease& operation) {
  in_kernel(id, [this, operation] { return world_.hosts[machine_]->kernel.arm(operation.staged); });
}

void AgentProcess::run(std::uint64_t id, const agent::LimitLease& operation) {
  in_kernel(id, [this, operation]() -> Status {
    auto& kernel = world_.hosts[machine_]->kernel;
    const auto left = operation.lease.end() - world_.local(machine_);
    if (left > Duration{0}) kernel.limit(left, world_.clock(machine_));
    else kernel.close();
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::CloseFence&) {
  in_kernel(id, [this]() -> Status {
    world_.hosts[machine_]->kernel.close();
    return {};
  });
}

void AgentProcess::run(std::uint64_t id, const agent::Announce& operation) {
  in_kernel(id, [this, operation]() -> Status {
    world_.client.hear_announcement(operation.ip, machine_);
    return {};
  });
}

}  // namespace mmm::sim
