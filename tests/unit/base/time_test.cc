#include "base/time.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Time, LongAgoIsBeforeAndNeverIsAfterEveryInstant) {
  EXPECT_LT(kLongAgo, Instant{});
  EXPECT_LT(Instant{24h * 365 * 200}, kNever);
}

TEST(Time, ConvertsBetweenSecondsOfPeopleAndExactDurations) {
  EXPECT_EQ(from_seconds(0.25), 250ms);
  EXPECT_DOUBLE_EQ(seconds(1500ms), 1.5);
  EXPECT_DOUBLE_EQ(seconds(from_seconds(-2)), -2);
}

TEST(Time, CountsOnlyWholeMilliseconds) {
  EXPECT_EQ(milliseconds(1'999'999ns), 1);
  EXPECT_EQ(milliseconds(2s), 2000);
}

}  // namespace
}  // namespace mmm
