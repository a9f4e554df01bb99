#include "io/mysql/connection.h"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <initializer_list>
#include <utility>

#include <mysql.h>
#include <sys/socket.h>

#include "base/check.h"

namespace mmm::mysql {

namespace {

// After shutdown() an operation fails within a few steps (each read or write returns at once). More means a fault in
// libmariadb; we then free the handle as it is.
constexpr int kStepsToFail = 32;

enum class End { finished, expired, cancelled };

// "SET GLOBAL", "CHANGE MASTER", "SELECT": what the statement does, without its values.
std::string verb_of(std::string_view sql) {
  std::string verb;
  std::size_t at = 0;
  for (int word = 0; word < 2; ++word) {
    const auto begin = at;
    while (at < sql.size() && std::isupper(static_cast<unsigned char>(sql[at]))) ++at;
    const bool whole = at > begin && (at == sql.size() || sql[at] == ' ');
    if (!whole) break;
    if (word > 0) verb += ' ';
    verb += sql.substr(begin, at - begin);
    ++at;  // the blank
  }
  return verb.empty() ? "statement" : verb;
}

// "Can't connect to server on '10.0.0.4' (111)": libmariadb gives the errno of a connect in its text only.
int os_code_in(std::string_view text) {
  const auto open = text.rfind('(');
  int code = 0;
  if (open != std::string_view::npos) std::from_chars(text.data() + open + 1, text.data() + text.size(), code);
  return code;
}

// The longest time that Linux servers take (wait_timeout): a year.
constexpr auto kStand = "SET SESSION wait_timeout=31536000";

bool is_client_code(unsigned code) { return code >= 2000 && code < 3000; }

// The session does not survive these: libmariadb's own errors, and what a server says when it ends a session
// (1053 shutdown, 1158-1161 network, 1927 killed). Whether the statement was carried out is not known.
bool ends_session(unsigned code) {
  return is_client_code(code) || code == 1053 || code == 1927 || (code >= 1158 && code <= 1161);
}

// 1317 "Query execution was interrupted": by KILL QUERY, perhaps between two of a statement's effects.
bool is_unknown(unsigned code) { return ends_session(code) || code == 1317; }

SqlStatus check_target(const Target& target) {
  if (!target.socket.empty()) return {};
  boost::system::error_code bad;
  asio::ip::make_address(target.host, bad);
  if (bad) return sql_fail(fmt::format("connect to {}: the host must be a numeric address", to_string(target)));
  return {};
}

// `result` is null for a statement without rows; it is freed.
Rows take_rows(MYSQL* handle, MYSQL_RES* result) {
  Rows rows;
  if (result == nullptr) {
    rows.affected = mysql_affected_rows(handle);
    return rows;
  }
  const unsigned width = mysql_num_fields(result);
  const MYSQL_FIELD* fields = mysql_fetch_fields(result);
  for (unsigned i = 0; i < width; ++i) rows.columns.emplace_back(fields[i].name, fields[i].name_length);
  while (const MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    auto& cells = rows.rows.emplace_back();
    cells.reserve(width);
    for (unsigned i = 0; i < width; ++i) cells.push_back(row[i] ? Cell(std::in_place, row[i], lengths[i]) : Cell());
  }
  mysql_free_result(result);
  return rows;
}

}  // namespace

std::string to_string(const Target& target) {
  if (!target.socket.empty()) return fmt::format("{}@{}", target.user, target.socket);
  const bool v6 = target.host.find(':') != std::string::npos;
  return fmt::format("{}@{}{}{}:{}", target.user, v6 ? "[" : "", target.host, v6 ? "]" : "", target.port);
}

struct Connection::State {
  explicit State(asio::any_io_executor loop) : socket(loop), idle(loop) {}
  ~State() { close(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  MYSQL* handle = nullptr;
  asio::posix::stream_descriptor socket;  // the handle's descriptor while it is known to asio; never closed by asio
  asio::steady_timer idle;                // cancelled when an operation ends; wait_for_close sleeps on it
  std::string name;
  bool open = false;                      // authenticated and not known to be lost
  bool busy = false;                      // an operation is inside the handle
  bool watched = false;                   // a wait_for_close runs

  // Lets asio watch the descriptor libmariadb uses now. False when there is none or the kernel refuses.
  bool attach() {
    const int fd = mysql_get_socket(handle);
    if (socket.is_open() && socket.native_handle() == fd) return true;
    detach();
    if (fd < 0) return false;
    boost::system::error_code bad;
    socket.assign(fd, bad);
    return !bad;
  }

  void detach() {
    if (socket.is_open()) socket.release();  // ends every wait on it
  }

  void cut() {
    if (handle == nullptr) return;
    const int fd = mysql_get_socket(handle);
    if (fd >= 0) ::shutdown(fd, SHUT_RDWR);
  }

  // Requires: not busy. A healthy session says good-bye, which fits in the socket's buffer: every statement before
  // has been answered. Any other is cut first, for mysql_close would wait for the socket to take COM_QUIT.
  void close() {
    if (handle == nullptr) return;
    if (!open) cut();
    open = false;
    detach();
    mysql_close(std::exchange(handle, nullptr));
  }

  SqlError error_of(const std::string& what) const {
    const unsigned code = mysql_errno(handle);
    return SqlError{{fmt::format("{}: {} ({})", what, mysql_error(handle), code)}, code};
  }

  template <class Start, class Continue>
  Task<End> drive(Start start, Continue next, Deadline deadline);
  template <class Continue>
  void abandon(int wanted, Continue next);
};

// Marks the handle as in use for the scope of one operation. Unless the operation says `settled`, the session is
// closed at its end: also when the task is destroyed or cancelled in between.
struct Connection::Operation {
  explicit Operation(State& s) : state(s) {
    MMM_CHECK(!state.busy);
    state.busy = true;
  }
  ~Operation() {
    state.busy = false;
    if (!settled) state.open = false;
    if (!state.open) state.close();
    state.idle.cancel();
  }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  State& state;
  bool settled = false;
};

// Ends the operation inside the handle by taking its socket away: it then fails by itself and frees what it holds
// (a handle freed in the middle of a connect would leak its descriptor).
template <class Continue>
void Connection::State::abandon(int wanted, Continue next) {
  cut();
  for (int step = 0; step < kStepsToFail && wanted != 0; ++step) wanted = next(MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
}

// Runs one _start/_cont pair of libmariadb to its end. On `expired` and `cancelled` the session is lost.
template <class Start, class Continue>
Task<End> Connection::State::drive(Start start, Continue next, Deadline deadline) {
  int wanted = start();
  while (wanted != 0) {
    auto woken = Wakeup::cancelled;
    const bool read = (wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT)) != 0;
    const bool write = (wanted & MYSQL_WAIT_WRITE) != 0;
    if ((read || write) && attach()) {
      try {
        woken = co_await wait_ready(socket, read, write, deadline);
      } catch (const boost::system::system_error&) {
        // The task was cancelled just before the wait; the handle must not be left in the middle.
      }
    }
    if (woken != Wakeup::ready) {
      abandon(wanted, next);
      co_return woken == Wakeup::expired ? End::expired : End::cancelled;
    }
    wanted = next(wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT));
  }
  co_return End::finished;
}

Connection::Connection(asio::any_io_executor loop) : state_(std::make_shared<State>(std::move(loop))) {}

Connection& Connection::operator=(Connection&& other) noexcept {
  if (this != &other) {
    if (state_) close();
    state_ = std::move(other.state_);
  }
  return *this;
}

Connection::~Connection() {
  if (state_) close();
}

void Connection::close() {
  if (state_->busy) {
    state_->open = false;
    state_->cut();  // the operation wakes, fails and closes
  } else {
    state_->close();
  }
}

bool Connection::is_open() const { return state_->open; }
const std::string& Connection::name() const { return state_->name; }
unsigned Connection::server_version() const {
  return state_->open ? static_cast<unsigned>(mysql_get_server_version(state_->handle)) : 0;
}

std::string Connection::quote(std::string_view text) const {
  if (!state_->open) return "''";  // the statement will not be sent
  std::string quoted(2 * text.size() + 1, '\0');  // mysql_real_escape_string's bound
  quoted.resize(mysql_real_escape_string(state_->handle, quoted.data(), text.data(), text.size()));
  return '\'' + quoted + '\'';
}

namespace {

// Null when memory is out.
MYSQL* make_handle(const Target& target) {
  MYSQL* handle = mysql_init(nullptr);
  if (handle == nullptr) return nullptr;
  const my_bool no = 0;
  const unsigned int off = 0;
  const int protocol = target.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(handle, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &no);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);  // a server must not be able to ask us for files
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (target.standing) mysql_options(handle, MYSQL_INIT_COMMAND, kStand);
  return handle;
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

Task<SqlStatus> Connection::connect(Target target, Deadline deadline) {
  const auto state = state_;
  MMM_CHECK(!state->busy);
  state->close();
  state->name = to_string(target);
  if (auto good = check_target(target); !good) co_return good;
  const auto what = fmt::format("connect to {}", state->name);
  MYSQL* handle = state->handle = make_handle(target);
  if (handle == nullptr) co_return sql_fail(what + ": out of memory");
  Operation operation(*state);

  MYSQL* connected = nullptr;
  const auto start = [&connected, &target, handle] {
    return mysql_real_connect_start(&connected, handle, or_null(target.host), target.user.c_str(),
                                    target.password.c_str(), nullptr, target.port, or_null(target.socket), 0);
  };
  const auto next = [&connected, handle](int ready) { return mysql_real_connect_cont(&connected, handle, ready); };
  const End end = co_await state->drive(start, next, deadline);

  if (end == End::finished && connected != nullptr) {
    state->open = operation.settled = state->attach();
    if (state->open) co_return SqlStatus{};
  }
  auto error = state->error_of(what);
  if (error.code == kConnectFailed || error.code == kConnectRefused) error.os_code = os_code_in(mysql_error(handle));
  if (end != End::finished) {
    error.text = what + (end == End::expired ? ": no answer before the deadline" : ": cancelled");
    error.code = 0;
    error.os_code = 0;
  }
  co_return std::unexpected(std::move(error));
}

Task<SqlResult<Rows>> Connection::query(std::string sql, Deadline deadline) {
  const auto state = state_;
  const auto what = fmt::format("{} on {}", verb_of(sql), state->name);
  if (!state->open) co_return sql_fail(what + ": not connected", kServerGone);
  if (deadline.passed()) co_return sql_fail(what + ": the deadline has passed already, nothing was sent");
  Operation operation(*state);
  MYSQL* const handle = state->handle;

  int failed = 0;
  const auto send = [&failed, &sql, handle] {
    return mysql_real_query_start(&failed, handle, sql.data(), sql.size());
  };
  const auto send_next = [&failed, handle](int ready) { return mysql_real_query_cont(&failed, handle, ready); };
  End end = co_await state->drive(send, send_next, deadline);

  MYSQL_RES* result = nullptr;
  if (end == End::finished && failed == 0 && mysql_field_count(handle) > 0) {
    const auto fetch = [&result, handle] { return mysql_store_result_start(&result, handle); };
    const auto fetch_next = [&result, handle](int ready) {
      return mysql_store_result_cont(&result, handle, ready);
    };
    end = co_await state->drive(fetch, fetch_next, deadline);
  }
  if (end != End::finished) {
    if (result != nullptr) mysql_free_result(result);
    const char* why = end == End::expired ? "no answer before the deadline" : "cancelled";
    co_return sql_fail(fmt::format("{}: {}; it may have been carried out", what, why), 0, Certainty::unknown);
  }
  if (result != nullptr || mysql_errno(handle) == 0) {
    operation.settled = true;
    co_return take_rows(handle, result);
  }
  auto error = state->error_of(what);
  operation.settled = !ends_session(error.code);
  if (is_unknown(error.code)) error.certainty = Certainty::unknown;
  co_return std::unexpected(std::move(error));
}

namespace {

enum class Peek { quiet, data, closed };

Peek peek(int fd) {
  char byte = 0;
  const auto got = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0) return Peek::data;
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Peek::quiet;
  return Peek::closed;
}

struct Flag {
  explicit Flag(bool& f) : flag(f) {
    MMM_CHECK(!flag);
    flag = true;
  }
  ~Flag() { flag = false; }
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  bool& flag;
};

}  // namespace

bool Connection::still_open() {
  auto& state = *state_;
  // Nothing is asked: data can only be the error that a server sends before it ends the session.
  if (state.open && !state.busy && peek(state.socket.native_handle()) != Peek::quiet) {
    state.open = false;
    state.close();
  }
  return state.open;
}

Task<bool> Connection::wait_for_close(Deadline deadline) {
  const auto state = state_;
  const Flag watching(state->watched);
  while (state->open) {
    if (deadline.passed()) co_return false;
    if (state->busy) {
      state->idle.expires_at(deadline.at);
      co_await state->idle.async_wait(no_throw);  // what is readable now is the answer to a query
      continue;
    }
    if (!still_open()) break;
    if (co_await wait_readable(state->socket, deadline) == Wakeup::cancelled && state->open) co_return false;
  }
  co_return true;
}

}  // namespace mmm::mysql
