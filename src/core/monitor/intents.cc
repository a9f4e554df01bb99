// What the administrator asked for, carried out. The refusals are commands.cc's; what is left here can be done.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/monitor/brain.h"
#include "core/monitor/show.h"

namespace mmm {

void MonitorBrain::carry_out(CommandId id, const SetOnline& intent, const Answer& answer) {
  auto& data = hosts_.at(intent.host);
  data.flap = {};
  if (intent.accept_loss && data.unproven) {
    if (hand_over_) {
      hand_over_->makes_do_with = intent.host;
      owed_ = {};
      doubt_all_but(intent.host);
    }
    data.trust();
    note(NoteLevel::warning, intent.host, "the administrator makes do with what it has: what the last writer had more is lost");
  }
  if (intent.compare_first) enter(intent.host, HostState::awaiting_recovery, "the administrator wants it online: it is compared with the writer first");
  else enter(intent.host, HostState::online, "set online by the administrator");
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const SetOffline& intent, const Answer& answer) {
  enter(intent.host, HostState::admin_offline, "set offline by the administrator");
  if (mode_ != MonitorMode::passive) drop_roles(intent.host, "set offline by the administrator");
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const SwitchMode& intent, const Answer& answer) {
  const bool leaves_passive = mode_ == MonitorMode::passive;
  if (intent.mode == MonitorMode::passive && hand_over_)
    return reply(id, plain_answer(AnswerCode::refused, "ERROR: A hand-over of the writer role is under way. Try again when it is done."));
  mode_ = intent.mode;
  passive_cause_ = mode_ == MonitorMode::passive ? "Admin switched to passive mode." : "";
  note(NoteLevel::info, "", fmt::format("switched into {} mode by the administrator", to_string(mode_)));
  if (mode_ == MonitorMode::active)
    for (const auto& [name, data] : hosts_)
      if (data.state != HostState::online) drop_roles(name, "ACTIVE mode leaves roles on ONLINE hosts only");
  if (leaves_passive)
    for (const auto& [name, data] : hosts_)
      if (data.unproven && data.state == HostState::online && name != book_.assignment().writer) suspend(name);
  const auto wanted = active_master();
  if (leaves_passive && wanted && book_.exists() && *wanted != book_.assignment().writer) {
    // set_ip moved it on paper; a lease is handed over, never declared.
    const auto from = book_.assignment().writer;
    owners_[*writer_role()] = from;
    begin_hand_over({.step = Step::releasing, .from = from, .to = *wanted, .planned = true,
                     .why = "set_ip in passive mode"});
  }
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const MoveWriter& intent, const Answer& answer) {
  const bool under_way = hand_over_ && (hand_over_->step == Step::offering || hand_over_->step == Step::settling);
  const bool waits = hand_over_ && !under_way && (intent.unfenced || !stuck_because_.empty());
  if (hand_over_ && !waits)
    return reply(id, plain_answer(AnswerCode::refused, "ERROR: A hand-over of the writer role is under way: " + hand_over_->why));
  if (intent.unfenced) {
    hand_over_.reset();
    return carry_out_unfenced(id, intent, answer);
  }
  const auto waiting = std::exchange(hand_over_, std::nullopt);
  const auto from = waiting ? waiting->from : active_master().value_or(HostName{});
  if (const auto why = intent.force ? std::string() : not_ready(intent.to); !why.empty() && book_.exists()) {
    hand_over_ = waiting;  // it goes on
    return reply(id, plain_answer(AnswerCode::refused,
                                  fmt::format("ERROR: '{}' can't become the writer now: {}. Nothing was moved.", intent.to, why)));
  }
  const bool must_release = book_.exists() && !book_.durable().released;
  HandOver next{.step = must_release ? Step::releasing : Step::surveying, .from = from, .to = intent.to, .planned = true,
                .force = intent.force,
                .why = fmt::format("move_role{} by the administrator", intent.force ? " --force" : "")};
  if (waiting) next.makes_do_with = waiting->makes_do_with;
  next.command = id;
  next.answer = answer;
  begin_hand_over(std::move(next));
}

// Rule 13. Who can't be asked now is vouched for; the others confirm that they renew the last writer no more. What the
// target itself promised to it is kept.
void MonitorBrain::carry_out_unfenced(CommandId id, const MoveWriter& intent, const Answer& answer) {
  const auto writer = book_.assignment().writer;
  HostSet excused;
  for (const auto& name : other_candidates(writer))
    if (!reachable(name)) excused.insert(name);
  note(NoteLevel::warning, writer, fmt::format("the administrator vouches that it accepts no writes: generation {} is not waited for{}",
                                               book_.assignment().generation.value,
                                               excused.empty() ? "" : fmt::format("; not asked: {}", fmt::join(excused, ", "))));
  book_.bar(std::move(excused));
  book_.waive_wait(now_.at);
  if (const auto role = writer_role()) owners_.erase(*role);
  HandOver next{.step = Step::surveying, .from = writer, .to = intent.to, .force = intent.force, .unwanted = true,
                .why = "move_role --unfenced by the administrator"};
  next.command = id;
  next.answer = answer;
  begin_hand_over(std::move(next));
}

void MonitorBrain::carry_out(CommandId id, const MoveExclusive& intent, const Answer& answer) {
  const auto* role = config_.role(intent.role);
  for (const auto& ip : role->ips) owners_[Role{role->name, ip}] = intent.to;
  note(NoteLevel::info, intent.to, "gets role " + intent.role + ": move_role by the administrator");
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const MoveBalanced& intent, const Answer& answer) {
  for (const auto& role : roles_of(owners_, intent.from))
    if (role.name == intent.role) owners_.erase(role);
  note(NoteLevel::info, intent.from, "gives up role " + intent.role + ": move_role by the administrator");
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const SetIp& intent, const Answer& answer) {
  owners_[intent.role] = intent.to;
  note(NoteLevel::info, intent.to, fmt::format("{} is set to it by the administrator", to_string(intent.role)));
  reply(id, answer);
}

void MonitorBrain::carry_out(CommandId id, const TakeLead&, const Answer& answer) {
  vouched_below_ = epoch_.counter;
  note(NoteLevel::warning, "", "the administrator vouches that no other monitor runs: takes the lead");
  for (const auto& [name, data] : hosts_) greet(name);
  reply(id, answer);
}

}  // namespace mmm
