#include "runtime/agent_shell.h"

#include <spdlog/spdlog.h>

#include "codec/agent_state/agent_state.h"
#include "codec/wire2/wire2.h"
#include "io/async/clock.h"
#include "io/process/machine.h"
#include "io/process/machine_stops.h"
#include "io/store/file.h"
#include "runtime/allowed.h"

namespace mmm {

namespace {

constexpr std::size_t kStateLimit = 16 * 1024 * 1024;
// More connections than anybody opens at once and says nothing on.
constexpr std::size_t kStrangersMax = 64;

}  // namespace

AgentShell::AgentShell(asio::io_context& loop, const Config& config)
    : loop_(loop),
      config_(config),
      self_(*config.host(config.self)),
      brain_(config),
      tasks_(loop.get_executor()),
      outbox_(loop.get_executor(), worker_, self_.state_path,
              [](const Error& error) { spdlog::error("the state can't be written; nothing is promised until it is: {}", error.text); }),
      tick_(loop),
      stopped_(loop, std::chrono::steady_clock::time_point::max()),
      stepped_(loop),
      segment_(loop.get_executor(), self_.cluster_interface),
      strangers_(kStrangersMax),
      idle_(loop.get_executor()),
      pinger_(loop.get_executor()) {
  for (const auto lane : {agent::Lane::writer, agent::Lane::replication, agent::Lane::observation})
    lanes_.emplace(lane, mysql::Connection(loop.get_executor()));
}

Status AgentShell::open() {
  if (const auto kept = check_directory_of(self_.state_path); !kept)
    return fail(kept.error().text + ". Make it so that it can, or give another state_path");
  auto watch = AddressWatch::open(loop_.get_executor(), self_.cluster_interface);
  if (!watch) return std::unexpected(watch.error());
  address_watch_ = std::move(*watch);
  auto addresses = Addresses::open(self_.cluster_interface);
  if (!addresses) return std::unexpected(addresses.error());
  addresses_ = std::move(*addresses);
  auto reject = RejectTable::open(self_.agent_port, self_.mysql_port);
  if (reject)
    reject_ = std::move(*reject);
  else
    spdlog::warn("clients of an address that leaves this host are not refused but time out: {}", reject.error().text);
  auto listener = Listener::open(loop_.get_executor(), self_.ip, self_.agent_port);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);

  auto text = read_file(self_.state_path, kStateLimit);
  if (!text) return std::unexpected(text.error());
  std::optional<AgentMemory> memory;
  if (*text) {
    auto parsed = parse_agent_memory(**text);
    if (parsed)
      memory = std::move(*parsed);
    else
      spdlog::error("{}: {}. The state counts as lost", self_.state_path, parsed.error().text);
  }
  auto boot = boot_id();
  if (!boot) return std::unexpected(boot.error());
  const auto found = role_ips_found();
  agent::Started started{.memory = std::move(memory), .ips = {}, .untimed_ips = {}, .boot_id = std::move(*boot),
                         .has_fence = open_fence()};
  if (fence_)
    if (const auto state = fence_->look(); state) started.fence_untimed = state->open && !state->left;
  for (const auto& address : found) {
    started.ips.insert(address.ip);
    if (!address.left) started.untimed_ips.insert(address.ip);
  }
  happen(started);
  look_at_interface();
  if (!trouble_at_start_.empty()) report("write_fence", trouble_at_start_);
  if (fence_) report("monitor", shut_out_monitor(config_));
  happen(agent::Tick{seconds(uptime())});  // the first report tells it already
  return {};
}

Task<void> AgentShell::run() {
  tasks_.spawn(outbox_.run());
  tasks_.spawn(tick_loop());
  tasks_.spawn(accept_loop());
  tasks_.spawn(watch_server());
  tasks_.spawn(watch_addresses());
  for (const auto& host : config_.hosts)
    if (host.name != config_.self) tasks_.spawn(probe(host.name));
  spdlog::info("agent {} of {} listens on {} port {}", MMM_VERSION, config_.self, self_.ip, self_.agent_port);
  if (anybody_may_command(config_))
    spdlog::warn("any address may command this agent: its configuration names no monitor; set allow_from");
  co_await stopped_.async_wait(no_throw);
  co_await tasks_.stop();
  // A writer's fence stays: it ends with the lease.
  if (fence_ && !brain_.is_writer() && !holds_writer_ip())
    if (const auto removed = fence_->remove(); !removed) spdlog::warn("{}", removed.error().text);
}

void AgentShell::stop() {
  if (!std::exchange(stop_wanted_, true)) return tasks_.spawn(stop_in_order());
  stopping_ = true;
  stopped_.cancel();
}

Task<void> AgentShell::stop_in_order() {
  constexpr Duration kLastWords = 1s;
  happen(agent::Stopping{co_await machine_stops()});
  while (!brain_.ready_to_stop()) {
    stepped_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await stepped_.async_wait(no_throw);
  }
  const auto deadline = Deadline::in(kLastWords);
  while (!outbox_.empty() && !deadline.passed()) co_await sleep_for(1ms);
  for (const auto& [id, session] : std::map(sessions_)) co_await session->drain(deadline);
  stop();
}

void AgentShell::happen(const agent::Event& event) {
  // A watch that ends because we stop looks like the death of what it watched: nothing is released for that.
  if (stopping_) return;
  auto effects = brain_.step(event, boot_now());
  for (auto& effect : effects) std::visit([this](auto& e) { carry_out(std::move(e)); }, effect);
  take_away_old_fence();
  look_for_peers();
  tick_.cancel();
  if (stop_wanted_) stepped_.cancel();
}

void AgentShell::carry_out(agent::Persist effect) { outbox_.write(print_agent_memory(effect.memory)); }

void AgentShell::carry_out(agent::Send effect) {
  const auto session = sessions_.find(effect.to);
  if (session == sessions_.end()) return;
  if (effect.urgent) return session->second->send(wire2::encode(effect.message));
  say(session->second, wire2::encode(effect.message));
}

// Nothing is said before what it relies on is on the disk.
bool AgentShell::say(const std::shared_ptr<Session>& session, std::string line) {
  if (outbox_.then([session, line = std::move(line)] { session->send(line); })) return true;
  session->close();
  return false;
}

void AgentShell::carry_out(agent::AskPeer effect) {
  if (const auto peer = peers_.find(effect.to); peer != peers_.end()) say(peer->second, wire2::encode(effect.question));
}

void AgentShell::carry_out(agent::AnswerPeer effect) {
  if (const auto session = sessions_.find(effect.to); session != sessions_.end())
    say(session->second, wire2::encode(effect.answer));
}

void AgentShell::carry_out(agent::Run effect) {
  if (agent::lane_of(effect.operation) == agent::Lane::kernel) {
    // The kernel answers at once; its word reaches the brain with the next turn of the loop, not inside this step.
    auto result = perform_on_kernel(effect.id, effect.operation);
    asio::post(loop_, [this, id = effect.id, result = std::move(result)] { happen(agent::Completed{id, result}); });
    return;
  }
  tasks_.spawn(operate(effect.id, std::move(effect.operation)));
}

void AgentShell::carry_out(const agent::Note& effect) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  spdlog::log(kLevels[static_cast<int>(effect.severity)], "{}", effect.text);
}

Task<void> AgentShell::tick_loop() {
  while (true) {
    const auto wakeup = brain_.next_wakeup();
    const auto wait = wakeup == kNever ? Duration(1s) : std::clamp<Duration>(wakeup - boot_now(), 0ns, 1s);
    tick_.expires_after(wait);
    const auto [cancelled] = co_await tick_.async_wait(no_throw);
    if (cancelled) continue;  // something happened: the wake-up is another one now
    happen(agent::Tick{seconds(uptime())});
  }
}

}  // namespace mmm
