#include "base/check.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Check, LetsWhatIsTruePass) { MMM_CHECK(1 + 1 == 2); }

TEST(CheckDeathTest, StopsTheProgramAndNamesTheContradictionAndItsPlace) {
  EXPECT_DEATH(MMM_CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: internal contradiction, stopping: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace mmm
