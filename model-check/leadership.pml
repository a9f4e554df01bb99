#if MONITORS > 1
/* Two monitors: who leads. Rule 1, and the epochs of rule 2.
 *
 * An epoch is (counter, id). Here the id is split in two: which monitor it is, and its *chain*: the leaderships that continue
 * one another on the same state file, which is what the lineage in a hello says. Recent contact (an agent refuses a new
 * monitor while it hears its leader) only forbids, and is left out: nothing may depend on it. */

/* A monitor that restarts on its own file: the counter is one higher and on disk, it leads at once. */
inline restart_on_own_file(m) {
  count[m]++;
  restart_monitor(m)
}

inline forget_welcomes(m) {
  j = 0;
  do
  :: j < HOSTS -> welcome[m * HOSTS + j] = 0; j++
  :: else -> break
  od;
  j = 0
}

/* Any other asks: a chain of its own, nothing granted. */
inline start_asking(m) {
  leading[m] = false;
  current[m] = 0; acked[m] = 0; promotable[m] = 0; over[m] = 0; wait[m] = 0;
  count[m]++;
  chains++;
  mchain[m] = chains;
  forget_welcomes(m)
}
/* An agent accepts an epoch: later than its own, and, if that monitor says that it leads already, continuing the leadership
 * that the agent knows. */
#ifdef TRAP_EQUAL_EPOCH
#define later(h, m) (count[m] >= agent_count[h] && !(leader[h] == m && count[m] == agent_count[h]))
#else
#define later(h, m) (count[m] > agent_count[h])
#endif
#ifdef TRAP_OWN_FILE
#define continues(h, m) true
#else
#define continues(h, m) (mchain[m] == chain[h] || vouched(m))
#endif
#define accepts_leader(h, m) (!is_lost(h) && later(h, m) && (!leading[m] || continues(h, m)) && mchain[m] > 0)
#if TAKE_LEADS > 0
#define meet(h) unmet[h] = false
#define MEET_AGAIN \
  :: d_step { unmet[h] && !dead[leader[h]] -> meet(h); printf("h%d: is greeted again by m%d\n", h, leader[h]) }
#else
#define meet(h) skip
#define MEET_AGAIN
#endif
/* Who turns up after an operator let a monitor lead without it gives up what it was the writer of. */
#ifdef TRAP_KEEPS_LATER
#define turns_up(h, m) false
#elif defined(TRAP_KEEPS_EQUAL)
#define turns_up(h, m) (leading[m] && vouched(m) && serves(h) && gen_of(h) > gen_at(m))
#else
#define turns_up(h, m) (leading[m] && vouched(m) && serves(h))
#endif
inline turn_up(h, m) {
  if
  :: turns_up(h, m) -> stop(h); forget_asks(h); released[h] = gen_of(h); refused[h] = max(refused[h], gen_of(h))
  :: else
  fi
}
#define HELLO(m) \
  :: d_step { accepts_leader(h, m) -> \
       agent_count[h] = count[m]; leader[h] = m; chain[h] = mchain[m]; meet(h); \
       turn_up(h, m); \
       welcome[m * HOSTS + h] = accepted[h] + 1; \
       printf("h%d: obeys m%d now, epoch %d; knows generation %d version %d\n", h, m, count[m], gen_of(h), ver_of(h)) }

#if HOSTS > 2
#define all_welcomed(m) (welcome[(m) * HOSTS] && welcome[(m) * HOSTS + 1] && welcome[(m) * HOSTS + 2])
#define some_welcomed(m) (welcome[(m) * HOSTS] || welcome[(m) * HOSTS + 1] || welcome[(m) * HOSTS + 2])
#else
#define all_welcomed(m) (welcome[(m) * HOSTS] && welcome[(m) * HOSTS + 1])
#define some_welcomed(m) (welcome[(m) * HOSTS] || welcome[(m) * HOSTS + 1])
#endif

/* It goes on from the highest assignment that was reported, which it repeats in its own name. Promotable is the set that the
 * writer itself reported, as far as no later version went out; without its report, that of the highest assignment. */
#define reported(m, h) (welcome[(m) * HOSTS + (h)] - 1) /* 1 + number of an instruction; 0: none */
#define above(a, b) (i_gen[(a) - 1] > i_gen[(b) - 1] || (i_gen[(a) - 1] == i_gen[(b) - 1] && i_ver[(a) - 1] > i_ver[(b) - 1]))
inline lead_from_reports(m) {
  s = 0; j = 0;
  do
  :: j < HOSTS ->
     if
     :: welcome[m * HOSTS + j] > 1 && (s == 0 || above(reported(m, j), s)) -> s = reported(m, j)
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0;
  over[m] = 0;
  s--; /* its number */
  i_gen[sent] = i_gen[s];
  i_ver[sent] = i_ver[s];
  i_writer[sent] = i_writer[s];
  i_set[sent] = i_set[s];
  i_over[sent] = 0;
  i_open[sent] = true;
  i_chain[sent] = mchain[m];
  i_from[sent] = m;
  sent++;
  current[m] = sent;
  s = i_writer[s];
  acked[m] = sent - 1; /* accepted once: others hear of a generation only then (rule 6) */
  if
  :: welcome[m * HOSTS + s] > 1 && i_gen[reported(m, s) - 1] == gen_at(m) ->
     promotable[m] = set_at(m) & i_set[reported(m, s) - 1];
     if
     :: i_ver[reported(m, s) - 1] == ver_at(m) -> acked[m] = sent
     :: else
     fi
  :: else -> promotable[m] = set_at(m) /* what others believe to be the writer's set */
  fi;
  s = 0;
  wait[m] = TTL; /* no takeover before every lease from before has run out */
  leading[m] = true
}
#define any_known(m) (welcome[(m) * HOSTS] > 1 || welcome[(m) * HOSTS + 1] > 1 || known_by_2(m))
#if HOSTS > 2
#define known_by_2(m) (welcome[(m) * HOSTS + 2] > 1)
#else
#define known_by_2(m) false
#endif

#if TAKE_LEADS > 0
/* The operator's word: the other monitor is dead and stays so. Hosts that could not be asked obey when they come. Where
 * there are pins, the operator also switches off the hosts that could not be asked (they may boot again at once, and are
 * alone then: agent.pml), because a later writer's pin does not run out. */
#if VERSIONS > 1 && !defined(TRAP_PIN_IN_WAIT) && !defined(TRAP_LATER_PIN)
inline switch_off_others(m) {
  for (who : 0 .. HOSTS - 1) {
    if
    :: welcome[m * HOSTS + who] == 0 -> crash_machine(who)
    :: else
    fi
  }
  who = 0
}
#else
inline switch_off_others(m) { skip }
#endif
#define TAKE_LEAD \
  :: d_step { take_leads > 0 && !leading[m] && mchain[m] > 0 && some_welcomed(m) && any_known(m) && sent < INSTRUCTIONS && dead[1 - m] -> \
       take_leads--; lead_from_reports(m); switch_off_others(m); vouches[m] = true; no_grants[m] = TTL; \
       printf("m%d: leads by the operator's word: generation %d of h%d; promotable: %d\n", m, gen_at(m), writer_at(m), promotable[m]) } \
  :: d_step { take_leads > 0 && !dead[m] && m == 0 -> dead[m] = true; leading[m] = false; current[m] = 0; mchain[m] = 0; printf("m%d: dies\n", m) } \
  OVERTAKEN(0) \
  OVERTAKEN(1)
/* A host that turns up knows of a later generation: the next one is later than both, and until then nobody is granted any. */
#define OVERTAKEN(h) \
  :: d_step { leading[m] && vouches[m] && welcome[m * HOSTS + h] > 1 && i_gen[reported(m, h) - 1] > max(gen_at(m), floor[m]) -> \
       floor[m] = i_gen[reported(m, h) - 1]; printf("m%d: h%d knows of generation %d\n", m, h, floor[m]) }
#else
#define TAKE_LEAD
#endif

#define LEADERSHIP \
  :: d_step { MONITOR_CRASHES > 0 && monitor_crashes > 0 && leading[m] && count[m] < 6 -> monitor_crashes--; restart_on_own_file(m); printf("m%d: restarts on its own file, epoch %d\n", m, count[m]) } \
  :: d_step { leading[m] && superseded(m) -> leading[m] = false; current[m] = 0; mchain[m] = 0; printf("m%d: is refused and leads no more\n", m) } \
  :: d_step { gathers > 0 && !leading[m] && !is_dead(m) -> gathers--; start_asking(m); printf("m%d: asks to lead, epoch %d\n", m, count[m]) } \
  :: d_step { !leading[m] && mchain[m] > 0 && all_welcomed(m) && any_known(m) && sent < INSTRUCTIONS -> lead_from_reports(m); printf("m%d: leads: generation %d of h%d; promotable: %d\n", m, gen_at(m), writer_at(m), promotable[m]) } \
  TAKE_LEAD

/* Some agent refuses it. */
#if HOSTS > 2
#define superseded(m) (refuses(0, m) || refuses(1, m) || refuses(2, m))
#else
#define superseded(m) (refuses(0, m) || refuses(1, m))
#endif
#define refuses(h, m) (chain[h] != mchain[m] && !vouched(m))

#if TAKE_LEADS > 0
#define is_dead(m) dead[m]
#else
#define is_dead(m) false
#endif
#endif
