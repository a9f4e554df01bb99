#pragma once
// The monitor's own part of the status file, field by field.

#include "codec/json/model_fields.h"
#include "model/monitor_state.h"

namespace mmm::json {

template <>
struct Description<HandOverRecord> {
  static constexpr auto fields = std::tuple{
      field("step", &HandOverRecord::step),
      field<HostOrNone>("from", &HandOverRecord::from),
      field<HostOrNone>("to", &HandOverRecord::to),
      field("planned", &HandOverRecord::planned),
      field("force", &HandOverRecord::force),
      field("why", &HandOverRecord::why),
      field("since_wall_ms", &HandOverRecord::since_wall_ms),
      field("must_have", &HandOverRecord::must_have),
      field("position_known", &HandOverRecord::position_known),
      field<HostOrNone>("catch_up_from", &HandOverRecord::catch_up_from),
      later_field<HostOrNone>("makes_do_with", &HandOverRecord::makes_do_with),
  };
};

template <>
struct Description<FlapRecord> {
  static constexpr auto fields = std::tuple{
      field("flap_count", &FlapRecord::flap_count),
      field("flap_first_wall_ms", &FlapRecord::flap_first_wall_ms),
      field("flapping", &FlapRecord::flapping),
      field("uptime_at_loss_s", &FlapRecord::uptime_at_loss_s),
  };
};

template <>
struct Description<LeadershipState> {
  static constexpr auto fields = std::tuple{
      field("epoch", &LeadershipState::epoch),
      field("line", &LeadershipState::line),
      field("machine_id", &LeadershipState::machine_id),
      field("path", &LeadershipState::path),
      field("assignment", &LeadershipState::assignment),
      field("accepted", &LeadershipState::accepted),
      field<Host>("acknowledged", &LeadershipState::acknowledged),
      field<Host>("sent_since", &LeadershipState::sent_since),
      field<Host>("before", &LeadershipState::before),
      field("released", &LeadershipState::released),
      field("given_up", &LeadershipState::given_up),
      field("barred_from", &LeadershipState::barred_from),
      field<Host>("excused", &LeadershipState::excused),
      field("release_requested", &LeadershipState::release_requested),
      field("longest_lease_ms", &LeadershipState::longest_lease),
      later_field("grace", &LeadershipState::grace),
      field("unheard_lease", &LeadershipState::unheard_lease),
      field("must_have", &LeadershipState::must_have),
      field<HostOrNone>("catch_up_from", &LeadershipState::catch_up_from),
      later_field("must_have_since", &LeadershipState::must_have_since),
      later_field<HostOrNone>("left_in_order", &LeadershipState::left_in_order),
      field("mode", &LeadershipState::mode),
      field("passive_cause", &LeadershipState::passive_cause),
      field("hand_over", &LeadershipState::hand_over),
      field("vouched_below", &LeadershipState::vouched_below),
      field("lineage", &LeadershipState::lineage),
      field<Host>("unproven", &LeadershipState::unproven),
      later_field("counts_up_to", &LeadershipState::counts_up_to),
      field("diverged", &LeadershipState::diverged),
      field("flaps", &LeadershipState::flaps),
      field("acknowledgements", &LeadershipState::acknowledgements),
  };
};

}  // namespace mmm::json
