#pragma once
// What the tests of processes share: a directory, children, and a loop that runs one task to its end.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/async/task.h"

namespace mmm {

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "mmm-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name) << text;
    return *this / name;
  }

 private:
  std::filesystem::path path_;
};

// A child process that runs `work`, says when it is ready by `work` returning, and then sleeps until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work = [] {}) {
    int ready[2];
    if (::pipe(ready) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nobody behind
      work();
      if (::write(ready[1], "r", 1) != 1) ::_exit(1);
      for (;;) ::pause();
    }
    char byte;
    if (::read(ready[0], &byte, 1) != 1) ::abort();
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Child() {
    if (!reaped_) kill_now();
    reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void kill_now() { ::kill(pid_, SIGKILL); }
  void reap() {
    if (!reaped_) ::waitpid(pid_, nullptr, 0);
    reaped_ = true;
  }

 private:
  pid_t pid_ = 0;
  bool reaped_ = false;
};

template <class T>
T run_to_end(asio::io_context& loop, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
    if (!error) result.emplace(std::move(value));
  });
  loop.restart();
  loop.run();
  return std::move(*result);
}

}  // namespace mmm
