#include "codec/config/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mmm {
namespace {

using ::testing::HasSubstr;

TEST(Problem, NamesFileLineEntryWhatWasFoundAndWhatWasExpected) {
  EXPECT_EQ(format_problem({.file = "mmm_common.conf", .line = 12, .entry = "<host db1> mode",
                            .found = "\"mastr\" is not valid", .expected = "master or slave"}),
            "mmm_common.conf:12: <host db1> mode: \"mastr\" is not valid; expected master or slave");
}

TEST(Problem, LeavesOutWhatItHasNot) {
  EXPECT_EQ(format_problem({.file = "f", .found = "x", .advice = "do y"}), "f: x; do y");
}

TEST(Problem, StandsInTheOrderOfFilesAndLinesAndOnlyOnce) {
  ConfigProblems problems{{.file = "b", .line = 1, .found = "1"}, {.file = "a", .line = 10, .found = "2"},
                          {.file = "a", .line = 9, .found = "3"}, {.file = "b", .line = 1, .found = "1"},
                          {.file = "a", .found = "4"}};
  sort_problems(problems);
  EXPECT_EQ(format_problems(problems), "a: 4\na:9: 3\na:10: 2\nb:1: 1\n");
}

TEST(Problem, IsCountedWhenThereAreMoreThanAPersonReads) {
  const ConfigProblems problems(kShownProblemsMax + 7, {.file = "f", .found = "x"});
  EXPECT_THAT(format_problems(problems), testing::EndsWith("f: x\nand 7 more\n"));
  EXPECT_EQ(format_problems(ConfigProblems(kShownProblemsMax, {.file = "f", .found = "x"})).find("more"),
            std::string::npos);
}

TEST(Problem, QuotesWhatCouldDisturbATerminal) {
  EXPECT_EQ(conf::in_quotes("a\x1b[2J\"\\\n"), "\"a\\x1b[2J\\x22\\x5c\\x0a\"");
  EXPECT_EQ(conf::in_quotes(std::string(81, 'a')), "\"" + std::string(80, 'a') + "…\"");
}

TEST(Problem, ShowsAnOriginAsFileAndLineOrAsDefault) {
  EXPECT_EQ(to_string(ConfigOrigin{"f", 3}), "f:3");
  EXPECT_EQ(to_string(ConfigOrigin{}), "default");
}

}  // namespace
}  // namespace mmm
