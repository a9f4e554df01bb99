#pragma once
// A state file: written whole, synced, replaced. And what waits for it.

#include <concepts>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "sim/event_queue.h"
#include "sim/random.h"

namespace mmm::sim {

template <class State>
class Disk {
 public:
  Disk(EventQueue& queue, Random random) : queue_(queue), random_(random) {}

  // `durable` runs when this and all writes before it are on the disk. Of those that wait only the newest is written, as
  // the shells do: it says all that the older ones did.
  void write(State state, EventQueue::Action durable) {
    if (pending_.size() > 1) pending_.pop_back();
    pending_.push_back({std::move(state), std::move(durable)});
    if (pending_.size() == 1) sync();
  }

  // The process is gone: what was not begun is lost, what was under way may have made it.
  void lose_pending() {
    if (!pending_.empty() && !full_ && random_.chance(0.5)) content_ = std::move(pending_.front().state);
    pending_.clear();
    ++crash_;
  }

  // The file is torn, or the disk gone: nothing can be read. Requires: its process does not run.
  void wipe() { content_.reset(); }
  void lose_copy() { copy_.reset(); }  // it was on the disk that is gone

  // What is on it now, for a `restore`. Requires: of that, its process does not run.
  void keep_copy() { copy_ = content_; }
  void restore() { content_ = copy_; }

  // ---- faults
  void set_full(bool full) { full_ = full; }       // writes fail, and are tried again until one succeeds
  void set_slow(Duration extra) { extra_ = extra; }  // each write takes so much longer

  bool full() const { return full_; }
  // Two writes, and what waits for them, within a silence that MMM bears (2.5 s).
  bool is_prompt() const { return !full_ && extra_ <= Duration(800ms); }

  const std::optional<State>& content() const { return content_; }

 private:
  struct Write {
    State state;
    EventQueue::Action durable;
  };

  // Usually a fast disk; now and then one that is busy with somebody else.
  void sync() {
    const auto wait = random_.chance(0.05) ? random_.between(5ms, 80ms) : random_.between(200us, 3ms);
    queue_.after(wait + extra_, [this, crash = crash_] {
      if (crash != crash_) return;
      if (full_) return try_again();
      content_ = std::move(pending_.front().state);
      auto durable = std::move(pending_.front().durable);
      pending_.pop_front();
      if (!pending_.empty()) sync();
      durable();
    });
  }

  void try_again() {
    queue_.after(kRetry, [this, crash = crash_] {
      if (crash == crash_) sync();
    });
  }

  static constexpr Duration kRetry = 1s;  // runtime/outbox.h

  EventQueue& queue_;
  Random random_;
  bool full_ = false;
  Duration extra_{0};
  std::optional<State> content_, copy_;
  std::deque<Write> pending_;
  std::uint64_t crash_ = 0;
};

// Messages that may leave only once a number of writes is on the disk; in order.
class Outbox {
 public:
  // A write was begun; what is sent from now on waits for it.
  std::uint64_t write_begun() { return ++begun_; }
  void write_done(std::uint64_t number) {
    done_ = number;
    flush();
  }
  template <std::invocable F>
  void send(F&& message) {
    if (waiting_.empty() && begun_ <= done_) return message();
    waiting_.push_back({begun_, std::forward<F>(message)});
    flush();
  }
  void clear() { *this = Outbox(); }

 private:
  void flush() {
    while (!waiting_.empty() && waiting_.front().first <= done_) {
      auto message = std::move(waiting_.front().second);
      waiting_.pop_front();
      message();
    }
  }

  std::uint64_t begun_ = 0, done_ = 0;
  std::deque<std::pair<std::uint64_t, EventQueue::Action>> waiting_;
};

}  // namespace mmm::sim
