#pragma once
// The results of the periodic checks, with their trap periods and the evidence that ping and mysql need.

#include <array>
#include <map>
#include <optional>
#include <string>

#include "core/monitor/moment.h"
#include "model/config.h"

namespace mmm {

enum class Verdict {
  pending,  // no run has told anything yet; neither good nor bad
  good,
  bad,
};

struct CheckView {
  Verdict verdict = Verdict::pending;
  std::string message;                 // of the last run that agreed with it, without "OK"/"ERROR"; may be ""
  Moment last_change;                  // of the verdict, not of the message
  std::optional<Instant> failing_since;  // the first of the present row of failures; absent after a success
  std::optional<Instant> passing_since;  // the first of the present row of successes; absent after a failure
  bool accused = false;                // failing for its trap period, but uncorroborated: shown, not entered
};

// All checks of one host.
class HostChecks {
 public:
  CheckView& operator[](CheckName check) { return views_.at(static_cast<std::size_t>(check)); }
  const CheckView& operator[](CheckName check) const { return views_.at(static_cast<std::size_t>(check)); }
  bool good(CheckName check) const { return (*this)[check].verdict == Verdict::good; }
  // ping and mysql both good.
  bool serves() const { return good(CheckName::ping) && good(CheckName::mysql); }
  Instant last_change() const;  // of any check

 private:
  std::array<CheckView, kAllChecks.size()> views_;
};

// Thread: none; a value.
class CheckBoard {
 public:
  explicit CheckBoard(const Config& config);

  // Enters one run. The first run of a check that is not `unknown` decides at once. Later a failure counts only when
  // the check has failed for its trap_period (docs/mmm2-reference.md §5). A failure of ping or mysql, the first run's
  // too, counts only when `corroborated` says that another viewpoint agrees (docs/lease.md, "Evidence"): a monitor that
  // starts with a broken cable must not take a host for dead. One success makes it good. `unknown` changes nothing.
  // Ensures: returns true when the verdict changed.
  bool record(const HostName& host, CheckName check, Outcome outcome, std::string message, bool corroborated,
              Moment now);

  // Enters a failure that needs no trap period and no second opinion: the host's own agent said so.
  bool record_certain_failure(const HostName& host, CheckName check, std::string message, Moment now);

  // Requires, here and below: a host of the configuration.
  const HostChecks& of(const HostName& host) const;
  const CheckView& at(const HostName& host, CheckName check) const { return of(host)[check]; }
  Verdict verdict(const HostName& host, CheckName check) const { return at(host, check).verdict; }
  bool good(const HostName& host, CheckName check) const { return verdict(host, check) == Verdict::good; }
  bool serves(const HostName& host) const { return of(host).serves(); }
  bool all_good(const HostName& host) const;
  Instant last_change(const HostName& host) const { return of(host).last_change(); }

 private:
  CheckView& view_of(const HostName& host, CheckName check);

  std::map<HostName, HostChecks> hosts_;
  std::map<CheckName, Duration> trap_periods_;
};

}  // namespace mmm
