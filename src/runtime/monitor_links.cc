// The monitor's standing connections to the agents.

#include <algorithm>

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
// An agent that accepts and hangs up without a word that is understood will do so again (it may not obey us, it is of
// another version); but the first time it may just be restarting.
constexpr Duration kFruitlessFirst = 1s, kFruitlessMax = 10s;

Duration pause_after(int fruitless) {
  Duration pause = kReconnect;
  for (int i = 1; i < fruitless; ++i) pause = std::clamp(2 * pause, kFruitlessFirst, kFruitlessMax);
  return pause;
}

// What it said, fit for a log.
std::string shown(std::string line) {
  constexpr std::size_t kShownMax = 200;
  line.resize(std::min(line.size(), kShownMax));
  for (auto& c : line)
    if (c < ' ' || c > '~') c = '?';
  return line;
}

}  // namespace

Task<void> MonitorShell::link_loop(HostName host) {
  const auto& config = *config_.host(host);
  std::string told;
  int fruitless = 0;
  while (true) {
    auto stream = co_await LineStream::connect(config.ip, config.agent_port, Deadline::in(kConnectLimit));
    if (stream) {
      told.clear();
      const auto ended = co_await talk(host, std::move(*stream));
      happen(AgentLeft{host, ended.why});
      fruitless = ended.fruitless ? std::min(fruitless + 1, 10) : 0;
    } else {
      fruitless = 0;
      if (told != stream.error().text) spdlog::warn("{}: its agent is not reachable: {}", host, stream.error().text);
      told = stream.error().text;
    }
    co_await sleep_for(pause_after(fruitless));
  }
}

Task<MonitorShell::TalkEnd> MonitorShell::talk(HostName host, LineStream stream) {
  auto session = std::make_shared<Session>(loop_.get_executor(), std::move(stream));
  links_[host] = session;
  tasks_.spawn(session->write_loop());
  tasks_.spawn(poke_loop(host, session));
  happen(AgentJoined{host});
  TalkEnd end{.why = "", .fruitless = true};
  while (true) {
    const auto silence = Deadline::in(kSilence);
    const auto line = co_await session->read_line(wire2::kMaxLine, silence);
    if (!line) {
      end.why = line.error().text;
      end.fruitless = end.fruitless && !silence.passed();  // a frozen one costs kSilence each time as it is
      break;
    }
    auto message = wire2::decode_from_agent(*line);
    if (!message) {
      end.why = line->starts_with("ERROR") ? "it says " + shown(*line)
                                           : "it said something that is not understood: " + message.error().text;
      break;
    }
    end.fruitless = false;
    happen(AgentSaid{host, std::move(*message)});
  }
  session->close();
  links_.erase(host);
  co_return end;
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
