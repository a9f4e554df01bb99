// A writer that nobody can ask: its generation is barred, and who follows it (docs/lease.md, rules 1, 4, 13).

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// ---- in the book --------------------------------------------------------------------------------------------------

constexpr Instant kStart{1000s};

struct BarTest : testing::Test {
  BarTest() {
    book.promote("db1", {"db2", "db4"});
    book.acknowledged("db1", {1, Generation{1}, Version{1}}, 2s, true, kStart);
    book.next_version({"db2"});
  }
  void bar(HostSet excused = {}) {
    book.bar(std::move(excused));
    book.next_version({"db2"});
  }
  void confirm(const HostName& host, std::uint64_t version = 3, std::uint64_t generation = 1) {
    book.confirmed(host, {1, Generation{generation}, Version{version}});
  }
  LeaseBook book{{}, {"db1", "db2", "db4"}, kStart};
};

TEST_F(BarTest, WhoeverCouldRenewTheOldWriterHasToConfirmThatItDoesNot) {
  bar();
  EXPECT_THAT(book.promotable(), IsEmpty());
  confirm("db2");
  EXPECT_THAT(book.promotable(), IsEmpty()) << "whichever set was acknowledged last, db4 may be in it";
  EXPECT_EQ(book.not_promotable("db2"), "db4 did not confirm yet that the writer of generation 1 is renewed no more");
  confirm("db4");
  EXPECT_THAT(book.promotable(), testing::ElementsAre("db2", "db4"));
}

TEST_F(BarTest, AnOlderInstructionConfirmsNothing) {
  bar();
  confirm("db2", 2);
  confirm("db4", 3, 0);
  EXPECT_THAT(book.bar_unconfirmed(), testing::ElementsAre("db2", "db4"));
}

TEST_F(BarTest, WhoIsVouchedForNeedNotConfirm) {
  bar({"db4"});
  confirm("db2");
  EXPECT_THAT(book.promotable(), testing::ElementsAre("db2"));
}

TEST_F(BarTest, TheMonitorItselfRenewsNothing) {
  bar();
  EXPECT_TRUE(book.grant("db1", {.number = 1, .accepted = {1, Generation{1}, Version{1}}, .ttl = 2s}, kStart + 1h));
}

TEST_F(BarTest, EndsWithItsGeneration) {
  bar();
  confirm("db2");
  confirm("db4");
  ASSERT_FALSE(book.refuse_promotion("db2", kStart + 1h));
  book.promote("db2", {"db1", "db4"});
  EXPECT_FALSE(book.barred());
}

// ---- take_lead without the writer -----------------------------------------------------------------------------------

struct UnheardWriterTest : HandOverTest {
  UnheardWriterTest() {
    monitor.restart(false);
    monitor.network();
    monitor.join("db2");
    monitor.join("db3");
    monitor.command("take_lead --yes");
  }
};

// Goal: S1. Only the writer knows which set it acknowledged last.
TEST_F(UnheardWriterTest, WhoFollowsHasConfirmedThatItRenewsTheOldWriterNoMore) {
  const auto barred = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(barred);
  EXPECT_EQ(barred->barred, Generation{1});
  EXPECT_EQ(writer(), "db1") << "its lease is waited for all the same";
  monitor.pass(25s);
  EXPECT_EQ(writer(), "db2");
  EXPECT_TRUE(serves("db2"));
}

TEST_F(UnheardWriterTest, WhileSomebodyDoesNotConfirmItNobodyFollows) {
  agent("db2").acknowledges = false;
  restart_and_join(false);
  monitor.pass(25s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_THAT(monitor.brain->view().warnings, Contains(HasSubstr("db2 did not confirm yet")));
}

TEST_F(UnheardWriterTest, AWriterThatComesBackFirstGoesOnUnderAGenerationOfItsOwn) {
  monitor.pass(1s);
  monitor.join("db1");
  monitor.pass(25s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{2});
  EXPECT_TRUE(serves("db1"));
}

// ---- move_role --unfenced --------------------------------------------------------------------------------------------

struct UnfencedTest : HandOverTest {
  void lose_writer() {
    monitor.silence("db1");
    monitor.leave("db1");
  }
};

TEST_F(UnfencedTest, IsRefusedWhileTheWriterAnswers) {
  monitor.command("move_role --unfenced --yes writer db2");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("ERROR: The agent on 'db1' answers. Use move_role"));
  EXPECT_TRUE(serves("db1"));
}

TEST_F(UnfencedTest, WithoutAConfirmationItSaysWhatIsNotKnownAndDoesNothing) {
  lose_writer();
  monitor.leave("db3");
  monitor.command("move_role --unfenced writer db2");
  EXPECT_THAT(monitor.replies.back(), AllOf(HasSubstr("whether 'db1' still accepts writes"), HasSubstr("what is received on 'db3'"),
                                            HasSubstr("confirm with: move_role --unfenced --yes writer db2")));
  EXPECT_EQ(writer(), "db1");
  EXPECT_FALSE(book().barred());
}

TEST_F(UnfencedTest, WaitsForNoLease) {
  lose_writer();
  monitor.command("move_role --unfenced --yes writer db2");
  monitor.pass(100ms);
  EXPECT_TRUE(serves("db2"));
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("OK: Role 'writer' has been moved from 'db1' to 'db2'.")));
  EXPECT_TRUE(monitor.noted("the administrator vouches that it accepts no writes"));
}

// Goal: the case that only an administrator can decide (docs/lease.md, "What follows for availability").
TEST_F(UnfencedTest, TakesTheRoleFromAWriterThatWasPinned) {
  monitor.leave("db2");
  monitor.pass(15s);
  ASSERT_THAT(book().promotable(), IsEmpty());
  lose_writer();
  monitor.join("db2");
  monitor.pass(60s);
  ASSERT_EQ(writer(), "db1");
  monitor.command("set_online db2 --accept-loss");
  monitor.command("move_role --unfenced --yes writer db2");
  monitor.pass(100ms);
  EXPECT_TRUE(serves("db2")) << monitor.replies.back();
}

// Goal: rule 13: what the target promised itself is kept.
TEST_F(UnfencedTest, TheTargetsOwnPromiseIsWaitedFor) {
  lose_writer();
  agent("db2").surveys = false;
  monitor.command("move_role --unfenced --yes writer db2");
  const auto survey = monitor.last_told<Survey>("db2");
  ASSERT_TRUE(survey);
  monitor.say("db2", SurveyAnswer{.generation = survey->generation, .promised_for = 700ms, .has = lab::gtids("0-1-9")});
  agent("db2").surveys = true;
  monitor.pass(600ms);
  EXPECT_EQ(writer(), "db1");
  monitor.pass(2s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(UnfencedTest, IsGoneOnWithByARestartedMonitor) {
  lose_writer();
  agent("db2").acknowledges = false;
  monitor.command("move_role --unfenced --yes writer db2");
  ASSERT_TRUE(book().barred());
  agent("db2").acknowledges = true;
  restart_and_join(false);
  EXPECT_TRUE(book().barred());
  monitor.pass(10s);
  EXPECT_TRUE(serves("db2"));
}

}  // namespace
}  // namespace mmm
