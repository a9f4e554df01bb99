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

// Goal: L1. What it promised will be over: a refusal for good would cost the generation, and void what others promised.
TEST_F(JudgeTest, WhoIsBoundByAPromiseRefusesButNotForGood) {
  const auto judgement = judge(memory, "db1", lab::instruction(3, 8, 1, "db1"), {.promised = "it promised", .unfit = "it is unfit"});
  EXPECT_EQ(judgement.reading, Reading::refused);
  EXPECT_EQ(judgement.because, "it promised");
  memory.released = Generation{8};
  EXPECT_EQ(judge(memory, "db1", lab::instruction(3, 8, 1, "db1"), {.promised = "it promised", .unfit = ""}).reading,
            Reading::never) << "what was given up stays given up";
}

TEST_F(JudgeTest, APromiseKeepsNobodyFromFollowing) {
  EXPECT_EQ(judge(memory, "db1", lab::instruction(3, 8, 1, "db2"), {.promised = "it promised", .unfit = ""}).reading,
            Reading::newer);
  memory = memory_of(lab::instruction(3, 7, 2, "db1"));
  EXPECT_EQ(judge(memory, "db1", lab::instruction(3, 7, 3, "db1"), {.promised = "it promised", .unfit = ""}).reading,
            Reading::newer);
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

// ---- who is promised anything (rule 3) --------------------------------------------------------------------------

struct PromiseRefusalTest : testing::Test {
  std::optional<PromiseRefusal> refusal(std::uint64_t generation, const HostName& from = "db1", const HostName& to = "db2") {
    return refuse_promise(memory, config, {.from = from, .to = to, .generation = Generation{generation}, .ttl = 2s});
  }
  void expect_overtaken(std::uint64_t generation, std::string_view because) {
    const auto found = refusal(generation);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->overtaken);
    EXPECT_EQ(found->because, because);
  }
  AgentMemory memory = memory_of(lab::instruction(3, 7, 2, "db1"));
  Config config = lab::cluster("db2");
};

TEST_F(PromiseRefusalTest, TheWriterOfTheAcceptedGenerationIsPromisedWhatItAsksFor) { EXPECT_FALSE(refusal(7)); }

// Others hear of a generation after its writer: it asks before the instruction is here.
TEST_F(PromiseRefusalTest, AGenerationThatIsNotKnownHereYetIsPromisedTo) {
  EXPECT_FALSE(refusal(8));
  memory = {};
  EXPECT_FALSE(refusal(8));
}

TEST_F(PromiseRefusalTest, WhoIsNoCandidateIsNotPromisedAnything) {
  for (const auto* stranger : {"db3", "db9", ""}) {
    const auto found = refusal(7, stranger);
    ASSERT_TRUE(found) << stranger;
    EXPECT_FALSE(found->overtaken) << "a word of strangers stops no writer";
    EXPECT_THAT(found->because, HasSubstr("is not among the hosts of role writer here"));
  }
}

// Goal: S1. Two hosts with one address, or a second cluster: the answer of the wrong one is no promise.
TEST_F(PromiseRefusalTest, WhoeverTakesItForAnotherHostIsNotPromisedAnything) {
  const auto found = refusal(7, "db1", "db1");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->overtaken);
  EXPECT_EQ(found->because, "'db1' is asked, but this is 'db2': check the ip of both in the configuration");
}

TEST_F(PromiseRefusalTest, WhatIsOverIsOvertakenByWhatWasAccepted) {
  expect_overtaken(6, "generation 6 is over; 7 was accepted");
  EXPECT_EQ(refusal(6)->later, Generation{7});
}

TEST_F(PromiseRefusalTest, AGenerationHasOneWriter) {
  memory = memory_of(lab::instruction(3, 7, 2, "db2"));
  expect_overtaken(7, "the writer of generation 7 is 'db2'");
}

TEST_F(PromiseRefusalTest, WhatWasGivenUpIsOvertaken) {
  auto known = lab::instruction(3, 7, 2, "db1");
  known.given_up = Generation{7};
  memory = memory_of(known);
  expect_overtaken(7, "generation 7 was given up");
  EXPECT_FALSE(refusal(8));
}

}  // namespace
}  // namespace mmm::agent
