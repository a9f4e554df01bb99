// What is told, to whom, and what is on disk before it (docs/lease.md, rule 2).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {
namespace {

using lab::MonitorDriver;
using testing::Each;
using testing::IsEmpty;
using testing::StartsWith;

struct PublishTest : testing::Test {
  PublishTest() {
    monitor.bring_up();
    monitor.pass(5s);
    monitor.forget();
  }
  std::vector<Instruction> instructions(const HostName& host) {
    std::vector<Instruction> all;
    for (const auto& message : monitor.told[host])
      if (const auto* i = std::get_if<Instruction>(&message)) all.push_back(*i);
    return all;
  }

  MonitorDriver monitor;
};

// Goal: rule 2: the monitor persists before it sends, in every step. Grants say only what the disk says already.
TEST_F(PublishTest, InEveryStepWhatIsDecidedIsOnDiskBeforeItIsSaid) {
  MonitorBrain& brain = *monitor.brain;
  int steps = 0;
  const auto look = [&](MonitorEvent event) {
    bool said = false;
    for (const auto& effect : brain.step(event, monitor.now)) {
      const auto* tell = std::get_if<Tell>(&effect);
      said = said || (tell && !tell->urgent) || std::holds_alternative<Reply>(effect);
      EXPECT_FALSE(said && std::holds_alternative<Keep>(effect));
    }
    steps += said;
  };
  look(CommandCame{1, {"set_offline", "db3"}});
  look(CommandCame{2, {"set_online", "db3"}});
  look(CommandCame{3, {"move_role", "writer", "db2"}});
  look(AgentSaid{"db1", Released{.generation = Generation{1}, .has = GtidSet{}, .reason = "told to"}});
  look(AgentSaid{"db2", Acknowledged{{1, Generation{2}, Version{1}}, 2s}});
  EXPECT_EQ(steps, 5);
}

TEST_F(PublishTest, TellsEveryHostTheSameMap) {
  monitor.command("set_offline db3");
  const auto map = monitor.last_told<Instruction>("db1");
  ASSERT_TRUE(map);
  EXPECT_EQ(monitor.last_told<Instruction>("db2"), map);
  EXPECT_EQ(monitor.last_told<Instruction>("db3"), map);
  EXPECT_EQ(map->hosts.at("db3").state, HostState::admin_offline);
  EXPECT_THAT(map->hosts.at("db3").roles, IsEmpty());
}

TEST_F(PublishTest, SaysNothingNewWhereNothingChanged) {
  monitor.pass(30s);
  for (const auto* host : {"db1", "db2", "db3"}) EXPECT_THAT(instructions(host), IsEmpty()) << host;
  EXPECT_EQ(monitor.index_of("keep"), monitor.story.size());
}

TEST_F(PublishTest, EveryChangeHasAHigherOrder) {
  Order last = monitor.agents.at("db1").report.accepted;
  for (const auto* line : {"set_offline db3", "set_online db3", "move_role writer db2", "move_role writer db1"}) {
    monitor.command(line);
    monitor.pass(1s);
    const auto order = monitor.agents.at("db1").report.accepted;
    EXPECT_GT(order, last) << line;
    last = order;
  }
}

TEST_F(PublishTest, NoOrderIsUsedForTwoInstructions) {
  std::map<Order, Instruction> seen;
  for (const auto* line : {"set_offline db3", "set_online db3", "move_role writer db2", "set_offline db2", "set_online db2"}) {
    monitor.command(line);
    monitor.pass(1s);
  }
  for (const auto* host : {"db1", "db2", "db3"})
    for (const auto& i : instructions(host)) {
      const auto [it, first] = seen.emplace(i.order, i);
      auto same = i;
      same.reason = it->second.reason;
      EXPECT_EQ(same, it->second);
    }
}

TEST_F(PublishTest, AnInstructionThatIsNotAcknowledgedIsSaidAgainEverySecond) {
  monitor.agents.at("db3").acknowledges = false;
  monitor.command("set_offline db2");
  monitor.pass(5s);
  const auto said = instructions("db3");
  EXPECT_GE(said.size(), 4u);
  EXPECT_LE(said.size(), 7u);
  monitor.agents.at("db3").acknowledges = true;
  monitor.pass(2s);
  monitor.forget();
  monitor.pass(5s);
  EXPECT_THAT(instructions("db3"), IsEmpty());
}

TEST_F(PublishTest, AnAgentThatComesBackIsToldAgain) {
  monitor.leave("db3");
  monitor.join("db3");
  EXPECT_EQ(instructions("db3").size(), 1u);
}

TEST_F(PublishTest, AnAgentThatDoesNotObeyIsToldNothing) {
  monitor.leave("db3");
  monitor.agents.at("db3").refuses = "another monitor is obeyed here";
  monitor.join("db3");
  monitor.command("set_offline db2");
  EXPECT_THAT(instructions("db3"), IsEmpty());
}

TEST_F(PublishTest, EveryOtherCandidateIsInTheSetLivingOrNot) {
  monitor.silence("db2");
  monitor.command("set_offline db3");
  EXPECT_EQ(monitor.last_told<Instruction>("db1")->assignment.takeover_set, HostSet{"db2"});
}

// ---- PASSIVE ----------------------------------------------------------------------------------------------------

TEST_F(PublishTest, InPassiveModeNothingIsToldButTheWriterIsStillGranted) {
  monitor.command("set_passive");
  monitor.forget();
  monitor.check("db3", CheckName::rep_threads, Outcome::bad);
  monitor.pass(20s);
  for (const auto* host : {"db1", "db2", "db3"}) EXPECT_THAT(instructions(host), IsEmpty()) << host;
  EXPECT_TRUE(monitor.last_told<Grant>("db1"));
}

TEST_F(PublishTest, InPassiveModeTheHostLinesOfTheFileStayAsTheyWere) {
  const auto lines = monitor.kept.back().hosts;
  monitor.command("set_passive");
  monitor.command("set_ip 10.0.0.90 db3");
  monitor.pass(1s);
  EXPECT_EQ(monitor.kept.back().hosts, lines);
  EXPECT_EQ(monitor.kept.back().leadership->mode, MonitorMode::passive);
}

TEST_F(PublishTest, InPassiveModeASilentWriterIsFollowedByNobody) {
  monitor.command("set_passive");
  monitor.silence("db1");
  monitor.pass(30s);
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
}

// ---- no network -------------------------------------------------------------------------------------------------

TEST_F(PublishTest, WithoutANetworkNothingChangesAndNothingIsTold) {
  monitor.network(false);
  monitor.forget();
  for (const auto* host : {"db1", "db2", "db3"}) monitor.all_checks(host, Outcome::bad);
  for (const auto* host : {"db1", "db2", "db3"}) monitor.silence(host);
  monitor.pass(60s);
  for (const auto* host : {"db1", "db2", "db3"}) {
    EXPECT_EQ(monitor.brain->state_of(host), HostState::online);
    EXPECT_THAT(instructions(host), IsEmpty()) << host;
  }
  EXPECT_EQ(monitor.brain->book().assignment().writer, "db1");
}

TEST_F(PublishTest, WithoutANetworkTheWriterIsStillGrantedWhatItAsksFor) {
  monitor.network(false);
  monitor.forget();
  monitor.pass(10s);
  EXPECT_TRUE(monitor.last_told<Grant>("db1"));
}

// ---- the file ---------------------------------------------------------------------------------------------------

TEST_F(PublishTest, TheFileSaysTheStatesTheRolesAndTheLeadership) {
  const auto& state = monitor.kept.back();
  EXPECT_EQ(state.hosts.at("db1").state, HostState::online);
  EXPECT_THAT(state.hosts.at("db1").roles, testing::Contains(lab::kWriterRole));
  ASSERT_TRUE(state.leadership);
  EXPECT_EQ(state.leadership->epoch, (Epoch{1, "m"}));
  EXPECT_EQ(state.leadership->machine_id, "machine");
  EXPECT_EQ(state.leadership->path, "mmm_mond.status");
  EXPECT_TRUE(state.leadership->accepted);
  EXPECT_EQ(state.leadership->acknowledged, HostSet{"db2"});
  EXPECT_EQ(state.leadership->longest_lease, 2s);
  EXPECT_FALSE(state.leadership->hand_over);
}

}  // namespace
}  // namespace mmm
