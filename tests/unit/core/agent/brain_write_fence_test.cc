// The write fence: what stands in the kernel follows the lease (docs/lease.md, rules 3, 5, 12).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kIp = lab::kWriterRole.ip;
constexpr auto kStage = "stage a lease in the kernel";
constexpr auto kStagePin = "stage a lease without an end in the kernel";
constexpr auto kArm = "let writes pass while the lease lasts";
constexpr auto kLimit = "give what has no end in the kernel an end";
constexpr auto kClose = "close the write fence";
constexpr auto kPut = "put 10.0.0.80 on the interface";

std::string run(const char* operation) { return std::string("run ") + operation; }

struct WriteFenceTest : testing::Test {
  WriteFenceTest() { agent.has_fence = true; }
  static Instruction with_set(std::uint64_t version, HostSet set, std::uint64_t generation = 1) {
    auto i = instruction(1, generation, version, "db1");
    i.assignment.takeover_set = std::move(set);
    return i;
  }
  std::ptrdiff_t times(const char* operation) const { return std::ranges::count(agent.story, run(operation)); }
  bool serves() const { return agent.host.writable() && agent.host.ips().contains(kIp); }

  AgentDriver agent{"db1"};
};

TEST_F(WriteFenceTest, TakesTheRoleStepByStep) {
  agent.start();
  agent.forget();
  agent.hear(with_set(1, {"db2"}));
  agent.pass(100ms);
  EXPECT_THAT(agent.story, ElementsAre("persist", "say acknowledged 1.1.1", run(kStage), "say ask for generation 1",
                                       "persist", "run lift read_only for generation 1", "persist", run(kArm), run(kPut),
                                       "run replicate from db2 (10.0.0.5:3306)"));
  EXPECT_TRUE(agent.last<Acknowledged>().has_fence);
  EXPECT_TRUE(serves());
}

// Goal: rule 12: the kernel ends it first, so it stands there before the stamp is taken from which the lease counts.
TEST_F(WriteFenceTest, ALeaseStandsInTheKernelBeforeItIsAskedFor) {
  agent.grants = false;
  agent.start();
  agent.hear(with_set(1, {"db2"}));
  ASSERT_TRUE(agent.waits_for(kStage));
  EXPECT_EQ(agent.count<Ask>(), 0u);
  EXPECT_TRUE(agent.asked.empty());
  agent.now += 300ms;
  agent.finish(kStage);
  ASSERT_EQ(agent.count<Ask>(), 1u);
  ASSERT_EQ(agent.asked.size(), 1u);
  EXPECT_TRUE(agent.last<Ask>().has_fence);
  agent.hear(Grant{agent.last<Ask>().number, Generation{1}});
  EXPECT_TRUE(agent.brain.holds_live_lease(agent.now + 2s - 1ns));
  EXPECT_FALSE(agent.brain.holds_live_lease(agent.now + 2s));
}

TEST_F(WriteFenceTest, WhatCouldNotBeStagedIsNotAskedFor) {
  agent.start();
  agent.hear(with_set(1, {"db2"}));
  agent.fail(kStage);
  EXPECT_EQ(agent.count<Ask>(), 0u);
  agent.pass(2s);
  EXPECT_TRUE(serves()) << "it is tried again";
}

// Goal: S1. A lease that is only staged was granted by nobody.
TEST_F(WriteFenceTest, NothingPassesBeforeTheAnswer) {
  agent.grants = false;
  agent.obey(with_set(1, {"db2"}));
  agent.pass(10s);
  EXPECT_GT(times(kStage), 3);
  EXPECT_EQ(times(kArm), 0);
}

TEST_F(WriteFenceTest, NothingPassesBeforeAllThatItMustHaveIsApplied) {
  agent.start();
  auto next = with_set(1, {"db2"});
  next.must_have = lab::gtids("0-1-12");
  agent.hear(next);
  agent.pass(3s);
  ASSERT_TRUE(agent.brain.holds_live_lease(agent.now));
  EXPECT_EQ(times(kArm), 0);
  agent.host.server.has = lab::gtids("0-1-12");
  agent.pass(50ms);
  EXPECT_EQ(times(kArm), 1);
}

TEST_F(WriteFenceTest, EveryRenewalIsStagedAndArmed) {
  agent.obey(with_set(1, {"db2"}));
  const auto staged = times(kStage), armed = times(kArm);
  const auto asked = agent.count<Ask>();
  agent.pass(10s);
  EXPECT_GE(times(kStage) - staged, 14);
  EXPECT_EQ(times(kStage) - staged, times(kArm) - armed);
  EXPECT_EQ(static_cast<std::size_t>(times(kStage) - staged), agent.count<Ask>() - asked);
}

TEST_F(WriteFenceTest, WhatCouldNotBeArmedIsTriedAgain) {
  agent.start();
  agent.hear(with_set(1, {"db2"}));
  agent.now += 10ms;
  agent.step(agent::Tick{});
  agent.finish("observe the server");
  agent.finish(kStage);
  agent.hear(Grant{agent.last<Ask>().number, Generation{1}});
  agent.fail(kArm);
  agent.forget();
  agent.pass(500ms);
  EXPECT_GE(times(kArm), 1);
}

// Goal: S5. Meanwhile the kernel may have been emptied: armed would be what is not there any more.
TEST_F(WriteFenceTest, APinThatCouldNotBeArmedIsStagedAnew) {
  agent.obey(with_set(1, {"db2"}));
  agent.hear(with_set(2, {}));
  agent.finish(kStagePin);
  agent.fail(kArm);
  agent.obey(with_set(3, {"db2"}));
  agent.forget();
  agent.obey(with_set(4, {}));
  agent.pass(1s);
  EXPECT_EQ(times(kStagePin), 1);
  EXPECT_TRUE(serves());
}

TEST_F(WriteFenceTest, WithoutAFenceTheKernelIsAskedForNone) {
  agent.has_fence = false;
  agent.obey(with_set(1, {}));
  agent.pass(2s);
  agent.obey(with_set(2, {"db2"}));
  agent.pass(2s);
  EXPECT_FALSE(agent.last<Ask>().has_fence);
  EXPECT_FALSE(agent.last<Acknowledged>().has_fence);
  for (const auto* operation : {kStage, kStagePin, kArm, kLimit, kClose}) EXPECT_EQ(times(operation), 0) << operation;
}

// ---- pins -------------------------------------------------------------------------------------------------------

struct FencedPinTest : WriteFenceTest {
  FencedPinTest() {
    agent.obey(with_set(1, {}));
    agent.pass(1s);
  }
};

TEST_F(FencedPinTest, APinIsStagedAndArmedOnce) {
  agent.pass(1min);
  EXPECT_EQ(times(kStagePin), 1);
  EXPECT_EQ(times(kArm), 1);
  EXPECT_EQ(times(kStage), 0);
  EXPECT_TRUE(serves());
}

// Goal: rule 5. Neither the fence nor the address is without an end once the set is acknowledged: whichever comes last.
TEST_F(FencedPinTest, BothFenceAndAddressHaveAnEndBeforeThatIsAcknowledged) {
  for (const bool fence_first : {true, false}) {
    agent.obey(with_set(fence_first ? 2 : 4, {}));
    agent.pass(1s);
    agent.forget();
    agent.hear(with_set(fence_first ? 3 : 5, {"db2"}));
    ASSERT_TRUE(agent.waits_for(kLimit));
    ASSERT_TRUE(agent.waits_for(kPut));
    agent.finish(fence_first ? kLimit : kPut);
    EXPECT_EQ(agent.count<Acknowledged>(), 0u);
    agent.finish(fence_first ? kPut : kLimit);
    EXPECT_EQ(agent.count<Acknowledged>(), 1u);
    EXPECT_TRUE(agent.last<Acknowledged>().has_fence);
    agent.pass(1s);
    EXPECT_TRUE(serves());
  }
}

// Goal: rule 5 (seeds 511256, 517406). What is on its way into the kernel without an end counts as if it were there.
TEST_F(FencedPinTest, WhatIsPutWithoutAnEndMeanwhileIsNotForgotten) {
  agent.obey(with_set(2, {"db2"}));
  agent.pass(1s);
  for (const char* last : {kPut, kArm}) {
    agent.hear(with_set(agent.disk->accepted.version.value + 1, {}));
    agent.finish(kStagePin);
    agent.forget();
    agent.hear(with_set(agent.disk->accepted.version.value + 1, {"db2"}));
    for (const auto& operation : agent.pending())
      if (operation != last) agent.finish(operation);
    EXPECT_EQ(agent.count<Acknowledged>(), 0u) << last;
    agent.pass(1s);
    EXPECT_EQ(agent.count<Acknowledged>(), 1u) << last;
    EXPECT_TRUE(agent.host.untimed_ips().empty());
  }
}

TEST_F(FencedPinTest, AFenceThatGetsNoEndIsNotAcknowledged) {
  agent.forget();
  agent.hear(with_set(2, {"db2"}));
  agent.fail(kLimit);
  for (const auto& operation : agent.pending())
    if (operation != kLimit) agent.finish(operation);
  EXPECT_EQ(agent.count<Acknowledged>(), 0u);
  agent.pass(1s);
  EXPECT_EQ(agent.count<Acknowledged>(), 1u) << "it is tried again";
}

// What was staged for a pin before it ended is gone.
TEST_F(FencedPinTest, ALaterPinIsStagedAnew) {
  agent.obey(with_set(2, {"db2"}));
  agent.pass(1s);
  agent.forget();
  agent.hear(with_set(3, {}));
  agent.pass(1s);
  EXPECT_EQ(times(kStagePin), 1);
  EXPECT_GE(times(kArm), 1);
}

// Dropping the writer's address closes the fence: nothing that stood in it can be armed again.
TEST_F(FencedPinTest, AfterItsAddressWasDroppedAPinIsStagedAnew) {
  auto release = with_set(2, {});
  release.release = true;
  agent.obey(release);
  agent.pass(1s);
  ASSERT_EQ(agent.count<Released>(), 1u);
  ASSERT_FALSE(agent.host.ips().contains(kIp));
  agent.forget();
  agent.hear(with_set(1, {}, 2));
  agent.pass(1s);
  EXPECT_EQ(times(kStagePin), 1);
  EXPECT_EQ(times(kArm), 1);
  EXPECT_TRUE(serves());
}

// ---- its own restart (rule 10) ----------------------------------------------------------------------------------

struct FencedRestartTest : FencedPinTest {
  void start(bool fence_untimed, HostSet set = {}) {
    again.host = agent.host;
    again.disk = agent.disk;
    again.disk->instruction->assignment.takeover_set = std::move(set);
    again.now = agent.now + 100ms;
    again.step(agent::Started{again.disk, again.host.ips(), again.host.untimed_ips(), "boot", true, fence_untimed});
    again.step(agent::MysqldUp{});
    again.finish_all();
    again.pass(1min);
  }
  AgentDriver again{"db1"};
};

TEST_F(FencedRestartTest, APinHoldsWhereTheFenceSaysSoToo) {
  start(true);
  EXPECT_TRUE(again.host.writable());
  EXPECT_EQ(again.host.addresses.at(kIp), kNever);
  EXPECT_THAT(again.story, Not(Contains(HasSubstr(kClose))));
}

TEST_F(FencedRestartTest, APinWhoseFenceHasAnEndHoldsNothing) {
  start(false);
  EXPECT_FALSE(again.host.writable());
  EXPECT_FALSE(again.host.ips().contains(kIp));
}

// Goal: the trap of rule 5. It was killed between its disk and the kernel: what passes without an end is no lease.
TEST_F(FencedRestartTest, AFenceWithoutAnEndThatNoPinExplainsIsClosed) {
  start(true, {"db2"});
  EXPECT_THAT(again.story, Contains(run("drop 10.0.0.80")));  // the fence of a writer address closes with it
  EXPECT_FALSE(again.host.ips().contains(kIp));
}

TEST_F(FencedRestartTest, AFenceWithoutAnEndIsClosedWhereTheAddressHasOneToo) {
  agent.host.addresses[kIp] = agent.now + 2s;
  start(true, {"db2"});
  EXPECT_THAT(again.story, Contains(run(kClose)));
}

}  // namespace
}  // namespace mmm
