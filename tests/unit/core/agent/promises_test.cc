// What a host promised, and for how long that binds it (docs/lease.md, rules 3, 7, 9, 10).

#include "core/agent/promises.h"

#include <gtest/gtest.h>

namespace mmm::agent {
namespace {

constexpr Generation kFour{4}, kFive{5}, kSix{6};
constexpr Generation kNone{};
constexpr Instant kNow{100s};
constexpr bool kFence = true, kNoFence = false;

struct PromisesTest : testing::Test {
  bool free(Generation offered, Generation given_up, Instant now) const { return !promises.binding(offered, given_up, now); }
  Promises promises;
};

TEST_F(PromisesTest, WhoPromisedNothingIsFree) { EXPECT_TRUE(free(kFive, kNone, kNow)); }

// Goal: S1 at its boundary: one nanosecond before the widened end it is bound, at it it is free.
TEST_F(PromisesTest, BindsForAsLongAsAWaitingSideCounts) {
  promises.give(kFour, 2s, kFence, true, kNow);
  EXPECT_EQ(promises.binding(kFive, kNone, kNow), kNow + 2041ms);
  EXPECT_FALSE(free(kFive, kNone, kNow + 2041ms - 1ns));
  EXPECT_TRUE(free(kFive, kNone, kNow + 2041ms));
  promises.give(kFour, 2s, kNoFence, true, kNow);
  EXPECT_FALSE(free(kFive, kNone, kNow + 4041ms - 1ns));
}

TEST_F(PromisesTest, ALaterShorterOneEndsNothing) {
  promises.give(kFour, 60s, kFence, true, kNow);
  promises.give(kFour, 1s, kFence, true, kNow + 1s);
  EXPECT_FALSE(free(kFive, kNone, kNow + 60s));
}

TEST_F(PromisesTest, AFinalReleaseVoidsWhatWasPromisedToItAndToEarlierOnes) {
  promises.give(kFour, 2s, kFence, true, kNow);
  EXPECT_FALSE(free(kSix, Generation{3}, kNow));
  EXPECT_TRUE(free(kFive, kFour, kNow));
  EXPECT_TRUE(free(kSix, kFive, kNow));
}

// To whom it was is not known after a restart: to the generation before the offered one, at worst.
TEST_F(PromisesTest, WhatARestartForgotBindsUnlessEveryGenerationBeforeWasGivenUp) {
  promises.begin(kNow + 4s);
  EXPECT_FALSE(free(kSix, kFour, kNow + 4s - 1ns));
  EXPECT_TRUE(free(kSix, kFive, kNow));
  EXPECT_TRUE(free(kSix, kFour, kNow + 4s));
}

TEST_F(PromisesTest, RunsForTheLatestGenerationOnly) {
  promises.give(kFour, 2s, kFence, true, kNow);
  EXPECT_TRUE(promises.runs_for(kFour, kNow));
  EXPECT_FALSE(promises.runs_for(kFive, kNow));
  EXPECT_FALSE(promises.runs_for(kFour, kNow + 3s));
}

// ---- graces (rule 9) ----------------------------------------------------------------------------------------------

struct GracesTest : PromisesTest {
  void give(std::uint64_t number, Instant now = kNow, Generation to = kFour) { promises.give_grace("db1", {to, {number, 15s}}, kFence, now); }
  static constexpr Duration kWait = 15305ms;  // 15 s × 1.0203, rounded up
};

TEST_F(GracesTest, BindForAsLongAsAWaitingSideCounts) {
  give(1);
  EXPECT_FALSE(free(kFive, kNone, kNow + kWait - 1ns));
  EXPECT_TRUE(free(kFive, kNone, kNow + kWait));
  EXPECT_FALSE(promises.grace_runs("db1", kNow + kWait));
}

// Goal: the trap of rule 9: an ordinary promise, given after or before, ends no grace.
TEST_F(GracesTest, AShorterPromiseEndsNone) {
  promises.give(kFour, 2s, kFence, true, kNow);
  give(1);
  promises.give(kFour, 2s, kFence, true, kNow + 1s);
  EXPECT_FALSE(free(kFive, kNone, kNow + kWait - 1ns));
}

// Goal: the trap GRACE_UNNAMED of the model.
TEST_F(GracesTest, ALateEndOfAnEarlierOneEndsNoLaterOne) {
  give(2);
  EXPECT_FALSE(promises.end_grace("db1", kFour, 1));
  EXPECT_FALSE(free(kFive, kNone, kNow + 5s));
  EXPECT_TRUE(promises.end_grace("db1", kFour, 2));
  EXPECT_TRUE(free(kFive, kNone, kNow));
  EXPECT_FALSE(promises.end_grace("db1", kFour, 2)) << "it is over already";
}

// A holder that lost its disk counts from 1 again; what it said before must not end what it was given since.
TEST_F(GracesTest, TheWriterOfAnEarlierGenerationEndsNone) {
  give(1, kNow, kFive);
  EXPECT_FALSE(promises.end_grace("db1", kFour, 7));
  EXPECT_TRUE(promises.grace_runs("db1", kNow));
  EXPECT_TRUE(promises.end_grace("db1", kSix, 1)) << "it goes on under a later one";
}

TEST_F(GracesTest, OneThatArrivesLateOrTwiceBindsLongerAndNeverShorter) {
  give(2);
  give(1, kNow + 1s);
  EXPECT_FALSE(promises.end_grace("db1", kFour, 1));
  EXPECT_FALSE(free(kFive, kNone, kNow + 1s + kWait - 1ns));
  EXPECT_TRUE(free(kFive, kNone, kNow + 1s + kWait));
}

TEST_F(GracesTest, AreVoidedByAFinalRelease) {
  give(1);
  EXPECT_FALSE(free(kFive, Generation{3}, kNow));
  EXPECT_TRUE(free(kFive, kFour, kNow));
}

TEST_F(GracesTest, TellThatTheirHolderIsCaredFor) {
  give(1);
  EXPECT_TRUE(promises.runs_for(kFour, kNow + 10s));
  EXPECT_FALSE(promises.runs_for(kFive, kNow));
  EXPECT_FALSE(promises.runs_for(kFour, kNow + kWait));
}

}  // namespace
}  // namespace mmm::agent
