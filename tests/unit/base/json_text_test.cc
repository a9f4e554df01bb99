#include "base/json_text.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(JsonText, WritesObjectsAndArraysInTheOrderOfTheirMembers) {
  JsonArray list;
  list.add("a").add(-1).add(true);
  const auto text =
      JsonObject{}.add("list", list.done()).add("none", JsonText::null()).add("empty", JsonObject{}.done()).done().text;
  EXPECT_EQ(text, R"({"list":["a",-1,true],"none":null,"empty":{}})");
}

TEST(JsonText, KeepsEveryDigitOfALargeNumber) {
  EXPECT_EQ(JsonText::of(std::uint64_t{18446744073709551615u}).text, "18446744073709551615");
}

TEST(JsonText, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(JsonText::of(std::string("say \"hi\" \\ \n\t\x01\x7f")).text, R"("say \"hi\" \\ \n\u0009\u0001\u007f")");
  EXPECT_EQ(JsonText::of(std::string_view("\0", 1)).text, R"("\u0000")");
}

TEST(JsonText, LeavesGoodUtf8Alone) {
  for (const std::string text : {"grün", "€", "日本", "😀", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"})
    EXPECT_EQ(JsonText::of(text).text, '"' + text + '"');
}

TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  struct Case {
    std::string_view bytes, expected;
  };
  const Case cases[] = {
      {"a\xFFz", R"("a\ufffdz")"},                              // never a first byte
      {"\x80", R"("\ufffd")"},                                  // a tail without a head
      {"\xC3", R"("\ufffd")"},                                  // cut off
      {"\xC3(", R"("\ufffd(")"},                                // a head without a tail
      {"\xC0\xAF", R"("\ufffd\ufffd")"},                        // an overlong slash
      {"\xE0\x80\xAF", R"("\ufffd\ufffd\ufffd")"},              // overlong, three bytes
      {"\xF0\x80\x80\xAF", R"("\ufffd\ufffd\ufffd\ufffd")"},    // overlong, four bytes
      {"\xED\xA0\x80", R"("\ufffd\ufffd\ufffd")"},              // a surrogate
      {"\xF4\x90\x80\x80", R"("\ufffd\ufffd\ufffd\ufffd")"},    // beyond U+10FFFF
  };
  for (const auto& c : cases) EXPECT_EQ(JsonText::of(c.bytes).text, c.expected);
}

}  // namespace
}  // namespace mmm
