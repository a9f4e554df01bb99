#include "sim/checkers/one_writer.h"

#include "sim/world.h"

namespace mmm::sim {

void OneWriter::state_changed() {
  const Host* first = nullptr;
  for (const auto& host : world_.hosts) {
    if (!host->accepts_writes() || world_.on_leftovers(*host)) continue;
    if (!first) {
      first = host.get();
      continue;
    }
    return world_.violate("S1", fmt::format("{} and {} accept writes through {} at the same time", name_of(first->id),
                                            name_of(host->id), writer_ip()));
  }
}

void OneWriter::acknowledges(Node host) {
  for (const auto& other : world_.hosts)
    if (other->id != host && other->accepts_writes() && !world_.on_leftovers(*other))
      return world_.violate("S1", fmt::format("an acknowledgement of {} leaves through {} while {} accepts writes", name_of(host),
                                              writer_ip(), name_of(other->id)));
}

}  // namespace mmm::sim
