#include "codec/json/seal.h"

#include <gtest/gtest.h>

namespace mmm::json {
namespace {

// Goal: the checksum is the common one, so that another program can make it (`crc32` of gzip says the same).
TEST(Seal, IsTheCrc32OfWhatFollowsTheComma) {
  EXPECT_EQ(seal(R"({"a":1})"), R"({"crc32":"94da56a3","a":1})");
}

TEST(Seal, HoldsForWhatItMade) { EXPECT_TRUE(check_seal(seal(R"({"a":1})"))); }

TEST(Seal, EveryChangedByteIsNoticed) {
  const auto good = seal(R"({"format":1,"text":"abc"})");
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(check_seal(bad)) << bad;
  }
}

TEST(Seal, EveryTornTextIsNoticed) {
  const auto good = seal(R"({"format":1,"text":"abc"})");
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(check_seal(good.substr(0, length)));
  EXPECT_FALSE(check_seal(good + "x"));
}

}  // namespace
}  // namespace mmm::json
