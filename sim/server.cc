#include "sim/server.h"

#include <algorithm>
#include <utility>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// lock_wait_timeout of the session that sets read_only: the agent's bound.
constexpr Duration kLockWait = 1s;
// How often a waiting statement or commit is looked at again.
constexpr Duration kPoll = 10ms;

}  // namespace

// ---- the process ------------------------------------------------------------------------------------------------

void Server::start(bool writable) {
  if (alive_) return;
  alive_ = true;
  ++life_;
  read_only_ = !writable;
  semi_sync_source_ = world_.plan.semi_sync;  // as my.cnf says on every host
  stopping_writes_ = false;
  // With GTIDs a restarted replica throws its relay log away and fetches it again.
  relay_.clear();
  connected_.reset();
  stalled_.reset();
  io_error_.clear();
  sql_error_.clear();
  io_wanted_ = configured_ && !world_.plan.skip_slave_start;
  sql_ = io_wanted_ && !applier_broken_;
  last_applied_ = world_.now();
  world_.server_changed(host_);
}

void Server::kill() {
  if (!alive_) return;
  advance();
  alive_ = frozen_ = false;
  queries_.clear();
  // Committed, but nobody will ever say so: the sessions end without an answer.
  for (auto& commit : std::exchange(waiting_, {})) commit.done(kNone);
  world_.server_changed(host_);
}

void Server::lose_disk() {
  log_.clear();
  has_ = {};
  relay_.clear();
  configured_ = false;
  slave_pos_ = -1;
}

void Server::freeze() {
  if (!alive_ || frozen_) return;
  advance();
  frozen_ = true;
  world_.server_changed(host_);
}

void Server::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  for (auto& query : std::exchange(queries_, {})) query();
  world_.server_changed(host_);
}

void Server::when_it_responds(std::function<void()> query) {
  if (!alive_) return;
  if (!frozen_) return query();
  queries_.push_back(std::move(query));
}

// ---- writes -----------------------------------------------------------------------------------------------------

void Server::stop_writes(std::function<void(Status)> done) {
  stopping_writes_ = !read_only_;
  try_stop_writes(world_.now() + kLockWait, std::move(done));
}

void Server::try_stop_writes(TrueTime limit, std::function<void(Status)> done) {
  if ((waiting_.empty() && !held_) || read_only_) {
    const bool changes = !read_only_;
    read_only_ = true;
    stopping_writes_ = false;
    if (changes) world_.server_changed(host_);
    return done({});
  }
  if (world_.now() >= limit) {
    stopping_writes_ = false;
    return done(fail("SET GLOBAL read_only: lock wait timeout (1205)"));
  }
  world_.queue.after(kPoll, [this, limit, done = std::move(done), life = life_]() mutable {
    if (life == life_ && alive_) try_stop_writes(limit, std::move(done));
  });
}

void Server::allow_writes() {
  if (!read_only_) return;
  read_only_ = false;
  world_.server_changed(host_);
}

void Server::end_sessions() {
  for (auto& commit : std::exchange(waiting_, {})) commit.done(kNone);
}

// Whoever waits is told OK for what no replica has acknowledged (facts: seen on real servers).
void Server::set_semi_sync_source(bool on) {
  advance();
  semi_sync_source_ = on;
  last_applied_ = std::max(last_applied_, world_.now());
  if (on) return;
  for (auto& commit : std::exchange(waiting_, {})) commit.done(commit.id);
}

void Server::commit(std::function<void(TransactionId)> done) {
  if (!writable() || stopping_writes_) return done(kNone);
  advance();
  const auto id = world_.new_transaction({host_, log_.size() + 1, last()});
  append({id, world_.now()});
  if (!semi_sync_source_) return done(id);
  waiting_.push_back({id, std::move(done)});
  if (waiting_.size() == 1) poll_commits();
}

void Server::poll_commits() {
  // The first look comes when the nearest replica can have answered.
  auto wait = kPoll;
  for (Node node = 0; node < world_.hosts.size(); ++node)
    if (node != host_) wait = std::min(wait, 2 * world_.network.usual_delay(host_, node) + 50us);
  world_.queue.after(wait, [this, life = life_] {
    if (life != life_ || !alive_ || waiting_.empty()) return;
    look_at_commits();
    if (!waiting_.empty()) poll_commits();
  });
}

void Server::look_at_commits() {
  if (frozen_) return;
  for (auto& host : world_.hosts)
    if (host->server.configured_ && host->server.source_ == host_) host->server.advance();
  std::vector<Waiting> acknowledged;
  std::erase_if(waiting_, [&](Waiting& commit) {
    const bool seen = std::ranges::any_of(world_.hosts, [&](const auto& host) {
      const auto& replica = host->server;
      return host->id != host_ && replica.responds() && replica.configured_ && replica.source_ == host_ &&
             replica.connected_ && replica.received(commit.id);
    });
    if (seen) acknowledged.push_back(std::move(commit));
    return seen;
  });
  for (auto& commit : acknowledged) commit.done(commit.id);
}

void Server::append(Entry entry) {
  const auto& transaction = world_.transaction(entry.id);
  has_.add(Gtid{0, static_cast<std::uint32_t>(transaction.origin + 1), transaction.sequence});
  log_.push_back(entry);
}

// ---- for others -------------------------------------------------------------------------------------------------

bool Server::has(TransactionId id) const {
  const auto position = world_.transaction(id).sequence - 1;
  return position < log_.size() && log_[position].id == id;
}

TransactionId Server::at_position(std::size_t position) const {
  if (position < log_.size()) return log_[position].id;
  const auto in_relay = position - log_.size();
  return in_relay < relay_.size() ? relay_[in_relay].id : kNone;
}

bool Server::received(TransactionId id) const { return at_position(world_.transaction(id).sequence - 1) == id; }

}  // namespace mmm::sim
