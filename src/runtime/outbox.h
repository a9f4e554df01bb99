#pragma once
// Rule 2 of the lease: what is said leaves only once everything written before it is on the disk.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "io/store/worker.h"

namespace mmm {

// A queue of states to write and of messages that rely on them. Thread: one event loop.
class Outbox {
 public:
  // Messages that wait for the disk: more than a cluster has to say in minutes.
  static constexpr std::size_t kMessagesMax = 4096;

  // `report_failure` is told of each failed write; the write is tried again every kRetry until it succeeds, and nothing
  // that waits behind it leaves.
  Outbox(asio::any_io_executor loop, Worker& worker, std::string path, std::function<void(const Error&)> report_failure);

  void write(std::string state);
  // Runs `message` once every write before it is done; at once when none is under way. False: too many wait already, it
  // was dropped; close the connection it was for, so that the other end begins anew.
  [[nodiscard]] bool then(std::function<void()> message);

  // Everything that was to be written is, and everything said.
  bool empty() const { return items_.empty() && !writing_; }

  // Why nothing leaves, once a write has taken longer than kPatience; nothing while all is well.
  std::optional<std::string> held_up() const;

  // Spawn it once.
  Task<void> run();

 private:
  static constexpr Duration kPatience = 2s;  // of a write; a healthy disk needs milliseconds
  static constexpr Duration kRetry = 1s;
  static constexpr Duration kWriteLimit = 10s;  // a disk that takes longer is reported; the write goes on being wanted

  using Item = std::variant<std::string, std::function<void()>>;

  void send_ready();

  Worker& worker_;
  std::string path_;
  std::function<void(const Error&)> report_failure_;
  std::deque<Item> items_;
  bool writing_ = false;
  Deadline begun_{};         // when the write that is under way was first tried
  std::string last_failure_; // of that write
  asio::steady_timer wanted_;
};

}  // namespace mmm
