#include "test_server.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace mmm::mysql {

namespace {

namespace fs = std::filesystem;

std::string new_directory() {
  auto path = (fs::temp_directory_path() / "mmm-mysql-XXXXXX").string();
  MMM_CHECK(::mkdtemp(path.data()) != nullptr);
  return path;
}

// Servers refuse to run as root unless told so, and as another user when they are not started by root.
std::vector<std::string> with_user(std::vector<std::string> words) {
  if (::geteuid() == 0) words.push_back("--user=root");
  return words;
}

// Starts a program with its output in a file; it dies with us.
pid_t start_program(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  MMM_CHECK(child >= 0);
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

// A data directory made once per program; each server gets a copy.
const std::string& prepared_data() {
  struct Prepared {
    std::string path = new_directory();
    ~Prepared() { fs::remove_all(path); }
  };
  static const Prepared prepared;
  static const bool made = [] {
    const auto log = prepared.path + ".log";
    const pid_t pid = start_program(with_user({"mariadb-install-db", "--no-defaults", "--skip-test-db",
                                               "--auth-root-authentication-method=normal",
                                               "--datadir=" + prepared.path}), log);
    int state = 0;
    MMM_CHECK(::waitpid(pid, &state, 0) == pid && state == 0);
    fs::remove(log);
    return true;
  }();
  MMM_CHECK(made);
  return prepared.path;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  MMM_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  MMM_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

Task<bool> wait_for_answer(Target target) {
  const auto deadline = soon();
  while (!deadline.passed()) {
    Connection server(co_await asio::this_coro::executor);
    if (co_await server.connect(target, deadline)) co_return true;
    co_await sleep_for(10ms);
  }
  co_return false;
}

Task<bool> prepare_shared(Target root) {
  auto server = co_await open(root);
  const std::vector<std::string> statements{
      "CREATE DATABASE test", "CREATE TABLE test.t (i INT PRIMARY KEY AUTO_INCREMENT, v TEXT)",
      "CREATE USER agent@'127.0.0.1' IDENTIFIED BY 'secret'",
      "GRANT READ_ONLY ADMIN, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, CONNECTION ADMIN, PROCESS, RELOAD, "
      "BINLOG ADMIN, BINLOG MONITOR, SLAVE MONITOR ON *.* TO agent@'127.0.0.1'",
      "CREATE USER monitor@'127.0.0.1' IDENTIFIED BY 'secret'",
      "GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO monitor@'127.0.0.1'",
      "CREATE USER client@'127.0.0.1' IDENTIFIED BY 'secret'", "GRANT ALL ON test.* TO client@'127.0.0.1'"};
  co_await must(server, statements);
  co_return true;
}

}  // namespace

TestServer::TestServer(unsigned server_id, std::vector<std::string> options)
    : id_(server_id), options_(std::move(options)), directory_(new_directory()), port_(free_port()) {
  fs::copy(prepared_data(), directory_ + "/data", fs::copy_options::recursive);
  start();
}

TestServer::~TestServer() {
  kill();
  fs::remove_all(directory_);
}

Target TestServer::root() const { return {.socket = directory_ + "/socket", .user = "root"}; }

Target TestServer::tcp(std::string user, std::string password) const {
  return {.host = "127.0.0.1", .port = port_, .user = std::move(user), .password = std::move(password)};
}

void TestServer::signal(int number) const { ::kill(pid_, number); }

void TestServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

void TestServer::start() {
  std::vector<std::string> words{
      "mariadbd", "--no-defaults", "--datadir=" + directory_ + "/data",
      "--socket=" + directory_ + "/socket", "--port=" + std::to_string(port_), "--bind-address=127.0.0.1",
      "--server-id=" + std::to_string(id_), "--log-bin=binlog", "--log-slave-updates=1", "--gtid-strict-mode=1",
      "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
      "--innodb-flush-log-at-trx-commit=0", "--pid-file=" + directory_ + "/pid"};
  words.insert(words.end(), options_.begin(), options_.end());
  pid_ = start_program(with_user(words), directory_ + "/log");
  MMM_CHECK(run(wait_for_answer(root())));
}

TestServer& shared_server() {
  static TestServer server(1);
  static const bool ready = run(prepare_shared(server.root()));
  MMM_CHECK(ready);
  return server;
}

Task<Connection> open(Target target) {
  Connection server(co_await asio::this_coro::executor);
  const auto connected = co_await server.connect(std::move(target), soon());
  if (!connected) std::fprintf(stderr, "%s\n", connected.error().text.c_str());
  MMM_CHECK(connected);
  co_return server;
}

Task<Rows> must(Connection& server, std::vector<std::string> statements) {
  Rows last;
  for (const auto& statement : statements) {
    auto rows = co_await server.query(statement, soon());
    if (!rows) std::fprintf(stderr, "%s: %s\n", statement.c_str(), rows.error().text.c_str());
    MMM_CHECK(rows);
    last = std::move(*rows);
  }
  co_return last;
}

Task<bool> wait_for_value(Connection& server, std::string statement, std::string wanted) {
  const auto deadline = soon();
  while (!deadline.passed()) {
    const std::vector<std::string> one{statement};
    const auto rows = co_await must(server, one);
    if (rows.text(0, std::size_t{0}) == wanted) co_return true;
    co_await sleep_for(5ms);
  }
  co_return false;
}

std::size_t open_descriptors() {
  const auto all = fs::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace mmm::mysql
