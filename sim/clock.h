#pragma once
// The CLOCK_BOOTTIME of one machine: its own start, its own rate.

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "sim/event_queue.h"

namespace mmm::sim {

class Clock {
 public:
  // `parts_per_million`: how much it is fast. `uptime`: what it shows at `booted`.
  Clock(TrueTime booted, Duration uptime, std::int64_t parts_per_million)
      : booted_(booted), uptime_(uptime), ppm_(parts_per_million) {}

  // Times of a schedule are short: 10^11 ns times 10^6 fits 64 bits.
  Instant read(TrueTime now) const {
    return Instant(uptime_ + Duration((stopped_.value_or(now) - booted_ - stood_).count() * (kMillion + ppm_) / kMillion));
  }
  // How long it truly takes until this clock has moved on by `local`: never too short.
  Duration stretch(Duration local) const {
    if (local <= Duration{0}) return Duration{0};
    return Duration(local.count() * kMillion / (kMillion + ppm_) + 2);
  }
  // When this clock shows `shown`: never too early.
  TrueTime when(Instant shown) const { return booted_ + stood_ + stretch(shown.time_since_epoch() - uptime_); }
  // A paused virtual machine's clock stands still. (A suspended machine's CLOCK_BOOTTIME goes on.)
  void stop(TrueTime now) { stopped_ = now; }
  void go_on(TrueTime now) {
    stood_ += now - stopped_.value_or(now);
    stopped_.reset();
  }
  TrueTime booted() const { return booted_; }  // names this boot
  double uptime_s(TrueTime now) const { return seconds(read(now).time_since_epoch()); }

 private:
  static constexpr std::int64_t kMillion = 1'000'000;

  TrueTime booted_;
  Duration uptime_;
  std::int64_t ppm_;
  std::optional<TrueTime> stopped_;
  Duration stood_{0};              // in all
};

}  // namespace mmm::sim
