// Monitors that connect to the agent.

#include <algorithm>

#include <spdlog/spdlog.h>

#include "codec/wire2/wire2.h"
#include "runtime/agent_shell.h"
#include "runtime/allowed.h"

namespace mmm {

namespace {

// A stranger that connects and says nothing is let go after this time.
constexpr Duration kFirstLineLimit = 5s;
// More connections than any site has monitors; of more the oldest that commands nothing is closed.
constexpr std::size_t kSessionsMax = 64;
// Connections of those who may not command, and who are told so; more are closed without a word.
constexpr std::size_t kTurnedAwayMax = 16;

}  // namespace

Task<void> AgentShell::accept_loop() {
  while (true) {
    auto stream = co_await listener_->accept();
    if (!stream) {
      co_await sleep_for(100ms);
      continue;
    }
    tasks_.spawn(serve(std::move(*stream)));
  }
}

void AgentShell::make_room_for_a_monitor() {
  if (sessions_.size() < kSessionsMax) return;
  const auto leader = brain_.leader();
  const auto oldest = std::ranges::find_if(sessions_, [&](const auto& entry) { return entry.first != leader; });
  if (oldest != sessions_.end()) oldest->second->close();
}

Task<void> AgentShell::serve(LineStream stream) {
  const auto ip = stream.peer_ip();
  const auto id = next_session_++;
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  if (!may_command(config_, ip)) {
    spdlog::warn("{} may not command: it is neither a configured host nor the monitor nor in allow_from", ip);
    if (turned_away_ >= kTurnedAwayMax) co_return session->close();
    ++turned_away_;
    tasks_.spawn(session->write_loop());
    co_await session->turn_away(fmt::format("ERROR: {} may not command this agent; add it to allow_from\n", ip));
    --turned_away_;
    co_return;
  }
  tasks_.spawn(session->write_loop());
  auto line = co_await strangers_.read_line(session, wire2::kMaxLine, Deadline::in(kFirstLineLimit));
  if (!line) {
    spdlog::warn("a connection from {} is closed: {}", ip, line.error().text);
    session->close();
    co_return;
  }
  if (wire2::is_peer_line(*line)) co_return co_await serve_peer(id, session);
  const bool hello = wire2::is_hello(*line);
  auto decoded = hello ? wire2::decode_hello_line(*line) : Result<wire2::HelloLine>(fail("not a HELLO"));
  if (!decoded) {
    const auto why = hello ? decoded.error().text : std::string("this agent speaks version 2 only: HELLO|2|…");
    spdlog::warn("{} sent a first line that is not obeyed: {}", ip, why);
    session->send("ERROR: " + why);
    co_await session->drain(Deadline::in(1s));
    session->close();
    co_return;
  }
  co_await serve_monitor(id, session, std::move(decoded->hello));
}

Task<void> AgentShell::serve_monitor(agent::ConnectionId id, std::shared_ptr<Session> session, Hello hello) {
  make_room_for_a_monitor();
  sessions_[id] = session;
  const auto ip = session->peer_ip();
  spdlog::info("a monitor connected from {}", ip);
  happen(agent::MonitorSaid{id, std::move(hello)});
  Result<std::string> line;
  while (true) {
    line = co_await session->read_line(wire2::kMaxLine, Deadline::never());
    if (!line) break;
    auto message = wire2::decode_to_agent(*line);
    if (!message) {
      spdlog::warn("a message from {} is not understood, the connection is closed: {}", ip, message.error().text);
      break;
    }
    happen(agent::MonitorSaid{id, std::move(*message)});
  }
  spdlog::info("the connection of the monitor at {} ended{}", ip, line ? "" : ": " + line.error().text);
  session->close();
  sessions_.erase(id);
  happen(agent::MonitorLeft{id});
}

}  // namespace mmm
