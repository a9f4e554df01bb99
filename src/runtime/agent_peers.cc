// Other agents: those that are asked, for promises (docs/lease.md, rule 3) and for their role map, and those that ask.

#include <algorithm>

#include <spdlog/spdlog.h>

#include "codec/wire2/wire2.h"
#include "runtime/agent_shell.h"

namespace mmm {

namespace {

constexpr Duration kConnectLimit = 1s;
// An agent that restarts is there again within 300 ms, and the lease may depend on it.
constexpr Duration kReconnect = 50ms;
// One that accepts and hangs up without a word that is understood will do so again: it is of another version, or may not be
// asked by us.
constexpr Duration kFruitlessMax = 10s;
// After an unreachable host; each try has waited kConnectLimit already.
constexpr Duration kUnreachable = 500ms;
constexpr Duration kSilence = 5s;

Duration pause_after(int fruitless) { return fruitless < 2 ? kReconnect : std::min(kFruitlessMax, kReconnect * (1 << std::min(fruitless, 10))); }

}  // namespace

void AgentShell::look_for_peers() {
  for (const auto& host : brain_.peers())
    if (config_.host(host) && peer_loops_.insert(host).second) tasks_.spawn(peer_loop(host));
}

Task<void> AgentShell::peer_loop(HostName host) {
  const auto& config = *config_.host(host);
  std::string told;
  int fruitless = 0;
  while (brain_.peers().contains(host)) {
    auto stream = co_await LineStream::connect(config.ip, config.agent_port, Deadline::in(kConnectLimit), self_.ip);
    PeerTalk why;
    if (stream) why = co_await talk_to_peer(host, std::move(*stream));
    else why.ended = "its agent is not reachable: " + stream.error().text;
    if (why.answered || why.ended.empty()) spdlog::debug("{}: {}", host, why.ended);
    else if (told != why.ended) spdlog::warn("{}: {}", host, why.ended);
    told = why.answered ? "" : why.ended;
    fruitless = stream && !why.answered ? fruitless + 1 : 0;
    co_await sleep_for(stream ? pause_after(fruitless) : kUnreachable);
  }
  peer_loops_.erase(host);
}

// The lease may hang on the answer: a connection on which one is overdue is given up while there is time for another try.
// (What TCP sends again after a loss may come too late.)
Duration AgentShell::peer_patience(const HostName& host) const {
  return brain_.promisers().contains(host) ? std::min(kSilence, 2 * brain_.lease_ttl() / 3) : kSilence;
}

Task<AgentShell::PeerTalk> AgentShell::talk_to_peer(HostName host, LineStream stream) {
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  PeerTalk talk;
  peers_[host] = session;
  tasks_.spawn(session->write_loop());
  session->send(wire2::encode_peer_line());
  happen(agent::PeerJoined{host});
  while (brain_.peers().contains(host)) {
    const auto line = co_await session->read_line(wire2::kMaxLine, Deadline::in(peer_patience(host)));
    if (!line) {
      talk.ended = "the connection to its agent ended: " + line.error().text;
      break;
    }
    auto answer = wire2::decode_peer_answer(*line);
    if (!answer) {
      talk.ended = "its agent said something that is not understood: " + answer.error().text;
      talk.answered = false;
      break;
    }
    talk.answered = true;
    happen(agent::PeerAnswered{host, std::move(*answer)});
  }
  session->close();
  peers_.erase(host);
  co_return talk;
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
    const auto& asker = std::visit([](const auto& one) -> const HostName& { return one.from; }, *question);
    const auto* host = config_.host(asker);
    if (!host || host->ip != session->peer_ip()) {
      spdlog::warn("{} asks as '{}', whose ip it has not: it gets no answer", session->peer_ip(), asker);
      break;
    }
    happen(agent::PeerAsked{id, std::move(*question)});
  }
  session->close();
  sessions_.erase(id);
}

}  // namespace mmm
