// The writer's hand-over, step by step (docs/lease.md, rules 6, 7, 8, 13).

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST_F(HandOverTest, StartsFromAWriterThatServes) { EXPECT_TRUE(serves("db1")); }

// ---- planned ----------------------------------------------------------------------------------------------------

TEST_F(HandOverTest, APlannedMoveWaitsForNobodysClock) {
  monitor.command("move_role writer db2");
  monitor.pass(0s);
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(book().assignment().generation, Generation{2});
  EXPECT_THAT(monitor.replies, Contains(StartsWith("done: OK: Role 'writer' has been moved from 'db1' to 'db2'.")));
}

TEST_F(HandOverTest, TheNewWriterMustHaveWhatTheOldOneHad) {
  agent("db1").report.server->has = lab::gtids("0-1-12");
  agent("db2").acknowledges = false;
  monitor.command("move_role writer db2");
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->must_have, lab::gtids("0-1-12"));
}

TEST_F(HandOverTest, AsksForTheReleaseFirst) {
  agent("db1").releases = false;
  monitor.command("move_role writer db2");
  EXPECT_TRUE(monitor.last_told<Instruction>("db1")->release);
  EXPECT_EQ(writer(), "db1");
  EXPECT_THAT(monitor.replies, IsEmpty()) << "the administrator waits for the end";
}

TEST_F(HandOverTest, AWriterThatCantBeStoppedKeepsTheRole) {
  agent("db1").releases = false;
  monitor.command("move_role writer db2");
  monitor.pass(7900ms);
  EXPECT_THAT(monitor.replies, IsEmpty());
  monitor.pass(600ms);
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("refused: ERROR: 'db1' could not stop its writes in time.")));
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{1});
  EXPECT_FALSE(monitor.last_told<Instruction>("db1")->release);
}

TEST_F(HandOverTest, AMoveThatFailsGoesBackAsANewGeneration) {
  agent("db2").refuses_generation = "its applier is stopped";
  monitor.command("move_role writer db2");
  monitor.pass(100ms);
  EXPECT_THAT(monitor.replies, Contains("refused: ERROR: 'db2' did not become the writer: its applier is stopped"));
  EXPECT_TRUE(serves("db1"));
  EXPECT_EQ(book().assignment().generation, Generation{3});
}

TEST_F(HandOverTest, AMoveWhoseTargetFreezesGoesBackAfterTwoSeconds) {
  monitor.silence("db2");
  monitor.command("move_role writer db2");
  monitor.pass(1900ms);
  EXPECT_EQ(writer(), "db2");
  monitor.pass(600ms);
  EXPECT_TRUE(serves("db1"));
  EXPECT_THAT(monitor.replies, Contains(HasSubstr("its agent did not accept the role in time")));
}

// Goal: rule 7: what was refused for good is not offered again; going back is a new generation.
TEST_F(HandOverTest, NoGenerationIsOfferedTwice) {
  agent("db2").refuses_generation = "its applier is stopped";
  monitor.command("move_role writer db2");
  monitor.pass(5s);
  std::set<std::pair<std::uint64_t, HostName>> offered;
  for (const auto& [host, messages] : monitor.told)
    for (const auto& message : messages)
      if (const auto* i = std::get_if<Instruction>(&message))
        offered.emplace(i->assignment.generation.value, i->assignment.writer);
  std::set<std::uint64_t> generations;
  for (const auto& [generation, to] : offered) EXPECT_TRUE(generations.insert(generation).second) << generation;
}

TEST_F(HandOverTest, AnAdministratorWaitsForNoMoveLongerThanFifteenSeconds) {
  monitor.silence("db2");
  agent("db2").acknowledges = true;  // accepts, and never serves
  agent("db2").reports = true;
  monitor.command("move_role writer db2");
  for (int i = 0; i < 15 && monitor.replies.empty(); ++i) monitor.pass(1s);
  monitor.pass(1s);
  EXPECT_EQ(monitor.replies.size(), 1u);
}

// ---- what others hear (rule 6) ----------------------------------------------------------------------------------

TEST_F(HandOverTest, OthersHearOfAGenerationOnlyAfterItsWriterAcceptedIt) {
  agent("db2").acknowledges = false;
  monitor.command("move_role writer db2");
  EXPECT_EQ(monitor.last_told<Instruction>("db2")->order.generation, Generation{2});
  EXPECT_NE(monitor.last_told<Instruction>("db3")->order.generation, Generation{2});
  EXPECT_NE(monitor.last_told<Instruction>("db1")->order.generation, Generation{2});
  monitor.say("db2", Acknowledged{monitor.last_told<Instruction>("db2")->order, 2s});
  EXPECT_EQ(monitor.last_told<Instruction>("db3")->order.generation, Generation{2});
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->order.generation, Generation{2});
}

TEST_F(HandOverTest, ARefusalIsNotSeenByOthers) {
  agent("db2").refuses_generation = "its applier is stopped";
  monitor.command("move_role writer db2");
  monitor.pass(100ms);
  for (const auto* host : {"db1", "db3"})
    for (const auto& message : monitor.told[host])
      if (const auto* i = std::get_if<Instruction>(&message)) {
        EXPECT_NE(i->order.generation, Generation{2}) << host;
      }
}

// Goal: rule 6: (g+1, C) is persisted, then told.
TEST_F(HandOverTest, AGenerationIsOnDiskBeforeItIsOffered) {
  monitor.command("move_role writer db2");
  EXPECT_LT(monitor.index_of("keep 1.2.1 offering"), monitor.index_of("tell db2: 1.2.1"));
  EXPECT_LT(monitor.index_of("keep 1.1"), monitor.index_of("give it up"));
}

// ---- mysqld dies ------------------------------------------------------------------------------------------------

TEST_F(HandOverTest, ACrashOfMysqldUnderALivingAgentWaitsForNobodysClock) {
  mysqld_dies("db1");
  EXPECT_TRUE(serves("db2"));
  EXPECT_EQ(monitor.brain->state_of("db1"), HostState::hard_offline);
}

TEST_F(HandOverTest, AfterACrashTheNewWriterMustHaveAllThatAnybodyReceived) {
  agent("db2").report.server->replication.received = lab::gtids("0-1-11");
  agent("db3").report.server->replication.received = lab::gtids("0-1-14");
  agent("db2").acknowledges = false;
  mysqld_dies("db1");
  const auto offer = monitor.last_told<Instruction>("db2");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->must_have, lab::gtids("0-1-14"));
  EXPECT_EQ(offer->catch_up_from, "db3");
}

TEST_F(HandOverTest, WhereNobodyIsFitTheRoleWaitsAndShowSaysWhy) {
  agent("db2").report.server.reset();
  agent("db2").report.mysqld_alive = false;
  monitor.say_report("db2");
  mysqld_dies("db1");
  monitor.pass(5s);
  monitor.command("show");
  EXPECT_THAT(monitor.replies.back(), HasSubstr("Role writer can't be given to anybody: db1: it is HARD_OFFLINE; db2: it is"));
  EXPECT_EQ(book().assignment().generation, Generation{1});
}

// ---- a silent writer --------------------------------------------------------------------------------------------

// Goal: S1 at its boundary, through the whole brain.
TEST_F(HandOverTest, ASilentWriterIsFollowedOnlyWhenItsLastLeaseHasEndedOnEveryClock) {
  monitor.silence("db1");
  const auto end = book().outstanding("");
  monitor.pass(end - monitor.now.at - 1ns);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{1});
  monitor.pass(1ns);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(HandOverTest, ASilentWriterIsFollowedWithinFiveSeconds) {
  monitor.silence("db1");
  monitor.pass(5s);
  EXPECT_TRUE(serves("db2"));
}

TEST_F(HandOverTest, AWriterThatRenewsInTimeIsNotFollowed) {
  monitor.silence("db1");
  monitor.pass(3900ms);
  agent("db1").asks = agent("db1").acknowledges = agent("db1").reports = true;
  monitor.pass(10s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{1});
}

TEST_F(HandOverTest, AWriterThatComesBackBeforeAnybodyWasPromotedStaysTheWriter) {
  monitor.silence("db1");
  agent("db2").report.server.reset();  // unfit
  monitor.say_report("db2");
  monitor.pass(8s);
  ASSERT_EQ(writer(), "db1");
  agent("db1").asks = agent("db1").acknowledges = agent("db1").reports = true;
  monitor.pass(1s);
  EXPECT_TRUE(monitor.noted("it stays the writer"));
  EXPECT_EQ(monitor.brain->owners().at(lab::kWriterRole), "db1");
  EXPECT_EQ(book().assignment().generation, Generation{1});
}

TEST_F(HandOverTest, TheOldWritersQuestionsAreRefusedOnceAnotherWasPromoted) {
  monitor.silence("db1");
  monitor.pass(5s);
  monitor.say("db1", Ask{.number = 99, .accepted = agent("db1").report.accepted, .ttl = 2s});
  ASSERT_TRUE(monitor.last_told<NoGrant>("db1"));
  EXPECT_EQ(monitor.last_told<NoGrant>("db1")->reason, "the writer is 'db2'");
}

// Goal: rule 4: an acknowledgement that arrives counts as a grant given at that moment.
TEST_F(HandOverTest, AnAcknowledgementPutsTheTakeoverOff) {
  monitor.silence("db1");
  monitor.pass(3s);
  monitor.say("db1", Acknowledged{agent("db1").report.accepted, 2s});
  EXPECT_EQ(book().outstanding(""), monitor.now.at + 4041ms);
}

// ---- half-done generations (rule 8) -----------------------------------------------------------------------------

// Goal: the third candidate is promoted when the second one fails; promotable = before ∩ set.
TEST(HandOverOfThree, TheThirdCandidateFollowsWhenTheSecondFailed) {
  auto config = lab::cluster();
  config.roles[0].hosts = {"db1", "db2", "db3"};
  MonitorDriver monitor(config);
  for (auto& [name, agent] : monitor.agents) agent.report.server->has = lab::gtids("0-1-5");
  monitor.bring_up();
  monitor.pass(20s);
  monitor.silence("db2");
  monitor.agents.at("db2").reports = monitor.agents.at("db2").surveys = true;
  monitor.agents.at("db2").report.server->has = lab::gtids("0-1-9");  // chosen, and never accepts
  monitor.say_report("db2");
  auto& db1 = monitor.agents.at("db1");
  db1.report.server.reset();
  db1.report.mysqld_alive = false;
  db1.report.released = Generation{1};
  monitor.say("db1", Released{.generation = Generation{1}, .mysqld_dead = true, .reason = "mysqld is down"});
  ASSERT_EQ(monitor.brain->book().assignment().writer, "db2");
  monitor.pass(8s);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db3");
  EXPECT_EQ(monitor.brain->book().assignment().generation, Generation{3});
  EXPECT_TRUE(monitor.agents.at("db3").report.lease_live);
}

// Goal: S2. A target that served for a moment before it failed may have taken writes.
TEST_F(HandOverTest, WhatAFailedTargetHadIsDemandedOfTheNextOne) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(writer(), "db2");
  agent("db1").acknowledges = false;
  agent("db2").report.released = Generation{2};
  monitor.say("db2", Released{.generation = Generation{2}, .has = lab::gtids("0-1-9,0-2-3"), .reason = "its disk is full"});
  ASSERT_EQ(writer(), "db1");
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->must_have, lab::gtids("0-1-9,0-2-3"));
}

TEST_F(HandOverTest, AfterATargetWhosePositionIsNotKnownEverybodyIsAskedAgain) {
  agent("db2").serves = false;
  monitor.command("move_role writer db2");
  ASSERT_EQ(writer(), "db2");
  agent("db3").report.server->replication.received = lab::gtids("0-2-3");
  agent("db1").acknowledges = false;
  mysqld_dies("db2");
  ASSERT_EQ(writer(), "db1");
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->must_have, lab::gtids("0-1-9,0-2-3"));
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->catch_up_from, "db3");
}

// Goal: S3. A writer that lost its role without a word may have what nobody else has: it is not ONLINE until the new
// writer was seen to have all of it, so nobody follows it and it serves no readers.
TEST_F(HandOverTest, AWriterThatLostItsRoleWithoutAWordIsNotOnlineUntilItWasCompared) {
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  EXPECT_EQ(monitor.brain->state_of("db1"), HostState::awaiting_recovery);
  agent("db1").report.server->has = lab::gtids("0-1-12");
  agent("db1").reports = agent("db1").acknowledges = true;
  monitor.pass(10s);
  EXPECT_NE(monitor.brain->state_of("db1"), HostState::online);
}

TEST_F(HandOverTest, AWriterThatLostItsRoleWithoutAWordComesBackOnceItWasCompared) {
  agent("db1").report.uptime_s = 100;
  monitor.say_report("db1");
  monitor.silence("db1");
  monitor.pass(5s);
  ASSERT_TRUE(serves("db2"));
  agent("db1").report.uptime_s = 105;
  agent("db1").reports = agent("db1").acknowledges = true;
  monitor.pass(3s);
  EXPECT_EQ(monitor.brain->state_of("db1"), HostState::online);
}

// Goal: S3 (seed 104778). Who did not say what it has when another became the writer may have more than that one.
TEST_F(HandOverTest, AReplicaThatDidNotAnswerIsNotOnlineUntilItWasCompared) {
  monitor.silence("db3");
  mysqld_dies("db1");
  monitor.pass(2500ms);
  ASSERT_TRUE(serves("db2"));
  EXPECT_EQ(monitor.brain->state_of("db3"), HostState::awaiting_recovery);
}

TEST_F(HandOverTest, AWriterThatSaidItsPositionStaysOnline) {
  monitor.command("move_role writer db2");
  monitor.pass(1s);
  EXPECT_EQ(monitor.brain->state_of("db1"), HostState::online);
}

// ---- who is chosen ----------------------------------------------------------------------------------------------

TEST_F(HandOverTest, AHostThatIsNotOnlineIsNotChosen) {
  monitor.command("set_offline db2");
  mysqld_dies("db1");
  monitor.pass(10s);
  EXPECT_EQ(writer(), "db1");
  monitor.command("set_online db2");
  monitor.pass(2s);
  EXPECT_TRUE(serves("db2"));
}

// Goal: S2 (seeds 522811, 524179). A host that was not compared yet may have something of its own; but what it received from
// the writer that it follows it has acknowledged, and maybe it alone.
struct DoubtedReplicaTest : testing::Test {
  // db1 was the writer and vanished; db2 is the writer now and vanishes too. db1 is back, received from db2 and was not compared.
  DoubtedReplicaTest() {
    monitor.bring_up();
    monitor.pass(20s);
    monitor.silence("db1");
    monitor.pass(6s);
    monitor.silence("db2");
    auto& back = monitor.agents.at("db1");
    back.report.server->has = lab::gtids("0-1-14,0-2-30");
    back.report.server->replication = {.configured = true, .source_ip = "10.0.0.5", .source_port = 3306, .source_server_id = 2};
    back.surveys = back.reports = true;
    monitor.agents.at("db3").report.server->has = lab::gtids("0-1-9,0-2-20");
  }
  static Config three_candidates() {
    auto config = lab::cluster();
    config.roles[0].hosts = {"db1", "db2", "db3"};
    return config;
  }
  lab::MonitorDriver monitor{three_candidates()};
};

TEST_F(DoubtedReplicaTest, WhatItReceivedFromTheLastWriterCountsAndNothingElseOfIt) {
  ASSERT_EQ(monitor.brain->book().assignment().writer, "db2");
  monitor.pass(6s);
  ASSERT_EQ(monitor.brain->book().assignment().writer, "db3");
  EXPECT_TRUE(monitor.noted("is offered to it; it must have 0-1-9,0-2-30 and fetches what it lacks from db1"));
}

TEST_F(DoubtedReplicaTest, WhatItReceivedFromAnotherDoesNotCount) {
  monitor.agents.at("db1").report.server->replication.source_ip = "10.0.0.7";
  monitor.pass(6s);
  ASSERT_EQ(monitor.brain->book().assignment().writer, "db3");
  EXPECT_TRUE(monitor.noted("is offered to it; it must have 0-1-9,0-2-20"));
  EXPECT_FALSE(monitor.noted("fetches what it lacks"));
}

// Goal: S2. The last writer is who may have taken writes, not who was offered the role since.
TEST_F(DoubtedReplicaTest, ItCountsAlsoAfterAnOfferThatCameToNothing) {
  monitor.agents.at("db3").refuses_generation = "its applier is stopped";
  monitor.pass(4s);
  ASSERT_TRUE(monitor.noted("is offered to it; it must have 0-1-9,0-2-30"));
  monitor.agents.at("db3").refuses_generation.clear();
  monitor.forget();
  monitor.pass(6s);
  EXPECT_TRUE(monitor.noted("is offered to it; it must have 0-1-9,0-2-30"));
  EXPECT_FALSE(monitor.noted("is offered to it; it must have 0-1-9,0-2-20"));
}

TEST_F(HandOverTest, OfSeveralThatAreFitTheOneThatReceivedMostIsChosen) {
  auto config = lab::cluster();
  config.roles[0].hosts = {"db1", "db2", "db3"};
  MonitorDriver other(config);
  other.bring_up();
  other.pass(20s);
  other.agents.at("db2").report.server->has = lab::gtids("0-1-9");
  other.agents.at("db3").report.server->has = lab::gtids("0-1-5");
  other.agents.at("db3").report.server->replication.received = lab::gtids("0-1-12");
  other.silence("db1");
  other.pass(6s);
  EXPECT_EQ(other.brain->book().assignment().writer, "db3");
}

TEST_F(HandOverTest, APreferredHostGetsTheRoleBack) {
  auto config = lab::cluster();
  config.roles[0].prefer = "db2";
  MonitorDriver other(config);
  other.bring_up();
  other.pass(5s);
  EXPECT_EQ(other.brain->book().assignment().writer, "db2");
  EXPECT_TRUE(other.agents.at("db2").report.lease_live);
}

TEST_F(HandOverTest, AReturnToThePreferredHostThatFailedIsNotTriedInATightLoop) {
  auto config = lab::cluster();
  config.roles[0].prefer = "db2";
  MonitorDriver other(config);
  other.agents.at("db2").refuses_generation = "its applier is stopped";
  other.bring_up();
  other.pass(60s);
  EXPECT_EQ(other.brain->book().assignment().writer, "db1");
  EXPECT_LE(other.brain->book().assignment().generation.value, 2u * 4);
}

// ---- a writer that only others can hear -------------------------------------------------------------------------

struct OnPromisesTest : HandOverTest {
  // The way from the monitor to db1 breaks; db2 keeps a promise to it.
  OnPromisesTest() {
    monitor.silence("db1");
    db2_promises(true);
    monitor.pass(10s);
    monitor.forget();
  }
  void db2_promises(bool lives) {
    agent("db2").report.promise_live = agent("db2").report.writer_asks = lives;
    monitor.say_report("db2");
  }
};

TEST_F(OnPromisesTest, StaysTheWriter) {
  monitor.pass(60s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_TRUE(monitor.brain->owners().contains(lab::kWriterRole));
}

// Goal: S5. A blip on the way to the one that could tell is no news of the writer.
TEST_F(OnPromisesTest, StaysTheWriterWhileNobodyCanTell) {
  monitor.leave("db2");
  monitor.pass(6s);
  monitor.join("db2");
  monitor.pass(6s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_FALSE(monitor.last_told<Survey>("db2")) << "a survey ends the promises";
}

TEST_F(OnPromisesTest, IsLostOnceItIsSilentThereToo) {
  db2_promises(false);
  monitor.pass(1s);
  EXPECT_EQ(writer(), "db2");
}

// Goal: L1. It accepted, and wrote; its words were lost, so that the offer was taken for failed. What the writer before it and
// its own server have are two histories: no host can ever have both.
TEST_F(HandOverTest, TheLastThatAcceptedIsTheOneWhoseHistoryCounts) {
  agent("db2").acknowledges = false;
  monitor.silence("db1");
  for (int i = 0; i < 10 && writer() == "db1"; ++i) monitor.pass(1s);
  agent("db2").surveys = false;  // nor is what it says heard for a while
  monitor.pass(3s);
  ASSERT_TRUE(monitor.noted("did not accept the role in time"));
  ASSERT_EQ(book().assignment().generation, Generation{2});
  agent("db1").surveys = agent("db1").reports = agent("db1").welcomes = true;
  agent("db1").report.server->has = lab::gtids("0-1-12");
  agent("db3").report.server->has = lab::gtids("0-1-12");  // received since from db1
  auto& db2 = agent("db2");
  db2.acknowledges = db2.surveys = true;
  db2.report.accepted.generation = db2.report.assignment.generation = db2.report.released = Generation{2};
  db2.report.server->has = lab::gtids("0-1-9,0-2-10");
  monitor.say_report("db2");
  monitor.pass(3s);
  EXPECT_TRUE(monitor.noted("db2: had accepted generation 2"));
  ASSERT_EQ(writer(), "db2");
  EXPECT_TRUE(serves("db2"));
  for (const auto& state : monitor.kept)
    EXPECT_FALSE(state.leadership->must_have.contains(lab::gtids("0-1-12,0-2-10")));
}

// Goal: rule 11. It is told what it has forgotten before it may pin itself by it.
TEST_F(HandOverTest, AWriterWhoseStateIsOlderThanWhatItAcknowledgedIsNotRenewed) {
  const auto order = agent("db1").report.accepted;
  ASSERT_GT(order.version, Version{1});
  monitor.told.clear();
  monitor.say("db1", Ask{.number = 77, .accepted = {order.epoch, order.generation, Version{1}}, .ttl = 2s});
  ASSERT_TRUE(monitor.last_told<NoGrant>("db1"));
  EXPECT_EQ(monitor.last_told<NoGrant>("db1")->reason, "its state is older than what it acknowledged");
}

}  // namespace
}  // namespace mmm
