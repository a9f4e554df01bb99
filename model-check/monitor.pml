/* A monitor that leads. Rules by number. What it writes down and what it sends is one step: a crash in between is a
 * message that nobody hears. */

/* Rule 1. Whether it may grant and decide: leadership.pml. */
#if MONITORS > 1
#define leads(m) (leading[m] && current[m] > 0)
#define owns(m, i) (i_chain[i] == mchain[m] && i_from[i] == (m))
#if TAKE_LEADS > 0
#define grants(m) (no_grants[m] == 0 && floor[m] <= gen_at(m))
#else
#define grants(m) true
#endif
#else
#define leads(m) (current[m] > 0)
#define owns(m, i) true
#define grants(m) true
#endif

#define half_done(m) (acked[m] == 0)

#if MONITORS > 1
/* Monitors of one site may hear each agent that obeys them. */
#define reaches(m, h) (led_by(h) == (m))
#else
#define reaches(m, h) true
#endif

/* Rule 3. Nothing is granted to a generation once a later one is on disk. */
#define grants_to(m, w, r) (leads(m) && grants(m) && writer_at(m) == (w) && asks(w, r) && gen_of(w) == gen_at(m) && over[m] < gen_at(m) && reaches(m, w))
inline grant(m, w, r) {
  wait[m] = max(wait[m], r);
#if GRACES > 0
  if
  :: r == LONG -> wait_long[m] = LONG; wait_number[m] = grace_number[w]
  :: else
  fi;
#endif
  from_monitor(m, w) = from_monitor(m, w) | bit(r)
}
#define GRANT(w, r) \
  :: d_step { grants_to(m, w, r) && !(from_monitor(m, w) & bit(r)) -> grant(m, w, r); printf("m%d: grants to h%d, which stamped %d ticks before its lease ends\n", m, w, r) }

/* Rule 4. Growing counts once it was acknowledged, shrinking at once. Rule 8: hosts other than the writer hear now. */
inline hear_ack(m, i) {
  acked[m] = i + 1;
  promotable[m] = i_set[i];
  j = 0;
  do
  :: j < sent ->
     if
     :: i_gen[j] == i_gen[i] && owns(m, j) && j > i -> promotable[m] = promotable[m] & i_set[j]
     :: else
     fi;
     if
     :: i_gen[j] == i_gen[i] && owns(m, j) -> i_open[j] = true
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0;
#ifndef TRAP_ACK_NO_GRANT
#if GRACES > 0
  if
  :: i_long[i] -> wait[m] = LONG; wait_long[m] = LONG; wait_number[m] = grace_number[i_writer[i]]
  :: else -> wait[m] = max(wait[m], TTL)
  fi
#else
  wait[m] = max(wait[m], TTL)
#endif
#endif
}
#define ACK(i) \
  :: d_step { leads(m) && (i) < sent && i_acked[i] && owns(m, i) && i_gen[i] == gen_at(m) && (i) + 1 > acked[m] -> hear_ack(m, i); printf("m%d: h%d acknowledged version %d of generation %d; promotable: %d\n", m, i_writer[i], i_ver[i], i_gen[i], promotable[m]) }

/* Rule 2. The next instruction: on disk, and on its way. */
inline send(m, generation, version, w, set) {
  i_gen[sent] = generation;
  i_ver[sent] = version;
  i_writer[sent] = w;
  i_set[sent] = set;
  i_over[sent] = over[m];
  i_open[sent] = (version > 1);
#if MONITORS > 1
  i_chain[sent] = mchain[m];
  i_from[sent] = m;
#endif
  sent++;
  current[m] = sent;
  bury()
}

/* Rules 4, 8. Another takeover set; a first one is kept until it was acknowledged. */
inline change_set(m, set) {
#ifdef TRAP_GROW_UNACKED
  promotable[m] = set;
#else
#ifndef TRAP_SHRINK_LATE
  promotable[m] = promotable[m] & set;
#endif
#endif
  send(m, gen_at(m), ver_at(m) + 1, writer_at(m), set)
}
#define SET(set) \
  :: d_step { leads(m) && sent < INSTRUCTIONS && !half_done(m) && ver_at(m) < VERSIONS && over[m] < gen_at(m) && !has(set, writer_at(m)) && (set) != set_at(m) && none_lost(set) && may_pin(m, set) -> change_set(m, set); printf("m%d: sends set %d, version %d of generation %d\n", m, set, ver_at(m), gen_at(m)) }
#ifdef TRAP_LATER_PIN
#define may_pin(m, set) ((set) != 0 || no_grants[m] == 0)
#else
#define may_pin(m, set) true
#endif
#if LOSSES > 0
#if HOSTS > 2
#define none_lost(set) !((has(set, 0) && lost[0]) || (has(set, 1) && lost[1]) || (has(set, 2) && lost[2]))
#else
#define none_lost(set) !((has(set, 0) && lost[0]) || (has(set, 1) && lost[1]))
#endif
#else
#define none_lost(set) true
#endif

/* Rule 6. To another host: promotable, and the old writer released for good or every lease has run out. To the writer itself:
 * at once. */
#define may_promote(m, c) ((c) == writer_at(m) || (has(promotable[m], c) && (over[m] >= gen_at(m) || wait[m] == 0)))

/* Rule 8. A half-done generation is alive: who could be promoted before still can, and so can the writer before. A first set
 * holds everybody else. */
inline next_generation(m, c) {
#ifdef TRAP_ABANDON
  before_current[m] = current[m]; before_acked[m] = acked[m]; before_promotable[m] = promotable[m];
#endif
  s = writer_at(m);
#ifdef TRAP_EMPTY_FIRST
  promotable[m] = 0;
  send(m, highest(m) + 1, 1, c, 0);
#else
  promotable[m] = (promotable[m] | one(s)) & (ALL & ~one(c));
  send(m, highest(m) + 1, 1, c, ALL & ~one(c));
#endif
  acked[m] = 0;
  /* If c dies now, somebody can still be promoted. (A pinned writer alone is the one whom nobody may replace.) */
  assert(promotable[m] != 0 || s == c); /* L1 */
  s = 0
}
#define PROMOTE(c) \
  :: d_step { leads(m) && sent < INSTRUCTIONS && may_promote(m, c) -> next_generation(m, c); printf("m%d: tells h%d to be the writer of generation %d; released up to %d\n", m, c, gen_at(m), over[m]) }

/* Rule 7. The writer's word that it released. */
#define says_released(m) (released[writer_at(m)] >= gen_at(m) && over[m] < gen_at(m) && reaches(m, writer_at(m)))

#ifdef TRAP_ABANDON
byte before_current[MONITORS];
byte before_acked[MONITORS];
byte before_promotable[MONITORS];
#endif

/* Rule 13. The operator vouches that the writer's machine is off, nothing else; so its leases are not waited for. */
#if UNFENCED > 0
#ifdef TRAP_UNFENCED_ANY
#define operator_may(m, c) (down[writer_at(m)] && (c) != writer_at(m))
#else
#define operator_may(m, c) (down[writer_at(m)] && (c) != writer_at(m) && (has(promotable[m], c) || pinned_at(m)))
#endif
/* The writer acknowledged {} and was sent nothing since. */
#define pinned_at(m) (set_at(m) == 0 && acked[m] == current[m])
#define UNFENCE(c) \
  :: d_step { unfenced > 0 && leads(m) && sent < INSTRUCTIONS && operator_may(m, c) -> unfenced--; next_generation(m, c); printf("m%d: --unfenced: tells h%d to be the writer of generation %d\n", m, c, gen_at(m)) }
#endif

/* Rule 9. */
#if GRACES > 0
#define HEAR_OVER_TOO(w) \
  :: d_step { wait_long[m] > 0 && writer_at(m) == w && ends_grace(w, wait_number[m]) -> wait_long[m] = 0; wait_number[m] = 0; wait[m] = min(wait[m], TTL); printf("m%d: hears that h%d's grace is over\n", m, w) }
#endif

/* Rule 11. */
#if LOSSES > 0
#define READMIT(c) \
  :: d_step { leads(m) && lost[c] && readmits[c] != current[m] && !half_done(m) && writer_at(m) != c && !has(set_at(m), c) && !has(promotable[m], c) -> readmits[c] = current[m]; printf("m%d: readmits h%d\n", m, c) } \
  :: d_step { leads(m) && lost[c] && readmits[c] != current[m] && writer_at(m) == c && sent < INSTRUCTIONS -> next_generation(m, c); readmits[c] = current[m]; printf("m%d: readmits h%d by generation %d\n", m, c, gen_at(m)) }
#endif

/* Rule 1. What it granted is forgotten. Whoever starts waits for the longest lease there may be. */
inline restart_monitor(m) {
#ifdef TRAP_NO_START_WAIT
  wait[m] = 0
#else
#if GRACES > 0
  wait[m] = max(TTL, wait_long[m])
#else
  wait[m] = TTL
#endif
#endif
}

proctype monitor(byte m) {
end:
  do
  GRANT(0, 1)
  GRANT(1, 1)
#if HOSTS > 2
  GRANT(2, 1)
#endif
#if LONG > 1
  GRANT(0, 2)
  GRANT(1, 2)
#if HOSTS > 2
  GRANT(2, 2)
#endif
#endif
#if LONG > 2
  GRANT(0, 3)
  GRANT(1, 3)
#if HOSTS > 2
  GRANT(2, 3)
#endif
#endif
  ACK(0)
#if INSTRUCTIONS > 1
  ACK(1)
#endif
#if INSTRUCTIONS > 2
  ACK(2)
#endif
#if INSTRUCTIONS > 3
  ACK(3)
#endif
#if INSTRUCTIONS > 4
  ACK(4)
#endif
#if INSTRUCTIONS > 5
  ACK(5)
#endif
#if INSTRUCTIONS > 6
  ACK(6)
#endif
#if VERSIONS > 1
  SET(0)
  SET(1)
  SET(2)
#if HOSTS > 2
  SET(3)
  SET(4)
  SET(5)
  SET(6)
#endif
#endif
  PROMOTE(0)
  PROMOTE(1)
#if HOSTS > 2
  PROMOTE(2)
#endif
#if RELEASES > 0
  :: d_step { leads(m) && says_released(m) -> over[m] = gen_at(m); printf("m%d: h%d released generation %d\n", m, writer_at(m), gen_at(m)) }
#endif
#if MONITOR_CRASHES > 0 && MONITORS == 1
  :: d_step { monitor_crashes > 0 -> monitor_crashes--; restart_monitor(m); printf("m%d: crashes and restarts\n", m) }
#endif
#if UNFENCED > 0
  UNFENCE(0)
  UNFENCE(1)
#if HOSTS > 2
  UNFENCE(2)
#endif
#endif
#if LOSSES > 0
  READMIT(0)
  READMIT(1)
#if HOSTS > 2
  READMIT(2)
#endif
#endif
#if GRACES > 0
  HEAR_OVER_TOO(0)
  HEAR_OVER_TOO(1)
#endif
#ifdef TRAP_ABANDON
  :: d_step { leads(m) && half_done(m) && gen_at(m) > 1 && before_current[m] > 0 -> current[m] = before_current[m]; acked[m] = before_acked[m]; promotable[m] = before_promotable[m]; printf("m%d: goes back to generation %d\n", m, gen_at(m)) }
#endif
#if MONITORS > 1
  LEADERSHIP
#endif
  od
}

