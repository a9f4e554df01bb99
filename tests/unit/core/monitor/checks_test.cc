#include "core/monitor/checks.h"

#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

constexpr auto kPing = CheckName::ping;
constexpr auto kMysql = CheckName::mysql;
constexpr auto kThreads = CheckName::rep_threads;
constexpr auto kBacklog = CheckName::rep_backlog;
constexpr bool kSeen = true;     // another viewpoint agrees
constexpr bool kAlone = false;

Moment after(Duration d) { return {Instant{d}, milliseconds(d)}; }

struct CheckBoardTest : testing::Test {
  bool good(CheckName check, Duration at) { return board.record("db1", check, Outcome::good, "", kAlone, after(at)); }
  bool bad(CheckName check, Duration at, bool corroborated = kSeen, std::string message = "gone") {
    return board.record("db1", check, Outcome::bad, std::move(message), corroborated, after(at));
  }
  Verdict verdict(CheckName check) const { return board.verdict("db1", check); }

  Config config = lab::config();
  CheckBoard board{config};
};

TEST_F(CheckBoardTest, StartsWithNothingToldOfAnyHost) {
  for (const auto& host : config.hosts)
    for (const auto check : kAllChecks) {
      EXPECT_EQ(board.verdict(host.name, check), Verdict::pending);
      EXPECT_FALSE(board.good(host.name, check));
    }
  EXPECT_FALSE(board.serves("db1"));
  EXPECT_FALSE(board.all_good("db1"));
}

TEST_F(CheckBoardTest, TheFirstRunDecidesAtOnceEitherWay) {
  EXPECT_TRUE(good(kPing, 1s));
  EXPECT_EQ(verdict(kPing), Verdict::good);
  EXPECT_TRUE(bad(kMysql, 1s));
  EXPECT_EQ(verdict(kMysql), Verdict::bad);
  EXPECT_TRUE(bad(kThreads, 1s, kAlone));
  EXPECT_EQ(verdict(kThreads), Verdict::bad);
}

// Goal: a monitor that starts with a broken cable takes no host for dead (docs/lease.md, "Evidence").
TEST_F(CheckBoardTest, AFirstFailureOfPingOrMysqlDecidesNothingWithoutASecondViewpoint) {
  for (const auto check : {kPing, kMysql}) {
    EXPECT_FALSE(bad(check, 1s, kAlone));
    EXPECT_EQ(verdict(check), Verdict::pending);
    EXPECT_FALSE(board.at("db1", check).accused);
    EXPECT_FALSE(bad(check, 11s, kAlone));
    EXPECT_EQ(verdict(check), Verdict::pending);
    EXPECT_TRUE(board.at("db1", check).accused);
    EXPECT_TRUE(bad(check, 12s, kSeen));
    EXPECT_EQ(verdict(check), Verdict::bad);
  }
}

TEST_F(CheckBoardTest, UnknownAsTheFirstRunLeavesTheCheckPending) {
  EXPECT_FALSE(board.record("db1", kMysql, Outcome::unknown, "too many connections", kSeen, after(1s)));
  EXPECT_EQ(verdict(kMysql), Verdict::pending);
  EXPECT_TRUE(bad(kMysql, 2s));
  EXPECT_EQ(verdict(kMysql), Verdict::bad);
}

TEST_F(CheckBoardTest, AFailureCountsExactlyWhenItsTrapPeriodIsOver) {
  struct Case {
    CheckName check;
    Duration trap, last;
    Verdict expected;
  };
  const Case cases[] = {
      {kPing, 10s, 9'999'999'999ns, Verdict::good}, {kPing, 10s, 10s, Verdict::bad},
      {kBacklog, 60s, 59'999ms, Verdict::good},     {kBacklog, 60s, 60s, Verdict::bad},
      {kThreads, 500ms, 499ms, Verdict::good},      {kThreads, 500ms, 500ms, Verdict::bad},
      {kMysql, 0s, 0s, Verdict::bad},
  };
  for (const auto& c : cases) {
    config.checks[c.check].trap_period = c.trap;
    board = CheckBoard{config};
    good(c.check, 100s);
    bad(c.check, 200s);
    bad(c.check, 200s + c.last);
    EXPECT_EQ(verdict(c.check), c.expected) << to_string(c.check) << " after " << seconds(c.last) << " s";
  }
}

TEST_F(CheckBoardTest, ASuccessStartsTheTrapPeriodAnew) {
  good(kThreads, 0s);
  bad(kThreads, 1s);
  good(kThreads, 10s);
  EXPECT_FALSE(board.at("db1", kThreads).failing_since);
  bad(kThreads, 11s);
  EXPECT_FALSE(bad(kThreads, 20'999ms));
  EXPECT_TRUE(bad(kThreads, 21s));
}

TEST_F(CheckBoardTest, OneSuccessMakesItGood) {
  good(kMysql, 0s);
  bad(kMysql, 1s);
  bad(kMysql, 11s);
  ASSERT_EQ(verdict(kMysql), Verdict::bad);
  EXPECT_TRUE(good(kMysql, 12s));
  EXPECT_EQ(verdict(kMysql), Verdict::good);
}

TEST_F(CheckBoardTest, UnknownChangesNothingAndStopsNoTrapPeriod) {
  good(kMysql, 0s);
  bad(kMysql, 1s);
  EXPECT_FALSE(board.record("db1", kMysql, Outcome::unknown, "1040", kSeen, after(5s)));
  EXPECT_EQ(board.at("db1", kMysql).failing_since, Instant{1s});
  EXPECT_TRUE(bad(kMysql, 11s));
  EXPECT_FALSE(board.record("db1", kMysql, Outcome::unknown, "1040", kSeen, after(12s)));
  EXPECT_EQ(verdict(kMysql), Verdict::bad);
  EXPECT_EQ(board.at("db1", kMysql).message, "gone");
}

TEST_F(CheckBoardTest, PingAndMysqlAreOnlyAccusedWhileNobodyElseAgrees) {
  for (const auto check : {kPing, kMysql}) {
    good(check, 0s);
    bad(check, 1s, kAlone);
    EXPECT_FALSE(board.at("db1", check).accused) << "its trap period is not over";
    EXPECT_FALSE(bad(check, 11s, kAlone));
    EXPECT_EQ(verdict(check), Verdict::good);
    EXPECT_TRUE(board.at("db1", check).accused);
  }
  EXPECT_TRUE(board.serves("db1"));
}

TEST_F(CheckBoardTest, ASecondViewpointTurnsTheAccusationIntoAVerdictWithoutANewTrapPeriod) {
  good(kPing, 0s);
  bad(kPing, 1s, kAlone);
  bad(kPing, 11s, kAlone);
  EXPECT_TRUE(bad(kPing, 12s, kSeen));
  EXPECT_EQ(verdict(kPing), Verdict::bad);
  EXPECT_FALSE(board.at("db1", kPing).accused);
}

TEST_F(CheckBoardTest, ASecondViewpointDoesNotShortenTheTrapPeriod) {
  good(kPing, 0s);
  bad(kPing, 1s, kSeen);
  EXPECT_FALSE(bad(kPing, 10'999ms, kSeen));
  EXPECT_EQ(verdict(kPing), Verdict::good);
}

TEST_F(CheckBoardTest, ASuccessClearsTheAccusation) {
  good(kPing, 0s);
  bad(kPing, 1s, kAlone);
  bad(kPing, 11s, kAlone);
  EXPECT_FALSE(good(kPing, 12s)) << "the verdict was good all along";
  EXPECT_FALSE(board.at("db1", kPing).accused);
}

TEST_F(CheckBoardTest, AVerdictOnceReachedNeedsNoFurtherAgreement) {
  good(kPing, 0s);
  bad(kPing, 1s);
  bad(kPing, 11s);
  bad(kPing, 12s, kAlone);
  EXPECT_EQ(verdict(kPing), Verdict::bad);
  EXPECT_FALSE(board.at("db1", kPing).accused);
}

TEST_F(CheckBoardTest, TheReplicationChecksNeedNoSecondViewpoint) {
  for (const auto check : {kThreads, kBacklog}) {
    good(check, 0s);
    bad(check, 1s, kAlone);
    EXPECT_TRUE(bad(check, 11s, kAlone));
    EXPECT_EQ(verdict(check), Verdict::bad);
  }
}

TEST_F(CheckBoardTest, WhatTheHostsOwnAgentSaysCountsAtOnce) {
  good(kMysql, 0s);
  EXPECT_TRUE(board.record_certain_failure("db1", kMysql, "mysqld is gone", after(1s)));
  EXPECT_EQ(verdict(kMysql), Verdict::bad);
  EXPECT_EQ(board.at("db1", kMysql).message, "mysqld is gone");
  EXPECT_EQ(board.at("db1", kMysql).failing_since, Instant{1s});
  EXPECT_FALSE(board.record_certain_failure("db1", kMysql, "still gone", after(2s)));
  EXPECT_EQ(board.last_change("db1"), Instant{1s});
  EXPECT_TRUE(good(kMysql, 3s));
}

TEST_F(CheckBoardTest, ACertainFailureEndsAnAccusation) {
  good(kMysql, 0s);
  bad(kMysql, 1s, kAlone);
  bad(kMysql, 11s, kAlone);
  board.record_certain_failure("db1", kMysql, "mysqld is gone", after(12s));
  EXPECT_FALSE(board.at("db1", kMysql).accused);
  EXPECT_EQ(board.at("db1", kMysql).failing_since, Instant{1s});
}

TEST_F(CheckBoardTest, TheMessageIsOfTheLastRunThatAgreedWithTheVerdict) {
  board.record("db1", kBacklog, Outcome::good, "Backlog is null", kAlone, after(0s));
  bad(kBacklog, 1s, kAlone, "Backlog: 70");
  EXPECT_EQ(board.at("db1", kBacklog).message, "Backlog is null");
  bad(kBacklog, 11s, kAlone, "Backlog: 80");
  EXPECT_EQ(board.at("db1", kBacklog).message, "Backlog: 80");
  bad(kBacklog, 12s, kAlone, "Backlog: 90");
  EXPECT_EQ(board.at("db1", kBacklog).message, "Backlog: 90");
  EXPECT_EQ(board.at("db1", kBacklog).last_change.at, Instant{11s}) << "the verdict did not change";
}

TEST_F(CheckBoardTest, ServesWithPingAndMysqlAndIsAllGoodWithAllFour) {
  good(kPing, 1s);
  EXPECT_FALSE(board.serves("db1"));
  good(kMysql, 2s);
  EXPECT_TRUE(board.serves("db1"));
  good(kThreads, 3s);
  EXPECT_FALSE(board.all_good("db1"));
  good(kBacklog, 4s);
  EXPECT_TRUE(board.all_good("db1"));
  EXPECT_FALSE(board.serves("db2")) << "another host's checks are its own";
}

TEST_F(CheckBoardTest, LastChangeIsTheLatestOfAnyCheckOfThatHost) {
  good(kThreads, 7s);
  good(kPing, 3s);
  good(kThreads, 9s);
  EXPECT_EQ(board.last_change("db1"), Instant{7s});
  EXPECT_EQ(board.last_change("db2"), Instant{});
}

}  // namespace
}  // namespace mmm
