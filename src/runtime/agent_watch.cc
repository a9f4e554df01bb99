// What the agent watches: its server, its addresses, and whether it reaches the other hosts' servers.

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "io/mysql/rights.h"
#include "io/process/server_process.h"
#include "runtime/agent_shell.h"
#include "runtime/segment_answer.h"

namespace mmm {

namespace {

constexpr Duration kConnectLimit = 2s;
constexpr Duration kRetry = 200ms;        // a server that is not there is looked for this often
constexpr Duration kLoginRetryMax = 2s;   // one that sends us away, less and less often until this: it counts and logs each
constexpr Duration kRightsAgain = 10s;    // missing rights are looked for again
constexpr Duration kListAnyway = 5s;      // what the kernel has is read this often even if it tells of no change
constexpr Duration kProbeEvery = 1s;
constexpr Duration kProbeLimit = 500ms;

// Has the process that the pid file names ended? Without a file nothing is known.
bool process_has_ended(const std::string& pid_file) {
  const auto named = read_pid_file(pid_file);
  if (!named || !*named) return false;
  const auto found = find_server(pid_file, std::nullopt);
  return found && !*found;
}

}  // namespace

Task<void> AgentShell::watch_server() {
  login_retry_ = kRetry;
  while (true) {
    const auto wait = co_await watch_server_once();
    co_await sleep_for(wait);
  }
}

// Connects, tells that the server is up, waits for its end by pidfd and by the connection, tells of it. Returns after
// which time to begin anew.
Task<Duration> AgentShell::watch_server_once() {
  const auto opened = co_await idle_.connect(target(), Deadline::in(kConnectLimit));
  if (!opened) co_return server_not_reached(opened.error());
  login_retry_ = kRetry;
  report("login", "");
  co_await check_rights();
  auto watch = watch_process();
  happen(agent::MysqldUp{});
  // What is granted meanwhile holds for new sessions.
  const auto again = troubles_["rights"].empty() ? Deadline::never() : Deadline::in(kRightsAgain);
  bool process_ended = false, session_ended = true;
  if (watch) {
    using asio::experimental::awaitable_operators::operator||;
    auto by_process = watch->wait_exit(again);
    auto by_connection = idle_.wait_for_close(again);
    co_await (std::move(by_process) || std::move(by_connection));
    process_ended = !watch->alive();
  } else {
    // Whether the server died or just ended our session shows the next connect.
    session_ended = co_await idle_.wait_for_close(again);
  }
  idle_.close();
  if (process_ended) server_died(fmt::format("process {} has ended", watch->pid()));
  if (!watch && session_ended) close_lanes();
  co_return again.passed() ? Duration(0) : kRetry;
}

Duration AgentShell::server_not_reached(const mysql::SqlError& error) {
  const bool no_connection = error.code == mysql::kConnectFailed || error.code == mysql::kConnectRefused;
  // A port that nobody listens on, or a socket that is not there, is a server that does not run. Anything else (no route,
  // no descriptors, no answer) may be our own plight.
  if (mysql::nobody_listens(error) || (no_connection && process_has_ended(self_.mysql_pidfile))) {
    report("login", "");
    server_died(error.text);
    return kRetry;
  }
  report("login", "the agent can't log in to its server: " + error.text);
  if (!mysql::is_servers_word(error)) return kRetry;
  login_retry_ = std::min(2 * login_retry_, kLoginRetryMax);
  return login_retry_;
}

void AgentShell::server_died(const std::string& reason) {
  close_lanes();
  happen(agent::MysqldDown{reason});
}

void AgentShell::close_lanes() {
  for (auto& [lane, connection] : lanes_) connection.close();
}

std::optional<ProcessWatch> AgentShell::watch_process() {
  std::string why = fmt::format("no process behind {}", self_.mysql_pidfile);
  const auto process = find_server(self_.mysql_pidfile, std::nullopt);
  if (process && *process) {
    auto watch = ProcessWatch::open(loop_.get_executor(), (*process)->pid, (*process)->start_ticks);
    if (watch && *watch) return std::move(**watch);
    if (!watch) why = watch.error().text;
  }
  if (!process) why = "mysql_pidfile: " + process.error().text;
  spdlog::warn("{}: a crash of mysqld is noticed by its connection only, later", why);
  return std::nullopt;
}

Task<void> AgentShell::check_rights() {
  const auto missing = co_await mysql::check_rights(idle_, mysql::ServerUser::agent, Deadline::in(kConnectLimit));
  if (!missing) {
    report("rights", fmt::format("the rights of the agent's user '{}' can't be read: {}", self_.agent_user,
                                 missing.error().text));
  } else if (missing->empty()) {
    report("rights", "");
  } else {
    const auto names = fmt::format("{}", fmt::join(*missing, ", "));
    report("rights", fmt::format("the agent's user '{}' lacks {}: GRANT {} ON *.* TO it", self_.agent_user, names, names));
  }
}

void AgentShell::report(const std::string& key, const std::string& text) {
  auto& told = troubles_[key];
  if (told == text) return;
  told = text;
  if (!text.empty()) spdlog::error("{}", text);
  happen(agent::Trouble{key, text});
}

std::vector<StandingAddress> AgentShell::role_ips_found() {
  auto list = addresses_->list();
  if (!list) {
    spdlog::error("the addresses of {} can't be read: {}", self_.cluster_interface, list.error().text);
    return {};
  }
  std::erase_if(*list, [this](const auto& address) { return !brain_.is_role_ip(address.ip); });
  return std::move(*list);
}

std::set<std::string> AgentShell::role_ips_present() {
  std::set<std::string> present;
  for (const auto& address : role_ips_found()) present.insert(address.ip);
  return present;
}

Task<void> AgentShell::watch_addresses() {
  auto known = role_ips_present();
  while (true) {
    const auto changed = co_await address_watch_->next(Deadline::in(kListAnyway));
    if (!changed) {
      spdlog::error("{}", changed.error().text);
      co_await sleep_for(kRetry);
    }
    // A renewal of our own changes nothing that is listed.
    if (changed && *changed && (*changed)->kind == AddressEvent::Kind::put && known.contains((*changed)->ip)) continue;
    look_at_interface();
    auto present = role_ips_present();
    if (present == known) continue;
    known = std::move(present);
    happen(agent::AddressesChanged{known});
  }
}

// A bond may change its hardware address; so does an interface that is made anew.
void AgentShell::look_at_interface() {
  const auto mac = segment_.mac();
  auto text = mac ? std::optional(to_string(*mac)) : std::nullopt;
  if (text == told_mac_) return;
  told_mac_ = text;
  happen(agent::InterfaceFound{std::move(text)});
}

void AgentShell::carry_out(agent::ResolveAddress effect) { tasks_.spawn(resolve(std::move(effect))); }

Task<void> AgentShell::resolve(agent::ResolveAddress question) {
  co_await asio::post(loop_, asio::use_awaitable);  // not within the step that asked
  const Resolve asked{question.number, question.ip};  // GCC 12: not within co_await
  auto answer = co_await answer_of(segment_, asked);
  happen(agent::AddressResolved{question.asker, std::move(answer)});
}

// By ping, twice, since a packet may be lost. Not by connecting to its server: MySQL counts connections that say
// nothing as errors of our host and in the end refuses it (max_connect_errors).
Task<void> AgentShell::probe(HostName host) {
  const auto& other = *config_.host(host);
  std::optional<bool> before;
  while (true) {
    auto answer = co_await pinger_.ping(other.ip, Deadline::in(kProbeLimit));
    if (!answer) answer = co_await pinger_.ping(other.ip, Deadline::in(kProbeLimit));
    const bool answers = answer.has_value();
    if (before != answers) happen(agent::Reach{host, answers});
    before = answers;
    co_await sleep_for(kProbeEvery);
  }
}

}  // namespace mmm
