#pragma once
// A monitor that leads, or does not yet, over scripted agents.

#include <string>

#include <gtest/gtest.h>

#include "support/monitor_driver.h"

namespace mmm {

struct LeadershipTest : testing::Test {
  bool leads() const { return monitor.brain->leads(); }
  std::string show() {
    monitor.replies.clear();
    monitor.command("show");
    return monitor.replies.empty() ? "" : monitor.replies.back();
  }
  void join_all() {
    for (const auto* host : {"db1", "db2", "db3"}) monitor.join(host);
  }
  // Its server runs; whether that is as new as the memory it does not know.
  void comes_back_without_a_memory(const HostName& host) {
    monitor.leave(host);
    monitor.agents.at(host).report = Report{.mysqld_alive = true, .server = ServerStatus{}};
    monitor.join(host);
  }
  Order last_order(const HostName& host) {
    const auto told = monitor.last_told<Instruction>(host);
    return told ? told->order : Order{};
  }

  lab::MonitorDriver monitor;
};

}  // namespace mmm
