#include "core/agent/obedience.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/cluster.h"

namespace mmm::agent {
namespace {

using testing::HasSubstr;

constexpr bool kNear = true, kFar = false;

AgentMemory memory_of(const Instruction& instruction, const std::string& id = "m") {
  AgentMemory memory;
  memory.epoch = {instruction.order.epoch, id};
  memory.accepted = instruction.order;
  memory.instruction = instruction;
  return memory;
}

Hello hello(std::uint64_t counter, std::string id, std::vector<Epoch> lineage = {}) {
  return {.host = "db1", .epoch = {counter, std::move(id)}, .lineage = std::move(lineage)};
}

// ---- whom to obey (rule 1) --------------------------------------------------------------------------------------

struct LeaderTest : testing::Test {
  std::optional<std::string> refusal(const Hello& hello, bool leader_is_near) {
    return refuse_leader(memory, "db1", hello, leader_is_near);
  }
  AgentMemory memory = memory_of(lab::instruction(3, 7, 2, "db1"));
};

TEST_F(LeaderTest, ObeysAHigherCounterOnceItsOwnLeaderIsSilent) {
  EXPECT_EQ(refusal(hello(4, "x"), kFar), std::nullopt);
  EXPECT_THAT(refusal(hello(4, "x"), kNear).value_or(""), HasSubstr("was heard from a moment ago"));
}

TEST_F(LeaderTest, RefusesALowerCounterWhoeverVouches) {
  auto old = hello(2, "m");
  old.vouched_below = 9;
  EXPECT_THAT(refusal(old, kFar).value_or(""), HasSubstr("later leadership (3 after 2)"));
}

// Goal: the trap of a copied state file: each of two monitors counts one up and grants to its own writer.
TEST_F(LeaderTest, RefusesTheSameCounterWithAnotherId) {
  auto copy = hello(3, "x");
  copy.vouched_below = 9;
  EXPECT_THAT(refusal(copy, kFar).value_or(""), HasSubstr("a copied state file"));
}

TEST_F(LeaderTest, ObeysItsLeaderAgainOnANewConnection) { EXPECT_EQ(refusal(hello(3, "m"), kNear), std::nullopt); }

TEST_F(LeaderTest, ObeysARestartedLeaderAtOnce) {
  EXPECT_EQ(refusal(hello(4, "x", {{3, "m"}}), kNear), std::nullopt);
  EXPECT_NE(refusal(hello(4, "x", {{3, "other"}}), kNear), std::nullopt);
  EXPECT_NE(refusal(hello(4, "x", {{2, "m"}}), kNear), std::nullopt);
}

TEST_F(LeaderTest, ObeysALeaderThatRestartedTwiceWithoutAWord) {
  EXPECT_EQ(refusal(hello(5, "y", {{3, "m"}, {4, "x"}}), kNear), std::nullopt);
}

// Goal: S1. A monitor whose machine was away restarts on its own old file, more often than others led meanwhile: its
// counter is higher, but it knows nothing of them.
TEST_F(LeaderTest, NeverObeysOneThatLeadsFromAFileThatDoesNotKnowOurLeader) {
  auto stale = hello(7, "old", {{2, "old"}, {6, "old"}});
  stale.leads = true;
  EXPECT_THAT(refusal(stale, kFar).value_or(""), HasSubstr("does not know of leadership 3"));
  stale.leads = false;
  EXPECT_EQ(refusal(stale, kFar), std::nullopt) << "once it asks like a new one";
}

TEST_F(LeaderTest, ObeysAnotherOneAtOnceWhenTheOperatorVouches) {
  auto other = hello(4, "x");
  other.vouched_below = 4;
  EXPECT_EQ(refusal(other, kNear), std::nullopt);
}

// Goal: S1. The word is kept on disk while a host is missing. Who came to lead since it was given, it says nothing of.
TEST_F(LeaderTest, AnOldWordOfTheOperatorSaysNothingOfALaterLeader) {
  auto returned = hello(9, "old", {{2, "old"}, {8, "old"}});
  returned.leads = true;
  returned.vouched_below = 3;
  EXPECT_THAT(refusal(returned, kFar).value_or(""), HasSubstr("does not know of leadership 3"));
}

TEST_F(LeaderTest, ObeysTheFirstThatComesWhenItNeverHadOne) {
  memory = {};
  EXPECT_EQ(refusal(hello(1, "m"), kNear), std::nullopt);
}

TEST_F(LeaderTest, RefusesAMonitorThatTakesItForAnotherHost) {
  auto lost = hello(4, "m");
  lost.host = "db2";
  EXPECT_THAT(refusal(lost, kFar).value_or(""), HasSubstr("asks for host 'db2', but this is 'db1'"));
}

// ---- which instruction is newer (rules 2, 6, 7; S4) -------------------------------------------------------------

struct JudgeTest : testing::Test {
  Judgement of(const Instruction& instruction, const std::string& unfit = "") {
    return judge(memory, "db1", instruction, {.promised = "", .unfit = unfit});
  }
  Reading reading(const Instruction& instruction, const std::string& unfit = "") { return of(instruction, unfit).reading; }
  AgentMemory memory = memory_of(lab::instruction(3, 7, 2, "db2"));
};

TEST_F(JudgeTest, TakesTheNextVersionAndTheNextGeneration) {
  EXPECT_EQ(reading(lab::instruction(3, 7, 3, "db2")), Reading::newer);
  EXPECT_EQ(reading(lab::instruction(3, 8, 1, "db2")), Reading::newer);
  EXPECT_EQ(reading(lab::instruction(3, 9, 1, "db1")), Reading::newer);
}

TEST_F(JudgeTest, KnowsTheOneThatItAccepted) { EXPECT_EQ(reading(lab::instruction(3, 7, 2, "db2")), Reading::same); }

// Goal: the trap of rule 2: an old `{}` after a newer `{C}` would pin the writer for ever.
TEST_F(JudgeTest, RefusesAnOlderVersion) { EXPECT_EQ(reading(lab::instruction(3, 7, 1, "db2")), Reading::refused); }

TEST_F(JudgeTest, RefusesAnOlderGenerationWhateverItsVersion) {
  EXPECT_EQ(reading(lab::instruction(3, 6, 99, "db1")), Reading::refused);
}

TEST_F(JudgeTest, RefusesAnOlderGenerationOfALaterLeadershipToo) {
  memory.epoch.counter = 4;
  EXPECT_EQ(reading(lab::instruction(4, 6, 1, "db1")), Reading::refused);
  EXPECT_EQ(reading(lab::instruction(4, 7, 1, "db2")), Reading::newer);
}

TEST_F(JudgeTest, RefusesALeadershipThatItDoesNotObey) {
  EXPECT_EQ(reading(lab::instruction(2, 8, 1, "db1")), Reading::refused);
  EXPECT_EQ(reading(lab::instruction(4, 8, 1, "db1")), Reading::refused);
}

TEST_F(JudgeTest, AGenerationThatWasGivenUpIsRefusedForGood) {
  memory.released = Generation{8};
  EXPECT_EQ(reading(lab::instruction(3, 8, 1, "db1")), Reading::never);
  EXPECT_EQ(reading(lab::instruction(3, 9, 1, "db1")), Reading::newer);
}

TEST_F(JudgeTest, AnUnfitHostRefusesForGoodToBecomeTheWriter) {
  const auto judgement = of(lab::instruction(3, 8, 1, "db1"), "its mysqld does not answer");
  EXPECT_EQ(judgement.reading, Reading::never);
  EXPECT_EQ(judgement.because, "its mysqld does not answer");
}

TEST_F(JudgeTest, AnUnfitHostObeysWhatDoesNotMakeItTheWriter) {
  EXPECT_EQ(reading(lab::instruction(3, 8, 1, "db2"), "its mysqld does not answer"), Reading::newer);
  memory = memory_of(lab::instruction(3, 7, 2, "db1"));
  EXPECT_EQ(reading(lab::instruction(3, 7, 3, "db1"), "its mysqld does not answer"), Reading::newer);
}

TEST_F(JudgeTest, TheFirstInstructionOfALifeIsNewer) {
  memory = {};
  memory.epoch = {3, "m"};
  EXPECT_EQ(reading(lab::instruction(3, 0, 1, "")), Reading::newer);
  EXPECT_EQ(reading(lab::instruction(3, 7, 1, "db2")), Reading::newer);
}

}  // namespace
}  // namespace mmm::agent
