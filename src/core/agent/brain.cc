#include "core/agent/brain.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/agent/obedience.h"

namespace mmm::agent {

namespace {

// A leader that was heard from within this time is not given up for another one (rule 1).
constexpr Duration kRecentContact = 2s;

bool among(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

}  // namespace

Brain::Brain(const Config& config) : config_(config), self_(config.self) {}

std::vector<Effect> Brain::step(const Event& event, Instant now) {
  now_ = now;
  wakeup_ = kNever;
  std::visit([this](const auto& e) { on(e); }, event);
  settle();
  return std::exchange(effects_, {});
}

Instant Brain::next_wakeup() const { return wakeup_; }

void Brain::settle() {
  settle_acknowledgement();
  settle_release();
  settle_lease();
  settle_writer();
  settle_fence_command();
  settle_fence();
  settle_grace();
  settle_longest_lease();
  settle_reader_probes();
  settle_role_map();
  settle_addresses();
  settle_replication();
  settle_observation();
  settle_report();
}

// ---- events -----------------------------------------------------------------------------------------------------

void Brain::on(const Started& event) {
  started_ = now_;
  ips_ = event.ips;
  untimed_ips_ = event.untimed_ips;
  has_fence_ = event.has_fence;
  fence_untimed_ = event.fence_untimed;
  if (event.memory) memory_ = *event.memory;
  may_start_replication_ = memory_.stopped_replication;
  longer_until_ = now_ + waiting_time(memory_.longest_lease, false);
  if (memory_.epoch.counter > 0) leader_heard_ = now_;  // our predecessor may have heard it a moment ago
  if (!memory_.instruction) {
    memory_.boot_id = event.boot_id;
    return lose_memory("no memory of earlier instructions");
  }
  announced_ = ips_;
  if (memory_.longest_lease > 0s) promised_before(memory_.longest_lease);
  if (is_writer()) restart_as_writer(event);
  memory_.boot_id = event.boot_id;
}

// Rule 11. What it said or promised once, it can't know: it keeps nothing up and promises nothing until a monitor admits it.
// Who obeys a leader does not go back to an older one for that, and what was released stays so.
void Brain::lose_memory(const std::string& why) {
  lost_memory_ = true;
  found_ips_.assign(ips_.begin(), ips_.end());
  memory_.accepted = {};
  memory_.instruction.reset();
  release_.reset();
  survey_.reset();
  acknowledgement_due_ = false;
  hold_until_ = kLongAgo;
  lease_.end();
  promised_before(std::max({config_.lease_ttl, config_.restart_grace, memory_.longest_lease}));
  note(Severity::warning, why + ": role addresses are dropped until a monitor admits this host");
}

void Brain::on(const MonitorSaid& event) {
  speaking_ = event.from;
  if (const auto* hello = std::get_if<Hello>(&event.message)) return hear(*hello);
  const bool binds = leader_ == event.from || MMM_MUTANT(accept_older);
  const bool commands = !std::holds_alternative<Poke>(event.message) && !std::holds_alternative<NoGrant>(event.message);
  if (!binds) return commands ? obey_another_than(event.from) : void();
  if (std::holds_alternative<Instruction>(event.message) || std::holds_alternative<Grant>(event.message)) leader_leads_ = true;
  if (leader_leads_) leader_heard_ = now_;
  std::visit([this](const auto& message) { hear(message); }, event.message);
}

void Brain::on(const MonitorLeft& event) {
  if (leader_ != event.from) return;
  leader_.reset();
  survey_.reset();
  note(Severity::warning, "the monitor's connection is gone");
}

void Brain::on(const MysqldUp&) {
  if (mysqld_ == Life::up) return;
  // What a restarted server does not replicate (skip_slave_start) no administrator stopped.
  if (mysqld_ == Life::down) may_start_replication_ = true;
  mysqld_ = Life::up;
  read_only_.reset();
  observe_soon_ = true;
  io_pause_ = kFirstPause;
  note(Severity::info, "mysqld answers");
}

void Brain::on(const MysqldDown& event) {
  if (mysqld_ == Life::down) return;
  mysqld_ = Life::down;
  server_.reset();
  read_only_.reset();
  drained_ = false;
  note(Severity::error, "mysqld is down: " + event.reason);
  if (!is_writer()) return;
  follow_anew_ = true;
  start_release("mysqld is down: " + event.reason, true);
}

void Brain::on(const Completed& event) {
  const auto it = in_flight_.find(event.id);
  if (it == in_flight_.end()) return;
  const auto operation = std::move(it->second.operation);
  in_flight_.erase(it);
  if (event.result) {
    forget_failure_of(operation);
  } else {
    const auto text = to_string(operation);
    constexpr Duration kRetry = 200ms;  // soon enough not to be noticed, rare enough not to flood a server
    retry_at_[text] = now_ + kRetry;
    auto problem = fmt::format("could not {}: {}", text, event.result.error().text);
    if (problems_[text] != problem) note(Severity::error, problem);  // once, however often it is tried again
    problems_[text] = std::move(problem);
  }
  completed(event.id, operation, event.result.has_value());
}

void Brain::on(const Observed& event) {
  const auto it = in_flight_.find(event.id);
  if (it == in_flight_.end()) return;
  in_flight_.erase(it);
  last_observation_ = now_;
  const std::string key = "observe";
  if (!event.status) {
    server_.reset();
    problems_[key] = "the server does not answer: " + event.status.error().text;
    retry_at_[to_string(Operation{Observe{}})] = now_ + 200ms;
    return;
  }
  problems_.erase(key);
  if (mysqld_ == Life::down) return;  // the answer crossed the news of its death
  server_ = *event.status;
  if (event.id >= last_writer_operation_)
    read_only_ = server_->read_only;
  else
    observe_soon_ = true;  // it was begun before the last operation ended, and may show what was before
  observed_id_ = event.id;
  check_drained();
  answer_survey();
}

void Brain::on(const AddressesChanged& event) {
  for (const auto& ip : ips_)
    if (is_role_ip(ip) && !event.ips.contains(ip)) {
      announced_.erase(ip);
      armed_.erase(ip);
      untimed_ips_.erase(ip);
      reader_put_.erase(ip);
    }
  ips_ = event.ips;
}

void Brain::on(const Reach& event) {
  if (event.answers)
    unreachable_.erase(event.host);
  else
    unreachable_.insert(event.host);
}

void Brain::on(const Trouble& event) {
  if (event.text.empty())
    problems_.erase(event.key);
  else
    problems_[event.key] = event.text;
}

void Brain::on(const PeerJoined& event) {
  if (promisers().contains(event.host)) lease_.ask_at_once();
  maps_asked_ = kLongAgo;
}

void Brain::on(const PeerAnswered& event) {
  std::visit([&](const auto& answer) { hear_peer(event.host, answer); }, event.answer);
}

void Brain::on(const PeerAsked& event) {
  std::visit([&](const auto& question) { answer_peer(event.from, question); }, event.question);
}

void Brain::on(const Tick& event) {
  if (event.uptime_s <= 0) return;
  uptime_s_ = event.uptime_s;
  uptime_at_ = now_;
}

// ---- what the monitor says --------------------------------------------------------------------------------------

void Brain::hear(const Hello& hello) {
  const bool near = leader_ != speaking_ && leader_heard_ != kLongAgo &&
                    now_ - leader_heard_ < std::max(kRecentContact, lease_ttl());
  if (const auto refusal = refuse_leader(memory_, self_, hello, near)) {
    note(Severity::warning, "a monitor is refused: " + *refusal);
    return do_not_obey(speaking_, *refusal);
  }
  const bool replaces = leader_ && leader_ != speaking_ && leader_leads_ && !(memory_.epoch == hello.epoch);
  const auto former = std::exchange(leader_, speaking_);
  leader_leads_ = hello.leads;
  if (leader_leads_) leader_heard_ = now_;
  const bool too_old = memory_.accepted < hello.acknowledged && !lost_memory_ && !MMM_MUTANT(older_state_obeyed);
  if (too_old) lose_memory("its state is older than what it acknowledged: it was restored");
  if (too_old || !(memory_.epoch == hello.epoch)) {
    memory_.epoch = hello.epoch;
    persist();
  }
  if (replaces) obey_another_than(*former);
  told_ = report(now_);
  told_->number = ++reports_;
  last_report_ = now_;
  lease_.ask_at_once();
  send(Welcome{self_, true, "", memory_.epoch, MMM_VERSION, *told_});
  note(Severity::info, fmt::format("obeys the monitor of leadership {}", hello.epoch.counter));
}

void Brain::hear(const Instruction& instruction) {
  const auto judgement = judge(memory_, self_, instruction,
                               {promised_reason(instruction.order.generation, instruction.given_up), unfit_reason()});
  if (judgement.reading == Reading::newer || judgement.reading == Reading::same) map_confirmed_ = true;
  switch (judgement.reading) {
    case Reading::newer:
      return accept(instruction);
    case Reading::same:
      acknowledgement_due_ = true;
      // We restarted in the middle of it (rule 8).
      if (instruction.release && is_writer()) start_release(instruction.reason, false);
      return;
    case Reading::never:
      if (memory_.released < instruction.order.generation) {
        memory_.released = instruction.order.generation;
        persist();
      }
      note(Severity::warning, "refuses to become the writer: " + judgement.because);
      return send(Refused{instruction.order, true, judgement.because});
    case Reading::refused:
      if (instruction.assignment.writer == self_ && instruction.order.generation > memory_.accepted.generation)
        expect_generation(instruction.order.generation);
      // It was made the writer by a leadership that this one was made to go on without.
      if (is_writer() && instruction.order.epoch == memory_.epoch.counter && instruction.line != memory_.instruction->line)
        start_release("the monitor that is obeyed knows of no such generation", mysqld_ == Life::down);
      note(Severity::warning, "an instruction is not obeyed: " + judgement.because);
      return send(Refused{instruction.order, false, judgement.because});
  }
}

void Brain::accept(const Instruction& instruction) {
  const bool was_writer = is_writer();
  const bool new_generation = instruction.order.generation > memory_.accepted.generation || !memory_.instruction;
  const bool keeps_serving = was_writer && entitled() && serving();
  // A lease that ended while this process was frozen: the new writer is heard of before our own clock.
  const auto lost = was_writer && was_entitled_ && !release_ && !lease_.live(now_) ? memory_.accepted.generation : Generation{};
  const auto old_state = own_plan() ? own_plan()->state : HostState::unknown;
  const auto old_ttl = lease_ttl();
  // Admitted again: it is in no set that counts before the writer acknowledged that, so what it forgot binds it no more.
  if (std::exchange(lost_memory_, false)) promises_.begin(kLongAgo);
  memory_.accepted = instruction.order;
  // What the writer had to have is worth knowing for as long as its generation lasts: others have it, too.
  auto must_have = !new_generation && instruction.must_have.empty() ? memory_.instruction->must_have : instruction.must_have;
  const bool more_was_found = !new_generation && !memory_.instruction->must_have.contains(must_have);
  memory_.instruction = instruction;
  memory_.instruction->must_have = std::move(must_have);
  note_lease(std::max(old_ttl, lease_ttl()));
  std::erase_if(taken_over_, [&](const auto& entry) { return entry.second <= instruction.order; });
  if (own_plan() && old_state == HostState::admin_offline && own_plan()->state != old_state)
    may_start_replication_ = true;
  if (new_generation) {
    if (was_writer && !is_writer()) follow_anew_ = true;  // it was never released
    if (lost.value > 0 && !is_writer()) lose_lease(lost);
    detached_from_.clear();
    may_start_replication_ = true;
    io_pause_ = kFirstPause;
    accepted_at_ = now_;
    drain_after_ = next_id_;
    observe_soon_ = true;
    release_.reset();
    hold_until_ = kLongAgo;
    drained_ = is_writer() && keeps_serving;
    if (drained_) memory_.complete = memory_.wrote = memory_.accepted.generation;
    if (was_writer || is_writer())
      note(Severity::info, fmt::format("generation {}: the writer is {}{}", instruction.order.generation.value,
                                       instruction.assignment.writer,
                                       instruction.reason.empty() ? "" : " (" + instruction.reason + ")"));
  }
  if (more_was_found) look_again_what_is_lacking();
  lease_for_accepted(new_generation, keeps_serving);
  if (!MMM_MUTANT(said_before_written)) persist();
  acknowledgement_due_ = true;
  if (instruction.release && is_writer())
    start_release(instruction.reason, false);
  else if (release_ && !release_->mysqld_dead && !stop_)
    release_.reset();  // withdrawn before it was done
}

void Brain::hear(const Survey& survey) {
  expect_generation(survey.generation);
  if (now_ < detached_until_) stay_detached();  // what it received after its answer the next writer would lack
  survey_ = survey;
  survey_after_ = next_id_;
  observe_soon_ = true;
  if (mysqld_ != Life::up) answer_survey();
}

void Brain::hear(const Detach& detach) {
  if (detach.source.empty()) detached_until_ = now_;
  if (is_writer() || !managed() || memory_.instruction->assignment.writer != detach.source) return;
  if (promises_.asked_within(lease_ttl() / 2, memory_.accepted.generation, now_)) return;  // it is in touch with us
  if (promises_.grace_runs(detach.source, now_)) return;  // its agent is restarted; its server goes on
  detached_from_ = detach.source;
  stay_detached();
}

void Brain::stay_detached() {
  constexpr Duration kDetached = 5s;  // more than the rest of a lease without a fence, and the hand-over behind it
  detached_until_ = now_ + kDetached;
}

void Brain::hear(const Poke&) { last_report_ = kLongAgo; }

void Brain::answer_survey() {
  if (!survey_) return;
  const bool dead = mysqld_ != Life::up;
  if (!dead && (observed_id_ < survey_after_ || !server_)) return;
  SurveyAnswer answer{.generation = survey_->generation, .bound = unfit_reason()};
  if (const auto until = promises_.binding(survey_->generation, survey_->given_up, now_)) answer.promised_for = *until - now_;
  if (survey_->generation <= memory_.released) answer.bound = "it gave that generation up";
  if (!dead) {
    answer.has = server_->has;
    answer.received = was_complete() ? server_->has : server_->replication.received;
  }
  survey_.reset();
  send(answer, true);  // what a host with a full disk received may be nowhere else
}

// ---- what shall be ----------------------------------------------------------------------------------------------

bool Brain::managed() const { return memory_.instruction && memory_.accepted.generation.value > 0; }

bool Brain::is_writer() const {
  return managed() && memory_.instruction->assignment.writer == self_ &&
         (memory_.accepted.generation > memory_.released || MMM_MUTANT(release_not_final));
}

bool Brain::entitled() const {
  return is_writer() && !release_ && mysqld_ == Life::up && lease_.live(now_).has_value();
}

bool Brain::waits_for_first_lease() const {
  // After our own restart the lease may come before the first answer of the server.
  const bool waits = lease_.lease_end() == kLongAgo || (mysqld_ == Life::unknown && lease_.live(now_));
  return is_writer() && !release_ && mysqld_ != Life::down && waits && now_ < hold_until_;
}

bool Brain::serving() const {
  return read_only_ == false &&
         std::ranges::all_of(writer_ips(), [this](const auto& ip) { return ips_.contains(ip); });
}

const HostPlan* Brain::own_plan() const {
  if (!memory_.instruction) return nullptr;
  const auto it = memory_.instruction->hosts.find(self_);
  return it == memory_.instruction->hosts.end() ? nullptr : &it->second;
}

const std::vector<std::string>& Brain::writer_ips() const {
  static const std::vector<std::string> none;
  const auto* role = config_.role(config_.active_master_role);
  return role ? role->ips : none;
}

bool Brain::is_writer_ip(const std::string& ip) const { return among(writer_ips(), ip); }

bool Brain::is_role_ip(const std::string& ip) const {
  return std::ranges::any_of(config_.roles, [&](const RoleConfig& role) { return among(role.ips, ip); });
}

bool Brain::holds_writer_ip() const {
  return std::ranges::any_of(writer_ips(), [this](const auto& ip) { return ips_.contains(ip); });
}

bool Brain::keeps_as_reader(const Role& role) const {
  return role.name != config_.active_master_role && is_role_ip(role.ip) && !taken_over_.contains(role.ip);
}

std::set<std::string> Brain::reader_ips() const {
  std::set<std::string> ips;
  if (const auto* plan = own_plan())
    for (const auto& role : plan->roles)
      if (keeps_as_reader(role)) ips.insert(role.ip);
  return ips;
}

Duration Brain::reader_ttl() const { return memory_.instruction ? memory_.instruction->reader_ttl : config_.reader_ttl; }

Duration Brain::lease_ttl() const { return memory_.instruction ? memory_.instruction->lease_ttl : config_.lease_ttl; }

std::string Brain::unfit_reason() const {
  if (stop_) return "it stops";
  if (mysqld_ != Life::up || !server_) return "its mysqld does not answer";
  const auto& replication = server_->replication;
  const auto backlog = server_->has.count_lacking(replication.received);
  if (replication.configured && !replication.sql && backlog > 0 && !serving() && !was_complete())
    return fmt::format("its applier is stopped with {} received transactions not applied{}", backlog,
                       replication.error.empty() ? "" : ": " + replication.error);
  return "";
}

// ---- operations -------------------------------------------------------------------------------------------------

bool Brain::lane_free(Lane lane) const {
  return std::ranges::none_of(in_flight_, [lane](const auto& entry) { return lane_of(entry.second.operation) == lane; });
}

void Brain::forget_failure_of(const Operation& operation) {
  if (retry_at_.empty() && problems_.empty()) return;
  const auto text = to_string(operation);
  retry_at_.erase(text);
  problems_.erase(text);
}

std::optional<Instant> Brain::paused_until(const Operation& operation) const {
  if (retry_at_.empty()) return std::nullopt;
  const auto retry = retry_at_.find(to_string(operation));
  return retry != retry_at_.end() && now_ < retry->second ? std::optional(retry->second) : std::nullopt;
}

// The kernel takes several changes at once, but not the same one twice, nor two of the same thing: which of them came last
// would not be known.
bool Brain::is_busy_with(const Operation& operation) const {
  const auto lane = lane_of(operation);
  if (lane_free(lane)) return false;
  if (lane != Lane::kernel) return true;
  const auto text = to_string(operation);
  const auto* address = changed_address(operation);
  return std::ranges::any_of(in_flight_, [&](const auto& entry) {
    const auto& other = entry.second.operation;
    const auto* others = changed_address(other);
    return (address && others && *address == *others) || (changes_fence(operation) && changes_fence(other)) || to_string(other) == text;
  });
}

// Staging apart: what is staged lets nothing pass.
bool Brain::changes_fence(const Operation& operation) const {
  const auto* drop = std::get_if<DropAddress>(&operation);
  return (drop && is_writer_ip(drop->ip)) || std::holds_alternative<ArmLease>(operation) ||
         std::holds_alternative<LimitLease>(operation) || std::holds_alternative<CloseFence>(operation);
}

bool Brain::try_run(Operation operation) {
  if (const auto until = paused_until(operation)) {
    wake_at(*until);
    return false;
  }
  if (is_busy_with(operation)) return false;
  const auto id = next_id_++;
  in_flight_.emplace(id, InFlight{operation, now_});
  effects_.push_back(Run{id, std::move(operation)});
  return true;
}

void Brain::send(FromAgent message, bool urgent) {
  if (leader_) effects_.push_back(Send{*leader_, std::move(message), urgent});
}

void Brain::note(Severity severity, std::string text) { effects_.push_back(Note{severity, std::move(text)}); }

void Brain::persist() { effects_.push_back(Persist{memory_}); }

void Brain::wake_at(Instant at) { wakeup_ = std::min(wakeup_, std::max(at, now_)); }

}  // namespace mmm::agent
