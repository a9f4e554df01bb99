#include "sim/second_monitor.h"

#include <algorithm>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// The administrator's word has to hold until the monitor leads by it: a round trip, and up to 2 s in which agents look at
// their servers.
constexpr Duration kWordHolds = 3s;

}  // namespace

SecondMonitor::SecondMonitor(World& world)
    : process(world, Random(world.plan.seed ^ 0x7365636Fu), kClient, "monitor2"),
      world_(world),
      plan_(*world.plan.second),
      random_(world.plan.seed ^ 0x6E64u) {}

void SecondMonitor::schedule() {
  world_.queue.at(plan_.copied_at, [this] { keep_old_file(); });
  world_.queue.at(plan_.at, [this] { start(); });
  if (plan_.first_dies) {
    world_.queue.at(*plan_.first_dies, [this] {
      world_.story.tell("fault", "the first monitor is dead for good");
      world_.monitor.retire();
      replaces_ = true;
      look();
    });
  } else {
    world_.queue.at(plan_.until, [this] {
      world_.story.tell("fault", "the second monitor is stopped");
      process.retire();
    });
  }
}

void SecondMonitor::keep_old_file() { old_file_ = world_.monitor.on_disk(); }

void SecondMonitor::start() {
  world_.story.tell("fault", "a second monitor starts, with {}", describe(plan_));
  if (plan_.file == StateFile::copied) process.find_file(world_.monitor.on_disk());
  if (plan_.file == StateFile::old) process.find_file(old_file_);
  process.start();
}

// The administrator, called because nothing leads.
void SecondMonitor::look() {
  if (process.works() && !process.brain().leads() && random_.chance(0.7) && word_holds()) process.command({"take_lead", "--yes"});
  world_.queue.after(random_.between(300ms, 2s), [this] { look(); });
}

// What he has to say: the old monitor is dead, and stays so; every host that can't be asked is switched off.
bool SecondMonitor::word_holds() const {
  if (!replaces_) return false;
  const auto now = world_.now();
  const bool calm = std::ranges::none_of(world_.plan.faults, [now](const Fault& fault) {
    return fault.at >= now && fault.at <= now + kWordHolds;
  });
  return calm && std::ranges::all_of(world_.hosts, [this](const auto& host) {
    return !host->up || (host->agent.works() && process.is_connected(host->id) && world_.network.answers(host->id, kClient));
  });
}

}  // namespace mmm::sim
