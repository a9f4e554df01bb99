#include "support/agent_driver.h"

#include <algorithm>
#include <stdexcept>

#include "support/message_text.h"

namespace mmm::lab {

namespace {

// More events than this at one instant, or wake-ups in one `pass`, are a loop that makes no progress.
constexpr int kStepsMax = 10'000;

}  // namespace

void AgentDriver::step(const agent::Event& event) {
  for (auto& effect : brain.step(event, now)) std::visit([this](auto& e) { take(e); }, effect);
}

void AgentDriver::take(agent::Persist& effect) {
  disk = effect.memory;
  story.push_back("persist");
}

void AgentDriver::take(agent::Send& effect) {
  const auto line = text(effect.message);
  if (line != "report") story.push_back("say " + line);
  if (const auto* ask = std::get_if<Ask>(&effect.message); ask && grants)
    answers_.push_back({ask->number, ask->accepted.generation});
  said.push_back(std::move(effect.message));
}

void AgentDriver::take(agent::AskPeer& effect) { asked.push_back(std::move(effect)); }

void AgentDriver::take(agent::AnswerPeer& effect) { answered.push_back(std::move(effect.answer)); }

void AgentDriver::take(agent::Run& effect) {
  const bool quiet = std::holds_alternative<agent::Observe>(effect.operation) ||
                     std::holds_alternative<agent::Announce>(effect.operation);
  looks += std::holds_alternative<agent::Observe>(effect.operation);
  if (!quiet) story.push_back("run " + to_string(effect.operation));
  pending_.push_back(std::move(effect));
}

void AgentDriver::take(agent::Note& effect) { notes.push_back(effect.text); }

std::vector<std::string> AgentDriver::pending() const {
  std::vector<std::string> texts;
  for (const auto& run : pending_) texts.push_back(to_string(run.operation));
  return texts;
}

bool AgentDriver::waits_for(std::string_view operation) const {
  return std::ranges::any_of(pending_, [&](const auto& run) { return to_string(run.operation) == operation; });
}

agent::Run AgentDriver::take_pending(std::string_view operation) {
  const auto it = std::ranges::find_if(pending_, [&](const auto& run) { return to_string(run.operation) == operation; });
  if (it == pending_.end()) throw std::logic_error("nobody asked to " + std::string(operation));
  auto run = std::move(*it);
  pending_.erase(it);
  return run;
}

void AgentDriver::finish(const agent::Run& run) {
  if (std::holds_alternative<agent::Observe>(run.operation))
    step(agent::Observed{run.id, host.observe()});
  else
    step(agent::Completed{run.id, host.carry_out(run.operation, now)});
}

void AgentDriver::finish(std::string_view operation) { finish(take_pending(operation)); }

void AgentDriver::fail(std::string_view operation) {
  const auto run = take_pending(operation);
  if (std::holds_alternative<agent::Observe>(run.operation))
    step(agent::Observed{run.id, mmm::fail("an error")});
  else
    step(agent::Completed{run.id, mmm::fail("an error")});
}

void AgentDriver::finish_all() {
  for (int i = 0; !pending_.empty() || !answers_.empty(); ++i) {
    if (i > kStepsMax) throw std::logic_error("the agent never comes to rest");
    if (!answers_.empty()) {
      const auto grant = answers_.front();
      answers_.pop_front();
      hear(grant);
      continue;
    }
    const auto run = std::move(pending_.front());
    pending_.pop_front();
    finish(run);
  }
}

void AgentDriver::pass(Duration duration) {
  const auto end = now + duration;
  finish_all();
  for (int i = 0;; ++i) {
    if (i > kStepsMax) throw std::logic_error("the agent wakes up without end");
    const auto next = std::min(brain.next_wakeup(), host.next_expiry());
    if (next > end) break;
    now = std::max(next, now);
    if (host.expire(now)) step(agent::AddressesChanged{host.ips()});
    step(agent::Tick{seconds(now.time_since_epoch())});
    finish_all();
  }
  now = end;
  step(agent::Tick{seconds(now.time_since_epoch())});
  finish_all();
}

void AgentDriver::start(std::uint64_t epoch) {
  step(agent::Started{disk, host.ips(), host.untimed_ips(), "boot", has_fence});
  if (host.alive)
    step(agent::MysqldUp{});
  else
    step(agent::MysqldDown{"its process is gone"});
  hear(Hello{.host = config.self, .epoch = {epoch, "m"}, .lineage = {Epoch{epoch - 1, "m"}}, .leads = true});
  finish_all();
}

void AgentDriver::obey(const Instruction& instruction) {
  if (said.empty()) start(instruction.order.epoch);
  hear(instruction);
  pass(100ms);
}

void AgentDriver::forget() {
  story.clear();
  said.clear();
  notes.clear();
}

std::size_t AgentDriver::index_of(const std::string& part) const {
  const auto it = std::ranges::find_if(story, [&](const auto& line) { return line.contains(part); });
  return static_cast<std::size_t>(it - story.begin());
}

}  // namespace mmm::lab
