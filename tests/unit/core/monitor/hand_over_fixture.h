#pragma once
// The cluster that the tests of the hand-over share.

#include <vector>

#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {

struct HandOverTest : testing::Test {
  // db1 is the writer; db2 can follow it; both have 0-1-9.
  HandOverTest() {
    for (auto& [name, agent] : monitor.agents) agent.report.server->has = lab::gtids("0-1-9");
    monitor.bring_up();
    monitor.pass(20s);
    monitor.forget();
  }
  const LeaseBook& book() const { return monitor.brain->book(); }
  HostName writer() const { return book().assignment().writer; }
  lab::ScriptedAgent& agent(const HostName& host) { return monitor.agents.at(host); }
  bool serves(const HostName& host) { return agent(host).report.lease_live && writer() == host; }
  void mysqld_dies(const HostName& host) {
    auto& report = agent(host).report;
    report.mysqld_alive = false;
    report.server.reset();
    report.lease_live = false;
    report.ips.clear();
    report.released = report.assignment.generation;
    monitor.say(host, Released{.generation = report.released, .mysqld_dead = true, .reason = "mysqld is down"});
    monitor.say_report(host);
  }
  void restart_and_join(bool everybody = true) {
    monitor.restart();
    monitor.network();
    if (everybody) monitor.join("db1");
    monitor.join("db2");
    monitor.join("db3");
  }
  // A new monitor leads by an administrator's word, without those that are not named.
  void take_lead_with(const std::vector<HostName>& hosts) {
    monitor.restart(false);
    monitor.network();
    for (const auto& host : hosts) monitor.join(host);
    monitor.command("take_lead --yes");
  }

  lab::MonitorDriver monitor;
};

}  // namespace mmm
