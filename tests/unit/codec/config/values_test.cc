// What table_test.cc does not see: exact durations, and the reasons that a list gives.

#include "codec/config/values.h"

#include <gtest/gtest.h>

namespace mmm::conf {
namespace {

TEST(Values, ReadDurationsToTheNanosecond) {
  EXPECT_EQ(parse_duration("0.000000001"), 1ns);
  EXPECT_EQ(parse_duration("1.000000001"), 1s + 1ns);
  EXPECT_EQ(parse_duration("0.1"), 100ms);
  EXPECT_EQ(parse_duration("007"), 7s);
}

TEST(Values, SayWhetherADurationIsTooShortOrTooLong) {
  EXPECT_EQ(parse_lease_ttl("0.1").error(), "too short");
  EXPECT_EQ(parse_lease_ttl("61").error(), "too long");
  EXPECT_EQ(parse_restart_grace("61").error(), "too long");
  EXPECT_EQ(parse_duration("9223372036854775807").error(), "too long");
  EXPECT_EQ(parse_duration("9223372036854775808").error(), "");
  EXPECT_EQ(parse_duration("").error(), "");
}

TEST(Values, NameTheElementThatSpoilsAList) {
  EXPECT_EQ(parse_names("db1,,db2").error(), "an element is empty");
  EXPECT_EQ(parse_names("db1, db2, db1").error(), "\"db1\" stands in it twice");
  EXPECT_EQ(parse_addresses("10.0.0.1, nowhere").error(), "\"nowhere\"");
  EXPECT_EQ(parse_addresses("10.0.0.1, 224.0.0.1").error(), "\"224.0.0.1\": no single host has this address");
}

TEST(Values, CompareListElementsInTheirCanonicalSpelling) {
  EXPECT_EQ(parse_addresses("2001:db8::1, 2001:DB8:0::1").error(), "\"2001:DB8:0::1\" stands in it twice");
}

TEST(Values, KeepTheOrderOfAList) {
  EXPECT_EQ(parse_texts(" c ,a,\tb"), (Texts{"c", "a", "b"}));
}

}  // namespace
}  // namespace mmm::conf
