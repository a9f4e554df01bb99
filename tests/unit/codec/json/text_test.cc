#include "codec/json/text.h"

#include <gtest/gtest.h>

#include "codec/json/writer.h"

namespace mmm::json {
namespace {

std::string quoted(std::string_view text, std::size_t longest = kUncut) {
  std::string out;
  append_quoted(out, text, longest);
  return out;
}

TEST(JsonText, PlainTextStaysAsItIs) { EXPECT_EQ(quoted("db1 is fine: ü€𝄞"), "\"db1 is fine: ü€𝄞\""); }

TEST(JsonText, ControlCharactersAreEscaped) {
  EXPECT_EQ(quoted("a\"b\\c\nd\re\tf\x01g\x7fh"), R"("a\"b\\c\nd\re\tf\u0001g\u007fh")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(JsonText, BytesThatAreNoUtf8AreReplacedOneByOne) {
  EXPECT_EQ(quoted("caf\xE9!"), "\"caf\uFFFD!\"");               // Latin-1
  EXPECT_EQ(quoted("\xC0\xAF"), "\"\uFFFD\uFFFD\"");             // overlong
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");   // a surrogate
  EXPECT_EQ(quoted("\xF4\x90\x80\x80").size(), 2u + 4 * 3);      // beyond U+10FFFF
  EXPECT_EQ(quoted("\xE2\x82"), "\"\uFFFD\uFFFD\"");             // cut off
  EXPECT_EQ(quoted("\x80"), "\"\uFFFD\"");
}

TEST(JsonText, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(quoted("abcdef", 6), "\"abcdef\"");
  EXPECT_EQ(quoted("abcdef", 5), "\"abcde…\"");
  EXPECT_EQ(quoted("abcü", 4), "\"abc…\"");
}

TEST(JsonWriter, CutsFreeTextButNoToken) {
  const std::string text(kTextMax + 1, 'x');
  Writer out;
  out.begin_array();
  out.text(text);
  out.token(text);
  out.end_array();
  EXPECT_EQ(out.take(), "[\"" + text.substr(1) + "…\",\"" + text + "\"]");
}

TEST(JsonWriter, PutsCommasBetweenMembersAndElementsOnly) {
  Writer out;
  out.begin_object();
  out.key("a");
  out.begin_array();
  out.number(std::int64_t{-1});
  out.boolean(true);
  out.begin_object();
  out.end_object();
  out.end_array();
  out.key("b");
  out.real(0.5);
  out.end_object();
  EXPECT_EQ(out.take(), R"({"a":[-1,true,{}],"b":0.5})");
}

}  // namespace
}  // namespace mmm::json
