#pragma once
// The agent's decisions: instructions, grants and observations in; operations and messages out.
//
// Start reading at `step`. An event changes what is known (brain.cc), then `settle` compares what is with what shall be
// and asks for the next operations (reconcile_*.cc). Nothing here knows a clock, a socket or a server.

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/agent/operations.h"
#include "core/agent/promises.h"
#include "core/agent/writer_lease.h"
#include "model/agent_memory.h"
#include "model/config.h"
#include "model/messages.h"

namespace mmm::agent {

// ---- events -----------------------------------------------------------------------------------------------------

// Once, first. `memory`: what the state file held; absent when there was none or it was damaged (rule 11). One without an
// instruction is that of an agent which lost its own, and was not admitted again yet.
struct Started {
  std::optional<AgentMemory> memory;
  std::set<std::string> ips;           // role addresses found on the interface
  std::set<std::string> untimed_ips;   // those of them that have no end
  std::string boot_id;                 // of this boot
  bool has_fence = false;              // the kernel holds back what no lease lets pass
  bool fence_untimed = false;          // it lets writes pass without an end
};
struct MonitorSaid { ConnectionId from = 0; ToAgent message; };
struct MonitorLeft { ConnectionId from = 0; };
struct MysqldUp {};                    // it answers
struct MysqldDown { std::string reason; };  // its process is gone, or nothing listens
struct Completed { std::uint64_t id = 0; Status result; };
struct Observed { std::uint64_t id = 0; Result<ServerStatus> status; };
struct AddressesChanged { std::set<std::string> ips; };  // role addresses on the interface now
struct Reach { HostName host; bool answers = false; };
// Something that an administrator must mend, e.g. a missing privilege; an empty text: it is mended.
struct Trouble { std::string key, text; };
// The process is to stop, once `ready_to_stop` says so. `machine_stops`: with the whole machine, so mysqld does, too.
struct Stopping { bool machine_stops = false; };
struct Tick { double uptime_s = 0; };
struct PeerJoined { HostName host; };  // a connection that was wanted (`Brain::peers`) stands
struct PeerAnswered { HostName host; PeerAnswer answer; };
struct PeerAsked { ConnectionId from = 0; PeerQuestion question; };
struct InterfaceFound { std::optional<std::string> mac; };  // of the role addresses; absent: it is not there, or no Ethernet
struct AddressResolved { ConnectionId asker = 0; Resolved answer; };

using Event = std::variant<Started, MonitorSaid, MonitorLeft, MysqldUp, MysqldDown, Completed, Observed,
                           AddressesChanged, Reach, Trouble, Stopping, Tick, PeerJoined, PeerAnswered, PeerAsked,
                           InterfaceFound, AddressResolved>;

class Brain {
 public:
  // Requires: `config` outlives this and names a host `config.self`.
  explicit Brain(const Config& config);

  std::vector<Effect> step(const Event& event, Instant now);

  // Since `Stopping`: what has to be done before was done, or took too long.
  bool ready_to_stop() const;

  // When `step(Tick)` is wanted at the latest.
  Instant next_wakeup() const;

  // The agents that are asked, for promises or for their role map: a connection to each of them is wanted.
  HostSet peers() const;
  const HostSet& promisers() const;     // those of them on whom the writer's lease depends
  Duration lease_ttl() const;

  // What the configuration says of addresses.
  bool is_writer_ip(const std::string& ip) const;
  bool is_role_ip(const std::string& ip) const;
  const std::vector<std::string>& writer_ips() const;

  // ---- for tests, checkers and `show`
  const AgentMemory& memory() const { return memory_; }
  bool holds_live_lease(Instant now) const { return lease_.live(now).has_value(); }
  Report report(Instant now) const;
  void report_into(Report& into, Instant now) const;  // the same; the memory that `into` has is used again
  std::optional<ConnectionId> leader() const { return leader_; }  // the connection of the monitor that is obeyed
  bool is_writer() const;               // the accepted assignment names us and we have not given it up

 private:
  enum class Life { unknown, up, down };

  // A generation that is being given up for good (rule 7).
  struct Release {
    Generation generation;
    std::string reason;
    bool mysqld_dead = false;
    Instant give_up_at;           // from here on a server that can't be stopped no longer holds the release up
    std::uint64_t look_after = 0;  // 0 until everything stopped; then an observation with at least this id is wanted
  };

  // The lease of this generation ended and nobody renewed it: fence_cmd is due.
  struct Fencing {
    Generation generation;
    Instant give_up_at;            // from here on a server that can't be stopped is not waited for
  };

  // The process is to stop.
  struct Stop {
    Instant give_up_at;
    bool wants_grace = false;
    Instant lasts_until = kNever;  // the grace, by the first question for it
  };

  struct InFlight {
    Operation operation;
    Instant since;
  };

  // Events.
  void on(const Started& event);
  void on(const MonitorSaid& event);
  void on(const MonitorLeft& event);
  void on(const MysqldUp&);
  void on(const MysqldDown& event);
  void on(const Completed& event);
  void on(const Observed& event);
  void on(const AddressesChanged& event);
  void on(const Reach& event);
  void on(const Trouble& event);
  void on(const Stopping& event);
  void on(const Tick& event);
  void on(const PeerJoined& event);
  void on(const PeerAnswered& event);
  void on(const PeerAsked& event);
  void on(const InterfaceFound& event) { mac_ = event.mac; }
  void on(const AddressResolved& event);

  void lose_memory(const std::string& why);
  void hear(const Hello& hello);
  void do_not_obey(ConnectionId monitor, const std::string& why);
  void obey_another_than(ConnectionId monitor);
  void hear(const Instruction& instruction);
  void hear(const Grant& grant);
  void hear(const NoGrant& refusal);
  void hear(const Survey& survey);
  void hear(const Detach& detach);
  void stay_detached();
  void hear(const Poke&);
  void hear(const Resolve& question);
  void hear(const AnnounceAgain& wish);
  void accept(const Instruction& instruction);
  void completed(std::uint64_t id, const Operation& operation, bool good);

  // What shall be.
  bool managed() const;                 // the monitor has told us something that binds
  bool entitled() const;                // ... with a live lease, a living server and no release under way
  bool waits_for_first_lease() const;   // after our own restart: the kernel's timers run on (rule 10)
  bool serving() const;                 // writable with the writer's address up
  const HostPlan* own_plan() const;
  bool holds_writer_ip() const;
  bool keeps_as_reader(const Role& role) const;  // one of our plan: the writer's is none, nor one that another host took over
  std::set<std::string> reader_ips() const;
  bool has_reader_ips() const;
  Duration reader_ttl() const;
  bool out_of_touch() const;            // with the monitor for reader_ttl, and serving readers
  bool asks_for_role_maps() const;      // ... or another host answers for a reader address that we have
  std::string unfit_reason() const;
  void expect_generation(Generation generation);
  std::string promised_reason(Generation offered, Generation given_up) const;

  // Reconciling, a file each.
  void settle();
  void settle_release();
  void settle_lease();
  void settle_fence();
  void settle_fence_command();
  void lose_lease(Generation generation);
  bool fenced_and_back() const;
  void ask_for_lease(std::uint64_t staged, Duration ttl);
  Duration asked_ttl() const;           // what the next question is for: lease_ttl, or the grace of a planned stop
  bool kernel_follows_lease() const;
  Grace grace_that_runs() const;        // the last one that we asked for, until it is over; number 0: none
  void settle_grace();
  void settle_longest_lease();
  bool note_lease(Duration lease);
  void promised_before(Duration longest);
  Duration longest_lease() const;       // of all that we know of, graces included
  void hear_of_grace(const PromiseAsk& ask);
  void settle_acknowledgement();
  bool is_arming_pin() const;
  bool still_untimed() const;
  void lease_for_accepted(bool new_generation, bool keeps_serving);
  void restart_as_writer(const Started& event);
  void settle_writer();
  void settle_takeover();
  void settle_addresses();
  void settle_role_map();
  void ask_for_role_maps();
  void settle_reader_probes();
  void probed(const Resolved& answer);
  bool in_touch() const;                // with a monitor that leads, at this moment
  bool may_take_reader(const std::string& ip) const;
  void answer_peer(ConnectionId to, const PromiseAsk& ask);
  void answer_peer(ConnectionId to, const MapAsk& ask);
  void hear_peer(const HostName& from, const Promise& promise);
  void hear_peer(const HostName& from, const NoPromise& refusal);
  void hear_peer(const HostName& from, const MapAnswer& map);
  void settle_replication();
  void settle_observation();
  void settle_report();
  void start_release(std::string reason, bool mysqld_dead);
  void finish_release();
  bool wrote_since_it_followed() const;
  void note_followed(bool same_source);
  void check_drained();
  void note_drained();
  void note_writing();
  void look_again_what_is_lacking();
  bool was_complete() const;             // in the generation that it knows, as its writer
  bool settle_semi_sync(bool wanted);   // true: it is as wanted
  void answer_survey();
  struct Replicate {
    enum { leave, stopped, apply, follow } what = leave;
    Follow source{};
  };
  Replicate wanted_replication() const;
  Follow follow(const HostName& source, bool demote) const;
  bool may_forget_relay_log(const Follow& source);
  void start_receiving_again();
  void apply_what_was_received();
  void stop_replicating();
  void stopped_replication(bool by_us);
  void came_up(const std::string& ip, std::string what);
  void announce(const std::string& ip);
  Duration older_holder_lasts(const std::string& ip) const;
  std::string worst_problem() const;
  std::string replication_problem() const;

  void forget_failure_of(const Operation& operation);
  std::optional<Instant> paused_until(const Operation& operation) const;  // it failed a moment ago
  bool changes_fence(const Operation& operation) const;
  bool is_busy_with(const Operation& operation) const;
  bool try_run(Operation operation);    // false: its lane is busy or it is backing off
  bool lane_free(Lane lane) const;
  void send(FromAgent message, bool urgent = false);  // to the leader, when there is one
  void note(Severity severity, std::string text);
  void persist();
  void wake_at(Instant at);

  const Config& config_;
  const HostName self_;
  Instant now_{};
  std::vector<Effect> effects_;
  Instant wakeup_ = kNever;

  AgentMemory memory_;
  bool lost_memory_ = false;
  std::vector<std::string> found_ips_;

  // The monitor that is obeyed.
  std::optional<ConnectionId> leader_;
  ConnectionId speaking_ = 0;           // whose message is being handled
  Instant leader_heard_ = kLongAgo;     // a monitor that leads, not one that only asks whether it may
  bool leader_leads_ = false;
  std::uint64_t reports_ = 0;
  Instant last_report_ = kLongAgo;
  std::optional<Report> told_;          // the last report, to see what changed
  Report draft_;                        // the next one

  // The server.
  Life mysqld_ = Life::unknown;
  std::optional<ServerStatus> server_;
  std::optional<bool> read_only_;
  Instant last_observation_ = kLongAgo;
  std::uint64_t observed_id_ = 0;       // of the observation in server_: it was begun before all higher ids
  std::uint64_t last_writer_operation_ = 0;  // an observation with a lower id may be older than what it did
  std::uint64_t last_replication_operation_ = 0;  // the same for replication
  bool observe_soon_ = true;
  Instant io_started_ = kLongAgo;       // when an IO thread that an error had stopped was started again last
  Duration io_pause_ = kFirstPause;     // before it is started the next time
  static constexpr Duration kFirstPause = 200ms;
  Instant receiver_started_ = kLongAgo; // by us; whether the source refused it is looked at soon
  // The writer's role was lost without a planned release: a transaction that nobody else has may be here. Following the
  // new writer with `demote` makes the server compare (MariaDB: error 1236).
  bool follow_anew_ = false;
  HostName detached_from_;              // a writer that went silent; "" when none
  Instant detached_until_ = kLongAgo;   // without a new generation we attach again then
  bool may_start_replication_ = false;  // we stopped it, or the roles changed; else a stopped one is an administrator's

  // The writer's role.
  LeaseClock lease_;
  Promises promises_;
  Generation overtaken_by_;             // a later generation that another agent told of; the monitor may not know it
  // What we may be asked to accept next: those before it are promised nothing more. If they were, their writer could live
  // again, and write what the survey did not see (S2); and where a promise of ours keeps us from accepting, it and we would
  // wait for ever, it for a leader that grants nothing any more, we for the end of what we renew (L1).
  Generation next_generation_;
  Instant next_until_ = kLongAgo;       // a survey that leads to nothing is forgotten then
  std::map<HostName, std::string> refused_by_;  // why a peer promised nothing the last time
  bool acknowledgement_due_ = false;    // once nothing on the interface is untimed any more (rule 5)
  Instant started_ = kLongAgo;
  Instant longer_until_ = kLongAgo;     // leases longer than lease_ttl, of ours or promised, have run out then
  std::optional<Stop> stop_;
  Instant hold_until_ = kLongAgo;       // while no lease came yet: how long the kernel's timers may run on
  Instant accepted_at_ = kLongAgo;      // when the present generation was accepted
  std::uint64_t drain_after_ = 0;       // only observations with at least this id tell whether we are drained
  bool drained_ = false;                // for the present generation
  Instant unserved_since_ = kNever;     // entitled and drained, but not serving
  bool was_entitled_ = false;
  bool end_sessions_ = false;           // client sessions of our time as the writer are to be ended
  bool stop_failed_ = false;            // read_only could not be set: end sessions first
  bool commits_hang_ = false;           // and since then semi-sync was not switched off
  std::optional<Release> release_;
  std::optional<Fencing> fencing_;

  // The write fence.
  bool has_fence_ = false;
  bool fence_untimed_ = false;
  std::uint64_t pin_staged_ = 0;        // what stands in the kernel for a pin
  std::uint64_t armed_staged_ = 0;      // what lets writes pass; 0: nothing that we know of

  // The interface.
  std::optional<std::string> mac_;
  std::set<std::string> ips_;
  std::set<std::string> untimed_ips_;           // of the writer's, those that have no end
  std::map<std::string, Instant> reader_put_;   // when a reader address was put last
  std::map<std::string, Order> taken_over_;     // reader addresses that another host serves by this map, newer than ours
  // What the segment says of a reader address that our map gives to us.
  struct Probe {
    Instant due;
    std::uint64_t number = 0;           // of the last question
    Instant asked = kLongAgo;
    bool nobody = false;                // answered it
    std::string rival;                  // the hardware address of one that did
  };
  std::map<std::string, Probe> probes_;
  std::uint64_t last_probe_ = 0;
  Instant maps_asked_ = kLongAgo;               // when the other agents were asked for theirs last
  bool map_confirmed_ = false;                  // a monitor has told the role map since our own start
  std::map<std::string, Instant> armed_;        // the lease's end for which a writer address was put last
  std::set<std::string> announced_;             // the addresses that are up and whose announcing has begun
  std::multimap<Instant, std::string> announcements_;

  // Operations.
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, InFlight> in_flight_;
  std::map<std::string, Instant> retry_at_;     // by the operation's text
  std::map<std::string, std::string> problems_; // by the operation's text

  std::optional<Survey> survey_;
  std::uint64_t survey_after_ = 0;
  std::set<HostName> unreachable_;
  double uptime_s_ = 0;
  Instant uptime_at_ = kLongAgo;
};

}  // namespace mmm::agent
