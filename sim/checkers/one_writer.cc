#include "sim/checkers/one_writer.h"

#include "sim/world.h"

namespace mmm::sim {

void OneWriter::state_changed() {
  const Host* first = nullptr;
  for (const auto& host : world_.hosts) {
    if (!host->accepts_writes()) continue;
    if (!first) {
      first = host.get();
      continue;
    }
    return world_.violate("S1", fmt::format("{} and {} accept writes through {} at the same time", name_of(first->id),
                                            name_of(host->id), writer_ip()));
  }
}

}  // namespace mmm::sim
