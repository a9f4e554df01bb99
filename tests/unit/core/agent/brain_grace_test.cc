// A planned stop of an agent: the long lease that it asks for, gives and ends; lease_ttl lowered at run time (docs/lease.md,
// rule 9).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::IsEmpty;

const std::string kIp = lab::kWriterRole.ip;
constexpr Duration kGrace = 15s;

// ---- the holder ---------------------------------------------------------------------------------------------------

struct GraceTest : testing::Test {
  GraceTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(1s);
    agent.forget();
  }
  void stop(bool machine_stops = false) { agent.step(agent::Stopping{machine_stops}); }
  bool ready() const { return agent.brain.ready_to_stop(); }
  // The next process on the same host; its events are up to the test.
  void succeed(AgentDriver& next, Duration after) const {
    next.host = agent.host;
    next.disk = agent.disk;
    next.now = agent.now + after;
    next.host.expire(next.now);
  }

  AgentDriver agent{"db1"};
};

// Goal: L1. It would be the writer of a machine that goes down.
TEST(StoppingAgentTest, AcceptsNoOffer) {
  AgentDriver agent{"db2"};
  agent.obey(instruction(1, 1, 2, "db1"));
  agent.step(agent::Stopping{true});
  agent.hear(Survey{.generation = Generation{2}});
  agent.finish_all();
  EXPECT_EQ(agent.last<SurveyAnswer>().bound, "it stops");
  agent.hear(instruction(1, 2, 1, "db2"));
  agent.pass(100ms);
  EXPECT_EQ(agent.last<Refused>().reason, "it stops");
  EXPECT_FALSE(agent.host.writable());
}

// Goal: S5. The process ends when the kernel keeps the role up for as long as the grace lasts, and no sooner.
TEST_F(GraceTest, TheWriterStopsOnceTheKernelKeepsItsRoleUp) {
  stop();
  EXPECT_FALSE(ready());
  EXPECT_EQ(agent.last<Ask>().grace, 1u);
  EXPECT_EQ(agent.last<Ask>().ttl, kGrace);
  EXPECT_EQ(agent.last<Ask>().grace_runs, (Grace{1, kGrace}));
  const auto asked = agent.now;
  agent.finish_all();
  EXPECT_TRUE(ready());
  EXPECT_GE(agent.host.addresses.at(kIp), asked + kGrace);
  EXPECT_TRUE(agent.host.writable());
}

// Goal: rule 9. The holder has written it down before it uses it.
TEST_F(GraceTest, IsOnTheHoldersDiskBeforeItIsAskedFor) {
  stop();
  EXPECT_LT(agent.index_of("persist"), agent.index_of("say ask"));
  EXPECT_EQ(agent.disk->grace, (Grace{1, kGrace}));
  EXPECT_EQ(agent.disk->grace_over, 0u);
}

TEST_F(GraceTest, TheOtherCandidatesAreAskedForTheSame) {
  agent.asked.clear();
  stop();
  ASSERT_FALSE(agent.asked.empty());
  const auto& ask = std::get<PromiseAsk>(agent.asked.back().question);
  EXPECT_EQ(ask.grace, 1u);
  EXPECT_EQ(ask.ttl, kGrace);
}

// An administrator waits no longer than that; the stop then costs what it cost without a grace.
TEST_F(GraceTest, WhereNobodyGivesItTheProcessEndsAllTheSame) {
  agent.grants = false;
  agent.step(agent::MonitorLeft{lab::kMonitor});
  stop();
  agent.pass(2s - 1ns);
  EXPECT_FALSE(ready());
  agent.pass(1ns);
  EXPECT_TRUE(ready());
}

TEST_F(GraceTest, AnAnswerToAnOrdinaryQuestionIsNoGrace) {
  const auto ordinary = [&] {
    agent.grants = false;
    agent.pass(700ms);
    return agent.last<Ask>();
  }();
  ASSERT_EQ(ordinary.grace, 0u);
  stop();
  agent.hear(Grant{ordinary.number, ordinary.accepted.generation});
  agent.finish_all();
  EXPECT_FALSE(ready());
}

// Goal: S5. What was staged before the stop was wanted is asked for after it, and ends later than an ordinary lease of that
// moment would.
TEST_F(GraceTest, NorIsAnAnswerToOneThatWasStagedBeforeAndAskedAfterwards) {
  AgentDriver fenced("db1");
  fenced.has_fence = true;
  fenced.obey(instruction(1, 1, 2, "db1"));
  fenced.pass(1s);
  fenced.grants = false;
  const auto* stage = "stage a lease in the kernel";
  for (int i = 0; i < 100 && !fenced.waits_for(stage); ++i) {
    fenced.now += 10ms;
    fenced.step(agent::Tick{});
  }
  fenced.now += 1ms;
  fenced.step(agent::Stopping{});
  fenced.now += 1ms;
  fenced.finish(stage);
  const auto ordinary = fenced.last<Ask>();
  ASSERT_EQ(ordinary.grace, 0u);
  fenced.finish(stage);
  const auto grace = fenced.last<Ask>();
  ASSERT_EQ(grace.grace, 1u);
  fenced.hear(Grant{ordinary.number, Generation{1}});
  fenced.finish_all();
  EXPECT_FALSE(fenced.brain.ready_to_stop());
  fenced.hear(Grant{grace.number, Generation{1}});
  fenced.finish_all();
  EXPECT_TRUE(fenced.brain.ready_to_stop());
}

TEST_F(GraceTest, WhoIsNotTheWriterStopsAtOnce) {
  AgentDriver other("db2");
  other.obey(instruction(1, 1, 2, "db1"));
  other.step(agent::Stopping{});
  EXPECT_TRUE(other.brain.ready_to_stop());
  EXPECT_EQ(other.brain.memory().grace.number, 0u);
}

TEST_F(GraceTest, APinHasNoEndAnyway) {
  auto alone = instruction(1, 1, 3, "db1");
  alone.assignment.takeover_set = {};
  agent.obey(alone);
  stop();
  EXPECT_TRUE(ready());
  EXPECT_EQ(agent.brain.memory().grace.number, 0u);
}

TEST_F(GraceTest, NoneIsAskedForWhereNoneIsConfigured) {
  agent.config.restart_grace = 0s;
  stop();
  EXPECT_TRUE(ready());
  EXPECT_EQ(agent.brain.memory().grace.number, 0u);
}

// Goal: L1. mysqld stops too: nobody must wait for this host.
TEST_F(GraceTest, WhereTheMachineShutsDownTheRoleIsGivenUp) {
  stop(true);
  EXPECT_FALSE(ready());
  agent.finish_all();
  agent.pass(100ms);
  EXPECT_TRUE(ready());
  EXPECT_EQ(agent.last<Released>().generation, Generation{1});
  EXPECT_THAT(agent.host.ips(), IsEmpty());
  EXPECT_EQ(agent.brain.memory().grace.number, 0u);
}

TEST_F(GraceTest, NoInstructionTakesAShutdownBack) {
  stop(true);
  agent.hear(instruction(1, 1, 3, "db1"));
  EXPECT_FALSE(ready());
  agent.finish_all();
  agent.pass(100ms);
  EXPECT_TRUE(ready());
  EXPECT_EQ(agent.last<Released>().generation, Generation{1});
}

// ---- it is back ---------------------------------------------------------------------------------------------------

struct BackTest : GraceTest {
  BackTest() {
    stop();
    agent.finish_all();
    succeed(next, 5s);
  }
  AgentDriver next{"db1"};
};

TEST_F(BackTest, NothingWasInterrupted) {
  EXPECT_THAT(next.host.ips(), Contains(kIp));
  next.start();
  next.pass(5s);
  EXPECT_TRUE(next.host.ips().contains(kIp));
  EXPECT_TRUE(next.host.writable());
  EXPECT_EQ(next.index_of("set read_only"), next.story.size());
  EXPECT_EQ(next.index_of("drop"), next.story.size());
}

// Goal: rule 9. First the kernel's long timers are replaced through a renewal, then it is said.
TEST_F(BackTest, TheGraceIsOverOnceTheKernelsTimersAreThoseOfARenewal) {
  next.step(agent::Started{next.disk, next.host.ips(), next.host.untimed_ips(), "boot"});
  next.step(agent::MysqldUp{});
  next.finish("observe the server");
  next.hear(Hello{.host = "db1", .epoch = {1, "m"}, .leads = true});
  const auto first = next.last<Ask>();
  EXPECT_EQ(first.grace, 0u);
  EXPECT_EQ(first.grace_over, 0u);
  EXPECT_EQ(first.grace_runs, (Grace{1, kGrace})) << "an Ask is an acknowledgement, too";
  EXPECT_EQ(next.brain.memory().grace_over, 0u);
  next.finish_all();
  next.pass(100ms);
  EXPECT_LT(next.host.addresses.at(kIp), next.now + 5s);
  EXPECT_EQ(next.disk->grace_over, 1u);
  EXPECT_EQ(next.last<Ask>().grace_over, 1u);
  EXPECT_EQ(next.last<Ask>().grace_runs, Grace{});
}

TEST_F(BackTest, WithoutAnAnswerItIsNotOverAndTheAddressGoes) {
  next.grants = false;
  next.start();
  EXPECT_EQ(next.last<Welcome>().report.longest_lease, kGrace);
  next.pass(3s);
  EXPECT_THAT(next.host.ips(), IsEmpty()) << "a restarted agent holds no lease (rule 10)";
}

TEST_F(BackTest, EveryAcknowledgementNamesTheGraceThatIsNotOver) {
  next.grants = false;
  next.start();
  next.hear(instruction(1, 1, 2, "db1"));
  next.finish_all();
  EXPECT_EQ(next.last<Acknowledged>().grace, (Grace{1, kGrace}));
  EXPECT_EQ(next.last<Acknowledged>().longest_lease, 2s);
}

TEST_F(BackTest, TheNextStopIsAnotherGrace) {
  next.start();
  next.pass(1s);
  next.step(agent::Stopping{});
  next.finish_all();
  EXPECT_EQ(next.disk->grace, (Grace{2, kGrace}));
  EXPECT_EQ(next.last<Ask>().grace, 2u);
  EXPECT_EQ(next.last<Ask>().grace_over, 1u);
}

TEST_F(GraceTest, WhoComesBackTooLateHasNoAddressAndServesOnlyAfterAnAnswer) {
  stop();
  agent.finish_all();
  AgentDriver next("db1");
  succeed(next, 20s);
  EXPECT_THAT(next.host.ips(), IsEmpty());
  next.grants = false;
  next.start();
  next.pass(5s);
  EXPECT_THAT(next.host.ips(), IsEmpty());
  EXPECT_EQ(next.disk->grace_over, 0u) << "a grace is not over before its generation is given up or renewed";
}

// ---- the giver ----------------------------------------------------------------------------------------------------

struct GiverTest : testing::Test {
  GiverTest() {
    giver.obey(instruction(1, 1, 2, "db1"));
    giver.pass(1s);
    giver.forget();
  }
  static PromiseAsk grace(std::uint64_t number, std::uint64_t over = 0) {
    return {.from = "db1", .to = "db2", .number = 1, .generation = Generation{1}, .ttl = kGrace, .has_fence = true,
            .lease_live = true, .grace = number, .grace_over = over};
  }
  static PromiseAsk ordinary(std::uint64_t over = 0) {
    auto ask = grace(0, over);
    ask.ttl = 2s;
    return ask;
  }
  void asked(const PromiseAsk& ask, AgentDriver* of = nullptr) { (of ? of : &giver)->step(agent::PeerAsked{7, ask}); }
  static bool bound(AgentDriver& driver) {
    driver.forget();
    driver.hear(instruction(1, 2, 1, "db2"));
    return driver.brain.memory().accepted.generation == Generation{1};
  }

  AgentDriver giver{"db2"};
};

// Goal: rule 9. Whoever gives it has written it down before it is used.
TEST_F(GiverTest, IsOnTheGiversDiskBeforeTheAnswer) {
  const auto effects = giver.brain.step(agent::PeerAsked{7, grace(1)}, giver.now);
  bool written = false;
  for (const auto& effect : effects) {
    if (const auto* persist = std::get_if<agent::Persist>(&effect))
      written = persist->memory.promised_graces.at("db1") == PromisedGrace{Generation{1}, {1, kGrace}};
    if (std::holds_alternative<agent::AnswerPeer>(effect)) { EXPECT_TRUE(written); }
  }
  EXPECT_TRUE(written);
}

TEST_F(GiverTest, WhatIsAskedAgainIsNotWrittenAgain) {
  asked(grace(1));
  giver.forget();
  asked(grace(1));
  EXPECT_EQ(giver.index_of("persist"), giver.story.size());
  EXPECT_TRUE(std::holds_alternative<Promise>(giver.answered.back()));
}

TEST_F(GiverTest, TakesNoRoleBeforeItHasRunOut) {
  asked(grace(1));
  giver.pass(15305ms - 1ns);
  EXPECT_TRUE(bound(giver));
  giver.pass(1ns);
  EXPECT_FALSE(bound(giver));
}

TEST_F(GiverTest, IsFreedByItsEndOnceTheOrdinaryPromiseRanOut) {
  asked(grace(1));
  asked(ordinary(1));
  EXPECT_THAT(giver.disk->promised_graces, IsEmpty());
  giver.pass(2041ms);
  EXPECT_FALSE(bound(giver));
}

TEST_F(GiverTest, ALateEndOfTheFirstGraceEndsNotTheSecond) {
  asked(grace(1));
  asked(grace(2, 1));
  asked(ordinary(1));
  giver.pass(5s);
  EXPECT_TRUE(bound(giver));
  EXPECT_EQ(giver.disk->promised_graces.at("db1").grace.number, 2u);
}

// Goal: S1. Who restarts knows what is on its disk: it waits for the whole length, and hears of the end all the same.
TEST_F(GiverTest, ARestartForgetsNoGrace) {
  asked(grace(1));
  giver.pass(1s);
  AgentDriver again("db2");
  again.host = giver.host;
  again.disk = giver.disk;
  again.now = giver.now;
  again.start();
  again.pass(10s);
  EXPECT_TRUE(bound(again));
  asked(ordinary(1), &again);
  again.pass(2041ms);
  EXPECT_FALSE(bound(again));
}

TEST_F(GiverTest, WhatHasRunOutIsDeletedOnDisk) {
  asked(grace(1));
  giver.pass(20s);
  EXPECT_THAT(giver.disk->promised_graces, IsEmpty());
}

TEST_F(GiverTest, ANewMonitorHearsOfItAsALeaseThatMayRun) {
  asked(grace(1));
  EXPECT_EQ(giver.brain.report(giver.now).longest_lease, kGrace);
}

TEST_F(GiverTest, GoesOnReceivingFromAServerWhoseAgentIsStopped) {
  asked(grace(1));
  giver.pass(5s);
  giver.forget();
  giver.hear(Detach{"db1"});
  giver.finish_all();
  EXPECT_EQ(giver.index_of("stop"), giver.story.size());
}

// ---- lease_ttl is lowered -----------------------------------------------------------------------------------------

struct LoweredTest : testing::Test {
  static Instruction with_ttl(std::uint64_t version, Duration ttl) {
    auto i = instruction(1, 1, version, "db1");
    i.lease_ttl = ttl;
    return i;
  }
};

// Goal: S1. The lease of before runs on, and whoever restarts has to wait for that.
TEST_F(LoweredTest, TheLongerLeaseIsRememberedUntilItHasRunOut) {
  AgentDriver agent("db1");
  agent.obey(with_ttl(2, 10s));
  agent.pass(1s);
  agent.hear(with_ttl(3, 1s));
  const auto lowered = agent.now;
  agent.finish_all();
  agent.pass(12203ms - 1ms);
  EXPECT_EQ(agent.disk->longest_lease, 10s);
  agent.pass(lowered + 12203ms - agent.now);
  EXPECT_EQ(agent.disk->longest_lease, 1s);
  EXPECT_TRUE(agent.host.writable());
}

TEST_F(LoweredTest, SoIsALongerPromise) {
  AgentDriver agent("db2");
  agent.obey(with_ttl(2, 10s));
  agent.step(agent::PeerAsked{7, {PromiseAsk{.from = "db1", .to = "db2", .number = 1, .generation = Generation{1}, .ttl = 10s}}});
  agent.hear(with_ttl(3, 1s));
  agent.finish_all();
  EXPECT_EQ(agent.disk->longest_lease, 10s);
  agent.pass(13s);
  EXPECT_EQ(agent.disk->longest_lease, 1s);
}

}  // namespace
}  // namespace mmm
