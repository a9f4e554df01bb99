/* The agent of host h. Rules by number, above the steps that they make. */

/* Traps that need a memory of their own. */
#ifdef TRAP_CHECK_EARLY
byte checked[HOSTS]; /* 1 + number of the instruction that its promises allowed when it looked */
#endif
#ifdef TRAP_REARM
byte read_back[HOSTS]; /* the kernel's rest, as it was when the agent restarted */
#endif
#ifdef TRAP_LATE_THAW
bool may_arm[HOSTS]; /* the answer was good when it came; the element is yet to be made */
#endif

/* Rule 2. Newer than what is on disk. */
#if defined(TRAP_OLD_VERSION) || defined(TRAP_OLD_INSTRUCTION)
#define newer(h, i) (i_gen[i] > gen_of(h) || (i_gen[i] == gen_of(h) && i_ver[i] != ver_of(h)))
#else
#define newer(h, i) (i_gen[i] > gen_of(h) || (i_gen[i] == gen_of(h) && i_ver[i] > ver_of(h)))
#endif

#if MONITORS > 1
/* Rules 1, 2. The epoch comes first: leadership.pml. */
#define obeys(h, i) (i_chain[i] == chain[h] && i_from[i] == leader[h] && has_met(h))
#if TAKE_LEADS > 0
#define has_met(h) (!unmet[h])
#else
#define has_met(h) true
#endif
#else
#define obeys(h, i) true
#define has_met(h) true
#endif
/* Rule 1. Of several hosts that an operator let a monitor lead without, none goes on with another. */
#ifdef TRAP_MISSING_TOGETHER
#define alone(h) false
#else
#define alone(h) (!has_met(h))
#endif

/* What it knows of releases once it has read instruction i. */
#define final_after(h, i) max(final[h], i_over[i])

/* Rules 3, 7, 10. No promise forbids it to become the writer by instruction i. Who restarted may have promised to any
 * generation before; what was released for good is void. */
#ifdef TRAP_VOID_ANY
#define forgotten_void(h, i) (final_after(h, i) > 0)
#else
#define forgotten_void(h, i) (final_after(h, i) + 1 >= i_gen[i])
#endif
#if RELEASES > 0
#define free(h, i) (bound[h] == 0 || (bound_gen[h] == ANY_GEN -> forgotten_void(h, i) : final_after(h, i) >= bound_gen[h]))
#else
#define free(h, i) (bound[h] == 0)
#endif

#ifdef TRAP_CHECK_EARLY
#define CHECK_EARLY(i) \
  :: d_step { hears(h, i) && promotes(h, i) && free(h, i) && checked[h] != (i) + 1 -> checked[h] = (i) + 1; printf("h%d: no promise forbids generation %d\n", h, i_gen[i]) }
#define may_serve(h, i) (checked[h] == (i) + 1)
#else
#define may_serve(h, i) free(h, i)
#endif

/* Rules 2, 6, 11. It may write instruction i to its disk. */
#define hears(h, i) ((i) < sent && (i_writer[i] == (h) || i_open[i]) && !is_lost(h) && is_up(h) && obeys(h, i) && newer(h, i))
#define promotes(h, i) (i_writer[i] == (h) && i_gen[i] > gen_of(h))

inline stop(h) {
  live[h] = 0;
  unpinning[h] = false;
#if GRACES > 0
  holds_long[h] = false;
  wants_grace[h] = false;
#endif
#ifdef TRAP_LATE_THAW
  may_arm[h] = false;
#endif
#ifdef TRAP_REARM
  read_back[h] = 0
#endif
}

/* S4, on a memory that nothing erases. */
#ifdef TRAP_OLD_VERSION
#define not_older(h, i) true /* to see what follows from it */
#else
#define not_older(h, i) (i_gen[i] > newest_gen(h) || (i_gen[i] == newest_gen(h) && i_ver[i] >= newest_ver(h)))
#endif
inline watch_order(h, i) {
  assert(not_older(h, i));
#if LOSSES > 0 || MONITORS > 1
  seen_gen[h] = i_gen[i];
  seen_ver[h] = i_ver[i]
#endif
}

/* Rule 2. On disk first, then said. */
inline write_down(h, i) {
  watch_order(h, i);
  if
  :: i_gen[i] > gen_of(h) -> forget_asks(h)
  :: else
  fi;
  final[h] = final_after(h, i);
  accepted[h] = i + 1;
#ifndef TRAP_LATE_UNPIN
  unpinning[h] = false; /* what an older instruction began is not carried out any more */
#endif
  bury()
}

inline acknowledge(h) {
  i_acked[accepted[h] - 1] = true;
#if GRACES > 0
  i_long[accepted[h] - 1] = holds_long[h];
#endif
}

/* Rule 6. A new generation with this host as its writer. Timers of its own older one run on, an untimed one becomes ttl. */
inline become_writer(h, i) {
  write_down(h, i);
  if
  :: live[h] == PIN -> live[h] = TTL
  :: else
  fi;
  acknowledge(h)
}

/* Rules 3, 5. The same generation with another set. {} pins: nobody can be made writer without asking. */
inline take_set(h, i) {
  write_down(h, i);
  if
  :: released[h] >= i_gen[i] -> acknowledge(h)
  :: else ->
     if
     :: i_set[i] == 0 -> arm(h, PIN); acknowledge(h)
     :: i_set[i] != 0 && live[h] == PIN ->
        unpinning[h] = true; /* the kernel comes next, then the acknowledgement */
#ifdef TRAP_UNPIN_ORDER
        acknowledge(h)
#endif
     :: else -> acknowledge(h)
     fi
  fi
}

/* Rules 2, 3. Somebody else is the writer: W stops at once. */
inline follow(h, i) {
  write_down(h, i);
  stop(h)
}

#define HEAR(i) \
  :: d_step { hears(h, i) && promotes(h, i) && i_gen[i] > refused[h] && may_serve(h, i) -> become_writer(h, i); printf("h%d: accepts generation %d, and is its writer\n", h, i_gen[i]) } \
  :: d_step { hears(h, i) && i_writer[i] == h && !promotes(h, i) -> take_set(h, i); printf("h%d: accepts set %d, version %d of generation %d\n", h, i_set[i], i_ver[i], i_gen[i]) } \
  :: d_step { hears(h, i) && i_writer[i] != h -> follow(h, i); printf("h%d: accepts generation %d version %d of h%d\n", h, i_gen[i], i_ver[i], i_writer[i]) }

/* Rule 7. It gives up what it accepted. Nothing of it is live any more when it says so. */
inline give_up(h) {
  stop(h);
#ifndef TRAP_RELEASE_NOT_FINAL
  forget_asks(h);
#endif
  released[h] = gen_of(h);
  refused[h] = max(refused[h], gen_of(h));
  releases--
}

/* Rule 7. It refuses for good what it did not accept. */
#define REFUSE(i) \
  :: d_step { releases > 0 && hears(h, i) && promotes(h, i) && i_gen[i] > refused[h] -> refuse(h, i); printf("h%d: refuses generation %d for good\n", h, i_gen[i]) }
inline refuse(h, i) {
  refused[h] = i_gen[i];
#ifdef TRAP_REFUSAL_VOIDS
  released[h] = i_gen[i]; /* trap: it has the force of a release of this generation *and earlier ones* */
  live[h] = 0;
#endif
  releases--
}

/* Rule 3. It stamps its clock, then asks everybody: an ask with r ticks left was stamped TTL - r ticks ago. A long one
 * needs a wish for grace. */
#if GRACES > 0
#define asks(h, r) (serves(h) && !is_lost(h) && is_up(h) && !alone(h) && (r <= TTL || wants_grace[h]))
#else
#define asks(h, r) (serves(h) && !is_lost(h) && is_up(h) && !alone(h))
#endif

/* Rules 3, 6, 7, 11. A promise to w, who asked with r ticks left and obeys the same leadership. */
#if MONITORS > 1 && !defined(TRAP_FOREIGN_PROMISE)
#define same_leadership(h, w) (chain[h] == chain[w])
#else
#define same_leadership(h, w) true
#endif
#ifdef TRAP_PROMISE_OLD
#define not_later(h, w) true
#else
#define not_later(h, w) (gen_of(w) >= gen_of(h) && !(gen_of(w) == gen_of(h) && is_writer(h)))
#endif
#define promises(h, w, r) (PROMISES && h != w && asks(w, r) && !is_lost(h) && is_up(h) && !alone(h) && not_later(h, w) && same_leadership(h, w) && gen_of(w) > final[h])
inline promise(h, w, r) {
#if RELEASES > 0
  bound_gen[h] = max(bound_gen[h], gen_of(w));
#endif
#ifdef TRAP_GRACE_SHORTENED
  bound[h] = r;
#else
  bound[h] = max(bound[h], r);
#endif
#if GRACES > 0
  if
  :: r == LONG -> bound_long[h] = LONG; bound_number[h] = grace_number[w]
  :: else
  fi;
#endif
  from_host(h, w) = from_host(h, w) | bit(r)
}
#define PROMISE(w, r) \
  :: d_step { promises(h, w, r) && !(from_host(h, w) & bit(r)) -> promise(h, w, r); printf("h%d: promises to h%d, which stamped %d ticks before its lease ends\n", h, w, r) }

/* Rule 3. What the answers that came are worth: every member of the present set must have promised, the oldest stamp counts. */
#ifdef TRAP_NEWEST_STAMP
#define worse(a, b) ((a) > 0 && (b) > 0 -> max(a, b) : 0)
#else
#define worse(a, b) min(a, b)
#endif
inline worth_of_promises(h) {
  s = 7; j = 0;
  do
  :: j < HOSTS ->
     if
     :: has(set_of(h), j) -> s = (s == 7 -> freshest(from_host(j, h)) : worse(s, freshest(from_host(j, h))))
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0
}

/* Rules 3, 12. The lease ends at the stamp plus ttl, whenever the answer arrives. */
inline renew(h, r) {
#ifdef TRAP_FROM_ANSWER
  arm(h, TTL);
#else
#ifdef TRAP_LATE_THAW
  may_arm[h] = true;
#else
  if
  :: live[h] != PIN -> s = max(live[h], r); arm(h, s)
  :: else
  fi;
#endif
#endif
#if GRACES > 0
  if
  :: r == LONG -> holds_long[h] = true
  :: else
  fi
#endif
}

#define all_promised(h) (!(has(set_of(h), 0) && !from_host(0, h)) && !(has(set_of(h), 1) && !from_host(1, h)) && PROMISED_BY_2(h))
#if HOSTS > 2
#define PROMISED_BY_2(h) !(has(set_of(h), 2) && !from_host(2, h))
#else
#define PROMISED_BY_2(h) true
#endif
#define renews_by_promises(h) (serves(h) && !is_lost(h) && is_up(h) && live[h] != PIN && set_of(h) != 0 && all_promised(h))

/* Rules 3, 5. Who has {} on disk and lost its pin gets it back from the leader only. */
#define GRANTED(m) \
  :: d_step { serves(h) && !is_lost(h) && is_up(h) && live[h] != PIN && from_monitor(m, h) && heeds(h, m) -> \
       s = freshest(from_monitor(m, h)); \
       if \
       :: set_of(h) == 0 -> arm(h, PIN) \
       :: else -> renew(h, s) \
       fi; \
       printf("h%d: a grant of m%d came: lives %d ticks (%d: pinned)\n", h, m, live[h], PIN); s = 0 }
#if MONITORS > 1
#define heeds(h, m) (led_by(h) == (m) && has_met(h))
#else
#define heeds(h, m) true
#endif

proctype agent(byte h) {
end:
  do
  HEAR(0)
#if INSTRUCTIONS > 1
  HEAR(1)
#endif
#if INSTRUCTIONS > 2
  HEAR(2)
#endif
#if INSTRUCTIONS > 3
  HEAR(3)
#endif
#if INSTRUCTIONS > 4
  HEAR(4)
#endif
#if INSTRUCTIONS > 5
  HEAR(5)
#endif
#if INSTRUCTIONS > 6
  HEAR(6)
#endif
#if INSTRUCTIONS > 7
#error "one HEAR and one REFUSE for each instruction"
#endif
  /* Rule 5. */
  :: d_step { unpinning[h] && is_up(h) -> arm(h, TTL); unpinning[h] = false; acknowledge(h); printf("h%d: is pinned no more, and acknowledges\n", h) }
  PROMISE(0, 1)
  PROMISE(1, 1)
#if HOSTS > 2
  PROMISE(2, 1)
#endif
#if LONG > 1
  PROMISE(0, 2)
  PROMISE(1, 2)
#if HOSTS > 2
  PROMISE(2, 2)
#endif
#endif
#if LONG > 2
  PROMISE(0, 3)
  PROMISE(1, 3)
#if HOSTS > 2
  PROMISE(2, 3)
#endif
#endif
  :: d_step { PROMISES && renews_by_promises(h) -> worth_of_promises(h); renew(h, s); printf("h%d: all of set %d promised: lives %d ticks\n", h, set_of(h), live[h]); s = 0 }
  GRANTED(0)
#if MONITORS > 1
  GRANTED(1)
#endif
#if RELEASES > 0
  :: d_step { releases > 0 && serves(h) && !is_lost(h) && is_up(h) -> give_up(h); printf("h%d: releases generation %d\n", h, gen_of(h)) }
  REFUSE(0)
#if INSTRUCTIONS > 1
  REFUSE(1)
#endif
#if INSTRUCTIONS > 2
  REFUSE(2)
#endif
#if INSTRUCTIONS > 3
  REFUSE(3)
#endif
#if INSTRUCTIONS > 4
  REFUSE(4)
#endif
#if INSTRUCTIONS > 5
  REFUSE(5)
#endif
#if INSTRUCTIONS > 6
  REFUSE(6)
#endif
#ifdef TRAP_RELEASE_NOT_FINAL
  :: d_step { is_writer(h) && released[h] == gen_of(h) -> released[h]--; printf("h%d: takes its release back\n", h) }
#endif
#endif
#if AGENT_CRASHES > 0
  :: d_step { agent_crashes > 0 && is_up(h) -> agent_crashes--; crash_process(h); printf("h%d: the agent crashes and restarts\n", h) }
  :: d_step { agent_crashes > 0 && is_up(h) -> agent_crashes--; crash_machine(h); printf("h%d: the machine crashes and boots\n", h) }
#endif
#if UNFENCED > 0
  :: d_step { !down[h] && unfenced > 0 -> down[h] = true; crash_machine(h); printf("h%d: the machine is off\n", h) }
  :: d_step { down[h] -> down[h] = false; crash_machine(h); printf("h%d: the machine boots\n", h) }
#endif
#if LOSSES > 0
  /* Rule 11. The disk is empty: first its elements go, and it waits the longest that anybody may rely on it. */
  :: d_step { losses > 0 && is_up(h) -> losses--; lose(h); printf("h%d: loses its disk\n", h) }
  :: d_step { may_be_readmitted(h) -> readmitted(h); printf("h%d: is readmitted to generation %d version %d\n", h, gen_of(h), ver_of(h)) }
#endif
#if GRACES > 0
  /* Rule 9. A long lease for a planned stop. */
  :: d_step { graces > 0 && serves(h) && !holds_long[h] && live[h] > 0 && live[h] != PIN -> graces--; grace_number[h]++; wants_grace[h] = true; printf("h%d: asks for grace\n", h) }
  :: d_step { holds_long[h] && renews_shortly(h) -> end_grace(h); printf("h%d: grace is over: lives %d ticks\n", h, live[h]) }
  HEAR_OVER(0)
  HEAR_OVER(1)
#if HOSTS > 2
  HEAR_OVER(2)
#endif
#endif
#if MONITORS > 1
  HELLO(0)
  HELLO(1)
  MEET_AGAIN
#endif
#ifdef TRAP_CHECK_EARLY
  CHECK_EARLY(0)
  CHECK_EARLY(1)
  CHECK_EARLY(2)
#endif
#ifdef TRAP_REARM
  :: d_step { read_back[h] > 0 && serves(h) -> arm(h, read_back[h]); read_back[h] = 0; printf("h%d: arms again what it read back\n", h) }
#endif
#ifdef TRAP_LATE_THAW
  :: d_step { may_arm[h] && serves(h) -> arm(h, TTL); may_arm[h] = false; printf("h%d: arms a fresh element\n", h) }
#endif
  od
}
