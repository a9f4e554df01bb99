#include "io/address/ip.h"

#include <gtest/gtest.h>

namespace mmm::address {
namespace {

TEST(Ip, IsGivenBackInItsCanonicalForm) {
  EXPECT_EQ(Ip::parse("10.0.0.80")->text(), "10.0.0.80");
  EXPECT_EQ(Ip::parse("FD00:0:0::80")->text(), "fd00::80");
  EXPECT_EQ(Ip::parse("10.0.0.80")->full_prefix(), 32u);
  EXPECT_EQ(Ip::parse("fd00::80")->full_prefix(), 128u);
}

TEST(Ip, IsNeitherANameNorANetwork) {
  for (const auto* text : {"", "db1", "10.0.0.0/24", "10.0.0", "fe80::1%eth0", "10.0.0.256"}) {
    const auto ip = Ip::parse(text);
    ASSERT_FALSE(ip) << text;
    EXPECT_NE(ip.error().text.find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace mmm::address
