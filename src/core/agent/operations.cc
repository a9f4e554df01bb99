#include "core/agent/operations.h"

#include <fmt/format.h>

namespace mmm::agent {

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Lane lane_of(const Operation& operation) {
  return std::visit(Overloaded{
                        [](const StopWrites&) { return Lane::writer; },
                        [](const EndSessions&) { return Lane::writer; },
                        [](const AllowWrites&) { return Lane::writer; },
                        [](const SemiSyncSource&) { return Lane::writer; },
                        [](const Follow&) { return Lane::replication; },
                        [](const StopReplication&) { return Lane::replication; },
                        [](const StartReplication&) { return Lane::replication; },
                        [](const StopReceiver&) { return Lane::replication; },
                        [](const StopApplier&) { return Lane::replication; },
                        [](const StartApplier&) { return Lane::replication; },
                        [](const Observe&) { return Lane::observation; },
                        [](const FenceCommand&) { return Lane::command; },
                        [](const auto&) { return Lane::kernel; },
                    },
                    operation);
}

const std::string* changed_address(const Operation& operation) {
  if (const auto* put = std::get_if<PutWriterAddress>(&operation)) return &put->ip;
  if (const auto* put = std::get_if<PutReaderAddress>(&operation)) return &put->ip;
  if (const auto* drop = std::get_if<DropAddress>(&operation)) return &drop->ip;
  return nullptr;
}

std::string to_string(const Operation& operation) {
  return std::visit(
      Overloaded{
          [](const StopWrites&) -> std::string { return "set read_only"; },
          [](const EndSessions&) -> std::string { return "end client sessions"; },
          [](const AllowWrites& o) { return fmt::format("lift read_only for generation {}", o.lease.generation().value); },
          [](const SemiSyncSource& o) -> std::string {
            return o.on ? "let commits wait for a replica (semi-sync)" : "let the applier wait for nobody (semi-sync off)";
          },
          [](const Follow& o) { return fmt::format("replicate from {} ({}:{})", o.source, o.ip, o.port); },
          [](const StopReplication&) -> std::string { return "stop replication"; },
          [](const StartReplication&) -> std::string { return "start replication"; },
          [](const StopReceiver&) -> std::string { return "stop receiving"; },
          [](const StopApplier&) -> std::string { return "stop the applier"; },
          [](const StartApplier&) -> std::string { return "start the applier"; },
          [](const Observe&) -> std::string { return "observe the server"; },
          [](const FenceCommand&) { return std::string(kFenceCommand); },
          [](const PutWriterAddress& o) { return "put " + o.ip + " on the interface"; },
          [](const PutReaderAddress& o) { return "put " + o.ip + " on the interface"; },
          [](const DropAddress& o) { return "drop " + o.ip; },
          [](const StageLease& o) -> std::string { return o.lease ? "stage a lease in the kernel" : "stage a lease without an end in the kernel"; },
          [](const ArmLease&) -> std::string { return "let writes pass while the lease lasts"; },
          [](const LimitLease&) -> std::string { return "give what has no end in the kernel an end"; },
          [](const CloseFence&) -> std::string { return "close the write fence"; },
          [](const Announce& o) { return "announce " + o.ip; },
      },
      operation);
}

}  // namespace mmm::agent
