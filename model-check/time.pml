/* Time. A lease lasts TTL ticks from its stamp, a long one LONG. One tick ages at once every lease, every answer
 * under way, and every wait; between two ticks anything may happen, or nothing, in any order.
 *
 * A waiting side counts from the *stamp* here, not from its own answer as rule 3 has it: it may act as soon as the lease
 * that it answered for has ended, never before. That is the most the clock allowance promises, and the least it must
 * promise, so whatever real clocks within 1 % can do is covered. */

#define age(x) x = (x > 0 -> x - 1 : 0)

inline age_waits() {
  j = 0;
  do
  :: j < HOSTS ->
     age(bound[j]);
#if GRACES > 0
     age(bound_long[j]);
#endif
     if
     :: bound[j] == 0 -> bound_gen[j] = 0
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0;
  do
  :: j < MONITORS ->
     age(wait[j]);
#if GRACES > 0
     age(wait_long[j]);
#endif
#if TAKE_LEADS > 0
     age(no_grants[j]);
#endif
     j++
  :: else -> break
  od;
  j = 0
}

inline age_leases() {
  j = 0;
  do
  :: j < HOSTS ->
     if
     :: live[j] != PIN -> age(live[j])
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0;
  do
  :: j < (HOSTS + MONITORS) * HOSTS -> answer[j] = answer[j] >> 1; j++
  :: else -> break
  od;
  j = 0
}

#ifdef TRAP_NO_ALLOWANCE
bool waits_aged; /* trap: the waiting side's clock is ahead, and nothing allows for that */
#endif

proctype clock() {
end:
  do
#ifdef TRAP_NO_ALLOWANCE
  :: d_step { !waits_aged -> waits_aged = true; age_waits(); printf("clock: a tick for those who wait\n") }
  :: d_step { waits_aged -> waits_aged = false; age_leases(); printf("clock: a tick for the leases\n") }
#else
  :: d_step { true -> age_leases(); age_waits(); printf("clock: a tick\n") }
#endif
  od
}
