// mmm_mond: watches the database hosts and decides.

#include "apps/common/daemon_main.h"
#include "runtime/monitor_shell.h"

int main(int argc, char** argv) {
  return mmm::daemon_main(
      {.program = mmm::Program::monitor,
       .name = "mmm_mond",
       .about = "The monitor of MMM: watches the database hosts, decides which of them hold which virtual addresses.",
       .pid_path = [](const mmm::Config& config) { return config.monitor.pid_path; },
       .serve = mmm::serve_until_signal<mmm::MonitorShell>},
      argc, argv);
}
