#pragma once
// Connections from which a line is awaited. Of too many the oldest is closed: who only holds connections open keeps
// nobody else out.

#include <list>
#include <memory>

#include "runtime/session.h"

namespace mmm {

// Thread: one event loop. Owns: a share of each session, while somebody waits for its line.
class IdleSessions {
 public:
  explicit IdleSessions(std::size_t max) : max_(max) {}

  // Waits for a line. Errors: as Session::read_line; also when the session was closed to make room for a newer one.
  Task<Result<std::string>> read_line(std::shared_ptr<Session> session, std::size_t limit, Deadline deadline);

 private:
  std::size_t max_;
  std::list<std::shared_ptr<Session>> waiting_;  // the oldest first
};

}  // namespace mmm
