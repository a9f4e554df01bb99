// Who may be promoted, and when, on the monitor's side (docs/lease.md, rules 2, 4, 6, 7, 8).

#include "core/monitor/lease_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant kStart{1000s};
constexpr bool kFence = true, kNoFence = false;
constexpr Duration kWait = 4041ms;  // a lease of 2 s without a fence: 2 s × 1.0203, rounded up, and 2 s

struct LeaseBookTest : testing::Test {
  // What db1, the writer, answers to the newest instruction of the present generation.
  bool acknowledge(Instant now = kStart, bool fence = kNoFence) {
    return book.acknowledged(writer(), {1, generation(), book.assignment().version}, 2s, fence, now);
  }
  bool acknowledge_version(std::uint64_t version) {
    return book.acknowledged(writer(), {1, generation(), Version{version}}, 2s, kNoFence, kStart);
  }
  std::optional<std::string> ask(Instant now, const HostName& host = "db1", Duration ttl = 2s, bool fence = kNoFence) {
    return book.grant(host, {.number = 1, .accepted = {1, generation(), Version{1}}, .ttl = ttl, .has_fence = fence}, now);
  }
  bool may(const HostName& target, Instant now) const { return !book.refuse_promotion(target, now); }
  HostName writer() const { return book.assignment().writer; }
  Generation generation() const { return book.assignment().generation; }

  LeaseBook book{{}, {"db1", "db2", "db4"}, kStart};
};

// db1 accepted generation 1; every other candidate is in its set.
struct AcceptedTest : LeaseBookTest {
  AcceptedTest() {
    book.promote("db1", {"db2", "db4"});
    acknowledge(kStart);
  }
};

// ---- the first generation ---------------------------------------------------------------------------------------

TEST_F(LeaseBookTest, WhereNobodyEverHeldALeaseAnybodyMayBeFirst) {
  EXPECT_FALSE(book.exists());
  EXPECT_THAT(book.promotable(), ElementsAre("db1", "db2", "db4"));
  EXPECT_TRUE(may("db2", kStart));
}

TEST_F(LeaseBookTest, APromotionBeginsTheNextGenerationAtVersionOne) {
  book.promote("db1", {"db2", "db4"});
  EXPECT_EQ(book.assignment(), (Assignment{Generation{1}, "db1", Version{1}, {"db2", "db4"}}));
  EXPECT_FALSE(book.durable().accepted);
  EXPECT_FALSE(book.durable().released);
}

// Goal: rule 8: for the first generation `previous` is all candidates.
TEST_F(LeaseBookTest, WhileTheFirstWriterHasNotAcceptedItsSetMayFollowIt) {
  book.promote("db1", {"db2"});
  EXPECT_THAT(book.promotable(), ElementsAre("db2"));
}

// ---- when (rule 6) ----------------------------------------------------------------------------------------------

// Goal: S1 at its boundary. One nanosecond before the widened end of the lease we wait; at it we act.
TEST_F(AcceptedTest, PromotesOnlyWhenTheOldLeaseHasEndedOnEveryClock) {
  ask(kStart + 10s);
  const auto end = kStart + 10s + kWait;
  const auto refusal = book.refuse_promotion("db2", end - 1ns);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->until, end);
  EXPECT_EQ(book.refuse_promotion("db2", end - 1500ms)->because, "'db1' may hold a lease for another 1.50 s");
  EXPECT_TRUE(may("db2", end));
}

TEST_F(AcceptedTest, AFenceSparesTheWaitingSideItsSlack) {
  book = LeaseBook(book.durable(), {"db1", "db2", "db4"}, kStart);
  ask(kStart + 10s, "db1", 2s, kFence);
  EXPECT_FALSE(may("db2", kStart + 10s + 2041ms - 1ns));
  EXPECT_TRUE(may("db2", kStart + 10s + 2041ms));
}

// Goal: rule 4. Receiving an acknowledgement counts as a grant given at that moment.
TEST_F(AcceptedTest, AnAcknowledgementCountsAsAGrantOfTheLongestLeaseThatMayRun) {
  book.acknowledged("db1", {1, generation(), Version{1}}, 6s, kNoFence, kStart + 10s);
  const auto end = kStart + 10s + waiting_time(6s, kNoFence);
  EXPECT_FALSE(may("db2", end - 1ns));
  EXPECT_TRUE(may("db2", end));
}

TEST_F(AcceptedTest, AShorterGrantNeverShortensTheWait) {
  ask(kStart + 10s, "db1", 60s);
  ask(kStart + 11s, "db1", 1s);
  EXPECT_FALSE(may("db2", kStart + 10s + waiting_time(60s, kNoFence) - 1ns));
}

TEST_F(AcceptedTest, ALeadersOwnStartHoldsEveryTakeoverUp) {
  const LeaseBook restarted(book.durable(), {"db1", "db2", "db4"}, kStart + 100s);
  EXPECT_TRUE(restarted.refuse_promotion("db2", kStart + 100s - 1ns));
  EXPECT_FALSE(restarted.refuse_promotion("db2", kStart + 100s));
}

// Goal: S1. A living writer that will never accept the generation it was offered goes on in the one that it has.
TEST_F(AcceptedTest, ARefusalEndsNoLeaseOfAnEarlierGeneration) {
  ask(kStart);
  book.promote("db1", {"db2", "db4"});
  book.released("db1", generation(), false);
  EXPECT_TRUE(book.durable().released);
  EXPECT_FALSE(may("db2", kStart + kWait - 1ns));
  EXPECT_TRUE(may("db2", kStart + kWait));
  EXPECT_TRUE(may("db1", kStart)) << "it needs no wait for itself";
}

TEST_F(AcceptedTest, TheLivingWriterItselfNeedsNoWait) {
  ask(kStart + 10s);
  EXPECT_TRUE(may("db1", kStart + 10s));
}

TEST_F(AcceptedTest, TheTargetsOwnEarlierLeaseHoldsNobodyUp) {
  book.promote("db2", {"db1", "db4"});  // as if the wait were over
  book.acknowledged("db2", {1, generation(), Version{1}}, 2s, kNoFence, kStart + 20s);
  EXPECT_EQ(book.outstanding("db2"), kStart + kWait);
  EXPECT_EQ(book.outstanding("db1"), kStart + 20s + kWait);
}

// Goal: L1. A word of before the release, come late, must not be waited for.
TEST_F(AcceptedTest, WhatWasGivenUpForGoodIsNotHeldByALateAcknowledgement) {
  book.released("db1", generation(), true);
  EXPECT_FALSE(acknowledge(kStart + 10s));
  EXPECT_TRUE(may("db2", kStart + 10s));
}

// Goal: S1 (rule 1). An operator let us lead without hosts of which one may be a writer with a lease.
TEST_F(AcceptedTest, ALeaseOfWhichNobodyToldIsWaitedForBeforeAnyGrant) {
  auto durable = book.durable();
  durable.unheard_lease = true;
  durable.longest_lease = 2s;
  const auto over = kStart + kWait;
  book = LeaseBook(durable, {"db1", "db2", "db4"}, over);
  EXPECT_TRUE(ask(over - 1ns));
  EXPECT_FALSE(book.unheard_lease_ends(over - 1ns));
  EXPECT_TRUE(book.unheard_lease_ends(over));
  EXPECT_FALSE(book.durable().unheard_lease);
  EXPECT_FALSE(ask(over));
}

// ---- who (rules 4, 8) -------------------------------------------------------------------------------------------

TEST_F(AcceptedTest, OnlyWhoIsInTheAcknowledgedSetMayFollow) {
  EXPECT_THAT(book.promotable(), ElementsAre("db2", "db4"));
  const auto refusal = book.refuse_promotion("db3", kStart + 1h);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->until, kNever);
  EXPECT_EQ(refusal->because, "'db3' can't be made writer: it is not in the takeover set that the writer of generation 1 acknowledged");
}

TEST_F(AcceptedTest, ShrinkingCountsAtOnce) {
  book.next_version({"db4"});
  EXPECT_THAT(book.promotable(), ElementsAre("db4"));
}

// Goal: the trap of rule 4: the writer acknowledges {C, D} while it lives on C's promise; D knows of nothing.
TEST_F(AcceptedTest, GrowingCountsOnceItIsAcknowledged) {
  book.next_version({"db4"});
  acknowledge();
  book.next_version({"db2", "db4"});
  EXPECT_THAT(book.promotable(), ElementsAre("db4"));
  acknowledge();
  EXPECT_THAT(book.promotable(), ElementsAre("db2", "db4"));
}

TEST_F(AcceptedTest, EverySetThatWasSentSinceTheLastAcknowledgementNarrows) {
  book.next_version({"db2"});
  book.next_version({"db4"});
  book.next_version({"db2", "db4"});
  EXPECT_THAT(book.promotable(), IsEmpty());
  acknowledge();
  EXPECT_THAT(book.promotable(), ElementsAre("db2", "db4"));
}

// An acknowledgement of version 2 arrives after version 3 was sent: the writer may have either set.
TEST_F(AcceptedTest, AnAcknowledgementOfAnOlderVersionWidensNothing) {
  book.next_version({"db4"});
  book.next_version({"db2", "db4"});
  acknowledge_version(2);
  EXPECT_THAT(book.promotable(), ElementsAre("db4"));
}

TEST_F(AcceptedTest, AVersionIsNeverUsedTwice) {
  std::set<std::uint64_t> used{book.assignment().version.value};
  for (int i = 0; i < 5; ++i) {
    book.next_version({"db2"});
    EXPECT_TRUE(used.insert(book.assignment().version.value).second);
  }
}

// Goal: rule 8: half-done generations are alive.
TEST_F(AcceptedTest, UntilTheNewWriterAcknowledgedOnlyThoseBeforeAndInItsSetMayFollow) {
  book.next_version({"db2"});
  acknowledge();
  book.released("db1", generation(), true);
  book.promote("db2", {"db1", "db4"});
  EXPECT_THAT(book.promotable(), ElementsAre("db1"));  // db1 was the writer; db4 was in no set that db1 acknowledged
  acknowledge();
  EXPECT_THAT(book.promotable(), ElementsAre("db1", "db4"));
}

// Goal: rule 8: D is promoted after C did not answer, and C's late acceptance makes no second writer.
TEST_F(AcceptedTest, AnotherOneMayFollowATargetThatNeverAnswered) {
  book.released("db1", generation(), true);
  book.promote("db2", {"db1", "db4"});
  EXPECT_TRUE(may("db4", kStart + 1h));
  book.promote("db4", {"db1", "db2"});
  EXPECT_EQ(generation(), Generation{3});
  EXPECT_THAT(book.promotable(), ElementsAre("db1", "db2"));
  EXPECT_FALSE(book.acknowledged("db2", {1, Generation{2}, Version{1}}, 2s, kNoFence, kStart));
  EXPECT_NE(book.grant("db2", {.accepted = {1, Generation{2}, Version{1}}, .ttl = 2s}, kStart), std::nullopt);
}

// Requires no wait: a target that never accepted holds no lease, and the release of generation 1 covers db1.
TEST_F(AcceptedTest, ATargetThatNeverAnsweredIsNotWaitedForBeyondWhatItCouldHold) {
  book.released("db1", generation(), true);
  book.promote("db2", {"db1", "db4"});
  EXPECT_EQ(book.outstanding("db4"), kStart) << "when this monitor began to lead";
}

TEST_F(AcceptedTest, AWriterThatNeverAcceptedIsNotOfferedTheNextGenerationAtOnce) {
  book.promote("db2", {"db1", "db4"});
  EXPECT_FALSE(may("db2", kStart));
  EXPECT_TRUE(may("db2", book.outstanding("db2")));
  book.released("db2", generation(), true);
  EXPECT_TRUE(may("db2", kStart));
}

// ---- release (rule 7) -------------------------------------------------------------------------------------------

TEST_F(AcceptedTest, AfterAReleaseNobodysClockIsWaitedFor) {
  ask(kStart + 10s);
  EXPECT_FALSE(may("db2", kStart + 10s));
  EXPECT_TRUE(book.released("db1", generation(), true));
  EXPECT_TRUE(may("db2", kStart + 10s));
  EXPECT_TRUE(may("db1", kStart + 10s));
}

TEST_F(AcceptedTest, AReleaseWidensTheSetByNobody) {
  book.next_version({"db4"});
  book.released("db1", generation(), true);
  EXPECT_FALSE(may("db2", kStart + 1h));
  EXPECT_TRUE(may("db4", kStart));
}

TEST_F(AcceptedTest, AReleaseIsFinal) {
  book.released("db1", generation(), true);
  EXPECT_EQ(ask(kStart + 1s), "generation 1 was given up");
  EXPECT_FALSE(book.released("db1", generation(), true)) << "nothing durable changes the second time";
}

TEST_F(AcceptedTest, OnlyTheWriterReleasesAndOnlyThisGeneration) {
  EXPECT_FALSE(book.released("db2", generation(), true));
  book.promote("db2", {"db1", "db4"});
  EXPECT_FALSE(book.released("db2", Generation{1}, true));
  EXPECT_FALSE(book.durable().released);
  EXPECT_TRUE(book.released("db2", Generation{7}, true));  // it gave up all up to that one
}

// ---- what a release voids (rule 7) ------------------------------------------------------------------------------

TEST_F(AcceptedTest, ARunningGenerationVoidsNoPromise) { EXPECT_EQ(book.durable().given_up, Generation{0}); }

TEST_F(AcceptedTest, AReleaseVoidsThePromisesToThisGenerationAndToEarlierOnes) {
  book.released("db1", Generation{7}, true);
  EXPECT_EQ(book.durable().given_up, Generation{1}) << "what others count by is the monitor's own generation";
  book.promote("db2", {"db1", "db4"});
  EXPECT_EQ(book.durable().given_up, Generation{1});
}

// Goal: the trap of rule 7. db2 never accepted: those that promised to db1 are bound all the same, db1 may live on it.
TEST_F(AcceptedTest, ARefusalOfAGenerationIsNoRelease) {
  book.promote("db2", {"db1", "db4"});
  EXPECT_TRUE(book.released("db2", generation(), false));
  EXPECT_TRUE(book.durable().released) << "it is final all the same";
  EXPECT_EQ(book.durable().given_up, Generation{0});
  EXPECT_FALSE(book.released("db2", generation(), false)) << "nothing durable changes the second time";
}

TEST_F(AcceptedTest, ARefusalUnvoidsNothing) {
  book.released("db1", generation(), true);
  book.promote("db2", {"db1", "db4"});
  book.released("db2", generation(), false);
  EXPECT_EQ(book.durable().given_up, Generation{1});
}

TEST_F(AcceptedTest, OnlyTheWritersReleaseVoidsAnything) {
  book.released("db2", generation(), true);
  EXPECT_EQ(book.durable().given_up, Generation{0});
}

// ---- when the writer was heard of last --------------------------------------------------------------------------

TEST_F(AcceptedTest, RemembersWhenTheWriterAskedLast) {
  EXPECT_EQ(book.last_ask(), kLongAgo) << "an acknowledgement is no question";
  ask(kStart + 10s);
  EXPECT_EQ(book.last_ask(), kStart + 10s);
  ask(kStart + 11s, "db2");
  EXPECT_EQ(book.last_ask(), kStart + 10s) << "others don't count";
  book.promote("db2", {"db1", "db4"});
  EXPECT_EQ(book.last_ask(), kLongAgo) << "it is another writer";
}

TEST_F(AcceptedTest, AQuestionThatIsRefusedIsNoSignOfAWriter) {
  book.released("db1", generation(), true);
  ask(kStart + 10s);
  EXPECT_EQ(book.last_ask(), kLongAgo);
}

TEST_F(AcceptedTest, NobodyHoldsALeaseOnceTheLastOneHasRunOutOnEveryClock) {
  ask(kStart + 10s);
  EXPECT_EQ(book.nobody_holds_a_lease(), kStart + 10s + kWait);
  book.promote("db2", {"db1", "db4"});
  EXPECT_EQ(book.nobody_holds_a_lease(), kStart + 10s + kWait) << "the writer before may hold its own";
  acknowledge(kStart + 20s);
  EXPECT_EQ(book.nobody_holds_a_lease(), kStart + 20s + kWait);
  book.released("db2", generation(), true);
  EXPECT_EQ(book.nobody_holds_a_lease(), kStart + 10s + kWait) << "it covers its own";
}

// ---- grants (rule 3) --------------------------------------------------------------------------------------------

TEST_F(AcceptedTest, GrantsToTheWriterOfThePresentGenerationOnly) {
  EXPECT_EQ(ask(kStart), std::nullopt);
  EXPECT_EQ(ask(kStart, "db2"), "the writer is 'db1'");
  book.promote("db2", {"db1", "db4"});
  EXPECT_EQ(book.grant("db2", {.accepted = {1, Generation{1}, Version{1}}, .ttl = 2s}, kStart),
            "generation 1 is over; the present one is 2");
  EXPECT_EQ(ask(kStart, "db1"), "the writer is 'db2'");
}

TEST_F(LeaseBookTest, GrantsNothingWhereThereIsNoAssignment) { EXPECT_EQ(ask(kStart), "the writer is 'nobody'"); }

TEST_F(AcceptedTest, ARefusedQuestionCountsAsNoGrant) {
  const auto before = book.outstanding("db2");
  ask(kStart + 10s, "db4");
  EXPECT_EQ(book.outstanding("db2"), before);
}

// ---- what others acknowledge ------------------------------------------------------------------------------------

TEST_F(LeaseBookTest, OnlyTheWritersAcknowledgementOfThisGenerationAcceptsIt) {
  book.promote("db1", {"db2", "db4"});
  EXPECT_FALSE(book.acknowledged("db2", {1, generation(), Version{1}}, 2s, kNoFence, kStart));
  EXPECT_FALSE(book.acknowledged("db1", {1, Generation{0}, Version{1}}, 2s, kNoFence, kStart));
  EXPECT_FALSE(book.durable().accepted);
  EXPECT_TRUE(acknowledge());
  EXPECT_TRUE(book.durable().accepted);
  EXPECT_FALSE(acknowledge()) << "nothing durable changes the second time";
}

TEST_F(LeaseBookTest, RemembersTheLongestLeaseForTheNextLeader) {
  book.promote("db1", {"db2"});
  book.acknowledged("db1", {1, generation(), Version{1}}, 6s, kNoFence, kStart);
  acknowledge();
  EXPECT_EQ(book.durable().longest_lease, 6s);
}

}  // namespace
}  // namespace mmm
