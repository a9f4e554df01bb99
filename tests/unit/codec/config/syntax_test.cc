#include "codec/config/syntax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace mmm::conf {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Items in one line each: `1 debug=no`, `2 <host db1> ip=10.0.0.4`, `3 include x`.
std::vector<std::string> items(std::string_view text) {
  std::vector<std::string> lines;
  const auto show = [&](const std::string& prefix, const ConfigEntry& entry) {
    lines.push_back(fmt::format("{} {}{}={}", entry.where.line, prefix, entry.name, entry.value));
  };
  for (const auto& item : parse_config_text(text, "f").items) {
    if (const auto* entry = std::get_if<ConfigEntry>(&item)) show("", *entry);
    if (const auto* include = std::get_if<ConfigInclude>(&item))
      lines.push_back(fmt::format("{} include {}", include->where.line, include->file));
    if (const auto* section = std::get_if<ConfigSection>(&item)) {
      lines.push_back(fmt::format("{} <{}|{}>", section->where.line, section->type, section->label));
      for (const auto& entry : section->entries) show("  ", entry);
    }
  }
  return lines;
}

std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> lines;
  std::ranges::transform(parse_config_text(text, "f").problems, std::back_inserter(lines), format_problem);
  return lines;
}

TEST(Syntax, ReadsVariablesSectionsAndIncludesInTheOrderOfTheFile) {
  EXPECT_THAT(items("debug no\n<host db1>\n  ip 10.0.0.4\n</host>\ninclude x.conf\nthis db1\n"),
              ElementsAre("1 debug=no", "2 <host|db1>", "3   ip=10.0.0.4", "5 include x.conf", "6 this=db1"));
}

TEST(Syntax, SkipsBlankLinesAndCommentsAtTheBeginningOfALine) {
  EXPECT_THAT(items("# a\n\n \t\n   # b\n#<host db1>\ndebug no\n"), ElementsAre("6 debug=no"));
}

TEST(Syntax, TakesANumberSignWithinALineAsPartOfTheValue) {
  EXPECT_THAT(items("agent_password a # b#\n"), ElementsAre("1 agent_password=a # b#"));
}

TEST(Syntax, CutsWhiteSpaceAroundTheValueAndKeepsItWithin) {
  EXPECT_THAT(items("\t ips \t 10.0.0.1,  10.0.0.2\t \r\n"), ElementsAre("1 ips=10.0.0.1,  10.0.0.2"));
}

TEST(Syntax, ReadsTheLastLineWithoutANewline) { EXPECT_THAT(items("debug no"), ElementsAre("1 debug=no")); }

TEST(Syntax, ReadsLinesThatEndWithCarriageReturns) {
  EXPECT_THAT(items("<socket>\r\ntype ssl\r\n</socket>\r\n"), ElementsAre("1 <socket|>", "2   type=ssl"));
}

TEST(Syntax, ReadsEmptySections) {
  EXPECT_THAT(items("<socket/>\n<check mysql/>\n<check ping />\n< socket / >\n"),
              ElementsAre("1 <socket|>", "2 <check|mysql>", "3 <check|ping>", "4 <socket|>"));
}

TEST(Syntax, AllowsWhiteSpaceWithinSectionLines) {
  EXPECT_THAT(items("  <  host \t db-1_A  >\n </ host >"), ElementsAre("1 <host|db-1_A>"));
}

TEST(Syntax, KeepsAnEntryWithoutAValueForTheTableToJudge) { EXPECT_THAT(items("debug  \n"), ElementsAre("1 debug=")); }

TEST(Syntax, RefusesALineThatIsNoVariable) {
  EXPECT_THAT(problems("mode=master"),
              ElementsAre("f:1: the line is not understood; expected a variable (name, white space, value), a section "
                          "line (<name>, <name label>, <name/>, </name>) or a # comment; put a blank between name and "
                          "value"));
  EXPECT_THAT(problems("\n!\n"), ElementsAre(HasSubstr("f:2: the line is not understood")));
}

TEST(Syntax, NeverShowsALineThatItDoesNotUnderstand) {
  EXPECT_THAT(problems("agent_password=hunter2\nagent_password: hunter2\nhunter2! x\n<agent_password hunter2 x\n"),
              testing::Each(testing::Not(HasSubstr("hunter2!"))));
  for (const auto& problem : problems("agent_password=hunter2\nagent_password:hunter2\n"))
    EXPECT_THAT(problem, testing::Not(HasSubstr("hunter2")));
}

TEST(Syntax, RefusesASectionThatIsNeverClosed) {
  EXPECT_THAT(problems("\n<host db1>\nip 10.0.0.4\n"),
              ElementsAre("f:2: <host db1>: is never closed; expected </host>"));
}

TEST(Syntax, RefusesASectionThatBeginsWithinAnotherAndReadsBoth) {
  const auto* text = "<host db1>\nip 10.0.0.4\n<host db2>\nip 10.0.0.5\n</host>\n";
  EXPECT_THAT(problems(text),
              ElementsAre("f:1: <host db1>: is not closed before the next section begins (line 3); expected </host>"));
  EXPECT_THAT(items(text), ElementsAre("1 <host|db1>", "2   ip=10.0.0.4", "3 <host|db2>", "4   ip=10.0.0.5"));
}

TEST(Syntax, RefusesAnEndThatFitsNoBeginning) {
  EXPECT_THAT(problems("</host>"), ElementsAre("f:1: a section ends here, but none is open"));
  EXPECT_THAT(problems("<host db1>\n</role>"),
              ElementsAre("f:2: this does not close <host db1>, opened in line 1; expected </host>"));
  EXPECT_THAT(problems("<host db1>\n</host db1>"), ElementsAre(HasSubstr("f:2: this does not close <host db1>")));
}

TEST(Syntax, RefusesSectionLinesThatAreNone) {
  for (const std::string line : {"<>", "</>", "<host db1 db2>", "<ho$t>", "< / >", "<host db1"})
    EXPECT_FALSE(problems(line + "\n").empty()) << line;
  EXPECT_THAT(problems("<host db1\n</host>"), ElementsAre(HasSubstr("f:1: the section line does not end with >")));
}

TEST(Syntax, RefusesNamesThatCouldNotTravelInAProtocolLine) {
  EXPECT_THAT(problems("<host db.1/>"),
              ElementsAre("f:1: \"db.1\" is not a valid name; expected at most 64 letters, digits, _ and -"));
  EXPECT_THAT(problems("<host d|b/>"), ElementsAre(HasSubstr("is not a valid name")));
  EXPECT_THAT(problems("<host " + std::string(64, 'a') + "/>"), IsEmpty());
  EXPECT_THAT(problems("<host " + std::string(65, 'a') + "/>"), ElementsAre(HasSubstr("is not a valid name")));
}

TEST(Syntax, StillReadsTheEntriesOfASectionWithAWrongName) {
  EXPECT_THAT(items("<host db.1>\nip 10.0.0.4\n</host>"), ElementsAre("1 <host|db_1>", "2   ip=10.0.0.4"));
}

TEST(Syntax, RefusesAnIncludeWithoutAFileOrWithinASection) {
  EXPECT_THAT(problems("include\n"), ElementsAre("f:1: include without a file; expected include FILE"));
  EXPECT_THAT(problems("<host db1>\ninclude x\n</host>"),
              ElementsAre("f:2: include inside of a section; put it before or after <host db1>"));
}

TEST(Syntax, RefusesABinaryFileInOneProblem) {
  const std::string text("debug no\n\0\0!\n!\n", 15);
  EXPECT_THAT(problems(text), ElementsAre("f: is a binary file (it holds NUL bytes); expected a text file"));
}

TEST(Syntax, RefusesAByteOrderMark) {
  EXPECT_THAT(problems("\xef\xbb\xbf" "debug no\n"), ElementsAre(HasSubstr("begins with a byte order mark")));
}

TEST(Syntax, RefusesControlCharactersButNotTabsOrLettersBeyondAscii) {
  EXPECT_THAT(problems("clone_dirs a\x1b[2J\n"),
              ElementsAre("f:1: the line holds a control character; expected plain text"));
  EXPECT_THAT(problems("clone_dirs a\tb\nagent_password p\xc3\xa4ss\n"), IsEmpty());
}

TEST(Syntax, RefusesALineOverSixtyFourKibibytesAndReadsOn) {
  const auto longest = "clone_dirs " + std::string(kLineBytesMax - 11, 'a');
  EXPECT_THAT(problems(longest + "\n"), IsEmpty());
  EXPECT_THAT(problems(longest + "a\n!\n"),
              ElementsAre("f:1: the line is longer than 64 KiB; expected a shorter line", HasSubstr("f:2: ")));
}

TEST(Syntax, ReportsEveryProblemOfAFile) {
  EXPECT_THAT(
      problems("!\n</host>\n<host db1>\n?\n"),
      ElementsAre(HasSubstr("f:1: "), HasSubstr("f:2: "), HasSubstr("f:4: "), HasSubstr("f:3: <host db1>: is never")));
}

}  // namespace
}  // namespace mmm::conf
