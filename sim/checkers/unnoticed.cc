#include "sim/checkers/unnoticed.h"

#include "sim/plan_kinds.h"
#include "sim/world.h"

namespace mmm::sim {

Unnoticed::Serving Unnoticed::serving(Node host) const {
  const auto& machine = *world_.hosts[host];
  Serving serving{.addresses = machine.kernel.has(writer_ip()) ? 1u : 0u, .accepts = machine.accepts_writes()};
  if (!world_.plan.changes.empty()) return serving;  // a host that comes or goes takes readers, or leaves them
  for (std::uint32_t bit = 2; const auto& ip : reader_ips()) {
    if (machine.kernel.has(ip)) serving.addresses |= bit;
    bit *= 2;
  }
  return serving;
}

void Unnoticed::state_changed() {
  if (!only_restarts(world_.plan)) return;
  for (Node host = 0; host < world_.hosts.size(); ++host) {
    const auto now = serving(host);
    if (world_.now() < kFaultsFrom) before_[host] = now;
    if (now == before_[host]) continue;
    const auto what = now.addresses != before_[host].addresses ? "its role addresses change"
                      : now.accepts                            ? "it begins to accept writes"
                                                               : "it accepts no writes any more";
    return world_.violate("S5", fmt::format("only our processes restart, each within the lease, and {}: {}", name_of(host), what));
  }
}

void Unnoticed::write_failed() {
  if (!only_restarts(world_.plan) || world_.now() < kFaultsFrom) return;
  world_.violate("S5", "only our processes restart, each within the lease, and a client's write fails");
}

}  // namespace mmm::sim
