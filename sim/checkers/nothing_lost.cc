#include "sim/checkers/nothing_lost.h"

#include "sim/world.h"

namespace mmm::sim {

namespace {

// Connections come back within a second or two of a heal; the survey of a fail-over asks everyone who is there.
constexpr Duration kLongEnough = 4s;

std::string gtid_text(World& world, TransactionId id) {
  const auto& transaction = world.transaction(id);
  return fmt::format("0-{}-{}", transaction.origin + 1, transaction.sequence);
}

}  // namespace

void NothingLost::state_changed() {
  if (!world_.plan.semi_sync) return;
  for (const auto& host : world_.hosts) {
    const bool accepts = host->accepts_writes() && !world_.on_leftovers(*host);
    if (accepts && !accepts_[host->id]) look_at_new_writer(host->id);
    accepts_[host->id] = accepts;
  }
}

void NothingLost::loss_accepted(Node host) {
  for (TransactionId id = 0; id < static_cast<TransactionId>(world_.transactions.size()); ++id)
    if (!world_.hosts[host]->server.received(id)) excused_.insert(id);
}

void NothingLost::look_at_new_writer(Node writer) {
  const auto& server = world_.hosts[writer]->server;
  for (TransactionId id = 0; id < static_cast<TransactionId>(world_.transactions.size()); ++id) {
    if (!world_.transaction(id).acknowledged || server.has(id) || excused_.contains(id)) continue;
    for (const auto& host : world_.hosts) {
      const auto since = world_.well_since(host->id);
      const bool could_be_asked = since && world_.now() - *since >= kLongEnough;
      if (host->id == writer || !could_be_asked || !host->server.received(id)) continue;
      return world_.violate("S2", fmt::format("{} begins to accept writes without {}, which a client saw committed and {} has",
                                              name_of(writer), gtid_text(world_, id), name_of(host->id)));
    }
    excused_.insert(id);
  }
}

void NothingLost::at_end() {
  if (!world_.plan.semi_sync) return;
  for (const auto& host : world_.hosts) {
    if (!host->accepts_writes()) continue;
    for (TransactionId id = 0; id < static_cast<TransactionId>(world_.transactions.size()); ++id) {
      if (!world_.transaction(id).acknowledged || host->server.has(id) || excused_.contains(id)) continue;
      return world_.violate("S2", fmt::format("the writer {} lacks {} at the end, which a client saw committed",
                                              name_of(host->id), gtid_text(world_, id)));
    }
  }
}

}  // namespace mmm::sim
