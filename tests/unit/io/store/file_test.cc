// Goal:   whatever fails, the old content or the new one is there, whole, and the error says which.
// Method: real files; each call fails once; the disk gets full for real, on a file system of one page.

#include "io/store/file.h"

#include <cerrno>
#include <csignal>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/store/file_calls.h"
#include "directory.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

// Lets call number `failing` fail, counted from 0; a write stops halfway first.
class OneFails : public FileCalls {
 public:
  explicit OneFails(int failing) : failing_(failing) {}
  bool failed() const { return failed_; }
  bool renamed() const { return renamed_; }

  int open(const char* path, int flags, mode_t mode) override { return fails() ? -1 : FileCalls::open(path, flags, mode); }
  int chmod(int fd, mode_t mode) override { return fails() ? -1 : FileCalls::chmod(fd, mode); }
  ssize_t write(int fd, const char* data, std::size_t size) override {
    return fails() ? -1 : FileCalls::write(fd, data, (size + 1) / 2);
  }
  int sync(int fd) override { return fails() ? -1 : FileCalls::sync(fd); }
  int close(int fd) override {
    const bool broken = fails();
    const int result = FileCalls::close(fd);
    return broken ? -1 : result;
  }
  int rename(const char* from, const char* to) override {
    if (fails()) return -1;
    renamed_ = true;
    return FileCalls::rename(from, to);
  }
  int unlink(const char* path) override { return fails() ? -1 : FileCalls::unlink(path); }

 private:
  bool fails() {
    if (calls_++ != failing_) return false;
    failed_ = true;
    errno = EIO;
    return true;
  }

  int failing_;
  int calls_ = 0;
  bool failed_ = false;
  bool renamed_ = false;
};

TEST(WriteDurably, KeepsTheOldContentWhicheverStepFails) {
  bool ran_out_of_steps = false;
  for (int step = 0; !ran_out_of_steps; ++step) {
    ASSERT_LT(step, 50);
    SCOPED_TRACE(step);
    Directory directory;
    ASSERT_TRUE(write_durably(directory / "state", "old"));
    OneFails calls(step);
    const auto status = write_durably(calls, directory / "state", "new content");
    if (!calls.renamed()) {
      EXPECT_FALSE(status);
      EXPECT_EQ(status.error().certainty, Certainty::failed);
      EXPECT_EQ(content(directory / "state"), "old");
      EXPECT_THAT(status.error().text, HasSubstr(directory / "state"));
      EXPECT_THAT(status.error().text, HasSubstr("errno 5"));
    } else {
      EXPECT_EQ(content(directory / "state"), "new content");
      EXPECT_TRUE(status || status.error().certainty == Certainty::unknown);
    }
    ran_out_of_steps = !calls.failed();
    // Whatever was left behind, the next write succeeds.
    ASSERT_TRUE(write_durably(directory / "state", "next"));
    EXPECT_EQ(content(directory / "state"), "next");
    EXPECT_FALSE(std::filesystem::exists(directory / "state.new"));
  }
}

TEST(WriteDurably, IsUnknownWhenOnlyTheDirectoryCannotBeSynced) {
  class SecondSyncFails : public FileCalls {
    int syncs_ = 0;
    int sync(int fd) override {
      if (++syncs_ < 2) return FileCalls::sync(fd);
      errno = EIO;
      return -1;
    }
  };
  Directory directory;
  SecondSyncFails calls;
  const auto status = write_durably(calls, directory / "state", "new");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().certainty, Certainty::unknown);
  EXPECT_EQ(content(directory / "state"), "new");
}

TEST(WriteDurably, OvercomesWhatACrashLeftBehind) {
  Directory directory;
  ASSERT_TRUE(write_durably(directory / "state.new", "half a sen"));
  ASSERT_TRUE(write_durably(directory / "state", "whole"));
  EXPECT_EQ(content(directory / "state"), "whole");
  EXPECT_FALSE(std::filesystem::exists(directory / "state.new"));
}

TEST(WriteDurably, SetsTheModeWhateverTheUmask) {
  Directory directory;
  for (const mode_t mask : {mode_t{0}, mode_t{077}}) {
    const mode_t before = ::umask(mask);
    ASSERT_TRUE(write_durably(directory / "state", "x"));
    ::umask(before);
    struct stat info {};
    ASSERT_EQ(::stat((directory / "state").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, kStateFileMode);
  }
}

TEST(WriteDurably, NamesTheMissingDirectory) {
  Directory directory;
  const auto status = write_durably(directory / "not/here", "x");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text, HasSubstr(directory / "not"));
  EXPECT_THAT(status.error().text, HasSubstr("No such file or directory"));
}

TEST(WriteDurably, KeepsTheOldContentAtAFileSizeLimit) {
  Directory directory;
  ASSERT_TRUE(write_durably(directory / "state", "old"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tiny{.rlim_cur = 1000, .rlim_max = before.rlim_max};
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &tiny);
  const auto status = write_durably(directory / "state", std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().text, HasSubstr("File too large"));
  EXPECT_EQ(content(directory / "state"), "old");
  EXPECT_FALSE(std::filesystem::exists(directory / "state.new"));
}

// Mounts a file system of three pages (one of them for its root) that nobody else sees, fills it, and writes.
int write_on_a_full_disk(const std::string& directory) {
  if (::unshare(CLONE_NEWNS) != 0) return 77;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  if (::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=16k") != 0) return 77;
  const std::string path = directory + "/state";
  if (!write_durably(path, "old")) return 1;
  const auto status = write_durably(path, std::string(64 * 1024, 'x'));
  if (status || status.error().text.find("No space left on device") == std::string::npos) return 2;
  if (content(path) != "old") return 3;
  if (std::filesystem::exists(path + ".new")) return 4;
  return write_durably(path, "new") && content(path) == "new" ? 0 : 5;
}

TEST(WriteDurably, KeepsTheOldContentOnAFullDisk) {
  Directory directory;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(write_on_a_full_disk(directory.path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "needs root, to mount a small file system";
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ReadFile, TellsAbsentFromUnreadable) {
  Directory directory;
  EXPECT_EQ(read_file(directory / "none", 100), std::nullopt);
  EXPECT_EQ(read_file(directory / "no/directory", 100), std::nullopt);
  ASSERT_EQ(::mkdir((directory / "folder").c_str(), 0700), 0);
  const auto folder = read_file(directory / "folder", 100);
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().text, HasSubstr("not a regular file"));
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_file(directory / "fifo", 100));
}

TEST(ReadFile, StopsAtTheLimit) {
  Directory directory;
  ASSERT_TRUE(write_durably(directory / "state", std::string(100, 'x')));
  EXPECT_EQ(read_file(directory / "state", 100), std::string(100, 'x'));
  const auto longer = read_file(directory / "state", 99);
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().text, HasSubstr("longer than 99 bytes"));
}

TEST(ReadFile, GivesTheEmptyFileAsEmptyText) {
  Directory directory;
  ASSERT_TRUE(write_durably(directory / "state", ""));
  EXPECT_EQ(read_file(directory / "state", 0), "");
}

TEST(CheckDirectory, NamesWhatIsMissing) {
  const Directory directory;
  EXPECT_TRUE(check_directory_of(directory / "state"));
  const auto absent = check_directory_of(directory / "absent/state");
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().text, testing::HasSubstr("the directory " + (directory / "absent")));
  ASSERT_TRUE(write_durably(directory / "file", "x"));
  const auto no_directory = check_directory_of(directory / "file/state");
  ASSERT_FALSE(no_directory);
  EXPECT_THAT(no_directory.error().text, testing::HasSubstr("is no directory"));
}

}  // namespace
}  // namespace mmm
