#pragma once
// The monitor's decisions: checks -> host states -> role distribution -> the writer's hand-over -> what each agent shall
// be told.
//
// Start reading at `step`. An event changes what is known; then `decide` runs the rounds in the order above. Each round
// has a file: leadership.cc (rule 1), decide.cc (states, roles), hand_over.cc and
// hand_over_target.cc (rules 6-8), publish.cc (rule 2), closed_loop.cc (is what was moved found where it is?).

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/monitor/checks.h"
#include "core/monitor/events.h"
#include "core/monitor/host_states.h"
#include "core/monitor/lease_book.h"
#include "core/monitor/pairs.h"
#include "core/monitor/resolution.h"
#include "core/monitor/startup.h"
#include "core/monitor/view.h"

namespace mmm {

class MonitorBrain {
 public:
  // Requires: `config` outlives this.
  explicit MonitorBrain(const Config& config);

  std::vector<MonitorEffect> step(const MonitorEvent& event, Moment now);
  Instant next_wakeup() const { return wakeup_; }

  ClusterView view() const;

  // ---- for tests and checkers
  bool leads() const { return leads_; }
  const LeaseBook& book() const { return book_; }
  HostState state_of(const HostName& host) const { return hosts_.at(host).state; }
  const RoleOwners& owners() const { return owners_; }
  const CheckBoard& checks() const { return checks_; }

 private:
  struct Agent {
    bool joined = false;             // a connection stands
    bool obeys = false;              // it accepted our epoch on this connection
    Instant heard = kLongAgo;
    std::optional<Report> report;
    Instant report_at = kLongAgo;
    bool is_there = false;           // it reported since it was last asked whether it is (a Poke of ours)
    Instant greeted = kLongAgo;
    Order acknowledged;              // the latest, on disk too: by one with an older state nothing is renewed (rule 11)
    Order sent;
    Instant sent_at = kLongAgo;
    std::string refusal;             // why it does not obey us; "" when it does
  };

  struct HostData {
    HostState state = HostState::unknown;
    Moment since;                    // in this state
    std::string because;
    FlapRecord flap;
    Agent agent;
    // Transactions that it has and the writer seems to lack; diverged once the writer's later reports still lack them.
    GtidSet suspect;
    Instant suspect_since = kLongAgo;
    bool diverged = false;
    // A writer was made without asking it what it has: it counts for nothing until the writer is seen to have all of it.
    bool unproven = false;
    // What the present writer had to have when it was made that. More, not made by that writer, may have come to this host
    // after its answer, from the writer before; gone once it is verified.
    std::optional<GtidSet> counts_up_to;
    std::optional<std::pair<Generation, GtidSet>> to_verify;  // what it had when it was first seen to follow that writer
    bool verified = false;           // while not ONLINE: since it is back the writer was seen to have all that it has

    // It may have what the present writer lacks, and has to be compared with it from the beginning.
    void doubt() {
      unproven = true;
      verified = false;
      counts_up_to.reset();
      to_verify.reset();
    }
    void trust() {
      unproven = false;
      counts_up_to.reset();
    }
  };

  enum class Step { releasing, choosing, surveying, offering, settling };

  // A hand-over of the writer's role under way. What a restart needs is in `HandOverRecord`.
  struct HandOver {
    Step step = Step::releasing;
    HostName from, to;               // `to` empty: to be chosen
    bool planned = false, force = false;
    bool unwanted = false;           // `from` shall not be the writer any more, whether it renews its lease or not
    std::string why;
    Moment began, step_began;
    GtidSet must_have;
    bool position_known = false;     // must_have is the released writer's last position
    HostName catch_up_from;
    std::map<HostName, std::string> excluded;  // who refused, and why
    std::map<HostName, SurveyAnswer> answers;
    std::set<HostName> asked;
    std::map<HostName, Instant> promised_until;  // of those that answered: bound to the last writer until then
    bool late = false;               // settling: the others are heard out before the target is granted anything
    bool found_more = false;         // in this step: that the writer of the half-done generation must have, too
    std::optional<CommandId> command;
    Answer answer;                   // for `command`, when done
    int turns = 0;                   // how often a step began
    HostName makes_do_with;          // an administrator accepts the loss of whatever it lacks; "" when none does
  };

  // Events.
  void on(const MonitorStarted& event);
  void on(const CheckRan& event);
  void on(const NetworkChecked& event);
  void on(const AgentJoined& event);
  void on(const AgentLeft& event);
  void on(const AgentSaid& event);
  void on(const CommandCame& event);
  void on(const HostKilled& event);
  void on(const SegmentAsked& event);
  void on(const LeaseTtlChanged& event);
  void on(const MonitorTick&) { news_ = false; }
  void said(const HostName& host, const Welcome& message);
  void said(const HostName& host, const Report& message);
  bool is_late(const HostName& host, const Report& message) const;
  void take(const HostName& host, const Report& message);
  void said(const HostName& host, const Acknowledged& message);
  void said(const HostName& host, const Refused& message);
  void said(const HostName& host, const Released& message);
  void said(const HostName& host, const Ask& message);
  void said(const HostName& host, const SurveyAnswer& message);
  void said(const HostName& host, const Resolved& message);
  void acknowledged(const HostName& host, const Order& order);

  // leadership.cc
  void continue_leadership(const LeadershipState& leadership);
  void lead_from_reports(MonitorMode mode);
  bool leads_nobody() const;
  void gather();
  std::vector<std::string> missing_acceptances() const;
  void start_leading(LeaseBook::Durable durable, Duration longest_lease);
  void superseded(const std::string& by_whom);
  void hear_of_later(const HostName& host, const Assignment& assignment);
  bool is_ours(const Epoch& epoch) const;
  void forget_the_operators_word();
  void lost_its_state(const HostName& host);
  bool writer_without_a_state(const HostName& host) const;
  void greet(const HostName& host);
  void greet_again();
  void adopt(const StartDecision& decision);
  void doubt_who_was_away();
  // No roles until it was compared with the writer.
  void suspend(const HostName& host, const std::string& because = "it may have what the writer lacks");

  // decide.cc
  void decide();
  void decide_mode();
  void decide_states();
  void decide_divergence();
  void verify(const HostName& host, HostData& data, const GtidSet& writer_has);
  bool may_come_online(const HostName& host) const;
  void decide_readers();
  void look_at_pairs();
  bool is_awaited(const HostName& host) const;
  HostFacts facts_of(const HostConfig& host) const;
  void enter(const HostName& host, HostState to, std::string because);
  void drop_roles(const HostName& host, const std::string& because);
  void kill_if_silent(const HostName& host);
  bool corroborated(const HostName& host, CheckName check) const;
  void count_flap(HostData& data);

  // hand_over.cc
  void decide_writer();
  std::string candidate_unheard() const;  // why nobody can be the first writer yet; "": every candidate was heard
  void begin_hand_over(HandOver next);
  void advance_hand_over();
  void advance_releasing();
  void advance_choosing();
  void advance_surveying();
  void advance_offering();
  void advance_settling();
  void go(Step step);
  bool writer_forgot_its_release() const;
  void note_unproven(const HostName& target);
  std::optional<Instant> offer(const HostName& target);  // nothing: offered; else when it may be tried again
  enum class Reached { nothing, acceptance, writes };  // how far a writer came with its generation
  void writer_released(const HostName& host, const std::string& why, const std::optional<GtidSet>& has,
                       Reached reached = Reached::writes);
  void last_writer_is(const HostName& host);
  void doubt_all_but(const HostName& host);
  void target_failed(const std::string& why, bool may_have_served);  // and did not tell what it wrote
  void finish_hand_over();
  bool writer_is_back(const HostName& host);  // true: it changed something
  void generation_accepted(const HostName& host);
  void give_up_target(const std::string& why);
  void refuse_command(const std::string& why);
  bool writer_lost() const;
  bool overtaken() const;
  void detach_from_silent_writer();
  bool others_are_there();

  // hand_over_target.cc
  std::string unfit(const HostName& host) const;   // why it can't become the writer; "" when it can
  std::string not_ready(const HostName& host) const;  // why the role should not be moved there now; "" when it may
  std::optional<HostName> choose_by_roles() const;
  struct Told {
    std::map<HostName, GtidSet> holds;  // what each that answered can hand on
    std::map<HostName, GtidSet> reported;  // of those that have not answered yet
    GtidSet everything;              // that counts
    GtidSet at_hand;                 // of that, what somebody can hand on
  };
  Told what_was_told() const;
  HostName source_for(const HostName& target, const Told& told) const;  // "" when nobody else answered
  void owe_what_was_found(const Told& told);
  void ask_what_they_have();
  void settle_late(const HostName& host);
  void hear_out();
  void owes_no_more();
  bool has_served() const { return owed_.since == Order{}; }  // the writer of the present generation, once it accepted
  void owe(const GtidSet& must_have, const HostName& catch_up_from);
  bool knows_what_it_must_have(const Order& accepted) const;
  std::optional<HostName> choose_by_survey();
  Instant survey_ends() const;
  bool bar_is_confirmed() const;                      // by all that can be asked
  bool everybody_told() const;
  void give_up_what_nobody_has(const std::map<HostName, GtidSet>& holds);
  GtidSet what_counts(const HostName& host, const GtidSet& all) const;
  std::pair<int, int> promisers() const;
  bool writer_lives_on_promises() const;
  bool writer_may_live_on_promises() const;
  HostSet wanted_set() const;

  // closed_loop.cc
  void look_at_addresses();
  void resolved(const HostName& asker, const Resolved& message);
  void tell_resolutions();

  // intents.cc
  void carry_out(CommandId id, const SetOnline& intent, const Answer& answer);
  void carry_out(CommandId id, const SetOffline& intent, const Answer& answer);
  void carry_out(CommandId id, const SwitchMode& intent, const Answer& answer);
  void carry_out(CommandId id, const MoveWriter& intent, const Answer& answer);
  void carry_out_unfenced(CommandId id, const MoveWriter& intent, const Answer& answer);
  void carry_out(CommandId id, const MoveExclusive& intent, const Answer& answer);
  void carry_out(CommandId id, const MoveBalanced& intent, const Answer& answer);
  void carry_out(CommandId id, const SetIp& intent, const Answer& answer);
  void carry_out(CommandId id, const TakeLead& intent, const Answer& answer);

  // publish.cc
  void publish();
  void instruction_into(Instruction& into) const;
  bool version_is_used() const;
  bool may_be_offered() const;
  bool may_be_admitted_again(const HostName& host) const;
  void tell(const HostName& host);
  void keep();
  MonitorState state() const;
  void state_into(MonitorState& into) const;
  void leadership_into(LeadershipState& into) const;

  // Small questions.
  // An agent reports at least every second; this long without a word it counts as unreachable. Two reports may be lost.
  static constexpr Duration kSilence{2500ms};
  bool reachable(const HostName& host) const;      // its agent obeys us and was heard from lately
  bool compares_transactions() const;
  bool frozen_roles() const;                        // MANUAL, WAIT or PASSIVE: roles stay where they are
  std::optional<HostName> active_master() const;
  std::optional<Role> writer_role() const;
  HostSet candidates() const;
  bool is_candidate(const HostName& host) const;
  HostSet other_candidates(const HostName& target) const;
  const HostConfig* config_of(const HostName& host) const { return config_.host(host); }
  bool serves_as_writer(const HostName& host) const;  // by its last report: writable with the writer's address
  void note(NoteLevel level, HostName host, std::string text);
  void reply(CommandId id, Answer answer);
  void wake_at(Instant at);
  void send(const HostName& host, ToAgent message, bool urgent = false);

  const Config& config_;
  Duration lease_ttl_;
  Moment now_;
  std::vector<MonitorEffect> effects_;
  Instant wakeup_ = kNever;
  bool news_ = true;                 // the event at hand may change a decision

  // Leadership (rule 1).
  bool started_ = false;
  bool leads_ = false;
  bool decided_start_ = false;       // the first host states and roles stand
  std::uint64_t vouched_below_ = 0;  // as in Hello
  std::optional<Instant> first_look_by_;  // at the start: from here on a server that nobody could look at is not waited for
  std::string not_leading_because_;
  Epoch epoch_;
  std::vector<Epoch> lineage_;       // our earlier epochs, as many as are told; oldest first
  std::string line_;                 // as in Instruction
  std::string machine_id_, path_;
  MonitorState file_;                // as read at the start
  Generation known_generation_;      // the highest of leaderships before this one, by what this monitor knew itself
  std::optional<Generation> led_from_;  // what this leadership began with; nothing: another process began it

  bool network_ = false;             // some ping_ips answered the last time; false until the first answer
  MonitorMode mode_;
  std::string passive_cause_;
  std::vector<std::string> start_warnings_;
  struct PairWarning {
    Instant since;
    bool told = false;               // it has lasted: it stands in the log and in `show`
  };
  std::map<std::string, PairWarning> pair_warnings_;
  CheckBoard checks_;
  std::map<HostName, HostData> hosts_;
  RoleOwners owners_;
  struct HeldBack {
    HostName host;
    Instant until;
  };
  std::map<Role, HeldBack> held_back_;  // a silent host may serve it until then: nobody else gets it
  Instant prefer_again_at_ = kLongAgo;  // after a failed move: when a return to the preferred host is tried again
  Resolutions resolutions_;
  std::map<std::string, Instant> off_segment_;  // addresses that the monitor can't ask for: when it was found so last
  LeaseBook book_;
  std::optional<HandOver> hand_over_;
  Generation detached_;              // the generation whose writer went silent and was said to be so
  Generation poked_;                 // the one over which the others were asked whether they are there
  std::string stuck_because_;        // why nobody can be made writer; "" when there is one
  // What the writer of the present generation had to have before its first write, and counts as its history from then on.
  struct Owed {
    GtidSet must_have;
    HostName catch_up_from;          // until it has served
    Order since;                     // as in LeadershipState
  };
  Owed owed_;
  HostName left_in_order_;         // as in LeadershipState
  HostName last_served_;           // the last writer that was seen to serve
  std::optional<Instruction> published_;
  MonitorState kept_;
  // Drafts of the next ones: most steps change nothing, and then nothing is allocated.
  Instruction next_instruction_;
  MonitorState next_state_;
  // When nothing was to be moved: whose owners and eligible hosts that were.
  struct Balanced {
    RoleOwners owners;
    std::set<HostName> eligible;
    MonitorMode mode{};
  };
  std::optional<Balanced> balanced_;
  std::map<HostName, HostRecord> host_lines_;  // as last written outside PASSIVE mode
};

}  // namespace mmm
