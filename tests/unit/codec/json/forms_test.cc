#include "codec/json/forms.h"

#include <gtest/gtest.h>

#include "codec/json/model_fields.h"

namespace mmm::json {
namespace {

template <class T, class Tag = Text>
std::string written(const T& from) {
  Writer out;
  Form<T, Tag>::write(out, from);
  return out.take();
}

template <class T, class Tag = Text>
std::optional<T> read(std::string_view text) {
  const auto object = parse_object("{\"x\":" + std::string(text) + "}", 1024 * 1024);
  T into{};
  Trouble trouble;
  if (!object || !read_value<T, Tag>(object->at("x"), into, trouble)) return std::nullopt;
  return into;
}

template <class T, class Tag = Text>
std::string trouble_with(std::string_view text) {
  const auto object = parse_object("{\"x\":" + std::string(text) + "}", 1024 * 1024);
  if (!object) return object.error().text;
  T into{};
  Trouble trouble;
  if (read_value<T, Tag>(object->at("x"), into, trouble)) return "";
  prepend(trouble, "x");
  return to_string(trouble);
}

TEST(Forms, WholeNumbersHaveTheRangeOfTheirType) {
  EXPECT_EQ(read<std::uint16_t>("65535"), 65535);
  EXPECT_FALSE(read<std::uint16_t>("65536"));
  EXPECT_FALSE(read<std::uint16_t>("-1"));
  EXPECT_EQ(read<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_FALSE(read<std::uint64_t>("18446744073709551616"));
  EXPECT_EQ(read<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_FALSE(read<std::int64_t>("9223372036854775808"));
  EXPECT_EQ(written(std::uint64_t{UINT64_MAX}), "18446744073709551615");
}

TEST(Forms, AWholeNumberMayBeSpelledAsAFloatingOne) {
  EXPECT_EQ(read<std::uint64_t>("1e3"), 1000u);
  EXPECT_EQ(read<int>("-5.0"), -5);
  EXPECT_FALSE(read<int>("5.5"));
  EXPECT_FALSE(read<std::uint64_t>("1e19"));
  EXPECT_FALSE(read<std::uint64_t>("1e400"));
}

TEST(Forms, NumbersAreNotTextsNorBooleans) {
  EXPECT_EQ(trouble_with<std::uint16_t>("\"5\""), "x: expected a whole number from 0 to 65535, found \"5\"");
  EXPECT_EQ(trouble_with<std::int64_t>("true"),
            "x: expected a whole number from -9223372036854775808 to 9223372036854775807, found true");
  EXPECT_EQ(trouble_with<bool>("1"), "x: expected true or false, found 1");
  EXPECT_EQ(trouble_with<double>("{}"), "x: expected a number, found an object");
  EXPECT_FALSE(read<double>("1e999"));
}

TEST(Forms, DurationsAreMillisecondsDownToTheNanosecond) {
  EXPECT_EQ(written(Duration(2s)), "2000");
  EXPECT_EQ(written(Duration(500us)), "0.5");
  EXPECT_EQ(written(Duration(1)), "0.000001");
  EXPECT_EQ(read<Duration>("2000"), Duration(2s));
  EXPECT_EQ(read<Duration>("2e3"), Duration(2s));
  EXPECT_EQ(read<Duration>("0.000001"), Duration(1));
  EXPECT_EQ(read<Duration>("1125899906.842623"), Duration((std::int64_t{1} << 50) - 1));
  EXPECT_FALSE(read<Duration>("-1"));
  EXPECT_FALSE(read<Duration>("-0.001"));
  EXPECT_FALSE(read<Duration>("1e30"));
  EXPECT_FALSE(read<Duration>("9223372036856"));
  EXPECT_FALSE(read<Duration>("\"2s\""));
}

// Goal: a lease is never told shorter than it is, and one without an end stays one.
TEST(Forms, ADurationTooLongForItsFractionIsRoundedUp) {
  EXPECT_EQ(written(Duration(kExactFraction + 1ns)), "1125899907");
  EXPECT_EQ(read<Duration>(written(Duration::max())), Duration::max());
}

TEST(Forms, ANegativeDurationIsWrittenAsNone) { EXPECT_EQ(written(Duration(-5s)), "0"); }

TEST(Forms, NamesOfHostsAreChecked) {
  EXPECT_EQ((read<std::string, Host>("\"db-1_A\"")), "db-1_A");
  for (const auto* bad : {"\"\"", "\"db 1\"", "\"db1\\n\"", "\"db|1\"", "\"dü\"", "\"db1\\u0000\"", "7"})
    EXPECT_FALSE((read<std::string, Host>(bad))) << bad;
  EXPECT_FALSE((read<std::string, Host>('"' + std::string(256, 'a') + '"')));
  EXPECT_EQ((read<std::string, HostOrNone>("\"\"")), "");
}

TEST(Forms, AddressesAreReadIntoOneSpelling) {
  EXPECT_EQ((read<std::string, Address>("\"10.0.0.80\"")), "10.0.0.80");
  EXPECT_EQ((read<std::string, Address>("\"FD00:0:0::1\"")), "fd00::1");
  for (const auto* bad : {"\"\"", "\"10.0.0\"", "\"10.0.0.256\"", "\"10.0.0.80/24\"", "\"db1\"", "\"10.0.0.80\\u0000\""})
    EXPECT_FALSE((read<std::string, Address>(bad))) << bad;
}

TEST(Forms, RolesAreNameAndAddress) {
  EXPECT_EQ(read<Role>("\"writer(10.0.0.80)\""), (Role{"writer", "10.0.0.80"}));
  for (const auto* bad : {"\"writer\"", "\"writer()\"", "\"(10.0.0.80)\"", "\"writer(10.0.0.80\"", "\"w r(10.0.0.80)\"",
                          "\"writer(10.0.0.800)\"", "\"writer(10.0.0.80))\"", "\"\"", "[]"})
    EXPECT_FALSE(read<Role>(bad)) << bad;
}

TEST(Forms, GtidSetsAreMariaDbsText) {
  EXPECT_EQ(written(*parse_gtid_set("0-1-18446744073709551615,0-2-17")), "\"0-1-18446744073709551615,0-2-17\"");
  EXPECT_EQ(read<GtidSet>("\"\""), GtidSet{});
  EXPECT_EQ(trouble_with<GtidSet>("\"0-1\""), "x: expected MariaDB GTIDs like \"0-1-200,0-2-17\", found \"0-1\"");
  EXPECT_FALSE(read<GtidSet>("\"0-1-18446744073709551616\""));
  EXPECT_FALSE(read<GtidSet>("\"0-4294967296-1\""));
}

TEST(Forms, EnumerationsAreTheirWords) {
  EXPECT_EQ(read<HostState>("\"AWAITING_RECOVERY\""), HostState::awaiting_recovery);
  EXPECT_FALSE(read<HostState>("\"online\""));
  EXPECT_EQ(trouble_with<MonitorMode>("\"x\""), "x: expected one of ACTIVE MANUAL WAIT PASSIVE, found \"x\"");
}

TEST(Forms, TroubleNamesTheWholeWay) {
  EXPECT_EQ((trouble_with<std::map<HostName, HostPlan>>(R"x({"db1":{"state":"ONLINE","roles":["r(10.0.0.1)","?"]}})x")),
            "x.db1.roles.1: expected a role with its address like \"writer(10.0.0.80)\", found \"?\"");
  EXPECT_EQ((trouble_with<std::map<HostName, HostPlan>>(R"({"db 1":{}})")),
            "x: expected a name made of letters, digits, _ and -, found \"db 1\"");
  EXPECT_EQ(trouble_with<Epoch>(R"({"counter":1})"), "x.id: expected a text, found nothing");
}

TEST(Forms, AnEmptyOptionalMayBeNullOrAbsent) {
  EXPECT_EQ(read<std::optional<int>>("null"), std::optional<std::optional<int>>(std::in_place));
  EXPECT_EQ(read<std::optional<int>>("5"), 5);
  EXPECT_FALSE(read<int>("null"));
}

struct Old {
  int a = 0;
  int b = 7;
};

}  // namespace

template <>
struct Description<Old> {
  static constexpr auto fields = std::tuple{field("a", &Old::a), later_field("b", &Old::b)};
};

namespace {

TEST(Forms, ALaterFieldKeepsItsDefaultWhenAbsent) {
  EXPECT_EQ(read<Old>(R"({"a":1})")->b, 7);
  EXPECT_EQ(read<Old>(R"({"a":1,"b":2})")->b, 2);
  EXPECT_FALSE(read<Old>(R"({"b":2})"));
  EXPECT_FALSE(read<Old>(R"({"a":1,"b":null})"));
}

struct Undescribed {
  int a = 0;
  std::optional<Epoch> forgotten;
};

}  // namespace

template <>
struct Description<Undescribed> {
  static constexpr auto fields = std::tuple{field("a", &Undescribed::a)};
};

namespace {

// Goal: who adds a member to a message and forgets to describe it is told by the compiler.
TEST(Forms, AMemberThatIsNotDescribedIsCounted) {
  static_assert(!kComplete<Undescribed>);
  static_assert(kComplete<Old> && kComplete<Instruction>);
}

TEST(Documents, AreBounded) {
  EXPECT_FALSE(parse_object("{}", 1));
  EXPECT_TRUE(parse_object("{}", 2));
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(parse_object(nested(kDepthMax), 1024));
  EXPECT_FALSE(parse_object(nested(kDepthMax + 1), 1024));
  EXPECT_FALSE(parse_object(std::string(100'000, '['), 1024 * 1024));
}

TEST(Documents, AreObjects) {
  for (const auto* bad : {"", " ", "[]", "1", "null", "{", "{}x", "{\"a\":}", "{\"a\":\"\xff\"}", "{'a':1}"})
    EXPECT_FALSE(parse_object(bad, 1024)) << bad;
}

}  // namespace
}  // namespace mmm::json
