// Goal:   rule 2 of the lease: what is said leaves only once everything written before it is on the disk.
// Method: a real disk; it is broken by a directory where the new file would be written.

#include "runtime/outbox.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "../io/store/directory.h"
#include "io/store/file.h"
#include "runtime/task_group.h"

namespace mmm {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OutboxTest : public ::testing::Test {
 protected:
  void SetUp() override { tasks_.spawn(outbox_.run()); }
  void TearDown() override {
    asio::co_spawn(loop_, tasks_.stop(), asio::detached);
    loop_.restart();
    loop_.run();
  }
  // A message that tells what was on the disk when it left.
  bool say(const std::string& name) {
    return outbox_.then([this, name] { said_.push_back(name + ":" + content(path_)); });
  }
  bool run_until(const std::function<bool()>& condition) {
    const auto end = steady_clock::now() + 20s;
    while (!condition() && steady_clock::now() < end) loop_.run_one_for(10ms);
    return condition();
  }
  void break_disk() { std::filesystem::create_directory(path_ + std::string(kNewFileSuffix)); }
  void mend_disk() { std::filesystem::remove(path_ + std::string(kNewFileSuffix)); }

  Directory directory_;
  std::string path_ = directory_ / "state";
  asio::io_context loop_;
  Worker worker_;
  std::vector<std::string> failures_, said_;
  Outbox outbox_{loop_.get_executor(), worker_, path_, [this](const Error& error) { failures_.push_back(error.text); }};
  TaskGroup tasks_{loop_.get_executor()};
};

TEST_F(OutboxTest, WithNothingToWriteAMessageLeavesAtOnce) {
  EXPECT_TRUE(say("a"));
  EXPECT_THAT(said_, ElementsAre("a:"));
}

TEST_F(OutboxTest, AMessageWaitsForWhatWasWrittenBeforeIt) {
  outbox_.write("one");
  EXPECT_TRUE(say("a"));
  EXPECT_THAT(said_, IsEmpty());
  ASSERT_TRUE(run_until([&] { return said_.size() == 1; }));
  EXPECT_THAT(said_, ElementsAre("a:one"));
}

TEST_F(OutboxTest, OfSeveralStatesTheLastStandsForAll) {
  outbox_.write("one");
  say("a");
  outbox_.write("two");
  say("b");
  outbox_.write("three");
  ASSERT_TRUE(run_until([&] { return said_.size() == 2; }));
  EXPECT_THAT(said_, ElementsAre("a:three", "b:three"));
}

TEST_F(OutboxTest, WhatIsWrittenDuringAWriteIsWrittenAfterIt) {
  outbox_.write("one");
  loop_.poll();  // the write is under way
  outbox_.write("two");
  say("b");
  ASSERT_TRUE(run_until([&] { return said_.size() == 1; }));
  EXPECT_THAT(said_, ElementsAre("b:two"));
}

TEST_F(OutboxTest, WhileTheDiskFailsNothingLeavesAndThenEverythingInOrder) {
  break_disk();
  outbox_.write("one");
  say("a");
  ASSERT_TRUE(run_until([&] { return !failures_.empty(); }));
  outbox_.write("two");
  say("b");
  EXPECT_EQ(outbox_.held_up(), std::nullopt);
  ASSERT_TRUE(run_until([&] { return outbox_.held_up().has_value(); }));
  EXPECT_THAT(*outbox_.held_up(), HasSubstr(path_));
  EXPECT_THAT(failures_, ElementsAre(HasSubstr(path_)));  // told once
  EXPECT_THAT(said_, IsEmpty());
  mend_disk();
  ASSERT_TRUE(run_until([&] { return said_.size() == 2; }));
  EXPECT_THAT(said_, ElementsAre("a:one", "b:two"));
  EXPECT_EQ(outbox_.held_up(), std::nullopt);
}

TEST_F(OutboxTest, NoMoreWaitThanItsBound) {
  break_disk();
  outbox_.write("one");
  std::size_t taken = 0;
  while (taken <= 2 * Outbox::kMessagesMax && say("a")) ++taken;
  EXPECT_EQ(taken, Outbox::kMessagesMax);
  for (int i = 0; i < 100; ++i) outbox_.write("two");
  mend_disk();
  ASSERT_TRUE(run_until([&] { return said_.size() == taken; }));
  EXPECT_TRUE(say("b"));
  EXPECT_EQ(said_.back(), "b:two");
}

}  // namespace
}  // namespace mmm
