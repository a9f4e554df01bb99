/* What agents lose and find again: restarts (rule 10), the end of a grace (rule 9), lost disks (rule 11). */

/* Rule 10. What a restart of the process leaves: the disk, and the kernel's timers. */
inline restart(h) {
#ifdef TRAP_PROMISE_FORGOTTEN
  bound[h] = 0; bound_gen[h] = 0;
#else
#if GRACES > 0 && !defined(TRAP_GRACE_FORGOTTEN)
  bound[h] = max(TTL, bound_long[h]); /* rule 9: the same boot, so the end stands */
#else
  bound[h] = TTL;
#endif
  bound_gen[h] = ANY_GEN;
#endif
  unpinning[h] = false;
#ifdef TRAP_CHECK_EARLY
  checked[h] = 0;
#endif
#ifdef TRAP_LATE_THAW
  may_arm[h] = false;
#endif
#if GRACES > 0
  wants_grace[h] = false;
#endif
#if TAKE_LEADS > 0
  unmet[h] = true;
#endif
  forget_asks(h)
}

/* Rules 5, 10. The process alone: a pin holds if disk and kernel say so; any other untimed element becomes one of ttl. */
inline crash_process(h) {
  restart(h);
#ifdef TRAP_REARM
  read_back[h] = live[h];
#endif
  if
  :: live[h] == PIN && !(serves(h) && set_of(h) == 0) -> live[h] = TTL
  :: else
  fi;
  if
  :: serves(h) && !is_lost(h) -> acknowledge(h)
  :: else
  fi
}

/* Rule 5. The machine: no kernel element is left, and disk alone pins nothing. */
inline crash_machine(h) {
  restart(h);
  live[h] = 0;
#if GRACES > 0 && !defined(TRAP_GRACE_FORGOTTEN)
  if
  :: bound_long[h] > 0 -> bound_long[h] = LONG; bound[h] = LONG /* rule 9: another boot, so the whole length */
  :: else
  fi;
#endif
#ifdef TRAP_PIN_REBOOT
  if
  :: serves(h) && set_of(h) == 0 && is_up(h) -> arm(h, PIN)
  :: else
  fi
#endif
}

#if GRACES > 0
/* Rule 9. The kernel's timers are replaced by those of a real, short renewal; then it says which graces are over. Answers
 * to what was asked before are not waited for any more. */
#define short_answer(g, h) (from_host(g, h) & (bit(LONG) - 1))
#define renews_shortly(h) (renews_by_promises(h) && !(has(set_of(h), 0) && !short_answer(0, h)) && !(has(set_of(h), 1) && !short_answer(1, h)))
inline end_grace(h) {
  j = 0;
  do
  :: j < HOSTS -> from_host(j, h) = short_answer(j, h); j++
  :: else -> break
  od;
  worth_of_promises(h);
  arm(h, s);
  holds_long[h] = false;
  wants_grace[h] = false;
  grace_over[h] = grace_number[h];
  forget_asks(h);
  s = 0
}
#ifdef TRAP_GRACE_UNNAMED
#define ends_grace(w, number) (grace_over[w] > 0)
#else
#define ends_grace(w, number) (grace_over[w] >= number)
#endif
#define HEAR_OVER(w) \
  :: d_step { h != w && is_up(h) && bound_long[h] > 0 && ends_grace(w, bound_number[h]) -> \
       bound_long[h] = 0; bound_number[h] = 0; bound[h] = min(bound[h], TTL); printf("h%d: hears that h%d's grace is over\n", h, w) }
#endif

#if LOSSES > 0
/* Rule 11. Nothing is left but what it said. Its elements go first, and rule 10 holds with the longest lease there is. */
inline lose(h) {
  forget_asks(h);
  stop(h);
  accepted[h] = 0;
  refused[h] = 0;
  final[h] = 0;
#ifdef TRAP_LOST_NO_WAIT
  bound[h] = 0; bound_gen[h] = 0;
#else
  bound[h] = LONG; bound_gen[h] = ANY_GEN;
#endif
#ifndef TRAP_READMIT_UNNAMED
  readmits[h] = 0; /* an answer to an earlier loss is none to this one */
#endif
#ifdef TRAP_LOST_OBEYS
  seen_gen[h] = 0; seen_ver[h] = 0
#else
  lost[h] = true
#endif
}
inline readmitted(h) {
  lost[h] = false;
  if
  :: i_writer[readmits[h] - 1] == h -> become_writer(h, (readmits[h] - 1))
  :: else -> follow(h, (readmits[h] - 1))
  fi
}
#define may_be_readmitted(h) (lost[h] && readmits[h] > 0 && (i_writer[readmits[h] - 1] != h || free(h, (readmits[h] - 1))))
#endif
