#include "base/strong.h"

#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace mmm {
namespace {

using Generation = Strong<std::uint64_t, struct GenerationTag>;
using Version = Strong<std::uint64_t, struct VersionTag>;

TEST(Strong, OneIdCantBePassedWhereAnotherIsMeant) {
  static_assert(!std::is_convertible_v<Generation, Version>);
  static_assert(!std::is_convertible_v<std::uint64_t, Generation>);
  static_assert(!std::is_convertible_v<Generation, std::uint64_t>);
}

TEST(Strong, StartsAtNothingAndCountsUp) {
  EXPECT_EQ(Generation{}.value, 0u);
  EXPECT_EQ(Generation{}.next(), Generation{1});
  EXPECT_LT(Generation{1}, Generation{1}.next());
}

TEST(Strong, CanBeAKeyOfAnUnorderedSet) {
  const std::unordered_set<Generation> seen{Generation{1}, Generation{2}, Generation{1}};
  EXPECT_EQ(seen.size(), 2u);
}

}  // namespace
}  // namespace mmm
