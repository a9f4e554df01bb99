#include "codec/config/suggest.h"

#include <gtest/gtest.h>

#include <string>

namespace mmm::conf {
namespace {

const std::vector<std::string_view> kNames{"mode", "peer", "agent_port", "agent_password", "ip"};

TEST(Suggest, FindsSlipsOfTheFinger) {
  EXPECT_EQ(nearest_name("mod", kNames), "mode");
  EXPECT_EQ(nearest_name("pere", kNames), "peer");
  EXPECT_EQ(nearest_name("agent_prot", kNames), "agent_port");
  EXPECT_EQ(nearest_name("agent_pasword", kNames), "agent_password");
}

TEST(Suggest, KeepsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("pi", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("colour", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("", kNames), std::nullopt);
  EXPECT_EQ(nearest_name("mode", {}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(10000, 'm'), kNames), std::nullopt);
}

TEST(Suggest, TakesTheFirstOfTwoThatAreEquallyNear) { EXPECT_EQ(nearest_name("db3", {"db1", "db2"}), "db1"); }

}  // namespace
}  // namespace mmm::conf
