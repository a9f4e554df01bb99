#pragma once
// Throw-away MariaDB servers for the tests of io/mysql: own data directory below the system's directory for temporary
// files, a unix socket and a free port on 127.0.0.1. The kernel kills them when the test program ends, however.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "io/async/task.h"
#include "io/mysql/connection.h"

namespace mmm::mysql {

inline constexpr auto kPatience = 20s;  // for what must happen but need not be quick

class TestServer {
 public:
  // Starts a server and waits until it answers; CHECKs that it does.
  explicit TestServer(unsigned server_id, std::vector<std::string> options = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  Target root() const;                                              // by unix socket
  Target tcp(std::string user, std::string password = "secret") const;
  std::uint16_t port() const { return port_; }

  void signal(int number) const;
  void kill();   // SIGKILL; returns when the process is gone
  void start();  // after kill(), on the same data and port

 private:
  unsigned id_;
  std::vector<std::string> options_;
  std::string directory_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// One server for all tests that leave it as they found it, with users agent, monitor, client (password "secret") and
// table test.t. Created at the first use.
TestServer& shared_server();

// Runs a task to its end on a loop of its own and returns its result.
template <class T>
T run(Task<T> task) {
  asio::io_context loop;
  std::optional<T> result;
  asio::co_spawn(loop, std::move(task), [&result](std::exception_ptr thrown, T value) {
    if (thrown) std::rethrow_exception(thrown);
    result.emplace(std::move(value));
  });
  loop.run();
  return std::move(*result);
}

// Connects, or CHECKs.
Task<Connection> open(Target target);
// Runs statements on a connection, or CHECKs; returns the rows of the last.
Task<Rows> must(Connection& server, std::vector<std::string> statements);

// Repeats `statement` until its first cell is `wanted`; false when that does not happen within kPatience.
Task<bool> wait_for_value(Connection& server, std::string statement, std::string wanted);

// The number of open descriptors of this process.
std::size_t open_descriptors();

inline Deadline soon() { return Deadline::in(kPatience); }
inline std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace mmm::mysql
