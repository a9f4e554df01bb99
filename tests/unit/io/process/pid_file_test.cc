#include "io/process/pid_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/process/server_process.h"
#include "support.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

TEST(PidFile, HoldsOurPidAndGoesWithUs) {
  Directory directory;
  {
    auto file = PidFile::take(directory / "agent.pid");
    ASSERT_TRUE(file) << file.error().text;
    EXPECT_EQ(read_pid_file(directory / "agent.pid"), ::getpid());
  }
  EXPECT_FALSE(std::filesystem::exists(directory / "agent.pid"));
}

TEST(PidFile, RefusesTheSecondCopyAndNamesTheFirst) {
  Directory directory;
  const auto path = directory / "agent.pid";
  Child first([&] { new Result<PidFile>(PidFile::take(path)); });
  const auto second = PidFile::take(path);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, HasSubstr("process " + std::to_string(first.pid())));
  EXPECT_THAT(second.error().text, HasSubstr(path));
  EXPECT_EQ(read_pid_file(path), first.pid()) << "the refused copy must not touch the file";

  first.kill_now();
  first.reap();
  auto third = PidFile::take(path);
  ASSERT_TRUE(third) << "a killed copy leaves the file, not the lock";
  EXPECT_EQ(read_pid_file(path), ::getpid());
}

TEST(PidFile, IsNotRemovedByAChildThatInheritedIt) {
  Directory directory;
  auto file = PidFile::take(directory / "agent.pid");
  ASSERT_TRUE(file);
  const pid_t child = ::fork();
  if (child == 0) {
    { auto gone = std::move(*file); }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(directory / "agent.pid"));
  EXPECT_FALSE(PidFile::take(directory / "agent.pid")) << "and the lock is still ours";
}

TEST(PidFile, NamesWhatItCannotOpen) {
  Directory directory;
  const auto file = PidFile::take(directory / "no/agent.pid");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text, HasSubstr(directory / "no/agent.pid"));
}

}  // namespace
}  // namespace mmm
