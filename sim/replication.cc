// The replica's side of Server.

#include <algorithm>
#include <utility>

#include "sim/server.h"
#include "sim/world.h"

namespace mmm::sim {

namespace {

// An applier that is not late applies a transaction in this time.
constexpr Duration kApply = 500us;
// MASTER_CONNECT_RETRY=1: a lost source is tried again after up to this time.
constexpr Duration kReconnectMax = 1s;
// slave_net_timeout: so long the IO thread believes in a connection that is cut.
constexpr Duration kNetTimeout = 4s;

}  // namespace

// ---- statements -------------------------------------------------------------------------------------------------

void Server::stop_threads() {
  advance();
  io_wanted_ = sql_ = false;
  connected_.reset();
  stalled_.reset();
}

void Server::follow(Node source, bool demote) {
  stop_threads();
  // CHANGE MASTER TO throws the relay log away; MASTER_DEMOTE_TO_SLAVE counts this server's own transactions as received.
  relay_.clear();
  configured_ = true;
  source_ = source;
  if (demote) slave_pos_ = static_cast<std::int64_t>(log_.size()) - 1;
  start_replication();
}

void Server::stop_replication() {
  stop_threads();
  world_.server_changed(host_);
}

void Server::start_replication() {
  if (!configured_) return;
  if (!io_wanted_ && !sql_) relay_.clear();  // both threads were stopped: the relay log is fetched again
  io_wanted_ = true;
  sql_ = !applier_broken_;
  sql_error_.clear();
  io_error_.clear();
  last_applied_ = std::max(last_applied_, world_.now());
  world_.server_changed(host_);
}

void Server::start_applier() {
  advance();
  if (!alive_ || !configured_) return;
  if (!io_wanted_ && !sql_) relay_.clear();  // as start_replication does: seen on MariaDB 10.11
  sql_ = !applier_broken_;
  sql_error_.clear();
}

void Server::stop_applier() {
  advance();
  sql_ = false;
}

void Server::stop_receiver() {
  advance();
  io_wanted_ = false;
  connected_.reset();
  stalled_.reset();
}

GtidSet Server::all_received() const {
  auto set = has_;
  for (const auto& entry : relay_) {
    const auto& transaction = world_.transaction(entry.id);
    set.add(Gtid{0, static_cast<std::uint32_t>(transaction.origin + 1), transaction.sequence});
  }
  return set;
}

IoThread Server::io_thread() const {
  if (!io_wanted_) return IoThread::no;
  const auto& source = world_.hosts[source_]->server;
  const bool believes = connected_ || (stalled_ && world_.now() - *stalled_ < kNetTimeout && source.alive());
  return believes ? IoThread::yes : IoThread::connecting;
}

ServerStatus Server::observe() {
  advance();
  ServerStatus status;
  status.read_only = read_only_;
  status.has = has_;
  status.semi_sync_source = semi_sync_source_;
  status.semi_sync_replica = world_.plan.semi_sync;
  status.version = "10.11.14-MariaDB";
  auto& replication = status.replication;
  replication.configured = configured_;
  if (!configured_) return status;
  replication.source_ip = ip_of(source_);
  replication.source_port = 3306;
  replication.source_server_id = static_cast<std::uint32_t>(source_ + 1);
  replication.io = io_thread();
  replication.sql = sql_;
  replication.seconds_behind = seconds_behind();
  replication.received = all_received();
  replication.error = !io_error_.empty() ? io_error_ : sql_error_;
  return status;
}

bool Server::replication_runs() {
  advance();
  return configured_ && io_thread() == IoThread::yes && sql_;
}

std::optional<std::int64_t> Server::seconds_behind() {
  if (!configured_ || !io_wanted_ || !sql_) return std::nullopt;
  if (relay_.empty()) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(world_.now() - relay_.front().at).count();
}

// ---- the threads ------------------------------------------------------------------------------------------------

void Server::set_lag(Duration lag) {
  advance();
  lag_ = lag;
}

void Server::set_applier_broken(bool broken) {
  advance();
  applier_broken_ = broken;
  if (broken) {
    sql_ = false;
    sql_error_ = "the applier stopped: a row was not found (1032)";
  } else if (alive_ && configured_ && !sql_) {
    start_replication();  // an administrator repaired the row and started it
  }
}

void Server::advance() {
  if (!alive_ || advancing_) return;
  advancing_ = true;
  if (connected_ && !frozen_) {
    world_.hosts[source_]->server.advance();
    receive(world_.now());
  }
  if (sql_ && !frozen_) apply(world_.now());
  advancing_ = false;
}

void Server::receive(TrueTime now) {
  const auto& source = world_.hosts[source_]->server;
  const auto wait = world_.network.usual_delay(source_, host_);
  while (io_position_ < source.log_.size()) {
    const auto& entry = source.log_[io_position_];
    const auto arrival = std::max({entry.at + wait, *connected_, last_received_});
    if (arrival > now) return;
    const auto known = at_position(io_position_);
    if (known == kNone) {
      if (io_position_ != log_.size() + relay_.size()) return disconnect("out of order sequence number (1950)");
      relay_.push_back({entry.id, arrival});
    } else if (known != entry.id) {
      sql_ = false;
      sql_error_ = "out of order sequence number: the source has another transaction of this number (1950)";
      return disconnect("");
    }
    last_received_ = arrival;
    ++io_position_;
  }
}

bool Server::has_replica() const {
  return std::ranges::any_of(world_.hosts, [&](const auto& host) {
    const auto& replica = host->server;
    return replica.configured_ && replica.source_ == host_ && replica.connected_ && replica.responds();
  });
}

void Server::apply(TrueTime now) {
  if (semi_sync_source_ && !has_replica()) return;  // the applier's commit waits like any other
  while (!relay_.empty()) {
    const auto entry = relay_.front();
    const auto at = std::max(entry.at + lag_, last_applied_) + kApply;
    if (at > now) return;
    if (world_.transaction(entry.id).parent != last()) {
      sql_ = false;
      sql_error_ = "out of order sequence number: this server wrote while it replicated (1950)";
      return;
    }
    relay_.pop_front();
    append({entry.id, at});
    slave_pos_ = static_cast<std::int64_t>(log_.size()) - 1;
    last_applied_ = at;
  }
}

void Server::disconnect(std::string error) {
  connected_.reset();
  if (error.empty()) return;
  io_wanted_ = false;
  io_error_ = std::move(error);
}

void Server::look_at_source() {
  if (!configured_) return;
  const auto& source = world_.hosts[source_]->server;
  const bool reachable = source.responds() && world_.network.answers(source_, host_);
  const bool wanted = alive_ && io_wanted_;
  if (connected_ && (!wanted || !reachable)) {
    advance();  // what was on its way until now
    connected_.reset();
    if (wanted) stalled_ = world_.now();
  }
  if (!wanted || !reachable || connected_ || reconnecting_) return;
  reconnecting_ = true;
  const auto first = !stalled_ && io_error_.empty();
  const auto wait = first ? random_.between(1ms, 10ms) : random_.between(1ms, kReconnectMax);
  world_.queue.after(wait, [this] {
    reconnecting_ = false;
    const auto& server = world_.hosts[source_]->server;
    if (!alive_ || !io_wanted_ || connected_ || frozen_) return;
    if (!server.responds() || !world_.network.answers(source_, host_)) return;
    world_.hosts[source_]->server.advance();
    stalled_.reset();
    // The position to go on from: what came by replication, and what is in the relay log already.
    auto position = slave_pos_;
    if (!relay_.empty()) position = static_cast<std::int64_t>(log_.size() + relay_.size()) - 1;
    const auto known = position < 0 ? kNone : at_position(static_cast<std::size_t>(position));
    if (position >= 0 && server.at_position_in_log(static_cast<std::size_t>(position)) != known)
      return disconnect("error 1236: the source lacks this replica's position, they diverged");
    io_position_ = static_cast<std::size_t>(position + 1);
    connected_ = world_.now();
  });
}

}  // namespace mmm::sim
