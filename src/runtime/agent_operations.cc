// What each of the agent's operations does to MySQL and the kernel.

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "io/async/clock.h"
#include "io/fence/connections.h"
#include "io/mysql/replication.h"
#include "io/mysql/server.h"
#include "io/process/run_command.h"
#include "runtime/agent_shell.h"

namespace mmm {

namespace {

// Bounds, one operation each. The local server answers in a millisecond; these are for one that hangs.
constexpr Duration kConnectLimit = 1s;
constexpr Duration kStopWritesLimit = 1500ms;  // a try; in between sessions that hold it up are ended
constexpr Duration kEndSessionsLimit = 2s;
constexpr Duration kAllowWritesLimit = 1s;
constexpr Duration kReplicationLimit = 10s;    // STOP SLAVE with semi-sync may wait for a frozen source
constexpr Duration kStopApplierLimit = 3s;
constexpr Duration kObserveLimit = 1s;
// A power switch answers within seconds; one that doesn't is killed.
constexpr Duration kFenceCommandLimit = 30s;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace

mysql::Target AgentShell::target() const {
  return {.host = self_.ip, .port = self_.mysql_port, .socket = self_.mysql_socket, .user = self_.agent_user,
          .password = self_.agent_password, .standing = true};
}

Task<Result<mysql::Connection*>> AgentShell::connected(agent::Lane lane, Deadline deadline) {
  auto& connection = lanes_.at(lane);
  if (!connection.still_open()) {
    const auto opened = co_await connection.connect(target(), deadline.within(kConnectLimit));
    if (!opened) co_return std::unexpected(Error(opened.error()));
  }
  co_return &connection;
}

Task<void> AgentShell::operate(std::uint64_t id, agent::Operation operation) {
  if (std::holds_alternative<agent::Observe>(operation)) {
    co_await observe(id);
    co_return;
  }
  const auto begun = boot_now();
  const auto text = agent::to_string(operation);
  // Not as one conditional expression: GCC 12 destroys temporaries of co_await in it twice.
  Status result;
  if (const auto* fence_command = std::get_if<agent::FenceCommand>(&operation))
    result = co_await run_fence_command(*fence_command);
  else
    result = co_await perform(std::move(operation));
  if (result) spdlog::info("{}: done in {} ms", text, milliseconds(boot_now() - begun));
  happen(agent::Completed{id, std::move(result)});
}

Task<void> AgentShell::observe(std::uint64_t id) {
  const auto deadline = Deadline::in(kObserveLimit);
  const auto server = co_await connected(agent::Lane::observation, deadline);
  if (!server) {
    happen(agent::Observed{id, std::unexpected(server.error())});
    co_return;
  }
  auto status = co_await mysql::observe(**server, deadline);
  if (status) {
    happen(agent::Observed{id, std::move(*status)});
    co_return;
  }
  if (mysql::lacks_a_right(status.error())) (*server)->close();
  happen(agent::Observed{id, std::unexpected(Error(status.error()))});
}

Task<Status> AgentShell::perform(agent::Operation operation) {
  const auto connection = co_await connected(agent::lane_of(operation), Deadline::in(kConnectLimit));
  if (!connection) co_return std::unexpected(connection.error());
  const auto done = co_await perform_on_server(**connection, std::move(operation));
  if (done) co_return Status{};
  // The next session has what is granted until then; this one never will.
  if (mysql::lacks_a_right(done.error())) (*connection)->close();
  co_return std::unexpected(Error(done.error()));
}

Task<Status> AgentShell::run_fence_command(agent::FenceCommand operation) {
  auto argv = words_of(config_.fence_cmd);
  if (argv.empty()) co_return fail("fence_cmd is empty");
  argv.push_back(config_.self);
  argv.push_back(std::to_string(operation.generation.value));
  argv.emplace_back(operation.stopped ? "stopped" : "unstopped");
  const auto result = co_await run_command(std::move(argv), Deadline::in(kFenceCommandLimit));
  if (!result) co_return std::unexpected(result.error());
  if (!result->ok()) co_return fail(fmt::format("it ended with {}: {}", result->exit_status, result->output.substr(0, 200)));
  spdlog::info("fence_cmd ended with 0{}{}", result->output.empty() ? "" : ": ", result->output);
  co_return Status{};
}

Task<mysql::SqlStatus> AgentShell::perform_on_server(mysql::Connection& server, agent::Operation operation) {
  if (std::holds_alternative<agent::StopWrites>(operation))
    co_return co_await mysql::set_read_only(server, true, Deadline::in(kStopWritesLimit));
  if (const auto* allow = std::get_if<agent::AllowWrites>(&operation)) {
    if (boot_now() >= allow->lease.end()) co_return mysql::sql_fail("the lease ended before it could be used");
    co_return co_await mysql::set_read_only(server, false, Deadline::in(kAllowWritesLimit));
  }
  if (const auto* semi_sync = std::get_if<agent::SemiSyncSource>(&operation))
    co_return co_await mysql::set_semi_sync_source(server, semi_sync->on, Deadline::in(kAllowWritesLimit));
  if (std::holds_alternative<agent::EndSessions>(operation)) {
    std::vector<std::string> spared{self_.monitor_user};
    const auto ended = co_await mysql::end_client_sessions(server, std::move(spared), Deadline::in(kEndSessionsLimit));
    if (!ended) co_return std::unexpected(ended.error());
    spdlog::info("{} client sessions were ended", *ended);
    co_return mysql::SqlStatus{};
  }
  if (const auto* follow = std::get_if<agent::Follow>(&operation)) {
    mysql::Source source{follow->ip, follow->port, self_.replication_user, self_.replication_password};
    co_return co_await mysql::follow(server, std::move(source), follow->demote, Deadline::in(kReplicationLimit));
  }
  if (std::holds_alternative<agent::StopReplication>(operation))
    co_return co_await mysql::stop_replication(server, Deadline::in(kReplicationLimit));
  if (std::holds_alternative<agent::StartReplication>(operation))
    co_return co_await mysql::start_replication(server, Deadline::in(kReplicationLimit));
  if (std::holds_alternative<agent::StopReceiver>(operation))
    co_return co_await mysql::stop_receiver(server, Deadline::in(kReplicationLimit));
  if (std::holds_alternative<agent::StartApplier>(operation))
    co_return co_await mysql::start_applier(server, Deadline::in(kReplicationLimit));
  co_return co_await mysql::stop_applier(server, Deadline::in(kStopApplierLimit));
}

Status AgentShell::perform_on_kernel(std::uint64_t id, const agent::Operation& operation) {
  if (const auto* put = std::get_if<agent::PutWriterAddress>(&operation)) {
    if (put->lease.end() == kNever) return admit_clients(put->ip, addresses_->put_untimed(put->ip));
    const auto left = put->lease.end() - boot_now();
    if (left <= 0ns) return fail("the lease ended before it could be used");
    return admit_clients(put->ip, addresses_->put(put->ip, left));
  }
  if (const auto* put = std::get_if<agent::PutReaderAddress>(&operation))
    return admit_clients(put->ip, addresses_->put(put->ip, put->lifetime));
  if (const auto* drop = std::get_if<agent::DropAddress>(&operation)) return drop_address(drop->ip);
  if (const auto* told = std::get_if<agent::Announce>(&operation)) {
    // The kernel may have dropped it, unheard, while this process was frozen: then it is another host's by now.
    return role_ips_present().contains(told->ip) ? segment_.announce(told->ip) : Status{};
  }
  return fence_ ? perform_on_fence(id, operation) : fail("there is no write fence here");
}

Status AgentShell::perform_on_fence(std::uint64_t id, const agent::Operation& operation) {
  constexpr std::size_t kStagedMax = 8;  // of more, the answers would come after their leases
  if (const auto* stage = std::get_if<agent::StageLease>(&operation)) {
    const auto staged = fence_->stage(stage->lease);
    if (!staged) return std::unexpected(staged.error());
    staged_[id] = *staged;
    if (staged_.size() > kStagedMax) staged_.erase(staged_.begin());
    return {};
  }
  if (const auto* arm = std::get_if<agent::ArmLease>(&operation)) {
    const auto staged = staged_.find(arm->staged);
    return staged == staged_.end() ? fail("its question is forgotten") : fence_->arm(staged->second);
  }
  if (const auto* limit = std::get_if<agent::LimitLease>(&operation)) {
    const auto left = limit->lease.end() - boot_now();
    return left < kFencedLeaseMin ? fence_->close() : fence_->limit(left);
  }
  if (std::holds_alternative<agent::CloseFence>(operation)) return fence_->close();
  return fail("no such operation");
}

// `write_fence` was switched off: what stands of it closes when its lease ends, and nobody would open it again. Others still
// count on it until the address is gone, or a lease was renewed that says so.
void AgentShell::take_away_old_fence() {
  if (!fence_is_left_ || (!brain_.holds_live_lease(boot_now()) && holds_writer_ip())) return;
  fence_is_left_ = false;
  if (const auto gone = WriteFence::take_away(fence_rules()); !gone)
    spdlog::debug("no write fence to take away: {}", gone.error().text);
}

bool AgentShell::holds_writer_ip() {
  return std::ranges::any_of(role_ips_present(), [this](const auto& ip) { return brain_.is_writer_ip(ip); });
}

Status AgentShell::drop_address(const std::string& ip) {
  if (fence_ && brain_.is_writer_ip(ip))
    if (const auto closed = fence_->close(); !closed) spdlog::error("the write fence may be open still: {}", closed.error().text);
  refuse_clients(ip);
  return addresses_->drop(ip);
}

FenceRules AgentShell::fence_rules() const {
  FenceRules rules{.name = std::to_string(self_.agent_port), .mysql_port = self_.mysql_port,
                   .writer_ips = brain_.writer_ips(), .host = std::nullopt};
  if (config_.write_fence != FenceMode::host) return rules;
  rules.host = FenceRules::Host{.own = {self_.ip}, .excepted = {}};
  for (const auto& host : config_.hosts) rules.host->excepted.push_back(host.ip);
  if (!config_.monitor.ip.empty()) rules.host->excepted.push_back(config_.monitor.ip);
  return rules;
}

// Ensures: returns whether it stands. Where it should and does not, that is said until somebody mends it.
bool AgentShell::open_fence() {
  if (config_.write_fence == FenceMode::off) {
    fence_is_left_ = true;
    trouble_at_start_ = "write_fence is off: a lost writer's address ends up to 2 s after its lease, and others wait for that";
    return false;
  }
  auto fence = WriteFence::open(fence_rules());
  if (fence) {
    fence_ = std::move(*fence);
    return true;
  }
  trouble_at_start_ = fmt::format("there is no write fence here, so others wait 2 s longer for this host's lease: {}. "
                                  "Load nf_tables, or set write_fence off", fence.error().text);
  return false;
}

// The address stands or not: whether clients are let through at once does not change that. What refuses them ends by
// itself (kRejectFor).
Status AgentShell::admit_clients(const std::string& ip, Status put) {
  if (put && reject_)
    if (const auto admitted = reject_->admit(ip); !admitted)
      spdlog::warn("clients of {} may be refused for {} s more: {}", ip, kRejectFor / 1s, admitted.error().text);
  return put;
}

// A courtesy: whether it works or not, the address goes.
void AgentShell::refuse_clients(const std::string& ip) {
  // Refused first: a connection made between the two would be one that nobody ends.
  if (reject_)
    if (const auto refused = reject_->refuse(ip); !refused) spdlog::warn("{}", refused.error().text);
  if (const auto ended = end_connections(ip); !ended) spdlog::warn("{}", ended.error().text);
}

}  // namespace mmm
