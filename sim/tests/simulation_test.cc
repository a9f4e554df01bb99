// The simulator as a test: a fixed budget of schedules, the same story for the same seed, every mutant caught.

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>

#include "sim/batch.h"
#include "sim/mutant.h"

namespace mmm::sim {
namespace {

std::string text(const BatchResult& result) {
  std::string lines;
  for (const auto& failure : result.failures)
    lines += fmt::format("seed {}: {} at {:.6f} s: {}; mmm_sim --replay {} --story\n", failure.seed,
                         failure.violation.checker, seconds(failure.violation.at), failure.violation.text, failure.seed);
  return lines;
}

// Goal: S1, S2, S4, S5, L1 and no needless move, in a fixed number of schedules.
TEST(Simulation, HoldsItsInvariantsInAFixedBudgetOfSchedules) {
  const auto result = run_batch(1, MMM_SIM_BUDGET, 2, 5);
  EXPECT_TRUE(result.failures.empty()) << text(result);
}

TEST(Simulation, HoldsThemForEverySeedThatEverFailed) {
  std::ifstream file(MMM_SIM_SEEDS);
  ASSERT_TRUE(file.is_open());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto outcome = run_schedule(std::stoull(line), false);
    EXPECT_TRUE(outcome.violations.empty()) << line << "\nfails again: " << outcome.violations.front().text;
  }
}

TEST(Simulation, TellsTheSameStoryForTheSameSeed) {
  for (const std::uint64_t seed : {1u, 2u, 77u}) {
    const auto once = run_schedule(seed, true), again = run_schedule(seed, true);
    EXPECT_GT(once.story.size(), 50u);
    EXPECT_EQ(once.story, again.story);
    EXPECT_EQ(once.steps, run_schedule(seed, false).steps) << "telling the story changes it";
  }
}

// A plan always breaks enough, and everything is whole again when the calm begins.
TEST(Plan, HasThreeFaultsAndACalmEnd) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto plan = make_plan(seed);
    EXPECT_GE(plan.faults.size(), plan.kind == PlanKind::general ? 3u : 1u);
    for (const auto& fault : plan.faults) {
      EXPECT_GE(fault.at, kFaultsFrom);
      EXPECT_LE(fault.at + fault.lasts, kCalmFrom);
      EXPECT_FALSE(describe(fault).empty());
    }
  }
}

// The seed that caught it when it was looked for last; nothing when none is listed.
std::optional<std::uint64_t> seed_that_caught(std::string_view mutant) {
  std::ifstream file(MMM_SIM_MUTANT_SEEDS);
  std::string name;
  std::uint64_t seed = 0;
  for (std::string line; std::getline(file, line);)
    if (std::istringstream words(line); words >> name >> seed && name == mutant) return seed;
  return std::nullopt;
}

class BrokenRule : public testing::TestWithParam<MutantEntry> {
 protected:
  void SetUp() override { active_mutant = GetParam().mutant; }
  void TearDown() override { active_mutant = Mutant::none; }
};

// Goal: a rule that is left out is noticed.
// Method: the listed seed first, it is one schedule. Where it shows nothing any more, a search that ends with the first that
// does: then list that one.
TEST_P(BrokenRule, IsCaughtByAChecker) {
  const auto listed = seed_that_caught(GetParam().name);
  if (!listed) GTEST_SKIP() << GetParam().breaks << ": no schedule shows it yet";
  auto result = run_batch(*listed, 1, 1, 1);
  if (result.failures.empty()) result = run_batch(1, MMM_SIM_MUTANT_BUDGET, 2, 1);
  ASSERT_FALSE(result.failures.empty()) << GetParam().breaks << ": survived " << result.schedules << " schedules";
  std::printf("%s: %s in seed %llu: %s\n", std::string(GetParam().name).c_str(),
              result.failures[0].violation.checker.c_str(),
              static_cast<unsigned long long>(result.failures[0].seed), result.failures[0].violation.text.c_str());
}

INSTANTIATE_TEST_SUITE_P(Mutants, BrokenRule, testing::ValuesIn(kMutants),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace mmm::sim
