#include "codec/status_file/status_file.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/json/seal.h"
#include "codec/random_value.h"
#include "codec/status_file/leadership_fields.h"

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const HostSet kHosts{"db1", "db2", "db3"};

MonitorState draw_state(std::uint64_t seed) {
  json::Random random(seed);
  MonitorState state;
  for (const auto& host : kHosts) {
    if (json::one_in(random, 4)) continue;
    auto& record = state.hosts[host];
    record = {.state = json::draw<HostState>(random), .roles = json::draw<std::vector<Role>>(random)};
    std::ranges::sort(record.roles);
  }
  state.leadership = json::draw<std::optional<LeadershipState>>(random);
  return state;
}

// A file with a leadership, and where its line begins.
struct Written {
  std::string text;
  std::size_t ours;
};
Written written() {
  MonitorState state;
  state.hosts["db1"] = {.state = HostState::online, .roles = {{"writer", "10.0.0.80"}}};
  state.leadership = LeadershipState{.epoch = {3, "a1"}, .machine_id = "m", .path = "/var/lib/mmm/mmm_mond.status"};
  auto text = print_status_file(state);
  const auto ours = text.find("#mmm3");
  return {std::move(text), ours};
}

TEST(StatusFileTest, ComesBackAsItWas) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto state = draw_state(seed);
    const auto text = print_status_file(state);
    const auto file = parse_status_file(text, kHosts);
    ASSERT_EQ(file.state, state) << seed << "\n" << text;
    ASSERT_THAT(file.warnings, IsEmpty());
    ASSERT_EQ(file.leadership_problem, "");
  }
}

TEST(StatusFileTest, HostLinesAreThoseOfMmm2) {
  MonitorState state;
  state.hosts["db1"] = {.state = HostState::online, .roles = {{"writer", "10.0.0.80"}, {"reader", "10.0.0.90"}}};
  state.hosts["db3"] = {.state = HostState::admin_offline, .roles = {}};
  EXPECT_EQ(print_status_file(state), "db1|ONLINE|reader(10.0.0.90),writer(10.0.0.80)\ndb3|ADMIN_OFFLINE|\n");
}

TEST(StatusFileTest, AFileOfMmm2HasHostsOnly) {
  const auto file = parse_status_file("db1|ONLINE|writer(10.0.0.80),reader(10.0.0.90)\r\ndb2|HARD_OFFLINE|\ndb3|ONLINE", kHosts);
  EXPECT_EQ(file.state.hosts.size(), 3u);
  EXPECT_EQ(file.state.hosts.at("db1").roles, (std::vector<Role>{{"reader", "10.0.0.90"}, {"writer", "10.0.0.80"}}));
  EXPECT_EQ(file.state.hosts.at("db2").state, HostState::hard_offline);
  EXPECT_FALSE(file.state.leadership);
  EXPECT_EQ(file.leadership_problem, "");
  EXPECT_THAT(file.warnings, IsEmpty());
}

TEST(StatusFileTest, AnEmptyFileIsAnEmptyState) { EXPECT_EQ(parse_status_file("", kHosts).state, MonitorState{}); }

TEST(StatusFileTest, WhatIsNotUnderstoodIsWarnedOfByLine) {
  const auto file = parse_status_file(
      "db9|ONLINE|\n\ndb1|SLEEPING|\ndb2|ONLINE|writer(10.0.0.80),nonsense,reader(10.0.0.999)\n\x01garbage\xff\ndb2|ONLINE|\n",
      kHosts);
  EXPECT_THAT(file.warnings,
              ElementsAre("line 1: \"db9\" is no host of the configuration", "line 3: \"SLEEPING\" of db1 is no state of a host",
                          "line 4: \"nonsense\" of db2 is no role with its address",
                          "line 4: \"reader(10.0.0.999)\" of db2 is no role with its address",
                          "line 5: \"\\u0001garbage\uFFFD\" is no host of the configuration",
                          "line 6: db2 again; the later line counts"));
  EXPECT_EQ(file.state.hosts.size(), 1u);
}

TEST(StatusFileTest, AFileOfGarbageDoesNotFloodTheLog) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  const auto file = parse_status_file(text, kHosts);
  EXPECT_EQ(file.warnings.size(), 21u);
  EXPECT_EQ(file.warnings.back(), "980 more lines or roles were passed over");
}

// Goal: no leadership from a line that is not byte for byte as it was written; the hosts still load.
TEST(StatusFileTest, EveryChangedByteOfOurLineCostsTheLeadershipOnly) {
  const auto [text, ours] = written();
  const auto begin = ours + std::string_view("#mmm3 ").size();
  for (auto i = begin; i + 1 < text.size(); ++i) {
    auto bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    const auto file = parse_status_file(bad, kHosts);
    ASSERT_FALSE(file.state.leadership) << bad;
    ASSERT_NE(file.leadership_problem, "") << bad;
    ASSERT_EQ(file.state.hosts.size(), 1u) << bad;
  }
}

TEST(StatusFileTest, ATornFileHasNoLeadership) {
  const auto [text, ours] = written();
  for (std::size_t length = 0; length + 1 < text.size(); ++length)
    ASSERT_FALSE(parse_status_file(text.substr(0, length), kHosts).state.leadership);
  EXPECT_TRUE(parse_status_file(text.substr(0, text.size() - 1), kHosts).state.leadership);
}

TEST(StatusFileTest, TheProblemNamesTheLine) {
  const auto file = parse_status_file("db1|ONLINE|\n#mmm3 {}\n", kHosts);
  EXPECT_EQ(file.leadership_problem, "line 2: #mmm3: it does not begin with a checksum");
  EXPECT_THAT(file.warnings, IsEmpty());
}

TEST(StatusFileTest, TwoLinesOfOursAreNone) {
  const auto [text, ours] = written();
  const auto file = parse_status_file(text + text.substr(ours), kHosts);
  EXPECT_FALSE(file.state.leadership);
  EXPECT_EQ(file.leadership_problem, "line 3: a second #mmm3 line; the file was put together from two");
  EXPECT_FALSE(parse_status_file("#mmm3 {}\n" + text, kHosts).state.leadership);
}

TEST(StatusFileTest, AFileOfANewerProgramIsNotHalfUnderstood) {
  const auto file = parse_status_file("#mmm3 " + json::seal(R"({"format":2,"leadership":{}})") + "\n", kHosts);
  EXPECT_EQ(file.leadership_problem, "line 1: #mmm3: a newer program wrote it: its format is 2, this program knows 1");
}

TEST(StatusFileTest, ASealedLineWithAWrongFieldIsNamed) {
  const auto file = parse_status_file("#mmm3 " + json::seal(R"({"format":1,"leadership":{"epoch":7}})") + "\n", kHosts);
  EXPECT_EQ(file.leadership_problem, "line 1: #mmm3: leadership.epoch: expected an object, found 7");
}

// Goal: an MMM 2 monitor reads the file of ours and goes on: its parser takes the text before the first bar as the
// name of a host that it does not know. A line break within would make it see more.
TEST(StatusFileTest, OurPartIsOneLine) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto state = draw_state(seed);
    if (!state.leadership) continue;
    state.leadership->passive_cause = "line one\nline two\r\n";
    const auto text = print_status_file(state);
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), state.hosts.size() + 1);
    EXPECT_FALSE(text.contains('\r'));
  }
}

TEST(StatusFileTest, ChangedBytesNeverCrash) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    json::Random random(seed);
    auto text = print_status_file(draw_state(seed));
    if (text.empty()) continue;
    for (int n = 0; n < 3; ++n) text[json::below(random, text.size())] = static_cast<char>(random());
    parse_status_file(text, kHosts);
  }
}

}  // namespace
}  // namespace mmm
