// The control port: MMM 2's lines, and ours with an exit code.

#include <spdlog/spdlog.h>

#include "base/json_text.h"
#include "runtime/allowed.h"
#include "runtime/monitor_shell.h"

namespace mmm {

namespace {

constexpr Duration kIdleLimit = 60s;      // a client that says nothing is let go
constexpr Duration kAnswerLimit = 30s;    // the brain answers sooner; this is for its own bug
constexpr Duration kLookEvery = 500ms;    // whether the disk holds an answer up
constexpr Duration kStrangerLimit = 1s;   // for the line of one who may not ask
constexpr std::size_t kTurnedAwayMax = 16;// of those at a time; more are closed without a word
constexpr std::size_t kSessionsMax = 256; // idle ones and those whose command is carried out; more are turned away

// An answer of the shell's own: the brain has none.
std::string refusal(control::Form form, int code, const std::string& text) {
  if (form != control::Form::json) return control::encode_answer(form, code, text);
  return control::encode_answer(form, code, JsonObject{}.add("ok", false).add("message", text).done().text);
}

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
    co_return co_await turn_away(std::move(session), ip);
  }
  ++control_sessions_;
  tasks_.spawn(session->write_loop());
  while (true) {
    const auto line = co_await idle_sessions_.read_line(session, control::kMaxLine, Deadline::in(kIdleLimit));
    if (!line) break;
    auto request = control::decode_request(*line);
    if (!request) {
      const auto form = control::form_of(*line);
      session->send_bytes(refusal(form, 2, "ERROR: " + request.error().text));
      continue;
    }
    if (control::is_quit(*request)) break;
    const auto id = next_command_++;
    waiting_[id] = Waiting{session, request->form, std::make_shared<asio::steady_timer>(loop_)};
    happen(CommandCame{id, request->words});
    co_await wait_for_answer(id);
  }
  co_await session->drain(Deadline::in(1s));
  session->close();
  --control_sessions_;
}

// The first line tells in which form the answer is understood.
Task<void> MonitorShell::turn_away(std::shared_ptr<Session> session, std::string ip) {
  if (turned_away_ >= kTurnedAwayMax) co_return session->close();
  ++turned_away_;
  tasks_.spawn(session->write_loop());
  const auto line = co_await session->read_line(control::kMaxLine, Deadline::in(kStrangerLimit));
  if (line) {
    const auto text = fmt::format("ERROR: {} may not use the control port of this monitor; add it to allow_from", ip);
    session->send_bytes(refusal(control::form_of(*line), 1, text));
    co_await session->drain(Deadline::in(1s));
  }
  session->close();
  --turned_away_;
}

// Ends once the answer was sent, or it was told why there is none.
Task<void> MonitorShell::wait_for_answer(CommandId id) {
  const auto limit = Deadline::in(kAnswerLimit);
  for (auto it = waiting_.find(id); it != waiting_.end() && !limit.passed(); it = waiting_.find(id)) {
    if (const auto why = outbox_.held_up()) {
      const auto text = fmt::format("ERROR: Nothing is decided or answered while the status file can't be written: {}. "
                                    "What was asked for may be carried out once it can.", *why);
      it->second.session->send_bytes(refusal(it->second.form, 3, text));
      break;
    }
    const auto answered = it->second.answered;
    answered->expires_at(limit.within(kLookEvery).at);
    co_await answered->async_wait(no_throw);
  }
  waiting_.erase(id);
}

void MonitorShell::carry_out(Reply effect) {
  const auto id = effect.id;
  const bool queued = outbox_.then([this, effect = std::move(effect)] {
    const auto it = waiting_.find(effect.id);
    if (it == waiting_.end()) return;
    const auto form = it->second.form;
    const auto& text = form == control::Form::json ? effect.answer.json : effect.answer.text;
    it->second.session->send_bytes(control::encode_answer(form, static_cast<int>(effect.answer.code), text));
    it->second.answered->cancel();
    waiting_.erase(it);
  });
  const auto asked = waiting_.find(id);
  if (!queued && asked != waiting_.end()) asked->second.session->close();
}

}  // namespace mmm
