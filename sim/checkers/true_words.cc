#include "sim/checkers/true_words.h"

#include "sim/world.h"

namespace mmm::sim {

void TrueWords::agent_says(Node host, const FromAgent& message) {
  if (const auto* released = std::get_if<Released>(&message)) says_released(host, released->generation);
  if (const auto* acknowledged = std::get_if<Acknowledged>(&message)) says_acknowledged(host, acknowledged->order);
}

void TrueWords::says_released(Node host, Generation generation) {
  const auto& machine = *world_.hosts[host];
  const bool present = machine.agent.brain().memory().accepted.generation == generation;  // it may serve for a later one
  if (present && machine.accepts_writes() && !world_.on_leftovers(machine))
    world_.violate("S1", fmt::format("{} says that it released generation {}, and accepts writes", name_of(host), generation.value));
}

void TrueWords::says_acknowledged(Node host, const Order& order) {
  const auto& machine = *world_.hosts[host];
  const auto& memory = machine.agent.brain().memory();
  if (memory.accepted != order || !memory.instruction || memory.instruction->assignment.takeover_set.empty()) return;
  if (machine.kernel.untimed().contains(writer_ip()) || machine.kernel.passes_without_end())
    world_.violate("S1", fmt::format("{} acknowledges that others could follow it, and what its kernel lets pass has no end",
                                     name_of(host)));
}

void TrueWords::monitor_says(const MonitorProcess& monitor, const ToAgent& message) {
  const auto* instruction = std::get_if<Instruction>(&message);
  if (!instruction || !monitor.brain().leads()) return;  // what waited while it lost the lead is no use to its successor
  const auto& order = instruction->order;
  const auto& disk = monitor.on_disk();
  const auto* kept = disk && disk->leadership ? &*disk->leadership : nullptr;
  if (!kept || Order{kept->epoch.counter, kept->assignment.generation, kept->assignment.version} < order)
    world_.violate("S4", fmt::format("the monitor tells ({}, {}, {}), which is not on its disk", order.epoch,
                                     order.generation.value, order.version.value));
  const auto& assignment = instruction->assignment;
  const bool begins = kept && !kept->accepted && assignment.version == Version{1};  // a later leader counts anew
  if (assignment.generation.value > 0 && begins && assignment.takeover_set.empty())
    world_.violate("L1", fmt::format("generation {} begins with an empty set: should {} die now, nobody could follow it",
                                     assignment.generation.value, assignment.writer));
}

}  // namespace mmm::sim
