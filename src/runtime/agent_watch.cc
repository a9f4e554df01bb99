// What the agent watches: its server, its addresses, and whether it reaches the other hosts' servers.

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "io/mysql/rights.h"
#include "io/process/process_watch.h"
#include "io/process/server_process.h"
#include "runtime/agent_shell.h"

namespace mmm {

namespace {

constexpr Duration kConnectLimit = 2s;
constexpr Duration kRetry = 200ms;        // a server that is not there is looked for this often
constexpr Duration kListAnyway = 5s;      // what the kernel has is read this often even if it tells of no change
constexpr Duration kProbeEvery = 1s;
constexpr Duration kProbeLimit = 500ms;

}  // namespace

Task<void> AgentShell::watch_server() {
  while (true) {
    co_await watch_server_once();
    co_await sleep_for(kRetry);
  }
}

// Connects, tells that the server is up, waits for its end by pidfd and by the connection, tells of it.
Task<void> AgentShell::watch_server_once() {
  const auto opened = co_await idle_.connect(target(), Deadline::in(kConnectLimit));
  if (!opened) {
    const auto& error = opened.error();
    const bool no_login = error.code == mysql::kAccessDenied || error.code == mysql::kTooManyConnections;
    happen(agent::Trouble{"login", no_login ? "the agent can't log in to its server: " + error.text : ""});
    if (no_login) spdlog::error("the agent can't log in to its server: {}", error.text);
    // A port that nobody listens on, or a socket that is not there, is a server that does not run.
    const bool refused = error.code == mysql::kConnectFailed || error.code == mysql::kConnectRefused;
    if (refused) happen(agent::MysqldDown{error.text});
    co_return;
  }
  happen(agent::Trouble{"login", ""});
  const auto missing = co_await mysql::check_rights(idle_, mysql::ServerUser::agent, Deadline::in(kConnectLimit));
  if (missing) report_missing_rights(*missing);
  const auto process = find_server(self_.mysql_pidfile, std::nullopt);
  if (!process) spdlog::warn("mysql_pidfile: {}", process.error().text);
  std::optional<ProcessWatch> watch;
  if (process && *process) {
    auto opened_watch = ProcessWatch::open(loop_.get_executor(), (*process)->pid, (*process)->start_ticks);
    if (opened_watch && *opened_watch) watch = std::move(**opened_watch);
  }
  if (!watch)
    spdlog::warn("no process behind {}: a crash of mysqld is noticed by its connection only, later", self_.mysql_pidfile);
  happen(agent::MysqldUp{});
  const auto pid = watch ? watch->pid() : 0;
  if (watch) {
    using asio::experimental::awaitable_operators::operator||;
    auto by_process = watch->wait_exit(Deadline::never());
    auto by_connection = idle_.wait_for_close(Deadline::never());
    const auto first = co_await (std::move(by_process) || std::move(by_connection));
    const auto alive = first.index() == 1 && watch->alive();
    idle_.close();
    if (alive) co_return;  // only our session was ended: connect again
    happen(agent::MysqldDown{fmt::format("process {} has ended", pid)});
  } else {
    co_await idle_.wait_for_close(Deadline::never());
    idle_.close();
    // Whether it died or just ended our session shows the next connect.
  }
  for (auto& [lane, connection] : lanes_)
    if (lane != agent::Lane::kernel) connection.close();
}

void AgentShell::report_missing_rights(const std::vector<std::string>& rights) {
  if (rights == missing_rights_) return;
  missing_rights_ = rights;
  std::string text;
  if (!rights.empty())
    text = fmt::format("the agent's user '{}' lacks {}: GRANT {} ON *.* TO it", self_.agent_user, fmt::join(rights, ", "),
                       fmt::join(rights, ", "));
  if (!text.empty()) spdlog::error("{}", text);
  happen(agent::Trouble{"rights", text});
}

std::set<std::string> AgentShell::role_ips_present() {
  std::set<std::string> present;
  const auto list = addresses_->list();
  if (!list) {
    spdlog::error("the addresses of {} can't be read: {}", self_.cluster_interface, list.error().text);
    return present;
  }
  for (const auto& role : config_.roles)
    for (const auto& ip : role.ips)
      for (const auto& address : *list)
        if (address.ip == ip) present.insert(ip);
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
    auto present = role_ips_present();
    if (present == known) continue;
    known = std::move(present);
    happen(agent::AddressesChanged{known});
  }
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
