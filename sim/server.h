#pragma once
// One MySQL server (MariaDB with GTIDs): what it wrote, what it replicates, what a session may do.
//
// Replication is worked out when somebody looks (`advance`), not event by event: a source stamps each transaction with
// the time it entered its binlog, a replica's threads turn that into the times of receiving and applying.

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/server_status.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/topology.h"

namespace mmm::sim {

struct World;

// A committed transaction. Its position in a binlog is its sequence number less one; `parent` is the one before it
// where it was made, so equal transactions have equal histories.
struct Transaction {
  Node origin = 0;
  std::uint64_t sequence = 0;
  std::int64_t parent = -1;     // kNone: the first
  bool acknowledged = false;  // a client saw it committed
};
using TransactionId = std::int64_t;
inline constexpr TransactionId kNone = -1;

class Server {
 public:
  Server(World& world, Node host, Random random) : world_(world), host_(host), random_(random) {}

  // ---- the process
  // As its my.cnf says: read_only, unless somebody forgot that; replication starts unless skip_slave_start.
  void start(bool writable = false);
  void kill();
  void freeze();
  void thaw();
  bool alive() const { return alive_; }
  bool responds() const { return alive_ && !frozen_; }
  bool writable() const { return alive_ && !read_only_; }
  // Runs `query` when the server gets to it: now, or when it thaws. Dropped when it dies before.
  void when_it_responds(std::function<void()> query);
  std::uint64_t life() const { return life_; }

  // ---- what the agent does to it. Requires: responds().
  // Blocks behind commits that wait for their semi-sync acknowledgement, like the real one; gives up after lock_wait.
  void stop_writes(std::function<void(Status)> done);
  void allow_writes();
  void end_sessions();
  void set_semi_sync_source(bool on);
  void follow(Node source, bool demote);
  void stop_replication();
  void start_replication();
  void stop_applier();
  void start_applier();
  void stop_receiver();
  ServerStatus observe();

  // ---- what clients do. `done` gets the transaction when its OK is about to leave the server; kNone: an error, or the
  // session ended.
  void commit(std::function<void(TransactionId)> done);

  // ---- faults
  void set_lag(Duration lag);
  void hold_read_only(bool held) { held_ = held; }  // SET GLOBAL read_only waits for a transaction that does not end
  void set_applier_broken(bool broken);

  // A new disk in its place: an empty server that nobody has told whom to follow. Requires: it does not run.
  void lose_disk();

  // ---- the world moves
  void advance();                  // replication, up to now
  void look_at_source();           // after links, servers or settings changed
  void look_at_commits();          // are some of those that wait acknowledged now?

  // ---- for checkers and checks
  bool has(TransactionId id) const;           // in its binlog
  bool received(TransactionId id) const;      // in its binlog or relay log
  std::size_t log_size() const { return log_.size(); }
  std::size_t received_size() const { return log_.size() + relay_.size(); }
  TransactionId last() const { return log_.empty() ? kNone : log_.back().id; }
  bool replication_runs();                    // the check rep_threads
  bool replicates_from(Node source) { return configured_ && source_ == source && replication_runs(); }
  std::optional<std::int64_t> seconds_behind();

 private:
  struct Entry {
    TransactionId id = 0;
    TrueTime at{0};                // when it entered this log
  };
  struct Waiting {
    TransactionId id = 0;
    std::function<void(TransactionId)> done;
  };

  TransactionId at_position(std::size_t position) const;         // binlog, then relay log
  TransactionId at_position_in_log(std::size_t position) const {
    return position < log_.size() ? log_[position].id : kNone;
  }
  void append(Entry entry);
  void receive(TrueTime now);
  void apply(TrueTime now);
  void disconnect(std::string error);
  void stop_threads();
  void poll_commits();
  void try_stop_writes(TrueTime limit, std::function<void(Status)> done);
  GtidSet all_received() const;
  bool has_replica() const;
  IoThread io_thread() const;      // as SHOW SLAVE STATUS tells it

  World& world_;
  Node host_;
  Random random_;

  bool alive_ = false, frozen_ = false, read_only_ = true;
  bool held_ = false;
  bool stopping_writes_ = false;   // SET GLOBAL read_only waits: nothing new commits meanwhile
  std::uint64_t life_ = 0;         // of this server process
  std::vector<std::function<void()>> queries_;

  std::vector<Entry> log_;
  GtidSet has_;
  bool semi_sync_source_ = false;  // its commits wait for a replica, its applier too
  std::vector<Waiting> waiting_;   // for a semi-sync acknowledgement

  // Replication.
  bool configured_ = false, io_wanted_ = false, sql_ = false;
  Node source_ = 0;
  std::int64_t slave_pos_ = -1;    // position of the last transaction that came by replication
  std::size_t io_position_ = 0;    // in the source's binlog: the next to receive
  std::optional<TrueTime> connected_;  // since when the IO thread gets events
  std::optional<TrueTime> stalled_;    // since when it has been cut off without knowing
  bool reconnecting_ = false;
  std::string io_error_, sql_error_;
  std::deque<Entry> relay_;
  TrueTime last_received_{0}, last_applied_{0};
  Duration lag_{};
  bool applier_broken_ = false;
  bool advancing_ = false;
};

}  // namespace mmm::sim
