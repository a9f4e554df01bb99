/* What there is: the network, the agents' and monitors' disks and memories, the kernels' timers.
 *
 * The bounds and the faults of a configuration come by -D; configurations.py has them. 0 switches a fault off. */

#ifndef HOSTS
#define HOSTS 2 /* all of them candidates */
#endif
#ifndef MONITORS
#define MONITORS 1
#endif
#ifndef TTL
#define TTL 1 /* a short lease, in ticks */
#endif
#ifndef INSTRUCTIONS
#define INSTRUCTIONS 4 /* at most so many in a run */
#endif
#ifndef VERSIONS
#define VERSIONS 1 /* at most so many in a generation */
#endif
#ifndef PROMISES
#define PROMISES 1 /* rule 3's promises */
#endif
#ifndef AGENT_CRASHES
#define AGENT_CRASHES 0 /* process or machine */
#endif
#ifndef MONITOR_CRASHES
#define MONITOR_CRASHES 0
#endif
#ifndef RELEASES
#define RELEASES 0 /* given up for good, or refused for good */
#endif
#ifndef GRACES
#define GRACES 0 /* long leases, rule 9 */
#endif
#ifndef LOSSES
#define LOSSES 0 /* disks lost, rule 11 */
#endif
#ifndef UNFENCED
#define UNFENCED 0 /* times that an operator says --unfenced, rule 13 */
#endif
#ifndef GATHERS
#define GATHERS 0 /* times that a monitor without a leadership starts to ask for one, rule 1 */
#endif
#ifndef TAKE_LEADS
#define TAKE_LEADS 0 /* times that an operator says take_lead, rule 1 */
#endif

#if GRACES > 0
#define LONG (TTL + 1)
#else
#define LONG TTL
#endif
#define PIN 15 /* a lease without an end */

/* Sets of hosts are bit masks. */
#define ALL ((1 << HOSTS) - 1)
#define one(h) (1 << (h))
#define has(set, h) (((set) >> (h)) & 1)
#define max(a, b) ((a) > (b) -> (a) : (b))
#define min(a, b) ((a) < (b) -> (a) : (b))

/* ---- The network. What was said stays: it may arrive late, twice, out of order or never. ---- */

/* Every instruction ever sent, in one list: i is its number. */
byte sent;                   /* how many */
byte i_gen[INSTRUCTIONS];    /* generation */
byte i_ver[INSTRUCTIONS];    /* version */
byte i_writer[INSTRUCTIONS];
byte i_set[INSTRUCTIONS];    /* takeover set */
byte i_over[INSTRUCTIONS];   /* it says: this generation and earlier ones were released for good */
bool i_open[INSTRUCTIONS];   /* hosts other than the writer may hear of it (rule 6) */
bool i_acked[INSTRUCTIONS];  /* its writer said that it has it on disk (rule 2) */
#if MONITORS > 1
byte i_chain[INSTRUCTIONS];  /* the leadership that it belongs to: leadership.pml */
byte i_from[INSTRUCTIONS];   /* and its monitor */
#endif
#if GRACES > 0
bool i_long[INSTRUCTIONS];   /* and stated that it may hold a long lease (rule 4) */
#endif

/* Answers to asks for the asker's present generation; it forgets them when that ends or when it restarts, because an answer
 * names the ask. Bit r - 1: the ask's stamp has r ticks of lease left. With 0 left it is worth nothing, and gone.
 * Asks are not kept: whoever serves a generation may have asks of every age under way. */
byte answer[(HOSTS + MONITORS) * HOSTS];
#define from_host(giver, asker) answer[(giver) * HOSTS + (asker)]
#define from_monitor(m, asker) answer[(HOSTS + (m)) * HOSTS + (asker)]
#define bit(r) (1 << ((r) - 1))
#define freshest(bits) ((bits) & 4 -> 3 : ((bits) & 2 -> 2 : ((bits) & 1)))

/* ---- The agents' disks. ---- */
byte accepted[HOSTS];  /* 1 + number of the instruction; 0: none */
byte refused[HOSTS];     /* the highest generation that it will not accept any more: given up, or refused for good */
byte released[HOSTS];  /* the highest generation that it accepted, gave up for good, and said so */
byte final[HOSTS];     /* the highest generation that it knows was released by its writer (rule 7) */
#define gen_of(h) (accepted[h] -> i_gen[accepted[h] - 1] : 0)
#define ver_of(h) (accepted[h] -> i_ver[accepted[h] - 1] : 0)
#define set_of(h) (i_set[accepted[h] - 1])
#define is_writer(h) (accepted[h] -> i_writer[accepted[h] - 1] == (h) : 0)
#define serves(h) (is_writer(h) && released[h] < gen_of(h))

/* ---- The kernels: for how many ticks packets to and from the writer IP still pass (rule 12). ---- */
byte live[HOSTS];

#ifdef TRAP_WITNESS
bool later_writer;
#endif
/* S1. A host accepts writes exactly while its element lives; whatever lets one live asserts that it is alone. */
#if HOSTS > 2
#define writers ((live[0] > 0) + (live[1] > 0) + (live[2] > 0))
#else
#define writers ((live[0] > 0) + (live[1] > 0))
#endif
inline arm(h, length) {
  live[h] = length;
#ifdef TRAP_WITNESS
  later_writer = (h != 0 && gen_of(h) > 1);
  assert(!later_writer); /* no trap: it shows that hand-overs succeed at all within the bounds */
#endif
  assert(writers <= 1) /* S1 */
}

/* ---- The agents' memories. ---- */
byte bound[HOSTS];      /* ticks for which a promise forbids to become the writer (rule 3), or a restart (rule 10) */
byte bound_gen[HOSTS];  /* the highest generation promised to */
bool unpinning[HOSTS];  /* the new set is on disk, the kernel's element is still untimed, nothing acknowledged (rule 5) */
#define ANY_GEN 7       /* who restarted knows no longer whom it promised to */

/* ---- The monitors' disks. ---- */
byte current[MONITORS];     /* 1 + number of the present instruction; 0: it knows of none */
byte acked[MONITORS];       /* 1 + number of the last one of this generation whose acknowledgement came; 0: half-done */
byte promotable[MONITORS];  /* rule 4 */
byte over[MONITORS];        /* the highest generation known to be released for good */
/* ---- The monitors' memories. ---- */
byte wait[MONITORS];        /* ticks until every lease that may be outstanding has run out */
#define gen_at(m) (i_gen[current[m] - 1])
#define ver_at(m) (i_ver[current[m] - 1])
#define writer_at(m) (i_writer[current[m] - 1])
#define set_at(m) (i_set[current[m] - 1])

#if MONITORS > 1
/* ---- Epochs: leadership.pml. ---- */
byte agent_count[HOSTS];  /* on the agent's disk: the highest epoch's counter, its monitor, its chain */
byte leader[HOSTS];
byte chain[HOSTS];
byte count[MONITORS];     /* on the monitor's disk */
byte mchain[MONITORS];    /* 0: none */
bool leading[MONITORS];
byte welcome[MONITORS * HOSTS]; /* 2 + number of the instruction that h reported when it accepted; 1: it had none; 0: it did not accept */
byte chains;
byte gathers = GATHERS;
#define led_by(h) leader[h]
#if TAKE_LEADS > 0
bool dead[MONITORS];
bool vouches[MONITORS];  /* the operator */
byte no_grants[MONITORS]; /* ticks */
byte floor[MONITORS];
byte take_leads = TAKE_LEADS;
bool unmet[HOSTS];        /* it restarted, and heard nothing on a new connection: an old one carries nothing any more */
byte who; /* scratch */
#define vouched(m) vouches[m]
/* No conditional expression: it goes through an inline's parameter. */
#define highest(m) (gen_at(m) + (floor[m] > gen_at(m)) * (floor[m] - gen_at(m)))
#else
#define vouched(m) false
#define highest(m) gen_at(m)
#endif
inline first_leadership() {
  chains = 1;
  j = 0;
  do
  :: j < HOSTS -> agent_count[j] = 1; chain[j] = 1; j++
  :: else -> break
  od;
  j = 0;
  count[0] = 1; mchain[0] = 1; leading[0] = true;
  i_chain[0] = 1;
  count[1] = 1
#ifdef TRAP_COPIED_FILE
  ; count[1] = 2; mchain[1] = 1; leading[1] = true;
  current[1] = current[0]; promotable[1] = promotable[0]; wait[1] = TTL
#endif
}
#else
#define highest(m) gen_at(m)
#endif

/* ---- What is left of the faults. ---- */
byte agent_crashes = AGENT_CRASHES;
byte monitor_crashes = MONITOR_CRASHES;
byte releases = RELEASES;
#if UNFENCED > 0
bool down[HOSTS]; /* the machine is off */
byte unfenced = UNFENCED;
#define is_up(h) (!down[h])
#else
#define is_up(h) true
#endif

#if LOSSES > 0
bool lost[HOSTS];      /* the disk was lost; until it is readmitted (rule 11) */
byte readmits[HOSTS];  /* 1 + number of the instruction by which the leader readmits it */
byte losses = LOSSES;
#define is_lost(h) lost[h]
#else
#define is_lost(h) false
#endif

#if GRACES > 0
byte bound_long[HOSTS];     /* on the giver's disk: ticks of a long promise */
byte bound_number[HOSTS];   /* on the giver's disk: of which grace */
byte wait_long[MONITORS];   /* the same of a monitor's long grant */
byte wait_number[MONITORS];
bool holds_long[HOSTS];     /* on the holder's disk: a long lease may run */
bool wants_grace[HOSTS];    /* in its memory: it asks for long leases */
byte grace_number[HOSTS];   /* graces asked for by this host so far */
byte grace_over[HOSTS];     /* said: the graces up to this one are over */
byte graces = GRACES;
#endif

/* ---- Ghosts: they watch, nobody reads them. S4 needs the newest instruction ever seen, whatever was forgotten since. ---- */
#if LOSSES > 0 || MONITORS > 1
byte seen_gen[HOSTS];
byte seen_ver[HOSTS];
#define newest_gen(h) seen_gen[h]
#define newest_ver(h) seen_ver[h]
#else
#define newest_gen gen_of /* the disk forgets nothing */
#define newest_ver ver_of
#endif

byte j; /* scratch, 0 between steps */
byte s;

/* Wipes instructions that nobody can hear any more and nobody has: states that differ in them only are one. */
#if MONITORS > 1 || LOSSES > 0 || defined(TRAP_ABANDON) || defined(TRAP_OLD_VERSION) || defined(TRAP_OLD_INSTRUCTION)
inline bury() { skip }
#else
#define past(h, i) (i_gen[i] < gen_of(h) || (i_gen[i] == gen_of(h) && i_ver[i] < ver_of(h)))
#if HOSTS > 2
#define past_all(i) (past(0, i) && past(1, i) && past(2, i))
#else
#define past_all(i) (past(0, i) && past(1, i))
#endif
inline bury() {
  j = 0;
  do
  :: j < sent ->
     if
     :: j + 1 != current[0] && (past_all(j) || (!i_open[j] && i_gen[j] < gen_at(0) && past(i_writer[j], j))) ->
        i_gen[j] = 0; i_ver[j] = 0; i_writer[j] = 0; i_set[j] = 0; i_over[j] = 0; i_open[j] = false; i_acked[j] = false
#if GRACES > 0
        ; i_long[j] = false
#endif
     :: i_gen[j] < gen_at(0) -> i_acked[j] = false
     :: else
     fi;
     j++
  :: else -> break
  od;
  j = 0
}
#endif

/* Forgets what it asked. */
inline forget_asks(h) {
  j = 0;
  do
  :: j < HOSTS + MONITORS -> answer[j * HOSTS + h] = 0; j++
  :: else -> break
  od;
  j = 0
}

/* The start: the monitor chose h0, wrote it down and told nobody yet. A first set holds every other candidate (rule 8),
 * and before the first generation everybody could be promoted. BEGUN: everybody has it, and its acknowledgement came. */
inline first_assignment() {
  sent = 1;
  i_gen[0] = 1;
  i_ver[0] = 1;
  i_writer[0] = 0;
  i_set[0] = ALL & ~one(0);
  current[0] = 1;
  promotable[0] = ALL & ~one(0)
#ifdef BEGUN
  ; i_open[0] = true;
  i_acked[0] = true;
  acked[0] = 1;
  j = 0;
  do
  :: j < HOSTS -> accepted[j] = 1; j++
  :: else -> break
  od;
  j = 0
#endif
}
