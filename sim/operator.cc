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

}  // namespace

void Operator::start() { look(); }

void Operator::look() {
  const bool calm = world_.now() >= kCalmFrom || world_.now() < kFaultsFrom;
  if (const auto& monitor = world_.present_monitor(); monitor.works() && (calm || random_.chance(kAttentive))) {
    for (Node host = 0; host < kDatabases && monitor.knows(host); ++host) {
      const auto state = monitor.brain().state_of(std::string(name_of(host)));
      if (state == HostState::awaiting_recovery || (calm && state == HostState::admin_offline)) set_online(host);
    }
  }
  if (world_.now() >= kCalmFrom + kPatience && world_.memory_lost) decide_what_is_lost();
  world_.queue.after(calm ? 500ms : 2s, [this] { look(); });
}

void Operator::move_writer(Node to) {
  world_.present_monitor().command({"move_role", "writer", std::string(name_of(to))});
}

void Operator::set_offline(Node host) { world_.present_monitor().command({"set_offline", std::string(name_of(host))}); }
void Operator::set_online(Node host, bool accept_loss) {
  std::vector<std::string> words{"set_online", std::string(name_of(host))};
  if (accept_loss) words.emplace_back("--accept-loss");
  world_.present_monitor().command(std::move(words));
}

void Operator::decide_what_is_lost() {
  const auto& brain = world_.present_monitor().brain();
  if (!world_.present_monitor().works() || !brain.leads()) return;
  std::vector<Node> hosts;
  for (const auto& host : world_.hosts) hosts.push_back(host->id);
  std::ranges::stable_sort(hosts, std::greater{}, [this](Node host) { return world_.hosts[host]->server.received_size(); });
  const auto& best = world_.hosts[hosts.front()]->server;
  std::erase_if(hosts, [&](Node host) {
    const auto last = world_.hosts[host]->server.last();
    return last != kNone && !best.received(last);
  });
  set_online(hosts[decisions_++ % hosts.size()], true);
}

void Operator::answered(const Answer& answer) {
  if (answer.text != last_answer_) world_.story.tell("admin", "{}", answer.text);
  last_answer_ = answer.text;
}

}  // namespace mmm::sim
