#include "model/lease.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

constexpr bool kFence = true, kNoFence = false;

// Goal: the waiting side outlasts the holder whatever their clocks do (docs/lease.md, "Terms"): its clock 1 % fast, the
// holder's 1 % slow.
TEST(WaitingTime, OutlastsALeaseOnTheWidestClocks) {
  for (const Duration lease : {Duration{1ns}, Duration{1ms}, Duration{333ms}, Duration{2s}, Duration{60s}, Duration{24h}}) {
    const double true_time_of_holder = static_cast<double>(lease.count()) / 0.99;
    const double true_time_of_waiting = static_cast<double>(waiting_time(lease, kFence).count()) / 1.01;
    EXPECT_GE(true_time_of_waiting, true_time_of_holder) << lease.count();
  }
}

TEST(WaitingTime, IsRoundedUpToAMillisecond) {
  EXPECT_EQ(waiting_time(2s, kFence), 2041ms);
  EXPECT_EQ(waiting_time(1ns, kFence), 1ms);
  EXPECT_EQ(waiting_time(0s, kFence), 0ms);
}

TEST(WaitingTime, AddsTwoSecondsWhereOnlyTheAddressLifetimeEndsTheRight) {
  EXPECT_EQ(waiting_time(2s, kNoFence), 4041ms);
  EXPECT_EQ(waiting_time(0s, kNoFence), 2s);
}

TEST(Order, ComparesEpochThenGenerationThenVersion) {
  const Order base{3, Generation{7}, Version{2}};
  EXPECT_LT(base, (Order{3, Generation{7}, Version{3}}));
  EXPECT_LT(base, (Order{3, Generation{8}, Version{1}}));
  EXPECT_LT(base, (Order{4, Generation{1}, Version{1}}));
  EXPECT_EQ(base, (Order{3, Generation{7}, Version{2}}));
}

TEST(Epoch, TwoLeadershipsThatCountAlikeAreTwo) {
  EXPECT_FALSE((Epoch{3, "a"} == Epoch{3, "b"}));
  EXPECT_TRUE((Epoch{3, "a"} == Epoch{3, "a"}));
}

}  // namespace
}  // namespace mmm
