// Goal:   what passes through the writer IP, and until when: while an armed lease lives, in both directions, and no longer
//         whatever becomes of us.
// Method: a real kernel, in network namespaces. Ends of leases are measured by clocks that bracket the calls.

#include "io/fence/write_fence.h"

#include <csignal>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "fence_network.h"
#include "io/fence/connections.h"

namespace mmm {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

constexpr Duration kShort = 300ms;
constexpr Duration kLong = 1h;
constexpr Duration kJiffies = 20ms;  // what an element may end too early: two jiffies at 100 Hz

class WriteFenceTest : public FenceNetwork {
 protected:
  void SetUp() override {
    FenceNetwork::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    open_fence(rules());
  }
  // Arms a lease and says when it must end by.
  Instant hold_and_tell_end(Duration lease) {
    const auto staged = stage(lease);
    const auto end = boot_now() + lease;
    EXPECT_TRUE(fence_->arm(staged));
    return end;
  }
  // Talks on the connection until the kernel cuts it: when was the last word said that arrived?
  static Instant last_word_on(const Ends& ends) {
    Instant last = kLongAgo;
    const auto talk = [&] {
      const auto said = boot_now();
      if (!says(ends.client, ends.server)) return true;
      last = said;
      return false;
    };
    EXPECT_TRUE(wait_until(talk));
    return last;
  }
};

INSTANTIATE_TEST_SUITE_P(Both, WriteFenceTest, ::testing::Values(kPlan4, kPlan6), plan_name);

TEST_P(WriteFenceTest, RefusesWithAResetUntilALeaseIsArmed) {
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  const auto staged = stage(kLong);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  ASSERT_TRUE(fence_->arm(staged));
  EXPECT_EQ(dial_writer(), 0);
  EXPECT_EQ(dial_from_far(at().own), 0) << "another address is none of its business";
}

// Goal: rule 12: a client of an established connection hears of it as soon as it says something.
TEST_P(WriteFenceTest, ResetsAnEstablishedConnectionWhoseClientSpeaks) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(says(ends.client, ends.server));
  ASSERT_TRUE(fence_->close());
  ASSERT_EQ(::send(ends.client, "x", 1, 0), 1);
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
  char byte = 0;
  EXPECT_EQ(::recv(ends.server, &byte, 1, MSG_DONTWAIT), -1) << "it never arrived";
}

// Goal: rule 12: the OK of a COMMIT that was running when the fence closed does not get out; both ends hear of that, the
//       client at once, who may be waiting for nothing else.
TEST_P(WriteFenceTest, ResetsAnEstablishedConnectionWhoseServerSpeaks) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(says(ends.client, ends.server));
  ASSERT_TRUE(fence_->close());
  ASSERT_EQ(::send(ends.server, "x", 1, 0), 1);
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
  EXPECT_EQ(next_word(ends.server), ECONNRESET);
}

TEST_P(WriteFenceTest, LetsNoByteOfALongAnswerOut) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(fence_->close());
  const std::string rows(4'000'000, 'x');
  EXPECT_GT(::send(ends.server, rows.data(), rows.size(), MSG_DONTWAIT), 1500);
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
  EXPECT_EQ(next_word(ends.server), ECONNRESET);
}

// Goal: a client that waits hears of a session that is ended behind the fence, whoever ends it.
TEST_P(WriteFenceTest, AServerThatHangsUpIsHeard) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(fence_->close());
  ASSERT_EQ(::shutdown(ends.server, SHUT_RDWR), 0);
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
}

TEST_P(WriteFenceTest, ConnectionsThatWeEndAreHeard) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(fence_->close());
  ASSERT_TRUE(end_connections(at().writer));
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
}

using WriteFence6Test = WriteFenceTest;
INSTANTIATE_TEST_SUITE_P(Only, WriteFence6Test, ::testing::Values(kPlan6), plan_name);

// Goal: an IPv6 address that is gone does not keep its connections from sending (kernel 6.18; IPv4's can't); the fence
//       does.
TEST_P(WriteFence6Test, HoldsWhenTheAddressHasGone) {
  hold(kLong);
  const auto ends = connect_writer();
  ASSERT_TRUE(fence_->close());
  ip(std::string("address del ") + at().writer + at().prefix + " dev near");
  EXPECT_EQ(::send(ends.server, "x", 1, 0), 1);
  EXPECT_EQ(next_word(ends.client), ECONNRESET);
}

TEST_P(WriteFenceTest, EndsNeverLateAndHardlyEarly) {
  const auto before = boot_now();
  const auto end = hold_and_tell_end(500ms);
  fence_.reset();
  const auto last = last_word_on(connect_writer());
  EXPECT_LE(last, end);
  EXPECT_GE(boot_now(), before + 500ms - kJiffies);
  RecordProperty("last_word_before_end_ms", static_cast<int>(milliseconds(end - last)));
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

TEST_P(WriteFenceTest, ClosesWhenOurProcessIsKilled) {
  fence_.reset();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto fence = WriteFence::open(rules());
    if (fence)
      if (const auto lease = fence->stage(kShort)) (void)fence->arm(*lease);
    ::raise(SIGKILL);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  const auto dead = boot_now();
  EXPECT_TRUE(wait_until_closed());
  EXPECT_LE(boot_now() - dead, kShort + 5s);
}

TEST_P(WriteFenceTest, RenewsWithoutAGap) {
  hold(kShort);
  const auto ends = connect_writer();
  const auto stop = boot_now() + 3 * kShort;
  EXPECT_TRUE(wait_until([&] {
    hold(kShort);
    EXPECT_TRUE(says(ends.client, ends.server));
    EXPECT_TRUE(says(ends.server, ends.client));
    return HasFailure() || boot_now() > stop;
  }));
}

// Goal: rule 12's trap: only an answer makes a lease longer, not the question.
TEST_P(WriteFenceTest, WhatIsOnlyStagedLengthensNothing) {
  const auto end = hold_and_tell_end(kShort);
  (void)stage(kLong);
  EXPECT_LE(last_word_on(connect_writer()), end);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

// Goal: rule 12's trap: an agent that thaws late finds the time of its question gone.
TEST_P(WriteFenceTest, ALateAnswerOpensNothing) {
  const auto staged = stage(kShort);
  const auto end = boot_now() + kShort;
  ASSERT_TRUE(wait_until([&] { return boot_now() > end; }));
  EXPECT_TRUE(fence_->arm(staged));
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  hold(kShort);
  EXPECT_EQ(dial_writer(), 0);
}

// Goal: an answer that took longer than a third of the lease counts all the same.
TEST_P(WriteFenceTest, AnAnswerToAnEarlierQuestionCounts) {
  hold(kLong);
  const auto first = stage(kLong), second = stage(kShort), third = stage(kLong);
  EXPECT_TRUE(fence_->arm(first));
  EXPECT_TRUE(fence_->arm(third));
  EXPECT_TRUE(fence_->arm(second)) << "is over: a later one is armed";
  EXPECT_TRUE(fence_->arm(third));
  EXPECT_GT(fence_->look()->left, kShort);
}

TEST_P(WriteFenceTest, ForgetsTheOldestOfTooManyQuestions) {
  const auto first = stage(kLong);
  std::vector<StagedLease> later;
  for (std::size_t n = 0; n < fence_text::kSlots; ++n) later.push_back(stage(kLong));
  EXPECT_FALSE(fence_->arm(first));
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  EXPECT_TRUE(fence_->arm(later.front()));
  EXPECT_EQ(dial_writer(), 0);
  for (std::size_t n = 0; n < 3 * fence_text::kSlots; ++n) (void)stage(kLong);
  EXPECT_EQ(dial_writer(), 0) << "the armed one is never forgotten";
}

// Goal: rule 7.
TEST_P(WriteFenceTest, ClosesAtOnceAndForGood) {
  hold(kLong);
  const auto staged = stage(kLong);
  ASSERT_TRUE(fence_->close());
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  EXPECT_FALSE(fence_->arm(staged)) << "an answer from before the release";
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  EXPECT_TRUE(fence_->close()) << "once more is no error";
  hold(kLong);
  EXPECT_EQ(dial_writer(), 0);
}

TEST_P(WriteFenceTest, ClosesWithoutAnErrorWhatHasRunOut) {
  hold(kShort);
  (void)stage(kShort);
  ASSERT_TRUE(wait_until_closed());
  const auto closed = fence_->close();
  EXPECT_TRUE(closed) << closed.error().text;
}

TEST_P(WriteFenceTest, RefusesALeaseTooShortForTheKernel) {
  EXPECT_FALSE(fence_->stage(Duration{0}));
  EXPECT_FALSE(fence_->stage(kFencedLeaseMin - 1ns));
  EXPECT_FALSE(fence_->limit(Duration{0}));
}

// Goal: rule 5: a pin has no end, until it is given one.
TEST_P(WriteFenceTest, GivesAPinAnEnd) {
  hold(std::nullopt);
  const auto pin = stage(std::nullopt);
  EXPECT_EQ(fence_->look()->left, std::nullopt);
  EXPECT_EQ(fence_->look()->untimed.size(), 2);
  const auto before = boot_now();
  const auto limited = fence_->limit(kShort);
  ASSERT_TRUE(limited) << limited.error().text;
  const auto end = boot_now() + kShort;
  EXPECT_TRUE(fence_->look()->untimed.empty());
  EXPECT_FALSE(fence_->arm(pin)) << "nor can one that was only asked for be armed";
  EXPECT_LE(last_word_on(connect_writer()), end);
  EXPECT_GE(boot_now(), before + kShort - kJiffies);
}

TEST_P(WriteFenceTest, LimitsNothingThatHasAnEnd) {
  hold(kLong);
  ASSERT_TRUE(fence_->limit(kShort));
  EXPECT_GT(fence_->look()->left, kShort);
  ASSERT_TRUE(fence_->close());
  ASSERT_TRUE(fence_->limit(kShort));
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

// Goal: rule 10: an agent that starts again finds its lease running, and renews nothing by looking at it.
TEST_P(WriteFenceTest, RunsOnOverARestart) {
  const auto end = hold_and_tell_end(kShort);
  const auto ends = connect_writer();
  const auto staged = stage(kLong);
  fence_.reset();
  open_fence(rules());
  EXPECT_TRUE(says(ends.client, ends.server));
  const auto state = fence_->look();
  ASSERT_TRUE(state) << state.error().text;
  EXPECT_TRUE(state->stands && state->open);
  ASSERT_TRUE(state->left);
  EXPECT_THAT(*state->left, AllOf(Ge(1ms), Le(kShort)));
  EXPECT_FALSE(fence_->arm(staged));
  (void)stage(kLong);
  EXPECT_LE(last_word_on(ends), end);
}

TEST_P(WriteFenceTest, GivesAPinAnEndAfterARestart) {
  hold(std::nullopt);
  fence_.reset();
  open_fence(rules());
  EXPECT_EQ(fence_->look()->untimed.size(), 1);
  ASSERT_TRUE(fence_->limit(kShort));
  EXPECT_EQ(dial_writer(), 0);
  EXPECT_TRUE(wait_until_closed());
}

// Goal: a firewall that is loaded anew takes our table away; the next call makes it again, and a running lease is neither
//       cut short by that nor made longer.
TEST_P(WriteFenceTest, AFlushIsMendedByTheNextCall) {
  const auto end = hold_and_tell_end(500ms);
  const auto ends = connect_writer();
  shell("nft flush ruleset");
  EXPECT_FALSE(fence_->look()->stands);
  (void)stage(kLong);
  EXPECT_TRUE(fence_->look()->open);
  EXPECT_LE(last_word_on(ends), end);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

TEST_P(WriteFenceTest, AFlushLeavesAPinWithoutAnEnd) {
  hold(std::nullopt);
  shell("nft flush ruleset");
  (void)stage(kLong);
  EXPECT_EQ(dial_writer(), 0);
  EXPECT_EQ(fence_->look()->left, std::nullopt);
}

TEST_P(WriteFenceTest, WhatWasStagedBeforeAFlushOpensNothing) {
  const auto staged = stage(kLong);
  shell("nft flush ruleset");
  EXPECT_EQ(dial_writer(), 0);
  EXPECT_FALSE(fence_->arm(staged));
  EXPECT_EQ(dial_writer(), ECONNREFUSED) << "but the table is there again";
}

TEST_P(WriteFenceTest, ClosesAfterAFlush) {
  hold(kLong);
  shell("nft flush ruleset");
  ASSERT_TRUE(fence_->close());
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

// Goal: a lease of an earlier process is not made again from what the kernel had.
TEST_P(WriteFenceTest, AFlushAfterARestartCloses) {
  hold(kLong);
  fence_.reset();
  open_fence(rules());
  shell("nft flush ruleset");
  const auto staged = stage(kLong);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  ASSERT_TRUE(fence_->arm(staged));
  EXPECT_EQ(dial_writer(), 0);
}

}  // namespace
}  // namespace mmm
