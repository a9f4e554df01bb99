// The monitor's standing connections to the agents.

#include <spdlog/spdlog.h>

#include "codec/wire2/wire2.h"
#include "runtime/monitor_shell.h"

namespace mmm {

namespace {

constexpr Duration kConnectLimit = 1s;
// After a refused connection: an agent that restarts is there again within 300 ms, so it is looked for often.
constexpr Duration kReconnect = 50ms;
// After silence: a host that is away is looked for less often; each try already waited kConnectLimit.
constexpr Duration kPokeEvery = 1s;
// An agent answers a Poke at once. Silence this long: frozen, or its host is gone; the connection is made anew.
constexpr Duration kSilence = 5s;

}  // namespace

Task<void> MonitorShell::link_loop(HostName host) {
  const auto& config = *config_.host(host);
  std::string told;
  while (true) {
    auto stream = co_await LineStream::connect(config.ip, config.agent_port, Deadline::in(kConnectLimit));
    if (stream) {
      told.clear();
      const auto why = co_await talk(host, std::move(*stream));
      happen(AgentLeft{host, why});
    } else if (told != stream.error().text) {
      told = stream.error().text;
      spdlog::warn("{}: its agent is not reachable: {}", host, told);
    }
    co_await sleep_for(kReconnect);
  }
}

Task<std::string> MonitorShell::talk(HostName host, LineStream stream) {
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  links_[host] = session;
  tasks_.spawn(session->write_loop());
  tasks_.spawn(poke_loop(host, session));
  happen(AgentJoined{host});
  std::string why;
  while (true) {
    const auto line = co_await session->read_line(wire2::kMaxLine, Deadline::in(kSilence));
    if (!line) {
      why = line.error().text;
      break;
    }
    auto message = wire2::decode_from_agent(*line);
    if (!message) {
      why = "it said something that is not understood: " + message.error().text;
      break;
    }
    happen(AgentSaid{host, std::move(*message)});
  }
  session->close();
  links_.erase(host);
  co_return why;
}

Task<void> MonitorShell::poke_loop(HostName host, std::shared_ptr<Session> session) {
  while (true) {
    co_await sleep_for(kPokeEvery);
    const auto link = links_.find(host);
    if (link == links_.end() || link->second != session) co_return;
    session->send(wire2::encode(ToAgent{Poke{}}));
  }
}

}  // namespace mmm
