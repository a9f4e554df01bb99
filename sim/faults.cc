#include "sim/faults.h"

#include "sim/world.h"

namespace mmm::sim {

namespace {

void each_direction(const Fault& fault, const auto& action) {
  action(fault.who, fault.other);
  if (!fault.one_way) action(fault.other, fault.who);
}

void change_links(World& world, const Fault& fault, bool begins) {
  auto& network = world.network;
  for (auto& host : world.hosts) host->server.advance();  // with the links as they were
  switch (fault.kind) {
    case FaultKind::cut_link:
      each_direction(fault, [&](Node from, Node to) { begins ? network.cut(from, to) : network.heal(from, to); });
      break;
    case FaultKind::slow_link:
      each_direction(fault, [&](Node from, Node to) { network.add_delay(from, to, begins ? fault.amount : -fault.amount); });
      break;
    case FaultKind::lossy_link:
      each_direction(fault, [&](Node from, Node to) { network.set_loss(from, to, begins ? fault.probability : 0); });
      break;
    default:  // isolate, and a machine that stands still
      world.plan.topology.each_node([&](Node other) {
        if (other == fault.who) return;
        begins ? network.cut(fault.who, other) : network.heal(fault.who, other);
        begins ? network.cut(other, fault.who) : network.heal(other, fault.who);
      });
  }
  world.links_changed();
}

// Of the agent, or of the monitor.
void on_state_file(World& world, Node who, const auto& action) {
  if (who == kMonitor) action(world.monitor);
  else action(world.hosts[who]->agent);
}

// Replaced files are not torn by a crash; file systems and people do it all the same.
void tear_file(World& world, Node who) {
  on_state_file(world, who, [](auto& process) {
    process.kill();
    process.disk().wipe();
  });
  world.memory_lost = true;
  if (who != kMonitor)
    for (const auto& checker : world.checkers) checker->memory_lost(who);
}

void restore_file(World& world, Node who) {
  auto& agent = world.hosts[who]->agent;
  agent.kill();
  agent.disk().restore();
  world.memory_lost = true;
  world.set_back.set(who);
  for (const auto& checker : world.checkers) checker->state_restored(who);
}

// Everything goes dark at once, the monitor too; only the client stays, to see who serves it afterwards.
void cut_power(World& world, const Fault& fault) {
  world.plan.topology.each_node([&](Node node) {
    if (node != kClient) world.power_off(node);
  });
  world.queue.after(fault.amount, [&world, back = fault.first_back] {
    world.plan.topology.each_node([&](Node node) {
      if (back.test(node)) world.power_on(node);
    });
  });
}

void make_late(World& world, const Fault& fault, Duration most) {
  const Random random(world.plan.seed ^ static_cast<std::uint64_t>(fault.at.count()));
  if (fault.who != kMonitor) return world.hosts[fault.who]->agent.be_late(most, random);
  world.each_monitor([&](MonitorProcess& monitor) { monitor.be_late(most, random); });
}

void begin_fault(World& world, const Fault& fault) {
  world.story.tell("fault", "{}", describe(fault));
  auto* host = fault.who < world.hosts.size() ? world.hosts[fault.who].get() : nullptr;
  switch (fault.kind) {
    case FaultKind::kill_mysqld:
    case FaultKind::restart_writable: return host->server.kill();
    case FaultKind::slow_read_only: return host->server.hold_read_only(true);
    case FaultKind::change_mode: return world.administrator.set_mode(fault.manual ? "set_manual" : "set_passive");
    case FaultKind::command: return world.administrator.run(fault.errand, fault.who);
    case FaultKind::kill_agent: return host->agent.kill();
    case FaultKind::stop_agent: return host->agent.stop();
    case FaultKind::change_ttl: return world.present_monitor().change_lease_ttl(fault.amount);
    case FaultKind::kill_monitor: return world.present_monitor().kill();
    case FaultKind::freeze_mysqld: return host->server.freeze();
    case FaultKind::freeze_agent: return host->agent.freeze();
    case FaultKind::freeze_monitor: return world.present_monitor().freeze();
    case FaultKind::busy: return make_late(world, fault, fault.amount);
    case FaultKind::lose_host: return world.power_off(fault.who);
    case FaultKind::lose_disk:
      world.power_off(fault.who);
      return world.lose_disk(fault.who);
    case FaultKind::power_cut: return cut_power(world, fault);
    case FaultKind::pause:
    case FaultKind::suspend:
      world.stand_still(fault.who, fault.kind == FaultKind::suspend);
      return change_links(world, fault, true);
    case FaultKind::fill_disk:
      on_state_file(world, fault.who, [](auto& process) { process.disk().set_full(true); });
      return world.process_changed();
    case FaultKind::slow_disk:
      on_state_file(world, fault.who, [&](auto& process) { process.disk().set_slow(fault.amount); });
      return world.process_changed();
    case FaultKind::tear_file: return tear_file(world, fault.who);
    case FaultKind::restore_file: return restore_file(world, fault.who);
    case FaultKind::lag: return host->server.set_lag(fault.amount);
    case FaultKind::stop_applier: return host->server.set_applier_broken(true);
    case FaultKind::move_role: return world.administrator.move_writer(fault.who);
    case FaultKind::set_offline: return world.administrator.set_offline(fault.who);
    case FaultKind::cut_link:
    case FaultKind::isolate:
    case FaultKind::slow_link:
    case FaultKind::lossy_link: return change_links(world, fault, true);
  }
}

void end_fault(World& world, const Fault& fault) {
  if (fault.kind != FaultKind::move_role && fault.kind != FaultKind::command) world.story.tell("fault", "is over: {}", describe(fault));
  auto* host = fault.who < world.hosts.size() ? world.hosts[fault.who].get() : nullptr;
  switch (fault.kind) {
    case FaultKind::kill_mysqld:
    case FaultKind::restart_writable:
      if (host->runs()) host->server.start(fault.kind == FaultKind::restart_writable);
      return;
    case FaultKind::slow_read_only: return host->server.hold_read_only(false);
    case FaultKind::change_mode: return world.administrator.set_mode("set_active");
    case FaultKind::stop_agent:
      host->agent.kill();  // where it would not
      [[fallthrough]];
    case FaultKind::kill_agent:
      if (host->runs()) host->agent.start();
      return;
    case FaultKind::change_ttl:
      return world.each_monitor([](MonitorProcess& monitor) { monitor.change_lease_ttl(lease_ttl()); });
    case FaultKind::kill_monitor:
      return world.each_monitor([&](MonitorProcess& monitor) {
        if (world.network.has_power(monitor.machine())) monitor.start();
      });
    case FaultKind::freeze_mysqld:
      if (!host->still) host->server.thaw();
      return;
    case FaultKind::freeze_agent:
      if (!host->still) host->agent.thaw();
      return;
    case FaultKind::freeze_monitor: return world.each_monitor([](MonitorProcess& monitor) { monitor.thaw(); });
    case FaultKind::busy: return make_late(world, fault, Duration{0});
    case FaultKind::lose_host:
    case FaultKind::lose_disk: return world.power_on(fault.who);
    case FaultKind::power_cut:
      world.plan.topology.each_node([&](Node node) {
        if (node != kClient) world.power_on(node);
      });
      return;
    case FaultKind::pause:
    case FaultKind::suspend:
      world.go_on(fault.who);
      return change_links(world, fault, false);
    case FaultKind::fill_disk:
      on_state_file(world, fault.who, [](auto& process) { process.disk().set_full(false); });
      return world.process_changed();
    case FaultKind::slow_disk:
      on_state_file(world, fault.who, [](auto& process) { process.disk().set_slow(Duration{0}); });
      return world.process_changed();
    case FaultKind::restore_file:
    case FaultKind::tear_file:
      if (host ? host->runs() : world.network.has_power(fault.who)) on_state_file(world, fault.who, [](auto& process) { process.start(); });
      return;
    case FaultKind::lag: return host->server.set_lag(Duration{0});
    case FaultKind::stop_applier: return host->server.set_applier_broken(false);
    case FaultKind::move_role:
    case FaultKind::command: return;
    case FaultKind::set_offline: return world.administrator.set_online(fault.who);
    case FaultKind::cut_link:
    case FaultKind::isolate:
    case FaultKind::slow_link:
    case FaultKind::lossy_link: return change_links(world, fault, false);
  }
}

}  // namespace

void schedule_faults(World& world) {
  for (const auto& fault : world.plan.faults) {
    if (fault.kind == FaultKind::restore_file)
      world.queue.at(fault.at - fault.amount, [&world, who = fault.who] { world.hosts[who]->agent.disk().keep_copy(); });
    world.queue.at(fault.at, [&world, &fault] { begin_fault(world, fault); });
    world.queue.at(fault.at + fault.lasts, [&world, &fault] { end_fault(world, fault); });
  }
}

}  // namespace mmm::sim
