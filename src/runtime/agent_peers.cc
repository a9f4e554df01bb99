// Other agents: those that are asked, for promises (docs/lease.md, rule 3) and for their role map, and those that ask.

#include <spdlog/spdlog.h>

#include "codec/wire2/wire2.h"
#include "runtime/agent_shell.h"

namespace mmm {

namespace {

constexpr Duration kConnectLimit = 1s;
// An agent that restarts is there again within 300 ms, and the lease may depend on it.
constexpr Duration kReconnect = 50ms;
// After an unreachable host; each try has waited kConnectLimit already.
constexpr Duration kUnreachable = 500ms;
// An agent answers each question at once. Silence this long: frozen, or its host is gone.
constexpr Duration kSilence = 5s;

}  // namespace

void AgentShell::look_for_peers() {
  for (const auto& host : brain_.peers())
    if (config_.host(host) && peer_loops_.insert(host).second) tasks_.spawn(peer_loop(host));
}

Task<void> AgentShell::peer_loop(HostName host) {
  const auto& config = *config_.host(host);
  std::string told;
  while (brain_.peers().contains(host)) {
    auto stream = co_await LineStream::connect(config.ip, config.agent_port, Deadline::in(kConnectLimit));
    if (stream) {
      told.clear();
      co_await talk_to_peer(host, std::move(*stream));
      co_await sleep_for(kReconnect);
      continue;
    }
    if (told != stream.error().text) spdlog::warn("{}: its agent is not reachable: {}", host, stream.error().text);
    told = stream.error().text;
    co_await sleep_for(kUnreachable);
  }
  peer_loops_.erase(host);
}

Task<void> AgentShell::talk_to_peer(HostName host, LineStream stream) {
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  peers_[host] = session;
  tasks_.spawn(session->write_loop());
  session->send(wire2::encode_peer_line());
  happen(agent::PeerJoined{host});
  while (brain_.peers().contains(host)) {
    const auto line = co_await session->read_line(wire2::kMaxLine, Deadline::in(kSilence));
    if (!line) {
      spdlog::debug("{}: the connection to its agent ended: {}", host, line.error().text);
      break;
    }
    auto answer = wire2::decode_peer_answer(*line);
    if (!answer) {
      spdlog::warn("{}: its agent said something that is not understood: {}", host, answer.error().text);
      break;
    }
    happen(agent::PeerAnswered{host, std::move(*answer)});
  }
  session->close();
  peers_.erase(host);
}

Task<void> AgentShell::serve_peer(agent::ConnectionId id, std::shared_ptr<Session> session) {
  make_room_for_a_monitor();
  sessions_[id] = session;
  while (true) {
    const auto line = co_await session->read_line(wire2::kMaxLine, Deadline::never());
    if (!line) break;
    auto question = wire2::decode_peer_question(*line);
    if (!question) {
      spdlog::warn("a question from {} is not understood, the connection is closed: {}", session->peer_ip(), question.error().text);
      break;
    }
    happen(agent::PeerAsked{id, std::move(*question)});
  }
  session->close();
  sessions_.erase(id);
}

}  // namespace mmm
