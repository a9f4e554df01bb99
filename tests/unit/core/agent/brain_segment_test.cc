// What an agent tells the other hosts of its segment, and asks them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/agent_driver.h"

namespace mmm {
namespace {

using lab::AgentDriver;
using lab::instruction;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct SegmentTest : testing::Test {
  SegmentTest() {
    agent.obey(instruction(1, 1, 2, "db1"));
    agent.pass(10s);
    agent.forget();
  }
  AgentDriver agent{"db2"};  // not the writer
};

TEST_F(SegmentTest, TellsTheHardwareAddressOfItsInterface) {
  EXPECT_EQ(agent.brain.report(agent.now).mac, std::nullopt);
  agent.step(agent::InterfaceFound{"02:00:00:00:00:02"});
  ASSERT_EQ(agent.count<Report>(), 1u) << "news are told at once";
  EXPECT_EQ(agent.last<Report>().mac, "02:00:00:00:00:02");
  agent.step(agent::InterfaceFound{std::nullopt});
  EXPECT_EQ(agent.last<Report>().mac, std::nullopt);
}

TEST_F(SegmentTest, AsksTheSegmentAndTellsTheAnswer) {
  agent.hear(Resolve{41, "10.0.0.80"});
  ASSERT_THAT(agent.resolving, SizeIs(1));
  EXPECT_EQ(agent.resolving[0].number, 41u);
  EXPECT_EQ(agent.resolving[0].ip, "10.0.0.80");
  const Resolved answer{41, "10.0.0.80", {"02:00:00:00:00:01"}, ""};
  agent.step(agent::AddressResolved{agent.resolving[0].asker, answer});
  EXPECT_EQ(agent.last<Resolved>(), answer);
  EXPECT_THAT(agent.story, Not(Contains("persist")));
}

TEST_F(SegmentTest, AsksForRoleAddressesOnly) {
  agent.hear(Resolve{1, "10.0.0.4"});
  EXPECT_THAT(agent.resolving, IsEmpty());
  EXPECT_EQ(agent.last<Resolved>().problem, "it is no role address of its configuration");
}

TEST_F(SegmentTest, CantAskForWhatStandsOnItsOwnInterface) {
  agent.step(agent::AddressesChanged{{"10.0.0.80"}});
  agent.hear(Resolve{1, "10.0.0.80"});
  EXPECT_THAT(agent.resolving, IsEmpty());
  EXPECT_EQ(agent.last<Resolved>().problem, "the address stands on its own interface");
}

TEST_F(SegmentTest, AMonitorThatIsNotObeyedGetsNothing) {
  agent.hear(Resolve{1, "10.0.0.80"}, lab::kOtherMonitor);
  EXPECT_THAT(agent.resolving, IsEmpty());
  agent.hear(Resolve{1, "10.0.0.80"});
  agent.step(agent::MonitorLeft{lab::kMonitor});
  agent.step(agent::AddressResolved{agent.resolving.at(0).asker, {}});
  EXPECT_EQ(agent.count<Resolved>(), 0u);
}

TEST_F(SegmentTest, AnnouncesAgainWhatItHasWhenItIsAskedTo) {
  auto i = instruction(1, 1, 3, "db1");
  i.hosts["db2"].roles = {lab::kFirstReader};
  agent.obey(i);
  agent.pass(30s);
  ASSERT_TRUE(agent.host.ips().contains(lab::kFirstReader.ip));
  ASSERT_FALSE(agent.waits_for("announce 10.0.0.90"));
  agent.hear(AnnounceAgain{lab::kFirstReader.ip});
  EXPECT_TRUE(agent.waits_for("announce 10.0.0.90"));
  agent.hear(AnnounceAgain{lab::kWriterRole.ip});
  EXPECT_FALSE(agent.waits_for("announce 10.0.0.80"));
}

// Goal: nobody learns the writer's address from a host whose lease has ended.
TEST_F(SegmentTest, AWriterWithoutALeaseDoesNotAnnounceAgain) {
  AgentDriver writer("db1");
  writer.obey(instruction(1, 1, 2, "db1"));
  writer.pass(10s);
  writer.hear(AnnounceAgain{lab::kWriterRole.ip});
  EXPECT_TRUE(writer.waits_for("announce 10.0.0.80"));
  writer.finish("announce 10.0.0.80");
  writer.now += 10s;
  writer.hear(AnnounceAgain{lab::kWriterRole.ip});
  EXPECT_FALSE(writer.waits_for("announce 10.0.0.80"));
}

// Goal: an older holder's address is outlived by the announcements: reader_ttl, 1 % and 2 s.
TEST_F(SegmentTest, AnnouncesAReaderAddressForAsLongAsAnOlderHolderMayLast) {
  auto i = instruction(1, 1, 3, "db1");
  i.hosts["db2"].roles = {lab::kFirstReader};
  agent.hear(i);
  std::vector<Duration> at;
  const auto begun = agent.now;
  while (agent.now < begun + 30s) {
    for (const auto& operation : agent.pending()) {
      if (operation == "announce 10.0.0.90") at.push_back(agent.now - begun);
      agent.finish(operation);
    }
    agent.now = std::max(agent.brain.next_wakeup(), agent.now + 1ms);
    agent.step(agent::Tick{});
  }
  ASSERT_FALSE(at.empty());
  EXPECT_GE(at.back(), i.reader_ttl + 2s);
  EXPECT_LE(at.back(), i.reader_ttl + 4s);
}

}  // namespace
}  // namespace mmm
