#include "sim/configurations.h"

#include "sim/world.h"

namespace mmm::sim {

namespace {

// A service that is restarted is away for so long.
constexpr Duration kRestart = 100ms;
// A machine that can't be reached now is tried again.
constexpr Duration kAgain = 500ms;
// So long before the first edit the host is set offline.
constexpr Duration kBefore = 2s;
// So often he tries to move the role off a host that is no candidate any more.
constexpr int kMovesTried = 12;

}  // namespace

Configurations::Configurations(World& world) : world_(world), wanted_(world.plan.layout), there_(world.plan.layout.hosts) {
  files_.fill(wanted_);
  if (const auto& second = world.plan.second; second && second->lacks) {
    files_[kClient].hosts.reset(*second->lacks);
    files_[kClient].candidates.reset(*second->lacks);
  }
}

void Configurations::schedule() {
  for (const auto& change : world_.plan.changes) {
    if (change.prepared && (change.edit == Edit::demote_candidate || change.edit == Edit::remove_host))
      world_.queue.at(change.at - kBefore, [this, &change] {
        world_.administrator.move_to_one_of(change.after.candidates);
        world_.administrator.set_offline(change.who);
      });
    world_.queue.at(change.at, [this, &change] { begin(change); });
    world_.plan.topology.each_node([&](Node machine) {
      world_.queue.at(change.edited[machine], [this, machine, &change] { edit(machine, change.after); });
      world_.queue.at(change.restarted[machine], [this, machine] { restart(machine); });
    });
    if (change.edit == Edit::remove_host) world_.queue.at(change.gone, [this, &change] { take_away(change); });
  }
}

void Configurations::begin(const ConfigChange& change) {
  world_.story.tell("admin", "{}", describe(change));
  wanted_ = change.after;
}

void Configurations::edit(Node machine, const Layout& layout) {
  files_[machine] = layout;
  if (machine >= kHostsMax || there_.test(machine) || !layout.hosts.test(machine)) return;
  there_.set(machine);
  world_.story.tell("admin", "{} is installed", name_of(machine));
  world_.power_on(machine);
}

// Whoever is down reads the file when it starts.
void Configurations::restart(Node machine) {
  if (world_.stands_still(machine)) return world_.queue.after(kAgain, [this, machine] { restart(machine); });
  if (machine >= kHostsMax) {
    if (machine == kClient && !world_.second) return;
    auto& monitor = world_.monitor_on(machine);
    if (!monitor.running()) return;
    monitor.kill();
    return world_.queue.after(kRestart, [this, machine, &monitor] {
      if (world_.network.has_power(machine) && !world_.stands_still(machine)) monitor.start();
    });
  }
  auto& host = *world_.hosts[machine];
  if (!host.agent.running()) return;
  host.agent.kill();
  world_.queue.after(kRestart, [&host] {
    if (host.runs()) host.agent.start();
  });
}

void Configurations::take_away(const ConfigChange& change) {
  if (wanted_.hosts.test(change.who)) return;
  world_.story.tell("admin", "{} is switched off for good", name_of(change.who));
  world_.power_off(change.who);
  there_.reset(change.who);
}

void Configurations::look_after() {
  auto& monitor = world_.present_monitor();
  if (world_.plan.changes.empty() || !monitor.works()) return;
  if (!monitor.brain().leads()) return world_.administrator.run(Errand::take_lead, 0);
  const auto& writer = monitor.brain().book().assignment().writer;
  if (writer.empty() || wanted_.candidates.test(node_of(writer))) return;
  const auto node = node_of(writer);
  if (wanted_.hosts.test(node) && ++moves_tried_ < kMovesTried) return world_.administrator.move_to_one_of(wanted_.candidates);
  bring_back(node);
}

void Configurations::bring_back(Node host) {
  world_.story.tell("admin", "{} was the writer, and is added again as a candidate", name_of(host));
  wanted_.hosts.set(host);
  wanted_.candidates.set(host);
  there_.set(host);
  world_.power_on(host);
  world_.plan.topology.each_node([&](Node machine) {
    edit(machine, wanted_);
    restart(machine);
  });
}

}  // namespace mmm::sim
