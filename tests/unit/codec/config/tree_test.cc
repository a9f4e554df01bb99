// Files: where they are searched, includes, mmm3.conf, what is refused.

#include "codec/config/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"

namespace mmm::test {
namespace {

using conf::read_config_tree;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ConfigLocation location(std::optional<std::string> file = std::nullopt,
                        std::optional<std::string> cluster = std::nullopt) {
  return {.stem = "mmm_mon", .cluster = std::move(cluster), .file = std::move(file), .search_dirs = {"/a", "/b"}};
}

// "name=value@file:line" of each top-level entry.
std::vector<std::string> entries(const conf::ConfigTree& tree) {
  std::vector<std::string> lines;
  for (const auto& entry : tree.top)
    lines.push_back(fmt::format("{}={}@{}", entry.name, entry.value, to_string(entry.where)));
  return lines;
}

std::vector<std::string> problems(const conf::ConfigTree& tree) {
  std::vector<std::string> lines;
  for (const auto& problem : tree.problems) lines.push_back(format_problem(problem));
  return lines;
}

TEST(Tree, TakesTheFirstFileOfTheSearchPath) {
  MemoryFiles files;
  files.files["/b/mmm_mon.conf"] = {"debug 1\n"};
  EXPECT_THAT(entries(read_config_tree(location(), files)), ElementsAre("debug=1@/b/mmm_mon.conf:1"));
  files.files["/a/mmm_mon.conf"] = {"debug 0\n"};
  EXPECT_THAT(entries(read_config_tree(location(), files)), ElementsAre("debug=0@/a/mmm_mon.conf:1"));
}

TEST(Tree, SaysWhereItSearchedInVain) {
  const auto tree = read_config_tree(location(), MemoryFiles{});
  EXPECT_THAT(problems(tree),
              ElementsAre("mmm_mon.conf: does not exist; expected it in /a, /b; create it, set MMM_CONFIG_DIR "
                          "or give --config FILE"));
  EXPECT_FALSE(tree.complete);
}

TEST(Tree, TakesTheFileOfTheCommandLineAsAPathOrSearchesForAName) {
  MemoryFiles files;
  files.files["/x/my.conf"] = {"debug 1\n"};
  files.files["/b/my.conf"] = {"debug 0\n"};
  EXPECT_THAT(entries(read_config_tree(location("/x/../x/my"), files)), ElementsAre("debug=1@/x/my.conf:1"));
  EXPECT_THAT(entries(read_config_tree(location("my.conf"), files)), ElementsAre("debug=0@/b/my.conf:1"));
  EXPECT_THAT(problems(read_config_tree(location("/x/other"), files)), ElementsAre("/x/other.conf: does not exist"));
  EXPECT_THAT(problems(read_config_tree(location("other"), files)),
              ElementsAre(HasSubstr("for a file of the current directory write ./other.conf")));
}

TEST(Tree, FindsAnIncludeAsAMainFileAndPutsItInItsPlace) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"debug 0\ninclude mmm_common\nthis db1\n"};
  files.files["/b/mmm_common.conf"] = {"debug 1\n"};
  const auto tree = read_config_tree(location(), files);
  EXPECT_THAT(entries(tree),
              ElementsAre("debug=0@/a/mmm_mon.conf:1", "debug=1@/b/mmm_common.conf:1", "this=db1@/a/mmm_mon.conf:3"));
  EXPECT_THAT(tree.files, ElementsAre("/a/mmm_mon.conf", "/b/mmm_common.conf"));
}

TEST(Tree, TakesAnAbsoluteInclude) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include /elsewhere/x.conf\n"};
  files.files["/elsewhere/x.conf"] = {"debug 1\n"};
  EXPECT_THAT(entries(read_config_tree(location(), files)), ElementsAre("debug=1@/elsewhere/x.conf:1"));
}

TEST(Tree, SearchesIncludesBesideAnExplicitFileFirst) {
  MemoryFiles files;
  files.files["/x/my.conf"] = {"include common.conf\ninclude other.conf\n"};
  files.files["/x/common.conf"] = {"debug 1\n"};
  files.files["/a/common.conf"] = {"debug 0\n"};
  files.files["/a/other.conf"] = {"this db1\n"};
  EXPECT_THAT(entries(read_config_tree(location("/x/my.conf"), files)),
              ElementsAre("debug=1@/x/common.conf:1", "this=db1@/a/other.conf:1"));
}

TEST(Tree, NamesAnIncludeThatDoesNotExistWhereItIsAskedFor) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"\ninclude mmm_comon.conf\ninclude /x.conf\ninclude a.conf # why\n"};
  const auto tree = read_config_tree(location(), files);
  EXPECT_THAT(problems(tree),
              ElementsAre("/a/mmm_mon.conf:2: include: \"mmm_comon.conf\" does not exist; expected a file in /a, /b",
                          "/a/mmm_mon.conf:3: include: \"/x.conf\" does not exist",
                          HasSubstr("; a # starts a comment only at the beginning of a line")));
  EXPECT_FALSE(tree.complete);
}

TEST(Tree, RefusesALoopOfIncludesAndNamesItsChain) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include x\n"};
  files.files["/a/x.conf"] = {"include /a/./y\n"};
  files.files["/a/y.conf"] = {"\ninclude x\n"};
  EXPECT_THAT(
      problems(read_config_tree(location(), files)),
      ElementsAre("/a/y.conf:2: include: the includes make a loop: /a/mmm_mon.conf -> /a/x.conf -> /a/y.conf -> "
                  "/a/x.conf; remove one of them"));
  files.files["/a/mmm_mon.conf"] = {"include mmm_mon\n"};
  EXPECT_THAT(problems(read_config_tree(location(), files)),
              ElementsAre(HasSubstr("loop: /a/mmm_mon.conf -> /a/mmm_mon.conf")));
}

TEST(Tree, ReadsAFileTwiceThatIsIncludedTwice) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include x\ndebug 0\ninclude x\n"};
  files.files["/a/x.conf"] = {"debug 1\n"};
  EXPECT_EQ(entries(read_config_tree(location(), files)).size(), 3u);
}

TEST(Tree, RefusesIncludesThatAreTooDeep) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include f1\n"};
  for (int i = 1; i <= 20; ++i) files.files[fmt::format("/a/f{}.conf", i)] = {fmt::format("include f{}\n", i + 1)};
  EXPECT_THAT(problems(read_config_tree(location(), files)),
              ElementsAre("/a/f15.conf:1: include: includes are nested deeper than 16 files"));
}

TEST(Tree, EndsFilesThatMultiply) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include f1\ninclude f1\n"};
  for (int i = 1; i <= 12; ++i)
    files.files[fmt::format("/a/f{}.conf", i)] = {fmt::format("include f{0}\ninclude f{0}\n", i + 1)};
  files.files["/a/f13.conf"] = {""};
  const auto tree = read_config_tree(location(), files);
  EXPECT_EQ(tree.files.size(), conf::kFilesMax);
  EXPECT_THAT(problems(tree), testing::Each(HasSubstr("more than 64 files are included")));
}

TEST(Tree, ReadsOurOwnFileAfterTheMainFileAndBesideIt) {
  MemoryFiles files;
  files.files["/b/mmm_mon.conf"] = {"debug 0\n"};
  files.files["/a/mmm3.conf"] = {"debug 7\n"};
  files.files["/b/mmm3_C1.conf"] = {"debug 8\n"};
  EXPECT_THAT(entries(read_config_tree(location(), files)), ElementsAre("debug=0@/b/mmm_mon.conf:1"));
  files.files["/b/mmm3.conf"] = {"debug 1\n"};
  EXPECT_THAT(entries(read_config_tree(location(), files)),
              ElementsAre("debug=0@/b/mmm_mon.conf:1", "debug=1@/b/mmm3.conf:1"));
  EXPECT_THAT(entries(read_config_tree(location("/b/mmm_mon.conf"), files)),
              ElementsAre("debug=0@/b/mmm_mon.conf:1", "debug=1@/b/mmm3.conf:1"));
}

TEST(Tree, ReadsTheFilesOfACluster) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"debug 0\n"};
  files.files["/a/mmm3.conf"] = {"debug 0\n"};
  files.files["/b/mmm_mon_C1.conf"] = {"debug 1\n"};
  files.files["/b/mmm3_C1.conf"] = {"this db1\n"};
  EXPECT_THAT(entries(read_config_tree(location(std::nullopt, "C1"), files)),
              ElementsAre("debug=1@/b/mmm_mon_C1.conf:1", "this=db1@/b/mmm3_C1.conf:1"));
}

TEST(Tree, RefusesFilesThatOthersMayReadOrWriteAndSaysHowToChangeThat) {
  MemoryFiles files;
  for (const auto mode : {0644U, 0604U, 0602U, 0666U}) {
    files.files["/a/mmm_mon.conf"] = {"debug 0\n", mode};
    EXPECT_THAT(
        problems(read_config_tree(location(), files)),
        ElementsAre(fmt::format("/a/mmm_mon.conf: others may read or write it (mode {:04o}), and it holds passwords; "
                                "run: chmod o-rw /a/mmm_mon.conf",
                                mode)));
  }
  for (const auto mode : {0600U, 0640U, 0660U, 0641U, 0400U}) {
    files.files["/a/mmm_mon.conf"] = {"debug 0\n", mode};
    EXPECT_THAT(problems(read_config_tree(location(), files)), testing::IsEmpty());
  }
}

TEST(Tree, RefusesIncludedFilesAndOurOwnFileJustSo) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {"include x\n"};
  files.files["/a/x.conf"] = {"debug 0\n", 0644};
  files.files["/a/mmm3.conf"] = {"debug 0\n", 0644};
  EXPECT_THAT(problems(read_config_tree(location(), files)),
              ElementsAre(HasSubstr("/a/x.conf: others"), HasSubstr("/a/mmm3.conf: others")));
}

TEST(Tree, RefusesWhatCanNotBeReadAndLooksNoFurther) {
  MemoryFiles files;
  files.broken["/a/mmm_mon.conf"] = "is a directory";
  files.files["/b/mmm_mon.conf"] = {"debug 0\n"};
  EXPECT_THAT(problems(read_config_tree(location(), files)),
              ElementsAre("/a/mmm_mon.conf: is a directory; expected a readable text file"));
}

TEST(Tree, RefusesBinaryAndHugeFiles) {
  MemoryFiles files;
  files.files["/a/mmm_mon.conf"] = {std::string("a\0b", 3)};
  auto tree = read_config_tree(location(), files);
  EXPECT_THAT(problems(tree), ElementsAre(HasSubstr("is a binary file")));
  EXPECT_FALSE(tree.complete);
  files.files["/a/mmm_mon.conf"] = {std::string(kFileBytesMax + 1, '\n')};
  tree = read_config_tree(location(), files);
  EXPECT_THAT(problems(tree), ElementsAre("/a/mmm_mon.conf: is larger than 1 MiB; expected a configuration file"));
  EXPECT_FALSE(tree.complete);
}

}  // namespace
}  // namespace mmm::test
