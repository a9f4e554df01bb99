#pragma once
// What happened, a line each: for the reader of a failed schedule. Off in batches: a failed seed is simply run again.

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/event_queue.h"

namespace mmm::sim {

class Story {
 public:
  Story(const EventQueue& queue, bool on) : queue_(queue), on_(on) {}

  bool on() const { return on_; }

  template <class... Args>
  void tell(std::string_view who, fmt::format_string<Args...> format, Args&&... args) {
    if (!on_) return;
    lines_.push_back(fmt::format("{:10.6f}  {:<8} {}", seconds(queue_.now()), who,
                                 fmt::format(format, std::forward<Args>(args)...)));
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  const EventQueue& queue_;
  bool on_;
  std::vector<std::string> lines_;
};

}  // namespace mmm::sim
