// The control port: MMM 2's lines, and ours with an exit code.

#include <spdlog/spdlog.h>

#include "runtime/allowed.h"
#include "runtime/monitor_shell.h"

namespace mmm {

namespace {

constexpr Duration kIdleLimit = 60s;      // a client that says nothing is let go
constexpr Duration kAnswerLimit = 30s;    // the brain answers sooner; this is for its own bug
constexpr std::size_t kSessionsMax = 256; // idle ones and those whose command is carried out; more are turned away

}  // namespace

Task<void> MonitorShell::control_loop() {
  while (true) {
    auto stream = co_await control_->accept();
    if (!stream) {
      co_await sleep_for(100ms);
      continue;
    }
    if (control_sessions_ >= kSessionsMax) continue;
    tasks_.spawn(serve(std::move(*stream)));
  }
}

Task<void> MonitorShell::serve(LineStream stream) {
  const auto ip = stream.peer_ip();
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  if (!may_command(config_, ip)) {
    spdlog::warn("{} may not use the control port: it is no configured host and not in allow_from", ip);
    session->close();
    co_return;
  }
  ++control_sessions_;
  tasks_.spawn(session->write_loop());
  while (true) {
    const auto line = co_await idle_sessions_.read_line(session, control::kMaxLine, Deadline::in(kIdleLimit));
    if (!line) break;
    auto request = control::decode_request(*line);
    if (!request) {
      const auto form = control::form_of(*line);
      session->send_bytes(control::encode_answer(form, 2, "ERROR: " + request.error().text));
      continue;
    }
    if (control::is_quit(*request)) break;
    const auto id = next_command_++;
    auto answered = std::make_shared<asio::steady_timer>(loop_, Deadline::in(kAnswerLimit).at);
    waiting_[id] = Waiting{session, request->form, answered};
    happen(CommandCame{id, request->words});
    if (waiting_.contains(id)) co_await answered->async_wait(no_throw);
    waiting_.erase(id);
  }
  co_await session->drain(Deadline::in(1s));
  session->close();
  --control_sessions_;
}

void MonitorShell::carry_out(Reply effect) {
  outbox_.then([this, effect = std::move(effect)] {
    const auto it = waiting_.find(effect.id);
    if (it == waiting_.end()) return;
    const auto form = it->second.form;
    const auto& text = form == control::Form::json ? effect.answer.json : effect.answer.text;
    it->second.session->send_bytes(control::encode_answer(form, static_cast<int>(effect.answer.code), text));
    it->second.answered->cancel();
    waiting_.erase(it);
  });
}

}  // namespace mmm
