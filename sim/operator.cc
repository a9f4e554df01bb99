#include "sim/operator.h"

#include "sim/world.h"

namespace mmm::sim {

namespace {

// While things break he is not always there.
constexpr double kAttentive = 0.3;

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
  world_.queue.after(calm ? 500ms : 2s, [this] { look(); });
}

void Operator::move_writer(Node to) {
  world_.present_monitor().command({"move_role", "writer", std::string(name_of(to))});
}

void Operator::set_offline(Node host) { world_.present_monitor().command({"set_offline", std::string(name_of(host))}); }
void Operator::set_online(Node host) { world_.present_monitor().command({"set_online", std::string(name_of(host))}); }

void Operator::answered(const Answer& answer) {
  if (answer.text != last_answer_) world_.story.tell("admin", "{}", answer.text);
  last_answer_ = answer.text;
}

}  // namespace mmm::sim
