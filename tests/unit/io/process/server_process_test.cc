#include "io/process/server_process.h"

#include <cstring>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "support.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

// A pid that no process has: that of a child which has been reaped.
pid_t free_pid() {
  Child child;
  child.kill_now();
  child.reap();
  return child.pid();
}

TEST(PidFileOfAServer, IsReadWithAndWithoutANewline) {
  Directory directory;
  EXPECT_EQ(read_pid_file(directory.write("a", "123\n")), 123);
  EXPECT_EQ(read_pid_file(directory.write("b", " 123")), 123);
  EXPECT_EQ(read_pid_file(directory / "none"), std::nullopt);
}

TEST(PidFileOfAServer, IsAnErrorWhenItHoldsSomethingElse) {
  Directory directory;
  for (const auto* garbage : {"", "\n", "abc", "12x", "-5", "0", "99999999999999", "1 2"}) {
    const auto pid = read_pid_file(directory.write("pid", garbage));
    ASSERT_FALSE(pid) << garbage;
    EXPECT_THAT(pid.error().text, HasSubstr(directory / "pid"));
  }
}

TEST(ReadProcess, SurvivesANameWithBlanksAndParentheses) {
  Child child([] { ::prctl(PR_SET_NAME, "a) R 1 (b"); });
  const auto state = read_process(child.pid());
  ASSERT_TRUE(state && *state);
  EXPECT_THAT((*state)->state, ::testing::AnyOf('S', 'R'));
  EXPECT_GT((*state)->start_ticks, 0u);
  EXPECT_FALSE((*state)->is_dying());
}

TEST(ReadProcess, CallsAZombieDying) {
  Child child;
  child.kill_now();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  const auto state = read_process(child.pid());
  ASSERT_TRUE(state && *state);
  EXPECT_EQ((*state)->state, 'Z');
  EXPECT_TRUE((*state)->is_dying());
}

TEST(FindServer, FindsTheProcessThatTheFileNames) {
  Directory directory;
  Child child;
  const auto server = find_server(directory.write("pid", std::to_string(child.pid()) + "\n"), std::nullopt);
  ASSERT_TRUE(server && *server);
  EXPECT_EQ((*server)->pid, child.pid());
  EXPECT_EQ((*server)->doubt, "");
}

TEST(FindServer, FindsNothingBehindAStaleFile) {
  Directory directory;
  EXPECT_EQ(find_server(directory / "none", std::nullopt), std::nullopt);
  EXPECT_EQ(find_server(directory.write("pid", std::to_string(free_pid())), std::nullopt), std::nullopt);
}

TEST(FindServer, DoubtsAProcessThatStartedAfterTheFileWasWritten) {
  Directory directory;
  Child child;
  const auto path = directory.write("pid", std::to_string(child.pid()));
  const timespec hour_ago[2] = {{.tv_sec = ::time(nullptr) - 3600, .tv_nsec = 0}, {.tv_sec = ::time(nullptr) - 3600, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), hour_ago, 0), 0);
  const auto server = find_server(path, std::nullopt);
  ASSERT_TRUE(server && *server);
  EXPECT_THAT((*server)->doubt, HasSubstr("started after"));
}

TEST(FindServer, DoubtsAProcessOfAnotherUser) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to give a file to another user";
  Directory directory;
  Child child;
  const auto path = directory.write("pid", std::to_string(child.pid()));
  ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
  const auto server = find_server(path, std::nullopt);
  ASSERT_TRUE(server && *server);
  EXPECT_THAT((*server)->doubt, HasSubstr("12345"));
}

TEST(FindServer, BelievesTheConnectionMoreThanTheFile) {
  Directory directory;
  const auto socket_path = directory / "sock";
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, socket_path.c_str(), sizeof name.sun_path - 1);
  Child listener([&] {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 || ::listen(fd, 5) != 0) ::_exit(1);
  });
  Child other;
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  const auto peer = unix_peer_pid(fd);
  ::close(fd);
  EXPECT_EQ(peer, listener.pid());

  const auto path = directory.write("pid", std::to_string(other.pid()));
  const auto server = find_server(path, peer);
  ASSERT_TRUE(server && *server);
  EXPECT_EQ((*server)->pid, listener.pid());
  EXPECT_THAT((*server)->doubt, HasSubstr(std::to_string(other.pid())));
  EXPECT_THAT((*find_server(directory / "none", peer))->doubt, HasSubstr("there is no"));
}

TEST(UnixPeerPid, IsUnknownForTcp) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(unix_peer_pid(fd), std::nullopt);
  ::close(fd);
}

}  // namespace
}  // namespace mmm
