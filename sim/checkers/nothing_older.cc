#include "sim/checkers/nothing_older.h"

#include <algorithm>

#include "sim/world.h"

namespace mmm::sim {

namespace {

std::string order_text(const Order& order) {
  return fmt::format("({}, {}, {})", order.epoch, order.generation.value, order.version.value);
}

}  // namespace

void NothingOlder::agent_stepped(Node host, const agent::Brain& brain) {
  if (const auto& instruction = brain.memory().instruction) said_[host].line = instruction->line;
  const auto& memory = brain.memory();
  const auto& said = said_[host];
  if (said.set_back && brain.leader() && brain.holds_live_lease(world_.local(host)) && memory.accepted < leader_heard(host))
    world_.violate("S4", fmt::format("{} holds a lease by {}, which was restored, and obeys a leader that it acknowledged {} to",
                                     name_of(host), order_text(memory.accepted), order_text(leader_heard(host))));
  if (said.set_back && memory.accepted == Order{}) return;
  if (memory.accepted < said.accepted)
    world_.violate("S4", fmt::format("{} said it accepted {} and now holds {}", name_of(host), order_text(said.accepted),
                                     order_text(memory.accepted)));
  if (memory.accepted.generation < said.accepted.generation)
    world_.violate("S4", fmt::format("{} went back from generation {} to {}", name_of(host),
                                     said.accepted.generation.value, memory.accepted.generation.value));
  const bool older = memory.epoch.counter < said.epoch.counter;
  const bool rival = memory.epoch.counter == said.epoch.counter && memory.epoch.id != said.epoch.id;
  if (older || rival)
    world_.violate("S4", fmt::format("{} obeyed leadership {} and now obeys {}", name_of(host), said.epoch.counter,
                                     memory.epoch.counter));
  if (memory.released < said.released)
    world_.violate("S4", fmt::format("{} released generation {} for good and has forgotten it", name_of(host),
                                     said.released.value));
}

void NothingOlder::agent_says(Node host, const FromAgent& message) {
  if (const auto* acknowledged = std::get_if<Acknowledged>(&message)) return says_accepted(host, acknowledged->order);
  if (const auto* ask = std::get_if<Ask>(&message)) return says_accepted(host, ask->accepted);
  if (const auto* released = std::get_if<Released>(&message)) return says_released(host, released->generation);
  if (const auto* refused = std::get_if<Refused>(&message); refused && refused->for_good)
    return says_released(host, refused->order.generation);
  const auto* welcome = std::get_if<Welcome>(&message);
  if (welcome && welcome->accepted) says_epoch(host, welcome->epoch);
  const auto* report = welcome ? &welcome->report : std::get_if<Report>(&message);
  if (!report) return;
  says_accepted(host, report->accepted);
  says_released(host, report->released);
}

void NothingOlder::says_accepted(Node host, const Order& order) {
  const auto& disk = world_.hosts[host]->agent.on_disk();
  if (order != Order{} && (!disk || disk->accepted < order))
    world_.violate("S4", fmt::format("{} says that it accepted {}, which is not on its disk", name_of(host), order_text(order)));
  said_[host].accepted = std::max(said_[host].accepted, order);
}

void NothingOlder::says_released(Node host, Generation generation) {
  const auto& disk = world_.hosts[host]->agent.on_disk();
  if (generation.value > 0 && (!disk || disk->released < generation))
    world_.violate("S4", fmt::format("{} says that it released generation {}, which is not on its disk", name_of(host),
                                     generation.value));
  said_[host].released = std::max(said_[host].released, generation);
}

void NothingOlder::says_epoch(Node host, const Epoch& epoch) {
  const auto& disk = world_.hosts[host]->agent.on_disk();
  if (!disk || disk->epoch.counter < epoch.counter)
    world_.violate("S4", fmt::format("{} accepts leadership {}, which is not on its disk", name_of(host), epoch.counter));
  if (epoch.counter >= said_[host].epoch.counter) said_[host].epoch = epoch;
}

void NothingOlder::exercises(Node host, Generation generation) {
  const auto& instruction = world_.hosts[host]->agent.brain().memory().instruction;
  if (generation <= said_[host].forgotten && instruction && instruction->line == said_[host].forgotten_line)
    world_.violate("S4", fmt::format("{} acts as the writer of generation {}, which it knew before its memory was lost",
                                     name_of(host), generation.value));
  const auto& memory = world_.hosts[host]->agent.brain().memory();
  if (generation != memory.accepted.generation)
    world_.violate("S4", fmt::format("{} acts as the writer of generation {}, but accepted {}", name_of(host),
                                     generation.value, memory.accepted.generation.value));
  if (generation <= said_[host].released)
    world_.violate("S4", fmt::format("{} released generation {} for good and acts as its writer again", name_of(host),
                                     generation.value));
}

void NothingOlder::memory_lost(Node host) {
  const auto said = said_[host];
  said_[host] = {.forgotten = std::max({said.accepted.generation, said.released, said.forgotten}), .forgotten_line = said.line};
}

void NothingOlder::state_restored(Node host) {
  const auto line = said_[host].line;
  auto& said = said_[host] = {.forgotten_line = line, .set_back = true};
  const auto& disk = world_.hosts[host]->agent.on_disk();
  if (!disk) return;
  said.epoch = disk->epoch;
  said.released = disk->released;
}

// What it acknowledged, as the leader has it on disk.
Order NothingOlder::leader_heard(Node host) const {
  const auto& file = world_.monitor.on_disk();
  if (world_.second || !world_.monitor.running() || !file || !file->leadership) return {};
  const auto& heard = file->leadership->acknowledgements;
  const auto it = heard.find(std::string(name_of(host)));
  return it == heard.end() ? Order{} : it->second;
}

void NothingOlder::agent_runs(Node host, const agent::Operation& operation) {
  if (const auto* put = std::get_if<agent::PutWriterAddress>(&operation)) exercises(host, put->lease.generation());
  if (const auto* allow = std::get_if<agent::AllowWrites>(&operation)) exercises(host, allow->lease.generation());
}

}  // namespace mmm::sim
