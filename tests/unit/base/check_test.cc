#include "base/check.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Check, LetsWhatIsTruePass) { MMM_CHECK(1 + 1 == 2); }

TEST(CheckDeathTest, StopsTheProgramAndNamesTheContradictionAndItsPlace) {
  EXPECT_DEATH(MMM_CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: internal contradiction, stopping: 1 \\+ 1 == 3");
}

TEST(CheckDeathTest, TellsTheLogToo) {
  report_stops_to([](std::string_view text) { std::fprintf(stderr, "log: %.*s", static_cast<int>(text.size()), text.data()); });
  EXPECT_DEATH(MMM_CHECK(1 + 1 == 3), "log: .*check_test.cc:[0-9]+: internal contradiction, stopping: 1 \\+ 1 == 3");
  report_stops_to(nullptr);
}

}  // namespace
}  // namespace mmm
