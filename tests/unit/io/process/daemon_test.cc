// Goal:   the command that starts a daemon ends when the daemon serves or has failed, and its exit status says which.
// Method: a child calls daemonize(); its standard error is a file.

#include "io/process/daemon.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/process/server_process.h"
#include "support.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Runs `work` in a daemon; what the command that started it exits with.
int start(const Directory& directory, const std::function<void(Daemon)>& work) {
  const pid_t command = ::fork();
  if (command == 0) {
    const int errors = ::open((directory / "stderr").c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
    ::dup2(errors, STDERR_FILENO);
    auto daemon = daemonize();
    if (!daemon) ::_exit(99);
    work(std::move(*daemon));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(command, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Lets the command wait for a while, as a start that takes long does.
void serve_after(unsigned microseconds, const Directory& directory, Daemon daemon) {
  ::usleep(microseconds);
  directory.write("served", std::to_string(::getsid(0) != ::getpid()) + std::to_string(::getppid() != 0));
  daemon.ready();
}

bool wait_for_content(const std::string& path, const std::string& expected) {
  for (int i = 0; i < 500 && content(path) != expected; ++i) ::usleep(10'000);
  return content(path) == expected;
}

TEST(Daemonize, LetsTheCommandEndOnceTheDaemonServes) {
  Directory directory;
  const auto began = std::chrono::steady_clock::now();
  const int status = start(directory, [&](Daemon daemon) { serve_after(50'000, directory, std::move(daemon)); });
  EXPECT_EQ(status, 0);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(50));
  EXPECT_EQ(content(directory / "served"), "11");
  EXPECT_EQ(content(directory / "stderr"), "");
}

TEST(Daemonize, PassesTheReasonOfAFailureOn) {
  Directory directory;
  EXPECT_EQ(start(directory, [](Daemon daemon) { daemon.give_up("no interface eth9"); }), 1);
  EXPECT_EQ(content(directory / "stderr"), "no interface eth9\n");
}

TEST(Daemonize, TellsOfACrashDuringTheStart) {
  Directory directory;
  EXPECT_EQ(start(directory, [](Daemon) { ::raise(SIGKILL); }), 1);
  EXPECT_THAT(content(directory / "stderr"), HasSubstr("ended while it was starting"));
}

TEST(Daemonize, LeavesTheTerminalOnceItServes) {
  Directory directory;
  EXPECT_EQ(start(directory,
                  [&](Daemon daemon) {
                    daemon.ready();
                    if (::write(STDERR_FILENO, "late", 4) != 4) ::_exit(1);
                    directory.write("wrote", "yes");
                  }),
            0);
  EXPECT_TRUE(wait_for_content(directory / "wrote", "yes"));
  EXPECT_EQ(content(directory / "stderr"), "");
}

}  // namespace
}  // namespace mmm
