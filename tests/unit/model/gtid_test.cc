#include "model/gtid.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

GtidSet set(std::string_view text) { return parse_gtid_set(text).value(); }

TEST(GtidSet, IsWrittenAsMariaDbWritesIt) {
  EXPECT_EQ(to_string(Gtid{0, 1, 200}), "0-1-200");
  EXPECT_EQ(to_string(set("0-2-17,0-1-200")), "0-1-200,0-2-17");
  EXPECT_EQ(to_string(GtidSet{}), "");
}

TEST(GtidSet, ReadsWhatServersSay) {
  EXPECT_EQ(set("0-1-200"), set(" 0-1-200 "));
  EXPECT_EQ(set("0-1-200,\n0-2-17"), set("0-1-200,0-2-17"));
  EXPECT_TRUE(set("").empty());
  EXPECT_TRUE(set("4294967295-4294967295-18446744073709551615").contains(Gtid{4294967295u, 4294967295u, 1}));
}

TEST(GtidSet, NamesTheBadPart) {
  for (const auto* text : {"0-1", "0-1-2-3", "0-1-x", "a", "0-1-200,0-2", "-1-1-1", "0--1-1", "4294967296-1-1",
                           "0-1-18446744073709551616", "0-1-200;0-2-17"}) {
    const auto result = parse_gtid_set(text);
    ASSERT_FALSE(result) << text;
    EXPECT_NE(result.error().text.find("is not a MariaDB GTID"), std::string::npos) << result.error().text;
  }
  EXPECT_NE(parse_gtid_set("0-1-200,0-2").error().text.find("\"0-2\""), std::string::npos);
}

TEST(GtidSet, KeepsTheHighestSequenceOfEachDomainAndServer) {
  GtidSet all = set("0-1-200");
  all.add(Gtid{0, 1, 100});
  EXPECT_EQ(all, set("0-1-200"));
  all.add(set("0-1-201,0-2-5,1-1-7"));
  EXPECT_EQ(all, set("0-1-201,0-2-5,1-1-7"));
}

TEST(GtidSet, ContainsWhatIsNotAfterItsLast) {
  const auto have = set("0-1-200,0-2-17");
  EXPECT_TRUE(have.contains(Gtid{0, 1, 200}));
  EXPECT_TRUE(have.contains(Gtid{0, 1, 1}));
  EXPECT_FALSE(have.contains(Gtid{0, 1, 201}));
  EXPECT_FALSE(have.contains(Gtid{0, 3, 1}));
  EXPECT_FALSE(have.contains(Gtid{1, 1, 1}));
  EXPECT_TRUE(have.contains(GtidSet{}));
  EXPECT_TRUE(have.contains(set("0-1-199")));
  EXPECT_FALSE(have.contains(set("0-1-199,0-2-18")));
}

// Goal: two hosts of which each has what the other lacks (diverged) are told from one that is merely behind.
TEST(GtidSet, CountsWhatItLacksOfAnother) {
  const auto here = set("0-1-200,0-2-17"), there = set("0-1-205,0-2-10,0-3-4");
  const auto lacking = here.lacks_of(there);
  ASSERT_EQ(lacking.size(), 2u);
  EXPECT_EQ(lacking[0].last, (Gtid{0, 1, 205}));
  EXPECT_EQ(lacking[0].count, 5u);
  EXPECT_EQ(lacking[1].last, (Gtid{0, 3, 4}));
  EXPECT_EQ(lacking[1].count, 4u);
  EXPECT_EQ(here.count_lacking(there), 9u);
  EXPECT_EQ(there.count_lacking(here), 7u);
  EXPECT_EQ(here.count_lacking(here), 0u);
  EXPECT_EQ(here.count_lacking(GtidSet{}), 0u);
  EXPECT_EQ(GtidSet{}.count_lacking(here), 217u);
}

}  // namespace
}  // namespace mmm
