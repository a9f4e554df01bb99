#include "core/agent/writer_lease.h"

#include <gtest/gtest.h>

namespace mmm::agent {
namespace {

constexpr Generation kSeven{7};
constexpr Instant kStamp{100s};

struct LeaseClockTest : testing::Test {
  LeaseClockTest() { clock.begin(kSeven, {}); }
  LeaseClock clock;
};

TEST_F(LeaseClockTest, HasNoLeaseBeforeAnAnswer) {
  clock.ask(kStamp, 2s);
  EXPECT_FALSE(clock.live(kStamp));
  EXPECT_EQ(clock.lease_end(), kLongAgo);
}

// Goal: rule 3. The lease counts from the stamp before the question, whenever the answer comes.
TEST_F(LeaseClockTest, CountsFromTheStampAndEndsToTheNanosecond) {
  const auto number = clock.ask(kStamp, 2s);
  ASSERT_TRUE(clock.granted(number, kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 2s);
  EXPECT_TRUE(clock.live(kStamp + 2s - 1ns));
  EXPECT_FALSE(clock.live(kStamp + 2s));
}

TEST_F(LeaseClockTest, AnAnswerThatComesAfterTheEndGivesNothing) {
  const auto number = clock.ask(kStamp, 2s);
  clock.granted(number, kSeven);  // whenever this is handled: there is no "now" in it
  EXPECT_FALSE(clock.live(kStamp + 1h));
}

TEST_F(LeaseClockTest, AProofNamesItsGenerationAndEnd) {
  clock.granted(clock.ask(kStamp, 2s), kSeven);
  const auto lease = clock.live(kStamp);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->generation(), kSeven);
  EXPECT_EQ(lease->end(), kStamp + 2s);
}

TEST_F(LeaseClockTest, ADuplicateAnswerChangesNothing) {
  const auto number = clock.ask(kStamp, 2s);
  EXPECT_TRUE(clock.granted(number, kSeven));
  EXPECT_FALSE(clock.granted(number, kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 2s);
}

TEST_F(LeaseClockTest, AnOlderAnswerNeverShortensTheLease) {
  const auto first = clock.ask(kStamp, 2s), second = clock.ask(kStamp + 1s, 2s);
  EXPECT_TRUE(clock.granted(second, kSeven));
  EXPECT_FALSE(clock.granted(first, kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 3s);
}

TEST_F(LeaseClockTest, AShorterLeaseThatIsAskedLaterDoesNotShortenTheOneThatRuns) {
  EXPECT_TRUE(clock.granted(clock.ask(kStamp, 10s), kSeven));
  EXPECT_FALSE(clock.granted(clock.ask(kStamp + 1s, 2s), kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 10s);
}

TEST_F(LeaseClockTest, AnAnswerThatNobodyAskedForGivesNothing) {
  const auto number = clock.ask(kStamp, 2s);
  EXPECT_FALSE(clock.granted(number + 1, kSeven));
  EXPECT_FALSE(clock.live(kStamp));
}

TEST_F(LeaseClockTest, AnAnswerForAnotherGenerationGivesNothing) {
  const auto number = clock.ask(kStamp, 2s);
  EXPECT_FALSE(clock.granted(number, Generation{6}));
  EXPECT_FALSE(clock.granted(number, Generation{8}));
  EXPECT_TRUE(clock.granted(number, kSeven));
}

// Goal: the answer to a question of generation 7 must not become a lease of generation 8.
TEST_F(LeaseClockTest, ANewGenerationStartsOver) {
  clock.granted(clock.ask(kStamp, 2s), kSeven);
  const auto open = clock.ask(kStamp + 1s, 2s);
  clock.begin(Generation{8}, {});
  EXPECT_FALSE(clock.live(kStamp));
  EXPECT_FALSE(clock.granted(open, Generation{8}));
  EXPECT_FALSE(clock.granted(open, kSeven));
  EXPECT_NE(clock.ask(kStamp + 2s, 2s), open);
}

TEST_F(LeaseClockTest, AfterItsEndNothingBringsItBack) {
  const auto open = clock.ask(kStamp, 2s);
  clock.end();
  EXPECT_FALSE(clock.granted(open, kSeven));
  EXPECT_EQ(clock.last_ask(), kLongAgo);
}

TEST_F(LeaseClockTest, RemembersWhenItAskedLastUntilAskingAtOnceIsWanted) {
  EXPECT_EQ(clock.last_ask(), kLongAgo);
  clock.ask(kStamp, 2s);
  EXPECT_EQ(clock.last_ask(), kStamp);
  clock.ask_at_once();
  EXPECT_EQ(clock.last_ask(), kLongAgo);
}

// Goal: a monitor that never answers costs no memory.
TEST_F(LeaseClockTest, ForgetsTheOldestOfManyOpenQuestions) {
  const auto first = clock.ask(kStamp, 2s);
  std::uint64_t last = 0;
  for (int i = 0; i < 64; ++i) last = clock.ask(kStamp + 1s, 2s);
  EXPECT_FALSE(clock.granted(first, kSeven));
  EXPECT_TRUE(clock.granted(last, kSeven));
}

// ---- promises ---------------------------------------------------------------------------------------------------

struct PromisedTest : LeaseClockTest {
  PromisedTest() { clock.begin(kSeven, {"db2", "db3"}); }
};

// Goal: rule 3: every member of the set, and the oldest of their stamps counts.
TEST_F(PromisedTest, TheOldestPromiseOfTheWholeSetCounts) {
  const auto first = clock.ask(kStamp, 2s), second = clock.ask(kStamp + 1s, 2s);
  EXPECT_FALSE(clock.promised("db2", second, kSeven));
  EXPECT_FALSE(clock.live(kStamp));
  EXPECT_TRUE(clock.promised("db3", first, kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 2s);
  EXPECT_TRUE(clock.promised("db3", second, kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 3s);
}

TEST_F(PromisedTest, APromiseOfAStrangerOrForAnotherGenerationIsNone) {
  const auto number = clock.ask(kStamp, 2s);
  clock.promised("db2", number, kSeven);
  EXPECT_FALSE(clock.promised("db4", number, kSeven));
  EXPECT_FALSE(clock.promised("db3", number, Generation{6}));
  EXPECT_FALSE(clock.live(kStamp));
}

// Goal: the trap of rule 4. A member that joined later has to promise, too; what stands until then stands.
TEST_F(PromisedTest, AGrownSetNeedsItsNewMember) {
  clock.begin(kSeven, {"db2"});
  clock.promised("db2", clock.ask(kStamp, 2s), kSeven);
  clock.change_set({"db2", "db3"});
  clock.promised("db2", clock.ask(kStamp + 1s, 2s), kSeven);
  EXPECT_EQ(clock.lease_end(), kStamp + 2s);
}

// Goal: rule 12. The kernel lets pass what was staged for the question by whose answer the lease stands, and no later one.
TEST_F(PromisedTest, WhatWasStagedForTheAnsweredQuestionIsToBeArmed) {
  const auto first = clock.ask(kStamp, 2s, 71), second = clock.ask(kStamp + 1s, 2s, 72);
  EXPECT_EQ(clock.staged(), 0u);
  clock.promised("db2", second, kSeven);
  EXPECT_EQ(clock.staged(), 0u);
  clock.promised("db3", first, kSeven);
  EXPECT_EQ(clock.staged(), 71u) << "the oldest counts";
  clock.granted(second, kSeven);
  EXPECT_EQ(clock.staged(), 72u);
  clock.begin(Generation{8}, {"db2", "db3"});
  EXPECT_EQ(clock.staged(), 0u);
}

// Goal: S1. A promise that was given before the member left says nothing once it has joined again.
TEST_F(PromisedTest, AMemberThatLeftAndCameBackPromisesAnew) {
  const auto number = clock.ask(kStamp, 2s);
  clock.promised("db2", number, kSeven);
  clock.change_set({"db3"});
  clock.change_set({"db2", "db3"});
  EXPECT_FALSE(clock.promised("db3", number, kSeven));
  EXPECT_FALSE(clock.live(kStamp));
}

TEST_F(PromisedTest, AChangedSetIsAskedAtOnce) {
  clock.ask(kStamp, 2s);
  clock.change_set({"db2", "db3"});
  EXPECT_EQ(clock.last_ask(), kStamp) << "the same one";
  clock.change_set({"db2"});
  EXPECT_EQ(clock.last_ask(), kLongAgo);
}

TEST_F(PromisedTest, TheMonitorAloneIsEnough) {
  EXPECT_TRUE(clock.granted(clock.ask(kStamp, 2s), kSeven));
  EXPECT_EQ(clock.lease_end(), kStamp + 2s);
}

TEST_F(PromisedTest, APinHasNoEndUntilItIsTakenBack) {
  clock.pin();
  EXPECT_EQ(clock.live(kStamp)->end(), kNever);
  clock.unpin(kStamp, 2s);
  EXPECT_EQ(clock.live(kStamp)->end(), kStamp + 2s);
}

TEST_F(PromisedTest, WhatIsRevokedIsNotRenewedByAnOlderAnswer) {
  const auto number = clock.ask(kStamp, 2s);
  clock.granted(number, kSeven);
  const auto later = clock.ask(kStamp + 1s, 2s);
  clock.revoke(kStamp + 1s);
  EXPECT_FALSE(clock.granted(later, kSeven));
  EXPECT_FALSE(clock.live(kStamp + 1s));
}

}  // namespace
}  // namespace mmm::agent
