#include "base/result.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Result, AFailureSaysThatItDidNotHappen) {
  const Status status = fail("cannot open /etc/mmm.conf");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error(), (Error{"cannot open /etc/mmm.conf", Certainty::failed}));
}

TEST(Result, AnUnknownOutcomeIsNoFailure) {
  const Result<int> result = unknown_outcome("no answer in time");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().certainty, Certainty::unknown);
  EXPECT_NE(result.error(), (Error{"no answer in time"}));
}

}  // namespace
}  // namespace mmm
