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
    take_lead_with({"db2", "db3"});
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

// Goal: S1. db1 may live on what db2 has forgotten, and db2 is in the set for as long as nobody leaves it.
TEST_F(HandOverTest, WhoForgotAPromiseIsNotAdmittedAgainBeforeItLeftTheSet) {
  take_lead_with({"db1", "db2"});
  ASSERT_TRUE(book().durable().unheard_lease);
  agent("db2").report.lost_memory = true;
  monitor.forget();
  monitor.say_report("db2");
  monitor.pass(10s);
  ASSERT_TRUE(book().durable().unheard_lease);
  EXPECT_FALSE(monitor.last_told<Instruction>("db2"));
  monitor.pass(15s);
  ASSERT_TRUE(monitor.last_told<Instruction>("db2"));
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->assignment.takeover_set, HostSet{});
}

// Goal: S1 (rule 9). The lease is refused, but what runs already is known from then on.
TEST_F(HandOverTest, AGraceIsNotedAlsoWhileAnUnheardLeaseMayRun) {
  take_lead_with({"db1", "db2"});
  monitor.say("db1", Ask{.number = 90, .accepted = agent("db1").report.accepted, .ttl = 2s, .grace_runs = {1, 15s}});
  ASSERT_TRUE(monitor.last_told<NoGrant>("db1"));
  EXPECT_EQ(book().durable().grace, (Grace{1, 15s}));
}

// Goal: S1 (rule 9).
TEST_F(HandOverTest, AGraceThatIsAskedForCountsWhateverTheAskSaysOfWhatRuns) {
  monitor.say("db1", Ask{.number = 90, .accepted = agent("db1").report.accepted, .ttl = 15s, .grace = 1});
  EXPECT_EQ(book().durable().grace, (Grace{1, 15s}));
}

// Goal: S1. A leader that restarts counts by its disk.
TEST_F(HandOverTest, ALeaseThatIsLongerThanTheDiskSaysIsOnDiskBeforeItIsGranted) {
  const auto effects = monitor.brain->step(
      AgentSaid{"db1", Ask{.number = 90, .accepted = agent("db1").report.accepted, .ttl = 9s}}, monitor.now);
  const auto grant = std::ranges::find_if(effects, [](const auto& effect) { return std::holds_alternative<Tell>(effect); });
  const auto keep = std::ranges::find_if(effects, [](const auto& effect) { return std::holds_alternative<Keep>(effect); });
  ASSERT_NE(grant, effects.end());
  ASSERT_NE(keep, effects.end());
  EXPECT_LT(keep - effects.begin(), grant - effects.begin());
  EXPECT_FALSE(std::get<Tell>(*grant).urgent);
  EXPECT_EQ(std::get<Keep>(*keep).state.leadership->longest_lease, 9s);
}

// Goal: L1 (seed 7020618). Nobody is the writer by this leadership, so the one that is heard of was the last.
TEST_F(HandOverTest, AfterTakeLeadTheWriterOfALaterGenerationThanAnybodyToldOfWasTheLast) {
  for (const auto* host : {"db1", "db3"}) agent(host).acknowledges = false;
  mysqld_dies("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  take_lead_with({"db1", "db3"});
  ASSERT_TRUE(monitor.noted("took over generation 1 of 'db1'"));
  monitor.join("db2");
  EXPECT_TRUE(monitor.noted("took over generation 2 of 'db2'"));
  EXPECT_EQ(writer(), "db2");
  EXPECT_EQ(book().assignment().generation, Generation{2});
}

// Goal: S2, rule 14 (seed 7135458). It knows of no writer because it lost its memory, maybe with its data.
TEST_F(HandOverTest, AfterTakeLeadNobodyIsTheFirstWriterBeforeEveryCandidateWasHeard) {
  auto& report = agent("db2").report;
  report.accepted = {};
  report.assignment = {};
  report.lost_memory = true;
  take_lead_with({"db2"});
  monitor.pass(30s);
  ASSERT_TRUE(monitor.brain->leads());
  EXPECT_FALSE(book().exists());
  monitor.join("db1");
  EXPECT_EQ(writer(), "db1");
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
  EXPECT_THAT(monitor.replies, Contains(AllOf(HasSubstr("OK: Role 'writer' has been moved from 'db1' to 'db2'."),
                                              HasSubstr("Not known:\n  whether 'db1' still accepts writes"))));
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
