// The writer's grace and a lowered lease_ttl, as the monitor counts them (docs/lease.md, rule 9).

#include <gmock/gmock.h>

#include "hand_over_fixture.h"

namespace mmm {
namespace {

// ---- in the book --------------------------------------------------------------------------------------------------

constexpr Instant kStart{1000s};
constexpr Duration kGrace = 15s, kWait = 15305ms;  // 15 s × 1.0203, rounded up

struct GraceBookTest : testing::Test {
  GraceBookTest() {
    book.promote("db1", {"db2", "db4"});
    book.acknowledged("db1", {1, Generation{1}, Version{1}}, 2s, true, kStart);
  }
  static Ask ordinary(std::uint64_t over = 0) {
    return {.number = 1, .accepted = {1, Generation{1}, Version{1}}, .ttl = 2s, .has_fence = true, .grace = 0, .grace_over = over};
  }
  static Ask grace(std::uint64_t number, std::uint64_t over = 0) {
    auto ask = ordinary(over);
    ask.ttl = kGrace;
    ask.grace = number;
    ask.grace_runs = {number, kGrace};
    return ask;
  }
  bool may(Instant now) const { return !book.refuse_promotion("db2", now); }
  LeaseBook restarted(Instant now) const {
    LeaseBook next(book.durable(), {"db1", "db2", "db4"}, now);
    next.count_grace("db1", book.durable().grace, true, now);
    return next;
  }

  LeaseBook book{{}, {"db1", "db2", "db4"}, kStart};
};

TEST_F(GraceBookTest, IsWaitedForAsAnyLease) {
  EXPECT_FALSE(book.grant("db1", grace(1), kStart));
  EXPECT_TRUE(book.in_grace(kStart + kWait - 1ns));
  EXPECT_FALSE(may(kStart + kWait - 1ns));
  EXPECT_TRUE(may(kStart + kWait));
  EXPECT_FALSE(book.in_grace(kStart + kWait));
}

// Goal: the trap of rule 9.
TEST_F(GraceBookTest, AShorterGrantShortensNothing) {
  book.grant("db1", grace(1), kStart);
  book.grant("db1", ordinary(), kStart + 1s);
  book.acknowledged("db1", {1, Generation{1}, Version{1}}, 2s, true, kStart + 1s);
  EXPECT_FALSE(may(kStart + kWait - 1ns));
}

TEST_F(GraceBookTest, ItsEndNamesIt) {
  book.grant("db1", grace(1), kStart);
  book.grant("db1", ordinary(1), kStart + 1s);
  EXPECT_FALSE(may(kStart + 3041ms - 1ns)) << "the ordinary one";
  EXPECT_TRUE(may(kStart + 3041ms));
}

// Goal: the trap GRACE_UNNAMED of the model.
TEST_F(GraceBookTest, ALateEndOfTheFirstEndsNotTheSecond) {
  book.grant("db1", grace(2, 1), kStart);
  book.grant("db1", ordinary(1), kStart + 1s);
  EXPECT_FALSE(may(kStart + kWait - 1ns));
}

TEST_F(GraceBookTest, NobodyElseEndsIt) {
  book.grant("db1", grace(1), kStart);
  book.end_graces("db2", 1);
  EXPECT_FALSE(may(kStart + kWait - 1ns));
}

TEST_F(GraceBookTest, ARestartedMonitorWaitsForTheWholeOfIt) {
  book.grant("db1", grace(1), kStart);
  EXPECT_EQ(book.durable().grace, (Grace{1, kGrace}));
  book = restarted(kStart + 10s);
  EXPECT_FALSE(may(kStart + 10s + kWait - 1ns));
  EXPECT_TRUE(may(kStart + 10s + kWait));
}

// Goal: S1. The growth is acknowledged by a writer that came back on a grace of which only its promiser told; whoever is new
// in the set has promised nothing.
TEST_F(GraceBookTest, AnAskThatAcknowledgesTellsOfTheGraceThatRunsBesideIt) {
  auto ask = ordinary();
  ask.grace_runs = {1, kGrace};
  book.grant("db1", ask, kStart);
  EXPECT_FALSE(may(kStart + kWait - 1ns));
  EXPECT_EQ(book.durable().grace, (Grace{1, kGrace}));
}

TEST_F(GraceBookTest, AReleaseEndsIt) {
  book.grant("db1", grace(1), kStart);
  book.released("db1", Generation{1}, true);
  EXPECT_TRUE(may(kStart));
  EXPECT_EQ(book.durable().grace, Grace{});
}

TEST_F(GraceBookTest, TheWriterItselfDoesNotWaitForItAndKeepsIt) {
  book.grant("db1", grace(1), kStart);
  EXPECT_FALSE(book.refuse_promotion("db1", kStart));
  book.promote("db1", {"db2", "db4"});
  EXPECT_EQ(book.durable().grace, (Grace{1, kGrace}));
  EXPECT_EQ(book.outstanding("db2"), kStart + kWait);
}

TEST_F(GraceBookTest, IsForgottenOnceItHasRunOut) {
  book.grant("db1", grace(1), kStart);
  book.forget_what_ran_out(2s, kStart + kWait - 1ns);
  EXPECT_EQ(book.durable().grace.number, 1u);
  book.forget_what_ran_out(2s, kStart + kWait);
  EXPECT_EQ(book.durable().grace, Grace{});
}

// Goal: S1. lease_ttl is lowered; who restarts waits for the longer lease while that may run.
TEST_F(GraceBookTest, ALongerLeaseIsRememberedByItsLength) {
  auto long_one = ordinary();
  long_one.ttl = 10s;
  book.grant("db1", long_one, kStart);
  book.grant("db1", ordinary(), kStart + 1s);
  book.forget_what_ran_out(1s, kStart + 10203ms - 1ns);
  EXPECT_EQ(book.durable().longest_lease, 10s);
  book.forget_what_ran_out(1s, kStart + 10203ms);
  EXPECT_EQ(book.durable().longest_lease, 1s);
}

// ---- in the brain -------------------------------------------------------------------------------------------------

struct MonitorGraceTest : HandOverTest {
  Ask grace(std::uint64_t number) {
    return {.number = 1'000, .accepted = agent("db1").report.accepted, .ttl = kGrace, .has_fence = true, .grace = number,
            .grace_over = number - 1, .grace_runs = {number, kGrace}};
  }
  // Its process ends; the server goes on.
  void stop_agent(std::uint64_t number = 1) {
    monitor.say("db1", grace(number));
    monitor.silence("db1");
    monitor.leave("db1");
  }
};

// Goal: rule 9. Whoever gives it has written it down before it is used.
TEST_F(MonitorGraceTest, IsOnDiskBeforeItIsGranted) {
  const auto effects = monitor.brain->step(AgentSaid{"db1", grace(1)}, monitor.now);
  bool kept = false, granted = false;
  for (const auto& effect : effects) {
    if (const auto* keep = std::get_if<Keep>(&effect)) kept = keep->state.leadership && keep->state.leadership->grace == Grace{1, kGrace};
    if (const auto* tell = std::get_if<Tell>(&effect); tell && std::holds_alternative<Grant>(tell->message)) {
      granted = true;
      EXPECT_TRUE(kept);
      EXPECT_FALSE(tell->urgent);
    }
  }
  EXPECT_TRUE(granted);
}

TEST_F(MonitorGraceTest, TheRoleStaysAndNobodyStopsReceiving) {
  stop_agent();
  monitor.pass(14s);
  EXPECT_EQ(writer(), "db1");
  EXPECT_FALSE(monitor.last_told<Detach>("db2"));
}

TEST_F(MonitorGraceTest, WhoDoesNotComeBackWithinItLosesTheRole) {
  stop_agent();
  monitor.pass(25s);
  EXPECT_EQ(writer(), "db2");
  EXPECT_TRUE(serves("db2"));
}

// Goal: S1. It knows what is on its disk.
TEST_F(MonitorGraceTest, ARestartedMonitorWaitsForIt) {
  stop_agent();
  restart_and_join(false);
  monitor.pass(15s);
  EXPECT_EQ(writer(), "db1");
  monitor.pass(15s);
  EXPECT_EQ(writer(), "db2");
}

// ---- lease_ttl is changed -----------------------------------------------------------------------------------------

TEST_F(MonitorGraceTest, ALoweredLeaseIsToldAtOnceAndTheLongerOneKeptUntilItHasRunOut) {
  monitor.step(LeaseTtlChanged{1s});
  monitor.config.lease_ttl = 1s;  // for which its agents ask
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->lease_ttl, 1s);
  EXPECT_EQ(monitor.kept.back().leadership->longest_lease, 2s);
  monitor.pass(10s);
  EXPECT_EQ(monitor.kept.back().leadership->longest_lease, 1s);
  EXPECT_TRUE(serves("db1"));
}

TEST_F(MonitorGraceTest, ARaisedOneIsOnDiskBeforeItIsTold) {
  monitor.step(LeaseTtlChanged{5s});
  EXPECT_EQ(monitor.kept.back().leadership->longest_lease, 5s);
  EXPECT_LT(monitor.index_of("keep"), monitor.index_of("tell db1"));
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->lease_ttl, 5s);
}

}  // namespace
}  // namespace mmm
