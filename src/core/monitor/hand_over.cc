// The writer's hand-over, step by step: releasing (or waiting for the lease) -> choosing or surveying -> offering ->
// settling. Each step is kept before it is taken (rule 8). The lease book says what is allowed; this says what is wanted.

#include <algorithm>

#include <fmt/format.h>

#include "base/mutant.h"
#include "core/monitor/brain.h"
#include "core/monitor/show.h"

namespace mmm {

namespace {

// A healthy target accepts in a few ms. A frozen one is given up after this time.
constexpr Duration kOfferLimit = 2s;
// A writer that keeps its lease but can't be stopped within this time makes a planned move fail.
constexpr Duration kReleaseLimit = 8s;
// After a target failed: before the same ones are tried again.
constexpr Duration kTryAgain = 1s;
// After a return to the preferred host failed.
constexpr Duration kPreferAgain = 30s;
// An administrator waits no longer than this for the end of a move; it goes on, the outcome is then not known.
constexpr Duration kCommandLimit = 15s;

}  // namespace

// Nobody has heard of it for most of its lease. A receiver takes up to a second to let go of a silent source (MariaDB,
// semi-sync), which must not fall into the hand-over. But one that goes on receiving while the others do not acknowledges what
// only it has: so each is asked first whether it is there, and if one is not, none stops early.
void MonitorBrain::detach_from_silent_writer() {
  const auto& [generation, writer, version, set] = book_.assignment();
  if (frozen_roles() || !book_.durable().accepted || book_.durable().released || book_.last_ask() == kLongAgo) return;
  if (book_.in_grace(now_.at)) return;  // its agent is restarted; its server goes on
  const auto overdue = std::max(book_.last_ask() + 3 * lease_ttl_ / 4, book_.first_renewal_by());
  if (now_.at < overdue) return wake_at(overdue);
  const bool somebody_hears_it = std::ranges::any_of(hosts_, [&](const auto& entry) {
    const auto& report = entry.second.agent.report;
    return reachable(entry.first) && report && report->writer_asks && report->assignment.generation == generation;
  });
  if (somebody_hears_it) {
    poked_ = {};  // should it go silent later, all are asked anew
    return;
  }
  if (detached_ == generation) return;
  if (!others_are_there()) return;
  detached_ = generation;
  note(NoteLevel::warning, writer, "does not renew its lease: the others stop receiving from it");
  for (const auto& [name, data] : hosts_)
    if (name != writer && reachable(name)) send(name, Detach{writer}, true);
}

// All but the writer and those that were taken out; each is asked once for each silence of the writer.
bool MonitorBrain::others_are_there() {
  const auto& [generation, writer, version, set] = book_.assignment();
  const bool asks = std::exchange(poked_, generation) != generation;
  bool all = true;
  for (auto& [name, data] : hosts_) {
    if (name == writer || data.state == HostState::admin_offline) continue;
    if (asks) {
      data.agent.is_there = false;
      send(name, Poke{}, true);
    }
    all = all && reachable(name) && data.agent.is_there;
  }
  return all;
}

void MonitorBrain::decide_writer() {
  detach_from_silent_writer();
  const auto& assignment = book_.assignment();
  if (book_.durable().accepted && serves_as_writer(assignment.writer)) owes_no_more();
  if (hand_over_) return advance_hand_over();
  const auto holder = active_master();
  if (holder && book_.exists() && !book_.durable().released) {
    if (overtaken())
      return begin_hand_over({.step = Step::choosing, .from = *holder, .to = *holder, .planned = true,
                              .why = "a generation of another leadership is later than its own"});
    if (!writer_lost() || frozen_roles()) return wake_at(book_.nobody_holds_a_lease());
    owners_.erase(*writer_role());
    return begin_hand_over({.step = Step::surveying, .from = *holder,
                            .why = fmt::format("nobody renewed the lease of {}: its last one has run out", *holder)});
  }
  if (holder && unfit(*holder).empty())  // released, but the roles stayed (MANUAL, WAIT)
    return begin_hand_over({.step = hosts_.at(*holder).unproven ? Step::surveying : Step::choosing, .from = assignment.writer,
                            .to = *holder, .why = fmt::format("{} is back", *holder)});
  if (holder && (frozen_roles() || !book_.exists())) return;
  if (holder) owners_.erase(*writer_role());  // the mode was left, by a restart of ours
  if (!book_.exists()) {
    stuck_because_ = candidate_unheard();
    if (!stuck_because_.empty()) return;
  }
  const bool must_release = book_.exists() && book_.durable().accepted && !book_.durable().released;
  begin_hand_over({.step = must_release ? Step::releasing
                           : book_.exists() ? Step::surveying : Step::choosing,
                   .from = assignment.writer,
                   .why = assignment.writer.empty()
                              ? "nobody is the writer yet"
                              : fmt::format("{} is {}: {}", assignment.writer,
                                            hosts_.contains(assignment.writer)
                                                ? to_string(hosts_.at(assignment.writer).state) : "not configured",
                                            hosts_.contains(assignment.writer) ? hosts_.at(assignment.writer).because : "")});
}

// Rule 14. Whoever was missing when an administrator let us lead may be, or have been, the writer.
std::string MonitorBrain::candidate_unheard() const {
  for (const auto& host : candidates())
    if (!hosts_.at(host).agent.report)
      return fmt::format("nobody that was heard knows who the last writer is, and '{}' was not heard yet: start its agent, "
                         "or choose: mmm_control move_role", host);
  return "";
}

bool MonitorBrain::writer_lost() const {
  return book_.durable().accepted && now_.at >= book_.nobody_holds_a_lease() && !writer_may_live_on_promises();
}

// A living writer whose generation is not the latest one any more: others would obey neither it nor us.
bool MonitorBrain::overtaken() const {
  const auto& [generation, writer, version, set] = book_.assignment();
  if ((generation >= book_.floor() && !book_.barred()) || !book_.durable().accepted || writer_lost()) return false;
  // One that obeys the later generation itself has stopped: then it is lost, and others are asked.
  return active_master() == writer && unfit(writer).empty() &&
         hosts_.at(writer).agent.report->accepted.generation == generation;
}

void MonitorBrain::begin_hand_over(HandOver next) {
  next.began = now_;
  next.step_began = now_;
  const auto step = next.step;
  next.unwanted = next.unwanted || step == Step::releasing;
  hand_over_ = std::move(next);
  note(NoteLevel::info, hand_over_->from.empty() ? hand_over_->to : hand_over_->from,
       fmt::format("hand-over of the writer role begins{}: {}",
                   hand_over_->to.empty() ? "" : " (to " + hand_over_->to + ")", hand_over_->why));
  go(step);
  advance_hand_over();
}

void MonitorBrain::go(Step step) {
  hand_over_->step = step;
  if (step == Step::surveying) hand_over_->position_known = false;
  hand_over_->turns += 1;
  hand_over_->found_more = hand_over_->late = false;
  hand_over_->step_began = now_;
  hand_over_->answers.clear();
  hand_over_->asked.clear();
  hand_over_->promised_until.clear();
}

void MonitorBrain::advance_hand_over() {
  // Each step may lead at once to the next; a hand-over has five of them.
  for (int i = 0; i < 5 && hand_over_; ++i) {
    const auto before = hand_over_->turns;
    switch (hand_over_->step) {
      case Step::releasing: advance_releasing(); break;
      case Step::choosing: advance_choosing(); break;
      case Step::surveying: advance_surveying(); break;
      case Step::offering: advance_offering(); break;
      case Step::settling: advance_settling(); break;
    }
    if (!hand_over_ || hand_over_->turns == before) break;
  }
  if (hand_over_ && hand_over_->command && now_.at >= hand_over_->began.at + kCommandLimit) {
    reply(*hand_over_->command,
          plain_answer(AnswerCode::unknown_outcome,
                       fmt::format("ERROR: The hand-over is still under way ({}). Look at 'mmm_control show'.",
                                   stuck_because_.empty() ? hand_over_->why : stuck_because_)));
    hand_over_->command.reset();
  }
}

void MonitorBrain::advance_releasing() {
  auto& h = *hand_over_;
  if (!book_.durable().accepted || book_.durable().released) return go(Step::surveying);
  const auto end = book_.outstanding("");
  if (now_.at >= end || MMM_MUTANT(takeover_without_wait)) {
    h.planned = false;
    note(NoteLevel::warning, h.from, "did not release the role, and its lease has run out");
    return go(Step::surveying);
  }
  wake_at(end);
  const bool gives_up = h.planned && reachable(h.from) && now_.at >= h.step_began.at + kReleaseLimit;
  if (!gives_up) return;
  note(NoteLevel::error, h.from, "could not be stopped in time: it stays the writer");
  if (h.command)
    reply(*h.command,
          plain_answer(AnswerCode::refused, fmt::format("ERROR: '{}' could not stop its writes in time. It stays the writer; "
                                                        "nothing was moved.", h.from)));
  prefer_again_at_ = now_.at + kPreferAgain;
  owners_[*writer_role()] = h.from;
  hand_over_.reset();
}

// The writer said that it gave its generation up for good, or refused it.
void MonitorBrain::writer_released(const HostName& host, const std::string& why, const std::optional<GtidSet>& has,
                                   Reached reached) {
  if (!book_.released(host, book_.assignment().generation, reached != Reached::nothing)) return;
  left_in_order_ = has ? host : HostName{};
  note(NoteLevel::info, host, fmt::format("generation {} is given up for good: {}", book_.assignment().generation.value, why));
  if (hand_over_ && hand_over_->step == Step::releasing) {
    hand_over_->position_known = has.has_value();
    hand_over_->must_have = has.value_or(GtidSet{});
    return go(has ? Step::choosing : Step::surveying);
  }
  if (hand_over_ && hand_over_->to == host &&
      (hand_over_->step == Step::offering || hand_over_->step == Step::settling)) {
    // It may have served for a moment.
    if (has) hand_over_->must_have.add(*has);
    // It may have taken writes: its history is the one that counts, whatever the writer before it is still found to have.
    if (!hand_over_->planned && hand_over_->step == Step::settling && reached == Reached::writes) hand_over_->from = host;
    return target_failed(why, !has);
  }
  if (hand_over_ && reached == Reached::writes && hand_over_->from != host) return last_writer_is(host);
  if (hand_over_ || frozen_roles()) return;
  owners_.erase(*writer_role());
  HandOver next{.step = has ? Step::choosing : Step::surveying, .from = host, .why = why,
                .must_have = has.value_or(GtidSet{}), .position_known = has.has_value()};
  // Nobody asked it to, and its server lives: its machine may be on its way down. While an offer to it is half-done, the
  // others hear of no change (rule 6), of their reader addresses either.
  if (has) next.excluded[host] = why;
  begin_hand_over(std::move(next));
}

// It accepted an offer that was taken for failed, and may have served: its history is the one that counts. The writer
// before it, and whoever still received from that one, may have what belongs to none, and are compared first.
void MonitorBrain::last_writer_is(const HostName& host) {
  note(NoteLevel::warning, host, fmt::format("had accepted generation {}: what it has counts, the others are compared with it",
                                             book_.assignment().generation.value));
  doubt_all_but(host);
  hosts_.at(host).unproven = false;
  hand_over_->from = host;
  hand_over_->catch_up_from.clear();
  go(Step::surveying);
}

void MonitorBrain::doubt_all_but(const HostName& host) {
  for (auto& [name, data] : hosts_)
    if (name != host) data.doubt();
}

// Somebody renewed the lease that was taken for lost, before anybody else was promoted.
bool MonitorBrain::writer_is_back(const HostName& host) {
  if (detached_ == book_.assignment().generation)
    for (const auto& [name, data] : hosts_)
      if (name != host && reachable(name)) send(name, Detach{}, true);
  detached_ = poked_ = Generation{};
  const auto role = writer_role();
  if (!role || book_.durable().released) return false;
  bool changed = false;
  if (hand_over_ && hand_over_->from == host &&
      (hand_over_->step == Step::surveying || hand_over_->step == Step::choosing) && !hand_over_->planned &&
      !hand_over_->unwanted) {
    note(NoteLevel::info, host, "is back and renewed its lease before anybody was promoted: it stays the writer");
    stuck_because_.clear();
    changed = true;
    if (has_served()) {
      hand_over_.reset();
    } else {  // what the others have it must have first
      settle_late(host);
    }
  }
  if ((hand_over_ && !changed) || owners_.contains(*role)) return changed;
  owners_[*role] = host;
  const auto state = hosts_.at(host).state;
  if (state == HostState::hard_offline || state == HostState::awaiting_recovery)
    enter(host, HostState::online, "it is the writer and renews its lease");
  return true;
}

// Whoever asked for this target hears that it did not become the writer; the hand-over goes on without them.
void MonitorBrain::refuse_command(const std::string& why) {
  auto& h = *hand_over_;
  if (h.command)
    reply(*h.command, plain_answer(AnswerCode::refused, fmt::format("ERROR: '{}' did not become the writer: {}", h.to, why)));
  h.command.reset();
}

// The target that was asked for must not keep the role from the others. Where roles stay as they are, only the one that
// gave the role up may have it instead.
void MonitorBrain::give_up_target(const std::string& why) {
  auto& h = *hand_over_;
  if (h.to.empty()) return;
  const bool goes_back = !h.from.empty() && h.from != h.to && unfit(h.from).empty();
  if (frozen_roles() && !goes_back) return;
  note(NoteLevel::error, h.to, "does not become the writer: " + why);
  refuse_command(why);
  prefer_again_at_ = now_.at + kPreferAgain;
  h.to = goes_back ? h.from : HostName{};
  h.planned = false;
  h.force = false;
}

void MonitorBrain::advance_choosing() {
  auto& h = *hand_over_;
  std::optional<HostName> target;
  if (h.to.empty())
    target = choose_by_roles();
  else if (unfit(h.to).empty())
    target = h.to;
  stuck_because_.clear();
  auto again = h.step_began.at + kTryAgain;
  if (target) {
    if (*target != h.from) h.catch_up_from = reachable(h.from) ? h.from : HostName{};
    const auto later = offer(*target);
    if (!later) return;
    again = std::min(again, *later);
  } else {
    for (const auto& host : candidates())
      if (h.to.empty() || host == h.to)
        stuck_because_ += fmt::format("{}{}: {}", stuck_because_.empty() ? "" : "; ", host, unfit(host));
  }
  if (now_.at < again) return wake_at(again);
  h.excluded.clear();
  if (!target) give_up_target(stuck_because_);
  // Who gave the role up is asked for its position anew unless it gets it back: others may have more than it told.
  h.position_known = h.position_known && h.to == h.from;
  go(h.position_known || !book_.exists() ? Step::choosing : Step::surveying);
}

void MonitorBrain::advance_surveying() {
  auto& h = *hand_over_;
  if (!h.planned && !h.unwanted && h.asked.empty() && book_.durable().accepted && !book_.durable().released &&
      has_served() && writer_lives_on_promises()) {
    note(NoteLevel::info, h.from, "is in touch with those that could follow it: it stays the writer");
    owners_[*writer_role()] = h.from;
    stuck_because_.clear();
    return hand_over_.reset();
  }
  ask_what_they_have();
  auto limit = survey_ends();
  if (!bar_is_confirmed()) limit = std::max(limit, h.step_began.at + kOfferLimit);
  if (now_.at < limit) return wake_at(limit);
  stuck_because_.clear();
  auto again = h.step_began.at + kTryAgain;
  const auto target = choose_by_survey();
  if (target) {
    const auto later = offer(*target);
    if (!later) return;
    again = std::min(again, *later);  // what the answers said is old by then: all are asked again
  }
  for (const auto& host : stuck_because_.empty() ? candidates() : HostSet{}) {
    auto why = unfit(host);
    const auto answer = h.answers.find(host);
    if (why.empty()) why = answer == h.answers.end() ? "its agent did not answer" : answer->second.bound;
    if (why.empty() && h.promised_until.contains(host)) why = "it promised the last writer not to take the role yet";
    if (why.empty() && hosts_.at(host).unproven)
      why = fmt::format("its agent lost its memory, and not every server told what it has; bring those back, or: set_online {} "
                        "--accept-loss", host);
    if (why.empty()) why = "it has transactions that may not belong to the last writer's history";
    stuck_because_ += fmt::format("{}{}: {}", stuck_because_.empty() ? "" : "; ", host, why);
  }
  // Who is bound by a promise is asked again when that has run out.
  for (const auto& [name, until] : h.promised_until) again = std::min(again, until);
  if (now_.at < again) return wake_at(again);
  h.excluded.clear();
  if (!target && h.promised_until.empty()) give_up_target(stuck_because_);
  go(Step::surveying);
}

// Whoever did not say what it has may have transactions that the new writer will never see. If that writer fails before
// they were compared, the two histories must not be taken for one.
void MonitorBrain::note_unproven(const HostName& target) {
  const auto& h = *hand_over_;
  const auto& durable = book_.durable();
  if (target == durable.assignment.writer && durable.accepted && !durable.released && !writer_lost()) {
    hosts_.at(target).unproven = false;  // it serves on
    return;
  }
  for (auto& [name, data] : hosts_) {
    const auto answer = h.answers.find(name);
    const bool told = h.position_known || (answer != h.answers.end() && !answer->second.has.empty());
    if (name == target) data.trust();
    if (name == target || !book_.exists()) continue;
    if (!told) {
      data.doubt();
    } else if (!h.position_known && !data.unproven) {
      data.verified = false;
      data.to_verify.reset();
      data.counts_up_to = h.must_have;
    }
  }
}

std::optional<Instant> MonitorBrain::offer(const HostName& target) {
  if (const auto refusal = book_.refuse_promotion(target, now_.at)) {
    stuck_because_ = refusal->because;
    return refusal->until;
  }
  note_unproven(target);
  auto& h = *hand_over_;
  const auto old = book_.assignment().writer;
  for (const auto& [name, data] : hosts_) {
    const bool silent = !reachable(name) || (h.asked.contains(name) && !h.answers.contains(name));
    if (name == target || !data.unproven || data.state != HostState::online || (name != old && !silent)) continue;
    suspend(name, name == old ? "it lost the role without a word, and may have what nobody else has"
                              : "it did not tell what it has when the role was moved, and may have what the writer lacks");
    if (name == old) kill_if_silent(old);
  }
  book_.promote(target, other_candidates(target));
  owners_[*writer_role()] = target;
  h.to = target;
  if (target != old || has_served()) owed_ = {};  // else it has not served yet, and owes that, too
  owe(h.must_have, h.catch_up_from);
  if (h.force) enter(target, HostState::online, "move_role --force");
  note(NoteLevel::info, target,
       fmt::format("generation {} is offered to it{}{}", book_.assignment().generation.value,
                   h.must_have.empty() ? "" : "; it must have " + to_string(h.must_have),
                   h.catch_up_from.empty() ? "" : " and fetches what it lacks from " + h.catch_up_from));
  go(Step::offering);
  return std::nullopt;
}

// It may come late: the offer was taken for failed, and nobody else was promoted yet. Half-done generations are alive.
void MonitorBrain::generation_accepted(const HostName& host) {
  note(NoteLevel::info, host, fmt::format("accepted generation {}: it is the writer now", book_.assignment().generation.value));
  left_in_order_.clear();
  if (!hand_over_ || (hand_over_->step != Step::choosing && hand_over_->step != Step::surveying)) return;
  owners_[*writer_role()] = host;
  settle_late(host);
}

void MonitorBrain::advance_offering() {
  if (book_.durable().accepted) return go(Step::settling);
  const auto limit = hand_over_->step_began.at + kOfferLimit;
  if (now_.at >= limit) return target_failed("its agent did not accept the role in time", true);
  wake_at(limit);
}

void MonitorBrain::advance_settling() {
  auto& h = *hand_over_;
  if (serves_as_writer(h.to)) return finish_hand_over();
  if (h.late) hear_out();
  const bool lost = writer_lost();
  // It may be that nobody but it can stop it: then it is asked to, and its lease waited for.
  const auto target = hosts_.find(h.to);
  const bool unwanted = (target == hosts_.end() || target->second.state != HostState::online) && !frozen_roles();
  if (!lost && !unwanted) return wake_at(book_.nobody_holds_a_lease());
  const auto why = lost ? std::string("it disappeared before it served as the writer")
                        : fmt::format("it is {} before it served as the writer",
                                    target == hosts_.end() ? "not configured" : to_string(target->second.state));
  note(NoteLevel::error, h.to, why);
  refuse_command(why);
  h.from = h.to;
  h.to.clear();
  h.planned = false;
  h.unwanted = !lost;
  h.position_known = false;
  owners_.erase(*writer_role());
  go(lost ? Step::surveying : Step::releasing);
}

void MonitorBrain::target_failed(const std::string& why, bool may_have_served) {
  auto& h = *hand_over_;
  note(NoteLevel::error, h.to, "did not become the writer: " + why);
  refuse_command(why);
  prefer_again_at_ = now_.at + kPreferAgain;
  h.excluded[h.to] = why;
  const auto failed = h.to;
  const bool back = h.planned && h.from != h.to && !h.from.empty() && unfit(h.from).empty();
  h.to = back ? h.from : frozen_roles() ? failed : HostName{};
  h.planned = false;
  h.force = false;
  // It may have served for a moment: whoever gets the role back needs what it wrote.
  h.catch_up_from = back && reachable(failed) ? failed : HostName{};
  h.position_known = h.position_known && back && !may_have_served;
  if (h.to.empty()) owners_.erase(*writer_role());
  else owners_[*writer_role()] = h.to;
  go(h.position_known ? Step::choosing : Step::surveying);
}

void MonitorBrain::finish_hand_over() {
  auto& h = *hand_over_;
  note(NoteLevel::info, h.to, fmt::format("is the writer (generation {}), {} ms after the hand-over began: {}",
                                          book_.assignment().generation.value, milliseconds(now_.at - h.began.at), h.why));
  if (h.command) reply(*h.command, h.answer);
  stuck_because_.clear();
  hand_over_.reset();
}

}  // namespace mmm
