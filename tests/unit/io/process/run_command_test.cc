#include "io/process/run_command.h"

#include <chrono>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/process/server_process.h"
#include "support.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;

Result<CommandResult> run(std::vector<std::string> argv, Duration limit = 10s) {
  asio::io_context loop;
  return run_to_end(loop, run_command(std::move(argv), Deadline::in(limit)));
}

bool wait_until_dead(pid_t pid) {
  for (int i = 0; i < 500; ++i) {
    const auto state = read_process(pid);
    if (state && (!*state || (*state)->is_dying())) return true;
    ::usleep(10'000);
  }
  return false;
}

TEST(RunCommand, GivesStatusAndOutput) {
  const auto result = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(result) << result.error().text;
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(result->output, "out\nerr\n");
  EXPECT_FALSE(result->truncated);
}

TEST(RunCommand, PassesArgumentsUntouched) {
  const auto result = run({"printf", "[%s]", "a b; $HOME `id` \"*\""});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "[a b; $HOME `id` \"*\"]");
}

TEST(RunCommand, SaysWhatItCannotStart) {
  const auto result = run({"/no/such/kill_host"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().certainty, Certainty::failed);
  EXPECT_THAT(result.error().text, HasSubstr("/no/such/kill_host"));
  EXPECT_THAT(result.error().text, HasSubstr("No such file"));
}

TEST(RunCommand, CountsASignalAsShellsDo) {
  const auto result = run({"/bin/sh", "-c", "kill -TERM $$"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_status, 128 + SIGTERM);
}

TEST(RunCommand, KillsTheWholeGroupAtTheDeadline) {
  Directory directory;
  const auto start = std::chrono::steady_clock::now();
  const auto result = run({"/bin/sh", "-c", "sleep 100 & echo $! > " + (directory / "pid") + "; echo begun; wait"}, 200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().certainty, Certainty::unknown);
  EXPECT_THAT(result.error().text, HasSubstr("begun"));
  const auto grandchild = read_pid_file(directory / "pid");
  ASSERT_TRUE(grandchild && *grandchild);
  EXPECT_TRUE(wait_until_dead(**grandchild));
}

TEST(RunCommand, BoundsTheOutputAndLetsTheProgramGoOn) {
  const auto result = run({"/bin/sh", "-c", "head -c 1000000 /dev/zero; exit 7"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_status, 7);
  EXPECT_EQ(result->output.size(), kCommandOutputMax);
  EXPECT_TRUE(result->truncated);
}

TEST(RunCommand, DoesNotWaitForWhatTheProgramLeavesInTheBackground) {
  const auto start = std::chrono::steady_clock::now();
  const auto result = run({"/bin/sh", "-c", "sleep 3 & echo started"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "started\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2500ms);
}

TEST(RunCommand, GoesOnWhenTheProgramClosesItsOutput) {
  const auto result = run({"/bin/sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 4"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_status, 4);
}

TEST(RunCommand, HandsNoDescriptorOfOursOn) {
  const int ours = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as a library would
  const auto result = run({"/bin/sh", "-c", "test ! -e /proc/self/fd/" + std::to_string(ours)});
  ::close(ours);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_status, 0);
}

}  // namespace
}  // namespace mmm
