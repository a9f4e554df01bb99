#include "runtime/idle_sessions.h"

namespace mmm {

Task<Result<std::string>> IdleSessions::read_line(std::shared_ptr<Session> session, std::size_t limit,
                                                  Deadline deadline) {
  if (waiting_.size() >= max_) {
    waiting_.front()->close();
    waiting_.pop_front();
  }
  waiting_.push_back(session);
  auto line = co_await session->read_line(limit, deadline);
  std::erase(waiting_, session);
  co_return line;
}

}  // namespace mmm
