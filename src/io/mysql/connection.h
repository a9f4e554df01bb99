#pragma once
// A connection to a MySQL server on the event loop: libmariadb's non-blocking interface (3.3) under Asio.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/async/deadline.h"
#include "io/async/task.h"
#include "io/mysql/result.h"

namespace mmm::mysql {

struct Target {
  std::string host;           // a numeric IPv4 or IPv6 address: libmariadb resolves names inside a blocking call
  std::uint16_t port = 3306;
  std::string socket;         // path of a unix socket; when it is set, host and port are not used
  std::string user;
  std::string password;
  bool standing = false;      // a session that is kept: it asks the server not to end it because nothing is asked
};

std::string to_string(const Target& target);  // "user@10.0.0.4:3306" or "user@/run/mysqld/mysqld.sock"

// Owns one session. No TLS: the handshake would block the loop (40 ms; a silent server: without limit).
// Thread: one event loop; never blocks it.
// One operation at a time (CHECK), except wait_for_close, which may run beside queries.
// Destroyed during an operation, the session is cut and the operation ends with an error.
class Connection {
 public:
  explicit Connection(asio::any_io_executor loop);
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // Opens a session; closes the one before.
  // Ensures: on success the server has authenticated us. A server that merely accepts is not enough.
  // Errors:  code 1040 too many connections, 1045 access denied, 2002/2003 can't connect (os_code says why); 0 deadline or
  //          a host name.
  Task<SqlStatus> connect(Target target, Deadline deadline);

  // Runs one statement and fetches its whole result.
  // Unknown: the session was lost or the deadline passed after the statement was sent. The session is closed then;
  //          the server may go on with the statement for a while.
  // Errors:  the text names the statement's verb, never its values (they may be passwords).
  Task<SqlResult<Rows>> query(std::string sql, Deadline deadline);

  // Waits until the session is gone: the server died, or ended the session. True at once when none is open; false
  // when the deadline passed with the session still open. Sees end of file, not silence: a host that disappears
  // without a word needs a query with a deadline.
  // Requires: no other wait_for_close of this connection runs.
  Task<bool> wait_for_close(Deadline deadline);

  bool is_open() const;
  // As is_open, but looks: a session that the server has ended while nothing was asked (KILL, a restart) is closed.
  bool still_open();
  // Ends the session; an operation that runs ends with an error.
  void close();

  const std::string& name() const;        // to_string of the last target
  unsigned server_version() const;        // 101119 for 10.11.19; 0 when not open
  // `text` as a string literal with its quotes, by the rules of this session.
  std::string quote(std::string_view text) const;

 private:
  struct State;
  struct Operation;
  std::shared_ptr<State> state_;  // shared with the operation that runs
};

}  // namespace mmm::mysql
