// Goal:   an address counts as verified when another host resolves it to its owner, else as unverified after 1 s; a second
//         answerer is named. Time, questions and answers are arguments.

#include "core/monitor/resolution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kIp = "10.0.0.80";
constexpr auto kMac1 = "02:00:00:00:00:01", kMac2 = "02:00:00:00:00:02", kStranger = "02:00:00:00:00:66";

struct ResolutionTest : testing::Test {
  // The address is up on db2; db1 and db3 can be asked. Returns whom it asks.
  std::vector<HostName> look() {
    std::vector<HostName> asked;
    for (auto& question : resolutions.look(up, {{kMac1, "db1"}, {kMac2, "db2"}}, now)) {
      asked.push_back(question.asker);
      last = question;
    }
    for (auto& news : resolutions.take_news()) told.push_back(news.text);
    return asked;
  }
  // Time passes until something is due.
  std::vector<HostName> look_at_next() {
    if (auto asked = look(); !asked.empty()) return asked;
    now = std::max(now, resolutions.next());
    return look();
  }
  HostName answer(std::vector<std::string> macs, std::string problem = "") {
    const auto owner = resolutions.answered(last.asker, {last.message.number, last.message.ip, std::move(macs), std::move(problem)}, now);
    for (auto& news : resolutions.take_news()) told.push_back(news.text);
    return owner;
  }
  Resolution resolution() const { return resolutions.view().at(kIp).resolution; }

  std::map<std::string, UpAddress> up{{kIp, {.owner = "db2", .mac = kMac2, .askers = {"db1", "db3"}, .ask_every = 5s}}};
  Resolutions resolutions;
  Resolutions::Question last;
  std::vector<std::string> told;
  Instant now{1000s};
};

TEST_F(ResolutionTest, IsVerifiedWhenAnotherHostResolvesItToItsOwner) {
  EXPECT_THAT(look(), ElementsAre("db1"));
  EXPECT_EQ(resolution(), Resolution::pending);
  EXPECT_THAT(resolutions.warnings(), IsEmpty());
  now += 200ms;
  EXPECT_EQ(answer({kMac2}), "");
  EXPECT_EQ(resolution(), Resolution::verified);
  EXPECT_THAT(told, ElementsAre("10.0.0.80 is verified: db1 resolves it to 02:00:00:00:00:02, 200 ms after it was seen up"));
  EXPECT_THAT(resolutions.warnings(), IsEmpty());
}

TEST_F(ResolutionTest, IsAskedAgainForAsLongAsItIsUp) {
  look();
  answer({kMac2});
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(resolutions.next(), now + 5s);
  now += 5s;
  EXPECT_THAT(look(), ElementsAre("db1"));
}

TEST_F(ResolutionTest, IsUnverifiedAfterOneSecondWhenNobodyCanBeAsked) {
  up[kIp].askers.clear();
  EXPECT_THAT(look(), IsEmpty());
  now += 1s - 1ns;
  look();
  EXPECT_EQ(resolution(), Resolution::pending);
  now += 1ns;
  look();
  EXPECT_EQ(resolution(), Resolution::unverified);
  EXPECT_THAT(told, ElementsAre("10.0.0.80 is unverified: there is no other host whose agent could ask, and the "
                                "monitor is not on its segment"));
  EXPECT_THAT(resolutions.warnings(),
              ElementsAre("10.0.0.80 on host db2 is unverified: there is no other host whose agent could ask, and the "
                          "monitor is not on its segment"));
  up[kIp].askers = {"db3"};
  EXPECT_THAT(look_at_next(), ElementsAre("db3"));
  answer({kMac2});
  EXPECT_EQ(resolution(), Resolution::verified);
  EXPECT_THAT(resolutions.warnings(), IsEmpty());
}

TEST_F(ResolutionTest, OneThatHearsNothingGivesWayToTheNextAndTheOwnerAnnouncesAgain) {
  EXPECT_THAT(look(), ElementsAre("db1"));
  EXPECT_EQ(answer({}), "db2");
  EXPECT_THAT(look_at_next(), ElementsAre("db3"));
  EXPECT_EQ(now, Instant{1000s} + 100ms);
  EXPECT_EQ(answer({kMac2}), "");
  EXPECT_EQ(resolution(), Resolution::verified);
  now += 5s;
  EXPECT_THAT(look(), ElementsAre("db3")) << "who heard it is asked again";
}

TEST_F(ResolutionTest, AFrozenAgentIsPassedOverAndItsAnswerCountsWhenItComes) {
  look();
  const auto first = last;
  EXPECT_THAT(look_at_next(), IsEmpty());
  EXPECT_EQ(now, Instant{1000s} + 400ms);
  EXPECT_THAT(look_at_next(), ElementsAre("db3"));
  last = first;
  answer({kMac2});
  EXPECT_EQ(resolution(), Resolution::verified);
}

TEST_F(ResolutionTest, AnAgentThatCantAskSaysWhy) {
  look();
  EXPECT_EQ(answer({}, "no rights"), "") << "nobody was asked, so nobody needs to be told";
  up[kIp].askers = {"db1"};
  for (int i = 0; i < 20 && now < Instant{1000s} + 1s; ++i)
    if (!look_at_next().empty()) answer({}, "no rights");
  look();
  EXPECT_THAT(told, ElementsAre("10.0.0.80 is unverified: db1 can't ask: no rights"));
}

TEST_F(ResolutionTest, AsksMoreAndMoreRarelyWhatNobodyAnswers) {
  std::vector<Duration> at;
  for (int i = 0; i < 100 && at.size() < 9; ++i)
    if (!look_at_next().empty()) {
      at.push_back(now - Instant{1000s});
      answer({});
    }
  EXPECT_THAT(at, ElementsAre(0ms, 100ms, 300ms, 700ms, 1500ms, 3100ms, 6300ms, 11300ms, 16300ms));
}

TEST_F(ResolutionTest, ASecondAnswererIsNamedUntilItIsGone) {
  look();
  answer({kStranger, kMac2});
  EXPECT_EQ(resolution(), Resolution::verified);
  EXPECT_THAT(told.back(), "a second host answers for 10.0.0.80: db1 hears 02:00:00:00:00:66 besides 02:00:00:00:00:02");
  EXPECT_THAT(resolutions.warnings(), ElementsAre("a second host answers for 10.0.0.80, which db2 has: 02:00:00:00:00:66; "
                                                  "take the address away there"));
  EXPECT_THAT(resolutions.view().at(kIp).second_answerers, ElementsAre(kStranger));
  now += 1s;
  look();
  const auto before = told.size();
  answer({kMac2, kStranger});
  EXPECT_EQ(told.size(), before) << "it is said once";
  now += 1s;
  look();
  answer({kMac2});
  EXPECT_EQ(told.back(), "nobody else answers for 10.0.0.80 any more");
  EXPECT_THAT(resolutions.warnings(), IsEmpty());
}

TEST_F(ResolutionTest, TheOldOwnerIsCalledByItsName) {
  look();
  EXPECT_EQ(answer({kMac1}), "db2");
  now += 1s;
  look();
  EXPECT_THAT(resolutions.warnings(),
              ElementsAre(HasSubstr("02:00:00:00:00:01 (db1)"),
                          "10.0.0.80 on host db2 is unverified: db1 resolves it to 02:00:00:00:00:01 (db1)"));
}

// Goal: a cluster of which one host is left still knows whether clients find it.
TEST_F(ResolutionTest, TheMonitorIsAskedWhenNoAgentCanBe) {
  up[kIp].askers = {kMonitorItself};
  EXPECT_THAT(look(), ElementsAre(kMonitorItself));
  now += 200ms;
  EXPECT_EQ(answer({kMac2, kStranger}), "");
  EXPECT_EQ(resolution(), Resolution::verified);
  EXPECT_THAT(told, ElementsAre("10.0.0.80 is verified: the monitor resolves it to 02:00:00:00:00:02, 200 ms after it was seen up",
                                "a second host answers for 10.0.0.80: the monitor hears 02:00:00:00:00:66 besides 02:00:00:00:00:02"));
}

TEST_F(ResolutionTest, TheMonitorIsAskedAfterTheAgentsThatDoNotAnswer) {
  up[kIp].askers = {"db1", kMonitorItself};
  EXPECT_THAT(look(), ElementsAre("db1"));
  EXPECT_THAT(look_at_next(), IsEmpty());
  EXPECT_THAT(look_at_next(), ElementsAre(kMonitorItself));
  EXPECT_EQ(now, Instant{1000s} + 500ms);
  answer({kMac2});
  EXPECT_EQ(resolution(), Resolution::verified);
}

TEST_F(ResolutionTest, AnAgentThatIsBackIsAskedBeforeTheMonitor) {
  up[kIp].askers = {kMonitorItself};
  look();
  answer({kMac2});
  up[kIp].askers = {"db1", kMonitorItself};
  EXPECT_THAT(look_at_next(), ElementsAre("db1"));
}

// Goal: one lost packet does not make it unverified; all that can be asked are heard first.
TEST_F(ResolutionTest, StaysVerifiedUntilNobodyResolvesItAnyMore) {
  look();
  answer({kMac2});
  now += 5s;
  for (int i = 0; i < 2; ++i) {
    look_at_next();
    answer({});
    EXPECT_EQ(resolution(), Resolution::verified);
  }
  look_at_next();
  answer({});
  EXPECT_EQ(resolution(), Resolution::unverified);
}

TEST_F(ResolutionTest, StartsAnewWhereItMovesTo) {
  look();
  const auto old = last;
  up[kIp] = {.owner = "db1", .mac = kMac1, .askers = {"db2", "db3"}, .ask_every = 5s};
  EXPECT_THAT(look(), ElementsAre("db2"));
  last = old;
  EXPECT_EQ(answer({kMac2}), "") << "of before the move";
  EXPECT_EQ(resolution(), Resolution::pending);
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(ResolutionTest, AnAddressThatIsNotUpIsForgotten) {
  look();
  answer({kStranger});
  up.clear();
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_THAT(resolutions.warnings(), IsEmpty());
  EXPECT_TRUE(resolutions.empty());
  EXPECT_EQ(resolutions.next(), kNever);
}

TEST_F(ResolutionTest, AnAnswerThatNobodyAskedForChangesNothing) {
  look();
  last.message.number += 1;
  EXPECT_EQ(answer({kStranger}), "");
  last.message.ip = "10.0.0.99";
  EXPECT_EQ(answer({kStranger}), "");
  EXPECT_EQ(resolution(), Resolution::pending);
  EXPECT_THAT(told, IsEmpty());
}

}  // namespace
}  // namespace mmm
