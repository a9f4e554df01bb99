#include "core/agent/obedience.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"

namespace mmm::agent {

std::optional<std::string> refuse_leader(const AgentMemory& memory, const HostName& self, const Hello& hello,
                                         bool leader_is_near) {
  if (hello.host != self)
    return fmt::format("the monitor asks for host '{}', but this is '{}': check the ip of both in the configuration",
                       hello.host, self);
  const auto& known = memory.epoch;
  if (hello.epoch.counter < known.counter && !MMM_MUTANT(older_epoch_accepted))
    return fmt::format("a monitor with a later leadership ({} after {}) is obeyed here", known.counter,
                       hello.epoch.counter);
  if (hello.epoch.counter == known.counter && hello.epoch.id != known.id && !MMM_MUTANT(equal_epoch_accepted))
    return fmt::format("another monitor has leadership {} already: two monitors, or a copied state file",
                       known.counter);
  const bool same = hello.epoch == known;
  const bool continues = std::ranges::find(hello.lineage, known) != hello.lineage.end();
  const bool vouched = known.counter < hello.vouched_below || (MMM_MUTANT(word_covers_later) && hello.vouched_below > 0);
  if (same || continues || vouched || known.counter == 0) return std::nullopt;
  if (hello.leads && !MMM_MUTANT(lineage_ignored))
    return fmt::format("it leads from a state file that does not know of leadership {}, which is obeyed here: the file is "
                       "old, or a copy", known.counter);
  if (!leader_is_near) return std::nullopt;
  return fmt::format("the monitor of leadership {} was heard from a moment ago and is obeyed here", known.counter);
}

Judgement judge(const AgentMemory& memory, const HostName& self, const Instruction& instruction,
                const Hindrance& hindrance) {
  const auto& order = instruction.order;
  if (MMM_MUTANT(accept_older)) return {Reading::newer, ""};
  if (order.epoch != memory.epoch.counter)
    return {Reading::refused, fmt::format("it is of leadership {}, this host obeys {}", order.epoch,
                                          memory.epoch.counter)};
  if (memory.instruction && order < memory.accepted) return {Reading::refused, "a newer instruction was accepted"};
  if (memory.instruction && order == memory.accepted) return {Reading::same, ""};
  // A restarted monitor counts its epoch up; its generations must still never go back.
  if (order.generation < memory.accepted.generation && !MMM_MUTANT(generation_goes_back))
    return {Reading::refused, fmt::format("generation {} was accepted, this is {}", memory.accepted.generation.value,
                                          order.generation.value)};
  const bool makes_writer = instruction.assignment.writer == self && order.generation > memory.accepted.generation;
  if (makes_writer && order.generation <= memory.released && !MMM_MUTANT(release_not_final))
    return {Reading::never, fmt::format("generation {} was given up here", order.generation.value)};
  if (makes_writer && !hindrance.promised.empty()) return {Reading::refused, hindrance.promised};
  if (makes_writer && !hindrance.unfit.empty()) return {Reading::never, hindrance.unfit};
  return {Reading::newer, ""};
}

std::optional<PromiseRefusal> refuse_promise(const AgentMemory& memory, const Config& config, const PromiseAsk& ask) {
  if (ask.to != config.self)
    return PromiseRefusal{fmt::format("'{}' is asked, but this is '{}': check the ip of both in the configuration", ask.to,
                                      config.self)};
  if (ask.ttl > kLeaseTtlMax)
    return PromiseRefusal{fmt::format("a lease lasts {} s at most", seconds(kLeaseTtlMax))};
  const auto* role = config.role(config.active_master_role);
  if (!role || std::ranges::find(role->hosts, ask.from) == role->hosts.end())
    return PromiseRefusal{fmt::format("'{}' is not among the hosts of role {} here", ask.from, config.active_master_role)};
  if (memory.instruction && ask.line != memory.instruction->line)
    return PromiseRefusal{fmt::format("'{}' obeys another leadership than this host", ask.from)};
  if (ask.generation < memory.accepted.generation && !MMM_MUTANT(promise_to_older))
    return PromiseRefusal{fmt::format("generation {} is over; {} was accepted", ask.generation.value,
                                      memory.accepted.generation.value), true, memory.accepted.generation};
  if (memory.instruction && ask.generation == memory.accepted.generation &&
      memory.instruction->assignment.writer != ask.from)
    return PromiseRefusal{fmt::format("the writer of generation {} is '{}'", ask.generation.value,
                                      memory.instruction->assignment.writer), true};
  if (memory.instruction && ask.generation <= memory.instruction->given_up)
    return PromiseRefusal{fmt::format("generation {} was given up", ask.generation.value), true};
  if (memory.instruction && ask.generation <= memory.instruction->barred)
    return PromiseRefusal{fmt::format("an administrator ended generation {}", ask.generation.value), true};
  return std::nullopt;
}

}  // namespace mmm::agent
