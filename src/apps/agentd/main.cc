// mmm_agentd: carries out on a database host what the monitor decides.

#include "apps/common/daemon_main.h"
#include "runtime/agent_shell.h"

int main(int argc, char** argv) {
  return mmm::daemon_main(
      {.program = mmm::Program::agent,
       .name = "mmm_agentd",
       .about = "The agent of MMM: carries out on a database host what the monitor decides.",
       .pid_path = [](const mmm::Config& config) { return config.host(config.self)->pid_path; },
       .serve = mmm::serve_until_signal<mmm::AgentShell>},
      argc, argv);
}
