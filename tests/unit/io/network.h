#pragma once
// A network of its own for a test program: a fresh network namespace, and in it one end of a cable whose other end is
// in a second one. Nothing of it reaches the machine's own network.

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/async/task.h"

namespace mmm {

inline bool same_namespace(int a, int b) {
  struct stat first {}, second {};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_ino == second.st_ino;
}

// Where this thread is.
inline int this_namespace() { return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

class Network : public ::testing::Test {
 protected:
  // The machine's own namespace, entered by no test: looked at before the first of them.
  static int root() {
    static const int fd = this_namespace();
    return fd;
  }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to make a network of its own";
    const int machine = root();
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "cannot make a network namespace here";
    far_ = this_namespace();
    if (::unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "cannot make a network namespace here";
    near_ = this_namespace();
    // Nothing below may ever happen in the machine's own network.
    ASSERT_FALSE(same_namespace(near_, machine) || same_namespace(far_, machine) || same_namespace(near_, far_));
    ip("link set lo up");
    ip("link add near type veth peer name far");
    const std::string there = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(far_);
    ip("link set far netns " + there);
    ip("link set near up");
    at_far([&] {
      ip("link set lo up");
      ip("link set far up");
    });
  }

  void TearDown() override {
    ::close(near_);
    ::close(far_);
  }

  static void ip(const std::string& arguments) {
    EXPECT_EQ(std::system(("ip " + arguments).c_str()), 0) << "ip " << arguments;
  }
  // IPv6 addresses must be usable at once.
  static void ip6(const std::string& address, const std::string& link) {
    ip("address add " + address + " dev " + link + " nodad");
  }

  // Does `work` on the other host; sockets that it opens stay there.
  void at_far(const std::function<void()>& work) {
    ASSERT_EQ(::setns(far_, CLONE_NEWNET), 0);
    work();
    ASSERT_EQ(::setns(near_, CLONE_NEWNET), 0);
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr error, T value) {
      if (!error) result.emplace(std::move(value));
    });
    loop_.restart();
    loop_.run();
    return std::move(*result);
  }

  asio::io_context loop_;

 private:
  int near_ = -1;
  int far_ = -1;
};

}  // namespace mmm
