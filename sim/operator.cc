#include "sim/operator.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sim/world.h"

namespace mmm::sim {

namespace {

// While things break he is not always there.
constexpr double kAttentive = 0.3;

// So long a cluster is left to recover by itself.
constexpr Duration kPatience = 3s;
// Nobody wrote for so long, an offer's 10 s included: it won't get better by itself.
constexpr Duration kOffersFailed = 8s;

bool mode_was_changed(const Plan& plan) {
  return std::ranges::find(plan.faults, FaultKind::change_mode, &Fault::kind) != plan.faults.end();
}

}  // namespace

void Operator::start() { look(); }

void Operator::look() {
  const bool calm = world_.now() >= kCalmFrom || world_.now() < kFaultsFrom;
  if (const auto& monitor = world_.present_monitor(); monitor.works() && (calm || random_.chance(kAttentive))) {
    for (Node host = 0; host < world_.hosts.size(); ++host) {
      if (!monitor.knows(host)) continue;
      const auto state = monitor.brain().state_of(std::string(name_of(host)));
      if (state == HostState::awaiting_recovery || (calm && state == HostState::admin_offline)) set_online(host);
    }
  }
  if (world_.now() >= kCalmFrom + kPatience && (world_.memory_lost || histories_are_forked())) decide_what_is_lost();
  if (world_.now() >= kCalmFrom + kPatience) {
    world_.configurations.look_after();
    start_what_was_left_stopped();
    give_up_a_history();
  }
  // A mode that nobody took back: the monitor was away.
  if (world_.now() >= kCalmFrom && mode_was_changed(world_.plan)) set_mode("set_active");
  world_.queue.after(calm ? 500ms : 2s, [this] { look(); });
}

void Operator::move_writer(Node to) {
  world_.present_monitor().command({"move_role", "writer", std::string(name_of(to))});
}

void Operator::move_to_one_of(const NodeSet& hosts) {
  for (Node host = 0; host < world_.hosts.size(); ++host)
    if (hosts.test(host)) move_writer(host);
}

void Operator::set_offline(Node host) { world_.present_monitor().command({"set_offline", std::string(name_of(host))}); }
void Operator::set_online(Node host, bool accept_loss) {
  std::vector<std::string> words{"set_online", std::string(name_of(host))};
  if (accept_loss) words.emplace_back("--accept-loss"), makes_do_with_ = host;
  world_.present_monitor().command(std::move(words));
}

// No host has all that every other one wrote or applied: none can follow all others, and somebody's transactions are given up.
bool Operator::histories_are_forked(std::optional<Node> without) const {
  return std::ranges::none_of(world_.hosts, [&](const auto& host) {
    return host->id != without && std::ranges::all_of(world_.hosts, [&](const auto& other) {
      const auto last = other->server.last();
      return other->id == without || last == kNone || host->server.has(last);
    });
  });
}

void Operator::give_up_a_history() {
  const bool somebody_writes = std::ranges::any_of(world_.hosts, [](const auto& host) { return host->accepts_writes(); });
  if (silenced_ && somebody_writes) {
    if (auto& host = *world_.hosts[*silenced_]; host.runs()) host.agent.start();
    silenced_.reset();
  }
  if (silenced_ || somebody_writes || !histories_are_forked() || world_.now() < kCalmFrom + kOffersFailed) return;
  for (const auto& host : world_.hosts)
    if (host->agent.works() && !histories_are_forked(host->id)) silenced_ = host->id;
  if (!silenced_) return;
  world_.story.tell("admin", "gives up what only {} has: stops its agent", name_of(*silenced_));
  world_.hosts[*silenced_]->agent.kill();
}

void Operator::decide_what_is_lost() {
  const auto& brain = world_.present_monitor().brain();
  if (!world_.present_monitor().works() || !brain.leads()) return;
  std::vector<Node> hosts;
  for (const auto& host : world_.hosts)
    if (world_.configurations.wanted().hosts.test(host->id)) hosts.push_back(host->id);
  std::ranges::stable_sort(hosts, std::greater{}, [this](Node host) { return world_.hosts[host]->server.received_size(); });
  const auto& best = world_.hosts[hosts.front()]->server;
  const bool forked = histories_are_forked();
  std::erase_if(hosts, [&](Node host) {
    const auto last = world_.hosts[host]->server.last();
    return !forked && last != kNone && !best.received(last);
  });
  // Or with what the last writer has: who has more may have it from nobody that a client could see.
  for (const auto& host : world_.hosts)
    if (name_of(host->id) == brain.book().assignment().writer && std::ranges::find(hosts, host->id) == hosts.end()) hosts.push_back(host->id);
  set_online(hosts[decisions_++ % hosts.size()], true);
}

// An agent whose state was set back may not know that it was the one that stopped replication. `checks` says that it stands.
void Operator::start_what_was_left_stopped() {
  for (const auto& host : world_.hosts) {
    if (!world_.set_back.test(host->id) || !host->runs() || !host->server.responds() || host->server.writable()) continue;
    const auto replication = host->server.observe().replication;
    if (replication.configured && replication.io == IoThread::no && !replication.sql && replication.error.empty())
      host->server.start_replication();
  }
}

void Operator::set_mode(std::string word) { world_.present_monitor().command({std::move(word)}); }

bool Operator::may_vouch(bool for_the_lead) const {
  if (!world_.present_monitor().works()) return false;
  const auto& brain = world_.present_monitor().brain();
  if (for_the_lead)
    return std::ranges::all_of(world_.hosts, [&](const auto& host) {
      return !host->up || (host->agent.works() && world_.present_monitor().knows(host->id) && world_.network.answers(host->id, kMonitor));
    });
  const auto& writer = brain.book().assignment().writer;
  return !writer.empty() && !world_.hosts[node_of(writer)]->up;
}

void Operator::run(Errand errand, Node host) {
  const std::string name(name_of(host));
  const auto& reader_ip = random_.chance(0.5) ? reader_ips().front() : reader_ips().back();
  switch (errand) {
    case Errand::force_writer: return world_.present_monitor().command({"move_role", "--force", "writer", name});
    case Errand::unfenced_writer:
      world_.present_monitor().command({"move_role", "--unfenced", "writer", name});
      if (may_vouch(false)) world_.present_monitor().command({"move_role", "--unfenced", "--yes", "writer", name});
      return;
    case Errand::move_reader: return world_.present_monitor().command({"move_role", "reader", name});
    case Errand::set_online: return set_online(host);
    case Errand::set_ip: return world_.present_monitor().command({"set_ip", reader_ip, name});
    case Errand::take_lead:
      world_.present_monitor().command({"take_lead"});
      if (may_vouch(true)) world_.present_monitor().command({"take_lead", "--yes"});
      return;
    case Errand::ask:
      for (const auto* word : {"show", "checks", "mode", "ping", "help", "no_such_command"}) world_.present_monitor().command({word});
  }
}

void Operator::answered(const Answer& answer) {
  if (answer.text != last_answer_) world_.story.tell("admin", "{}", answer.text);
  last_answer_ = answer.text;
  if (!makes_do_with_ || !answer.text.contains(fmt::format("State of '{}' changed to ONLINE", name_of(*makes_do_with_)))) return;
  for (const auto& checker : world_.checkers) checker->loss_accepted(*makes_do_with_);
  makes_do_with_.reset();
}

}  // namespace mmm::sim
