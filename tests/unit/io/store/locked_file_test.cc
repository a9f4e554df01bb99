#include "io/store/locked_file.h"

#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "directory.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

// A child that takes the lock, says so, and sleeps.
pid_t holder(const std::string& path) {
  int ready[2];
  EXPECT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nobody behind
    auto lock = LockedFile::take(path);
    const char answer = lock ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char answer = 0;
  EXPECT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::close(ready[0]);
  ::close(ready[1]);
  return child;
}

TEST(LockedFile, RefusesTheSecondAndNamesTheFirst) {
  Directory directory;
  const pid_t first = holder(directory / "state");
  const auto second = LockedFile::take(directory / "state");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, HasSubstr("process " + std::to_string(first)));
  EXPECT_THAT(second.error().text, HasSubstr(directory / "state"));
  ::kill(first, SIGKILL);
  ::waitpid(first, nullptr, 0);
  EXPECT_TRUE(LockedFile::take(directory / "state")) << "the lock of a killed process is free";
}

TEST(LockedFile, RefusesTheSecondInOneProcess) {
  Directory directory;
  {
    auto first = LockedFile::take(directory / "state");
    ASSERT_TRUE(first);
    EXPECT_FALSE(LockedFile::take(directory / "state"));
    auto moved = std::move(*first);
    EXPECT_EQ(moved.path(), directory / "state");
    EXPECT_FALSE(LockedFile::take(directory / "state"));
  }
  EXPECT_TRUE(LockedFile::take(directory / "state"));
}

TEST(LockedFile, IsNotFooledByALockFileThatWasRemovedAndMadeAnew) {
  Directory directory;
  auto first = LockedFile::take(directory / "state");
  ASSERT_TRUE(first);
  std::filesystem::remove(directory / "state.lock");
  // Somebody removed it by hand: the second can't know of the first, but two that come later exclude each other.
  auto second = LockedFile::take(directory / "state");
  ASSERT_TRUE(second);
  EXPECT_FALSE(LockedFile::take(directory / "state"));
}

TEST(LockedFile, NamesWhatItCannotOpen) {
  Directory directory;
  const auto lock = LockedFile::take(directory / "not/here");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().text, HasSubstr(directory / "not/here.lock"));
}

}  // namespace
}  // namespace mmm
