#include <fmt/format.h>
#include <gtest/gtest.h>

#include "codec/random_value.h"
#include "codec/wire2/message_fields.h"
#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

constexpr std::string_view kJson =
    R"({"host":"db1","epoch":{"counter":3,"id":"a1"},"lineage":[],"leads":true,"vouched_below":0,"acknowledged":{"epoch":0,"generation":0,"version":0}})";

Hello hello() { return Hello{.host = "db1", .epoch = {.counter = 3, .id = "a1"}, .lineage = {}, .leads = true}; }

TEST(HelloLine, ComesBackAsItWas) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    json::Random random(seed);
    const auto drawn = json::draw<Hello>(random);
    const auto line = encode_hello_line(drawn);
    ASSERT_TRUE(is_hello(line));
    ASSERT_TRUE(line.starts_with("HELLO|2|{"));
    ASSERT_FALSE(line.contains('\n'));
    ASSERT_EQ(decode_hello_line(line), (HelloLine{.offered = 2, .version = 2, .hello = drawn})) << line;
  }
}

TEST(HelloLine, NeedsNoTypeInItsJson) {
  EXPECT_EQ(decode_hello_line(fmt::format("HELLO|2|{}", kJson)), (HelloLine{.hello = hello()}));
  EXPECT_EQ(decode_hello_line(fmt::format("HELLO|2|{}\r", kJson)), (HelloLine{.hello = hello()}));
}

TEST(HelloLine, AHigherVersionIsAnsweredAtOurs) {
  const auto line = decode_hello_line(fmt::format("HELLO|17|{}", kJson));
  ASSERT_TRUE(line) << line.error().text;
  EXPECT_EQ(line->offered, 17u);
  EXPECT_EQ(line->version, kVersion);
}

TEST(HelloLine, ALowerVersionIsRefused) {
  const auto line = decode_hello_line(fmt::format("HELLO|1|{}", kJson));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().text, "HELLO: version 1 was offered; 2 is the lowest");
}

TEST(HelloLine, IsToldFromTheLinesOfMmm2) {
  for (const auto* line : {"PING|1|db1", "PING|2|db1", "SET_STATUS|1|db3|ONLINE||db1", "", "HELLO", "hello|2|{}", " HELLO|2|{}"})
    EXPECT_FALSE(is_hello(line)) << line;
  EXPECT_TRUE(is_hello("HELLO|"));
}

TEST(HelloLine, BadOnesAreErrors) {
  for (const auto* line : {"", "HELLO", "HELLO|", "HELLO|2", "HELLO|2|", "HELLO||{}", "HELLO|x|{}", "HELLO|-2|{}", "HELLO|+2|{}",
                           "HELLO|2 |{}", "HELLO|99999999999|{}", "HELLO|2|{}", "HELLO|2|[]", "HELLO|2|{\"host\":\"a b\"}",
                           "PING|1|db1"}) {
    const auto decoded = decode_hello_line(line);
    ASSERT_FALSE(decoded) << line;
    EXPECT_FALSE(decoded.error().text.empty());
  }
  EXPECT_EQ(decode_hello_line("HELLO|2|{}").error().text,
            "message hello: host: expected a name made of letters, digits, _ and -, found nothing");
  EXPECT_FALSE(decode_hello_line("HELLO|2|" + std::string(kMaxLine + 1, ' ')));
}

}  // namespace
}  // namespace mmm::wire2
