#include "io/process/machine.h"

#include <gtest/gtest.h>

#include "io/async/clock.h"

namespace mmm {
namespace {

TEST(Machine, HasABootId) {
  const auto id = boot_id();
  ASSERT_TRUE(id) << id.error().text;
  EXPECT_EQ(id->size(), 36u);
  EXPECT_EQ(boot_id(), id);
}

TEST(Machine, HasAMachineIdOrSaysWhyNot) {
  const auto id = machine_id();
  if (id) {
    EXPECT_GE(id->size(), 32u);
  } else {
    EXPECT_NE(id.error().text.find("/etc/machine-id"), std::string::npos);
  }
}

TEST(Machine, CountsItsUptimeOnTheClockOfInstants) {
  const auto before = boot_now().time_since_epoch();
  const auto up = uptime();
  EXPECT_GE(up, before);
  EXPECT_LT(up - before, 1s);
}

}  // namespace
}  // namespace mmm
