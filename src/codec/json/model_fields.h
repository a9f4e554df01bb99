#pragma once
// The descriptions of the model's structs that occur in more than one place: on the wire and in files.

#include <array>

#include "codec/json/forms.h"
#include "model/host_state.h"
#include "model/instruction.h"
#include "model/lease.h"
#include "model/mode.h"

namespace mmm::json {

template <>
struct Words<HostState> {
  static constexpr auto all = kAllHostStates;
  static std::string_view text(HostState state) { return to_string(state); }
};

template <>
struct Words<MonitorMode> {
  static constexpr std::array all{MonitorMode::active, MonitorMode::manual, MonitorMode::wait, MonitorMode::passive};
  static std::string_view text(MonitorMode mode) { return to_string(mode); }
};

template <>
struct Description<Epoch> {
  static constexpr auto fields = std::tuple{
      field("counter", &Epoch::counter),
      field("id", &Epoch::id),
  };
};

template <>
struct Description<Order> {
  static constexpr auto fields = std::tuple{
      field("epoch", &Order::epoch),
      field("generation", &Order::generation),
      field("version", &Order::version),
  };
};

template <>
struct Description<Grace> {
  static constexpr auto fields = std::tuple{
      field("number", &Grace::number),
      field("length_ms", &Grace::length),
  };
};

template <>
struct Description<Assignment> {
  static constexpr auto fields = std::tuple{
      field("generation", &Assignment::generation),
      field<HostOrNone>("writer", &Assignment::writer),
      field("version", &Assignment::version),
      field<Host>("takeover_set", &Assignment::takeover_set),
  };
};

template <>
struct Description<HostPlan> {
  static constexpr auto fields = std::tuple{
      field("state", &HostPlan::state),
      field("roles", &HostPlan::roles),
  };
};

template <>
struct Description<Instruction> {
  static constexpr std::string_view type = "instruction";
  static constexpr auto fields = std::tuple{
      field("order", &Instruction::order),
      field("line", &Instruction::line),
      field("assignment", &Instruction::assignment),
      field("release", &Instruction::release),
      field("given_up", &Instruction::given_up),
      field("barred", &Instruction::barred),
      field("must_have", &Instruction::must_have),
      field<HostOrNone>("catch_up_from", &Instruction::catch_up_from),
      field("lease_ttl_ms", &Instruction::lease_ttl),
      field("reader_ttl_ms", &Instruction::reader_ttl),
      field("hosts", &Instruction::hosts),
      field("reason", &Instruction::reason),
  };
};

}  // namespace mmm::json
