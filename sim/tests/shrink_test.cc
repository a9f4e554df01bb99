// A failing schedule made short: it fails in the same way, and nothing in it is needless.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "sim/mutant.h"
#include "sim/shrink.h"

namespace mmm::sim {
namespace {

// Half of it the start of the cluster, which is in every story.
constexpr std::size_t kShortStory = 300;
// What shrink() takes for a point in time.
constexpr Duration kPoint = 20ms;

// The checker that speaks first. Empty: nothing is violated.
std::string first_checker(const Plan& plan) {
  const auto outcome = run_plan(plan, false);
  return outcome.violations.empty() ? "" : outcome.violations.front().checker;
}

Plan without(Plan plan, std::size_t fault) {
  plan.faults.erase(plan.faults.begin() + static_cast<std::ptrdiff_t>(fault));
  return plan;
}

Plan halved(Plan plan, std::size_t fault) {
  plan.faults[fault].lasts /= 2;
  return plan;
}

// Of seeds/mutants.txt.
struct FailingSchedule {
  std::string_view mutant;
  std::uint64_t seed;
};

class Shrink : public testing::TestWithParam<FailingSchedule> {
 protected:
  void SetUp() override {
    for (const auto& entry : kMutants)
      if (entry.name == GetParam().mutant) active_mutant = entry.mutant;
    ASSERT_NE(active_mutant, Mutant::none);
  }
  void TearDown() override { active_mutant = Mutant::none; }
};

// Goal: what is left is needed for the failure: without any one of its faults, or with any of them shorter, it is another
// failure or none.
TEST_P(Shrink, LeavesOnlyWhatTheFailureNeeds) {
  const auto plan = make_plan(GetParam().seed);
  const auto checker = first_checker(plan);
  ASSERT_FALSE(checker.empty()) << "the seed does not show its mutant any more; see seeds/mutants.txt for another";
  const auto least = shrink(plan);
  EXPECT_EQ(first_checker(least), checker);
  EXPECT_LT(least.faults.size(), plan.faults.size());
  for (std::size_t i = 0; i < least.faults.size(); ++i) {
    EXPECT_NE(first_checker(without(least, i)), checker) << "goes without: " << describe(least.faults[i]);
    if (least.faults[i].lasts > kPoint) {
      EXPECT_NE(first_checker(halved(least, i)), checker) << "may be shorter: " << describe(least.faults[i]);
    }
  }
  const auto story = run_plan(least, true).story;
  EXPECT_LT(story.size(), run_plan(plan, true).story.size());
  EXPECT_LE(story.size(), kShortStory);
}

INSTANTIATE_TEST_SUITE_P(Mutants, Shrink,
                         testing::Values(FailingSchedule{"released_too_early", 1}, FailingSchedule{"pin_not_ended", 6},
                                         FailingSchedule{"release_not_final", 1}, FailingSchedule{"equal_epoch_accepted", 348},
                                         FailingSchedule{"accept_older", 12}),
                         [](const auto& test) { return std::string(test.param.mutant); });

TEST(ShrinkOfNoFailure, LeavesThePlanAsItIs) {
  const auto plan = make_plan(1), least = shrink(plan);
  EXPECT_EQ(least.faults.size(), plan.faults.size());
  EXPECT_EQ(run_plan(least, true).story, run_plan(plan, true).story);
}

}  // namespace
}  // namespace mmm::sim
