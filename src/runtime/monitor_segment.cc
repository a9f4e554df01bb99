// What the monitor asks the hosts on its own segment.

#include "io/address/addresses.h"
#include "runtime/monitor_shell.h"
#include "runtime/segment_answer.h"

namespace mmm {

void MonitorShell::carry_out(AskSegment effect) { tasks_.spawn(ask_segment(std::move(effect.question))); }

// The interface is looked for each time: it may come, go and be renumbered.
Task<void> MonitorShell::ask_segment(Resolve question) {
  co_await asio::post(loop_, asio::use_awaitable);  // not within the step that asked
  SegmentAsked event{.on_segment = true, .answer = {.number = question.number, .ip = question.ip, .macs = {}, .problem = ""}};
  const auto interface = Addresses::interface_towards(question.ip);
  if (!interface) {
    event.answer.problem = interface.error().text;
  } else if (!*interface) {
    event.on_segment = false;
  } else {
    auto& segment = segments_.try_emplace(**interface, loop_.get_executor(), **interface).first->second;
    event.answer = co_await answer_of(segment, question);
  }
  happen(event);
}

}  // namespace mmm
