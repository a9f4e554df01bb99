// Promises between agents, and pins (docs/lease.md, rules 3, 5, 6, 7, 10, 11).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::string kIp = lab::kWriterRole.ip;

// ---- the writer asks --------------------------------------------------------------------------------------------

// db2 promises whatever `agent` asks it, for so long.
void promise_to(AgentDriver& agent, Duration duration) {
  for (const auto until = agent.now + duration; agent.now < until;) {
    agent.pass(50ms);
    for (const auto& asked : std::exchange(agent.asked, {}))
      if (const auto* ask = std::get_if<PromiseAsk>(&asked.question))
        agent.step(agent::PeerAnswered{"db2", Promise{ask->number, ask->generation}});
  }
}

struct AskingTest : testing::Test {
  AskingTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
  }
  // The monitor is gone.
  void live_on_promises(Duration duration) {
    agent.grants = false;
    agent.step(agent::MonitorLeft{lab::kMonitor});
    promise_to(agent, duration);
  }
  bool serves() const { return agent.host.writable() && agent.host.ips().contains(kIp); }
  Instruction with_set(std::uint64_t version, HostSet set) const {
    auto i = instruction(1, 1, version, "db1");
    i.assignment.takeover_set = std::move(set);
    return i;
  }

  AgentDriver agent{"db1"};
};

TEST_F(AskingTest, TheSameQuestionGoesToTheMonitorAndToEveryMemberOfTheSet) {
  ASSERT_FALSE(agent.asked.empty());
  EXPECT_EQ(agent.asked.back().to, "db2");
  EXPECT_EQ(std::get<PromiseAsk>(agent.asked.back().question).number, agent.last<Ask>().number);
  EXPECT_EQ(agent.brain.peers(), HostSet{"db2"});
}

// Goal: the availability of rule 3: a monitor that is away stops nobody.
TEST_F(AskingTest, LivesOnPromisesWhileTheMonitorIsAway) {
  live_on_promises(5min);
  EXPECT_TRUE(serves());
  agent.pass(3s);
  EXPECT_FALSE(serves()) << "neither";
}

// Goal: S2. What was found after it accepted only the monitor tells, and that may not reach it.
TEST_F(AskingTest, BeginsToServeAGenerationByAGrantAlone) {
  AgentDriver late{"db1"};
  late.grants = false;
  late.obey(instruction(1, 1, 2, "db1"));
  promise_to(late, 5s);
  EXPECT_FALSE(late.host.writable());
  late.grants = true;
  late.pass(1s);
  EXPECT_TRUE(late.host.writable());
}

TEST_F(AskingTest, StopsAtOnceWhenAnotherKnowsOfALaterWriter) {
  const auto ask = agent.last<Ask>();
  agent.step(agent::PeerAnswered{"db2", NoPromise{ask.number, Generation{1}, true, Generation{2}, "generation 2 was accepted"}});
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now));
  agent.finish_all();
  EXPECT_FALSE(serves());
  agent.pass(1s);
  EXPECT_EQ(agent.last<Report>().overtaken_by, Generation{2});
}

TEST_F(AskingTest, ARefusalThatIsNoNewsOfALaterWriterCostsNothing) {
  const auto ask = agent.last<Ask>();
  agent.step(agent::PeerAnswered{"db2", NoPromise{ask.number, Generation{1}, false, Generation{}, "its agent lost its memory"}});
  EXPECT_TRUE(agent.brain.holds_live_lease(agent.now));
}

// Goal: S1. A later writer that a monitor made without asking this one: its own generation goes first.
TEST_F(AskingTest, AWriterThatALaterOneAsksGivesItsOwnGenerationUpBeforeItPromises) {
  const PromiseAsk ask{.from = "db2", .to = "db1", .number = 1, .generation = Generation{2}, .ttl = 2s};
  agent.forget();
  agent.step(agent::PeerAsked{7, ask});
  EXPECT_TRUE(std::holds_alternative<NoPromise>(agent.answered.back()));
  agent.finish_all();
  EXPECT_FALSE(serves());
  agent.pass(100ms);
  EXPECT_EQ(agent.brain.memory().released, Generation{1});
  agent.step(agent::PeerAsked{7, ask});
  EXPECT_TRUE(std::holds_alternative<Promise>(agent.answered.back()));
}

// Goal: S1. Whoever turns up after a monitor was made to lead without it gives up what it is the writer of.
TEST_F(AskingTest, AWriterThatTheMonitorKnowsNothingOfGivesItsGenerationUp) {
  agent.obey([] { auto i = instruction(1, 7, 1, "db1"); return i; }());
  ASSERT_TRUE(serves());
  agent.hear(Hello{.host = "db1", .epoch = {2, "other"}, .leads = true, .vouched_below = 2}, lab::kOtherMonitor);
  auto foreign = instruction(2, 3, 1, "db2");
  foreign.line = "other";
  agent.hear(foreign, lab::kOtherMonitor);
  agent.finish_all();
  agent.pass(200ms);
  EXPECT_FALSE(serves());
  EXPECT_EQ(agent.brain.memory().released, Generation{7});
}

// ---- pins -------------------------------------------------------------------------------------------------------

TEST_F(AskingTest, WhoHasNobodyToTakeItsPlaceNeedsNobody) {
  agent.obey(with_set(3, {}));
  agent.grants = false;
  agent.step(agent::MonitorLeft{lab::kMonitor});
  agent.pass(10min);
  EXPECT_TRUE(serves());
  EXPECT_EQ(agent.host.addresses.at(kIp), kNever);
}

// Goal: rule 5: what has no end on the interface gets one before the set is acknowledged.
TEST_F(AskingTest, APinEndsInTheKernelBeforeItsEndIsAcknowledged) {
  agent.obey(with_set(3, {}));
  agent.pass(1s);
  agent.forget();
  agent.hear(with_set(4, {"db2"}));
  EXPECT_EQ(agent.count<Acknowledged>(), 0u);
  agent.finish_all();
  ASSERT_EQ(agent.count<Acknowledged>(), 1u);
  EXPECT_NE(agent.host.addresses.at(kIp), kNever);
  EXPECT_LT(agent.index_of("persist"), agent.index_of("run put " + kIp));
  EXPECT_LT(agent.index_of("run put " + kIp), agent.index_of("say acknowledged"));
  EXPECT_TRUE(serves());
}

TEST_F(AskingTest, NoAskNamesTheNewSetBeforeItsEndIsInTheKernel) {
  agent.obey(with_set(3, {}));
  agent.pass(1s);
  agent.forget();
  agent.hear(with_set(4, {"db2"}));
  ASSERT_EQ(agent.host.addresses.at(kIp), kNever) << "not timed yet";
  EXPECT_EQ(agent.count<Ask>(), 0u) << "an Ask counts as an acknowledgement";
  agent.pass(1s);
  EXPECT_GT(agent.count<Ask>(), 0u);
  EXPECT_TRUE(serves());
}

struct PinnedRestartTest : AskingTest {
  PinnedRestartTest() {
    agent.obey(with_set(3, {}));
    agent.pass(1s);
    again.host = agent.host;
    again.disk = agent.disk;
    again.now = agent.now + 100ms;
  }
  void start(const std::string& boot) {
    again.step(agent::Started{again.disk, again.host.ips(), again.host.untimed_ips(), boot});
    again.step(agent::MysqldUp{});
    again.finish_all();
    again.pass(1min);
  }
  AgentDriver again{"db1"};
};

TEST_F(PinnedRestartTest, APinHoldsWhereDiskAndKernelSaySo) {
  start("boot");
  EXPECT_TRUE(again.host.writable());
  EXPECT_EQ(again.host.addresses.at(kIp), kNever);
}

TEST_F(PinnedRestartTest, APinOfAnotherBootHoldsNothing) {
  start("another boot");
  EXPECT_FALSE(again.host.writable());
  EXPECT_FALSE(again.host.ips().contains(kIp));
}

TEST_F(PinnedRestartTest, AnAddressWithoutEndThatNoPinExplainsGoes) {
  again.disk->instruction->assignment.takeover_set = {"db2"};
  start("boot");
  EXPECT_FALSE(again.host.ips().contains(kIp));
}

TEST_F(PinnedRestartTest, ALeadersGrantPinsAWriterThatARebootHadUnpinned) {
  again.host.addresses.clear();
  again.step(agent::Started{again.disk, {}, {}, "another boot"});
  again.step(agent::MysqldUp{});
  again.hear(Hello{.host = "db1", .epoch = {1, "m"}, .leads = true});
  again.pass(1s);
  EXPECT_TRUE(again.host.writable());
  EXPECT_EQ(again.host.addresses.at(kIp), kNever);
}

// ---- another host promises --------------------------------------------------------------------------------------

struct PromisingTest : testing::Test {
  PromisingTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.forget();
  }
  void ask(std::uint64_t generation = 1, Duration ttl = 2s, bool lives = true) {
    agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db1", .to = "db2", .number = 5, .generation = Generation{generation},
                                              .ttl = ttl, .has_fence = false, .lease_live = lives}});
  }
  bool promised() const { return !agent.answered.empty() && std::holds_alternative<Promise>(agent.answered.back()); }
  NoPromise refusal() const { return std::get<NoPromise>(agent.answered.back()); }
  Instruction offer(std::uint64_t given_up = 0) const {
    auto i = instruction(1, 2, 1, "db2");
    i.given_up = Generation{given_up};
    return i;
  }

  AgentDriver agent{"db2"};
};

// Goal: S1, rule 6: it looks at its promises again when it accepts; the refusal is not for good.
TEST_F(PromisingTest, DoesNotTakeTheRoleBeforeItsPromiseHasRunOut) {
  ask();
  ASSERT_TRUE(promised());
  agent.hear(offer());
  EXPECT_FALSE(agent.last<Refused>().for_good);
  EXPECT_THAT(agent.last<Refused>().reason, HasSubstr("it promised the writer not to take the role for another 4.04 s"));
  agent.now += 4041ms;
  agent.hear(offer());
  EXPECT_EQ(agent.last<Acknowledged>().order.generation, Generation{2});
}

TEST_F(PromisingTest, AReleaseOfTheWriterFreesIt) {
  ask();
  agent.hear(offer(1));
  EXPECT_EQ(agent.last<Acknowledged>().order.generation, Generation{2});
}

TEST_F(PromisingTest, OnceItHasAcceptedItPromisesNothingToOlderOnes) {
  agent.hear(offer(1));
  ask();
  ASSERT_FALSE(promised());
  EXPECT_TRUE(refusal().overtaken);
  EXPECT_EQ(refusal().later, Generation{2});
}

TEST_F(PromisingTest, ASurveyTellsForHowLongItIsBound) {
  ask();
  agent.now += 1s;
  agent.hear(Survey{Generation{2}, Generation{0}});
  agent.finish_all();
  EXPECT_EQ(agent.last<SurveyAnswer>().promised_for, 3041ms);
  EXPECT_EQ(agent.last<SurveyAnswer>().bound, "");
}

// Goal: rule 9: whoever waits for a longer lease writes that down before it promises it.
TEST_F(PromisingTest, ALongerLeaseIsOnItsDiskBeforeItIsPromised) {
  ask(1, 60s);
  EXPECT_THAT(agent.story, Contains("persist"));
  EXPECT_EQ(agent.disk->longest_lease, 60s);
  agent.forget();
  ask(1, 60s);
  EXPECT_THAT(agent.story, Not(Contains("persist")));
}

// Goal: rule 10.
TEST_F(PromisingTest, ARestartedAgentWaitsForWhatItMayHavePromised) {
  AgentDriver again("db2");
  again.disk = agent.disk;
  again.now = agent.now;
  again.start();
  again.hear(offer());
  EXPECT_FALSE(again.last<Refused>().for_good);
  again.hear(offer(1));
  EXPECT_EQ(again.last<Acknowledged>().order.generation, Generation{2}) << "what it forgot was promised to generation 1";
}

// Goal: rule 10 at its boundary: the longest lease that it ever knew of, without a fence.
TEST_F(PromisingTest, ARestartedAgentWaitsForTheLongestLeaseItKnewOfAndNoLonger) {
  ask(1, 3s);
  AgentDriver again("db2");
  again.disk = agent.disk;
  again.start();
  const auto over = again.now + waiting_time(3s, false);
  again.now = over - 1ns;
  again.hear(offer());
  EXPECT_EQ(again.count<Refused>(), 1u);
  again.now = over;
  again.hear(offer());
  EXPECT_EQ(again.last<Acknowledged>().order.generation, Generation{2});
}

TEST_F(PromisingTest, ASurveyTellsForHowLongARestartedAgentWaits) {
  AgentDriver again("db2");
  again.disk = agent.disk;
  again.start();
  again.now += 1s;
  again.hear(Survey{Generation{2}, Generation{0}});
  again.finish_all();
  EXPECT_EQ(again.last<SurveyAnswer>().promised_for, 3041ms);
  again.hear(Survey{Generation{2}, Generation{1}});
  again.pass(10ms);
  EXPECT_EQ(again.last<SurveyAnswer>().promised_for, 0s) << "what it may have promised was given up";
}

TEST_F(PromisingTest, WhoNeverKnewOfALeaseWaitsForNone) {
  AgentDriver fresh("db2");
  fresh.disk.emplace();
  fresh.start();
  fresh.hear(instruction(1, 1, 1, "db2"));
  EXPECT_EQ(fresh.count<Acknowledged>(), 1u);
}

TEST_F(PromisingTest, WhoLostItsMemoryPromisesNothingUntilItIsAdmittedAgain) {
  AgentDriver again("db2");
  again.start();
  again.step(agent::PeerAsked{7, PromiseAsk{.from = "db1", .to = "db2", .number = 5, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_FALSE(std::get<NoPromise>(again.answered.back()).overtaken);
  EXPECT_TRUE(again.brain.report(again.now).lost_memory);
  again.hear(instruction(1, 1, 3, "db1"));
  again.step(agent::PeerAsked{7, PromiseAsk{.from = "db1", .to = "db2", .number = 6, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_TRUE(std::holds_alternative<Promise>(again.answered.back()));
}

// Goal: S1. A writer of a leadership that the monitor was made to lead without.
TEST_F(PromisingTest, PromisesNothingToAWriterOfAnotherLine) {
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db1", .to = "db2", .line = "other", .number = 5, .generation = Generation{1},
                                            .ttl = 2s}});
  EXPECT_THAT(refusal().reason, HasSubstr("obeys another leadership"));
  EXPECT_FALSE(refusal().overtaken);
}

// Goal: L1. A writer that asks for ever and needs a dead third host, too, is not alive.
TEST_F(PromisingTest, APromiseToAWriterThatHasLostItsLeaseKeepsNobodyAlive) {
  ask(1, 2s, false);
  EXPECT_TRUE(promised());
  EXPECT_FALSE(agent.brain.report(agent.now).promise_live);
}

TEST_F(PromisingTest, PromisesForNoLongerThanALeaseMayBe) {
  ask(1, 61s);
  EXPECT_FALSE(promised());
  EXPECT_EQ(agent.brain.memory().longest_lease, 2s);
}

TEST_F(PromisingTest, PromisesNothingToAStranger) {
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db9", .to = "db2", .number = 5, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_THAT(refusal().reason, HasSubstr("'db9' is not among the hosts of role writer"));
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db1", .to = "db4", .number = 5, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_THAT(refusal().reason, HasSubstr("check the ip of both"));
}

TEST_F(PromisingTest, PromisesNothingToAHostThatCantBeTheWriter) {
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db3", .to = "db2", .number = 5, .generation = Generation{1}, .ttl = 2s}});
  EXPECT_THAT(refusal().reason, HasSubstr("'db3' is not among the hosts of role writer"));
  EXPECT_FALSE(refusal().overtaken);
}

TEST_F(PromisingTest, ARefusalAnswersTheQuestionThatWasAsked) {
  agent.hear(offer(1));
  ask();
  EXPECT_EQ(refusal().number, 5u);
  EXPECT_EQ(refusal().generation, Generation{1});
}

TEST_F(PromisingTest, WhatItDidNotPromiseBindsItToNothing) {
  agent.step(agent::PeerAsked{7, PromiseAsk{.from = "db9", .to = "db2", .number = 5, .generation = Generation{1}, .ttl = 60s}});
  EXPECT_FALSE(agent.brain.report(agent.now).promise_live);
  EXPECT_EQ(agent.disk->longest_lease, 2s);
  agent.hear(offer());
  EXPECT_EQ(agent.last<Acknowledged>().order.generation, Generation{2});
}

// ---- what comes next --------------------------------------------------------------------------------------------

// Goal: S2. Its writer could live again, and write what the survey did not see.
TEST_F(PromisingTest, WhoAnsweredASurveyPromisesNothingToOlderGenerationsForFiveSeconds) {
  agent.hear(Survey{Generation{2}, Generation{0}});
  agent.now += 5s - 1ns;
  ask();
  ASSERT_FALSE(promised());
  EXPECT_FALSE(refusal().overtaken) << "the survey may lead to nothing: its writer goes on with what it has";
  EXPECT_EQ(refusal().reason, "generation 2 may begin any moment");
  agent.now += 1ns;
  ask();
  EXPECT_TRUE(promised());
}

TEST_F(PromisingTest, EverySurveyBeginsTheFiveSecondsAnew) {
  agent.hear(Survey{Generation{2}, Generation{0}});
  agent.now += 4s;
  agent.hear(Survey{Generation{2}, Generation{0}});
  agent.now += 4s;
  ask();
  EXPECT_FALSE(promised());
}

TEST_F(PromisingTest, TheGenerationThatASurveyIsForIsPromisedTo) {
  agent.hear(Survey{Generation{2}, Generation{0}});
  ask(2);
  EXPECT_TRUE(promised());
}

// Goal: L1. Were it renewed, the old writer and the offered one would wait for each other for ever.
TEST_F(PromisingTest, WhoRefusedAnOfferBecauseOfAPromiseDoesNotRenewItForFiveSeconds) {
  ask();
  agent.hear(offer());
  ASSERT_FALSE(agent.last<Refused>().for_good);
  agent.now += 5s - 1ns;
  ask();
  ASSERT_FALSE(promised());
  EXPECT_FALSE(refusal().overtaken);
  agent.now += 1ns;
  ask();
  EXPECT_TRUE(promised());
}

TEST_F(PromisingTest, AnOldInstructionThatItRefusesAnnouncesNoGeneration) {
  agent.hear(instruction(1, 1, 1, "db2"));
  ASSERT_EQ(agent.count<Refused>(), 1u);
  ask();
  EXPECT_TRUE(promised());
}

// A writer that lives on our promise is no silent one.
TEST_F(PromisingTest, KeepsReceivingFromAWriterThatIsInTouchWithIt) {
  ask();
  agent.hear(Detach{"db1"});
  agent.pass(1s);
  EXPECT_THAT(agent.story, Not(Contains("run stop receiving")));
}

TEST_F(PromisingTest, StopsReceivingFromAWriterThatAskedNothingForHalfALease) {
  ask();
  agent.now += 1s;
  agent.hear(Detach{"db1"});
  agent.pass(1s);
  EXPECT_THAT(agent.story, Contains("run stop receiving"));
}

// Goal: S2, S3 (seed 10167624). What it received after its answer the next writer would lack.
TEST_F(PromisingTest, WhoAnswersASurveyDoesNotReceiveFromTheSilentWriterAgain) {
  ask();
  agent.now += 1s;
  agent.hear(Detach{"db1"});
  agent.pass(4900ms);
  agent.hear(Survey{Generation{2}});
  agent.pass(4900ms);
  EXPECT_THAT(agent.story, Not(Contains("run start replication")));
  agent.pass(1s);
  EXPECT_THAT(agent.story, Contains("run start replication"));
}

TEST_F(PromisingTest, ReportsForHalfALeaseThatTheWriterAsks) {
  ask();
  EXPECT_TRUE(agent.brain.report(agent.now + 1s - 1ns).writer_asks);
  EXPECT_FALSE(agent.brain.report(agent.now + 1s).writer_asks);
  agent.pass(1s);
  EXPECT_FALSE(agent.last<Report>().writer_asks) << "that it ends is news, too";
}

TEST_F(PromisingTest, ReportsNoPromiseToAWriterOfAnotherGeneration) {
  ask(2);
  EXPECT_FALSE(agent.brain.report(agent.now).promise_live);
  EXPECT_FALSE(agent.brain.report(agent.now).writer_asks);
}

TEST_F(PromisingTest, ReportsThatItKeepsAPromiseAndThatItIsOver) {
  ask();
  agent.pass(10ms);
  EXPECT_TRUE(agent.last<Report>().promise_live);
  agent.pass(4041ms);
  EXPECT_FALSE(agent.last<Report>().promise_live);
}

}  // namespace
}  // namespace mmm
