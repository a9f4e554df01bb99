// Real files: modes, links, what is no file.

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "codec/config/load.h"
#include "sample.h"

namespace mmm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ::uid_t kNobody = 65534;

class DiskFile : public testing::Test {
 protected:
  DiskFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mmm-config-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~DiskFile() override { std::filesystem::remove_all(dir_); }

  void write(const std::string& name, const std::string& text, ::mode_t mode = 0600) const {
    std::ofstream(dir_ / name) << text;
    ::chmod((dir_ / name).c_str(), mode);
  }

  // As a program does it, with MMM_CONFIG_DIR.
  std::expected<LoadedConfig, ConfigProblems> load(std::optional<std::string> cluster = std::nullopt) const {
    return load_config(Program::monitor, *config_location(Program::monitor, dir_.c_str(), std::nullopt, cluster));
  }

  std::string path(const std::string& name) const { return (dir_ / name).string(); }

  std::filesystem::path dir_;
};

TEST_F(DiskFile, IsFoundInTheDirectoryOfTheEnvironment) {
  write("mmm_mon.conf", Sample().text());
  write("mmm_mon_C1.conf", Sample().set("monitor.port", "77").text(), 0640);
  write("mmm3.conf", "lease_ttl 3\n");
  write("mmm3_C1.conf", "lease_ttl 4\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << format_problems(loaded.error());
  EXPECT_EQ(loaded->config.lease_ttl, 3s);
  EXPECT_THAT(loaded->files, ElementsAre(path("mmm_mon.conf"), path("mmm3.conf")));
  const auto cluster = load("@C1");
  ASSERT_TRUE(cluster) << format_problems(cluster.error());
  EXPECT_EQ(cluster->config.monitor.port, 77);
  EXPECT_EQ(cluster->config.lease_ttl, 4s);
}

TEST_F(DiskFile, IsRefusedWhenOthersMayReadOrWriteIt) {
  for (const ::mode_t mode : {0644U, 0602U, 0606U}) {
    write("mmm_mon.conf", Sample().text(), mode);
    EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("run: chmod o-rw " + path("mmm_mon.conf")))) << mode;
  }
  write("mmm_mon.conf", Sample().text(), 0640);
  EXPECT_THAT(lines_of(load()), IsEmpty());
}

TEST_F(DiskFile, IsJudgedByTheModeOfTheFileBehindALink) {
  write("real", Sample().text(), 0644);
  std::filesystem::create_symlink(dir_ / "real", dir_ / "mmm_mon.conf");
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("others may read or write it")));
  write("real", Sample().text(), 0600);
  EXPECT_THAT(lines_of(load()), IsEmpty());
}

TEST_F(DiskFile, IsRefusedWhenItIsADirectoryAFifoOrADevice) {
  std::filesystem::create_directory(dir_ / "mmm_mon.conf");
  EXPECT_THAT(lines_of(load()), ElementsAre(path("mmm_mon.conf") + ": is a directory; expected a readable text file"));
  std::filesystem::remove(dir_ / "mmm_mon.conf");
  ASSERT_EQ(::mkfifo(path("mmm_mon.conf").c_str(), 0600), 0);
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("is not a regular file")));
  std::filesystem::remove(dir_ / "mmm_mon.conf");
  std::filesystem::create_symlink("/dev/zero", dir_ / "mmm_mon.conf");
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("is not a regular file")));
}

TEST_F(DiskFile, IsRefusedWhenItCanNotBeOpened) {
  std::filesystem::create_symlink("mmm_mon.conf", dir_ / "mmm_mon.conf");
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("can't be read: Too many levels of symbolic links")));
  std::filesystem::remove(dir_ / "mmm_mon.conf");
  write("mmm_mon.conf", Sample().text(), 0000);
  std::filesystem::permissions(dir_, std::filesystem::perms(0755));
  const bool root = ::geteuid() == 0;  // may read every file
  ASSERT_EQ(::seteuid(root ? kNobody : ::geteuid()), 0);
  const auto loaded = load();
  ASSERT_EQ(::seteuid(root ? 0 : ::geteuid()), 0);
  EXPECT_THAT(lines_of(loaded), ElementsAre(HasSubstr("can't be read: Permission denied")));
}

TEST_F(DiskFile, IsRefusedWhenItIsHugeOrBinary) {
  write("mmm_mon.conf", std::string(2 * kFileBytesMax, '\n'));
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("is larger than 1 MiB")));
  write("mmm_mon.conf", std::string("\x7f" "ELF\0\0", 6));
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("is a binary file")));
}

TEST_F(DiskFile, ThatIsAbsentIsSaidToBe) {
  EXPECT_THAT(lines_of(load()), ElementsAre(HasSubstr("mmm_mon.conf: does not exist")));
}

}  // namespace
}  // namespace mmm::test
