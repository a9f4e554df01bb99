#include "sim/shrink.h"

#include <utility>

namespace mmm::sim {

namespace {

// A fault shorter than this is a point in time.
constexpr Duration kShort = 20ms;

class Shrinker {
 public:
  explicit Shrinker(Plan plan) : plan_(std::move(plan)), checker_(first_checker(plan_)) {}

  bool fails() const { return !checker_.empty(); }
  // One round. Ensures: true when something could be taken away.
  bool round() {
    const bool fewer = drop_faults();
    const bool simpler = drop_second() | drop_changes() | right_clocks();
    return fewer | simpler | shorten_faults();
  }
  Plan take() { return std::move(plan_); }

 private:
  static std::string first_checker(const Plan& plan) {
    const auto outcome = run_plan(plan, false);
    return outcome.violations.empty() ? "" : outcome.violations.front().checker;
  }

  bool keep_if_it_fails(Plan smaller) {
    if (first_checker(smaller) != checker_) return false;
    plan_ = std::move(smaller);
    return true;
  }

  bool drop_faults() {
    bool changed = false;
    for (auto i = plan_.faults.size(); i-- > 0;) {
      auto smaller = plan_;
      smaller.faults.erase(smaller.faults.begin() + static_cast<std::ptrdiff_t>(i));
      changed |= keep_if_it_fails(std::move(smaller));
    }
    return changed;
  }

  bool drop_second() {
    if (!plan_.second) return false;
    auto smaller = plan_;
    smaller.second.reset();
    return keep_if_it_fails(std::move(smaller));
  }

  // Only from the end: what comes later rests on the layout that the earlier ones leave.
  bool drop_changes() {
    bool changed = false;
    while (!plan_.changes.empty()) {
      auto smaller = plan_;
      smaller.changes.pop_back();
      if (!keep_if_it_fails(std::move(smaller))) break;
      changed = true;
    }
    return changed;
  }

  bool right_clocks() {
    auto smaller = plan_;
    smaller.clock_ppm.fill(0);
    return smaller.clock_ppm != plan_.clock_ppm && keep_if_it_fails(std::move(smaller));
  }

  bool shorten_faults() {
    bool changed = false;
    for (std::size_t i = 0; i < plan_.faults.size(); ++i)
      while (plan_.faults[i].lasts > kShort) {
        auto smaller = plan_;
        smaller.faults[i].lasts /= 2;
        if (!keep_if_it_fails(std::move(smaller))) break;
        changed = true;
      }
    return changed;
  }

  Plan plan_;
  const std::string checker_;
};

}  // namespace

Plan shrink(Plan plan) {
  Shrinker shrinker(std::move(plan));
  while (shrinker.fails() && shrinker.round()) {
  }
  return shrinker.take();
}

}  // namespace mmm::sim
