/* docs/lease.md as a transition system. Read in this order: this file, state.pml, time.pml, agent.pml, restarts.pml,
 * monitor.pml, leadership.pml. README.md says what is left out and why that is sound.
 *
 * Each process is one loop of steps. A step is atomic: it takes at most one message, writes what it has to write to its
 * disk, and sends. Nothing forces a process to take a step, so a frozen process needs no step of its own. */

#include "state.pml"
#include "time.pml"
#include "leadership.pml"
#include "restarts.pml"
#include "agent.pml"
#include "monitor.pml"

init {
  d_step {
    first_assignment();
#if MONITORS > 1
    first_leadership();
#endif
  }
  atomic {
    run clock();
    run agent(0);
    run agent(1);
#if HOSTS > 2
    run agent(2);
#endif
    run monitor(0);
#if MONITORS > 1
    run monitor(1);
#endif
  }
}
