"""What is explored, within which bounds, and which trap must be found where. Start here to add either."""

from typing import NamedTuple


class Configuration(NamedTuple):
    """`bounds` become -D of the model; what is not named has the default of state.pml."""

    name: str
    small: bool  # a part of ./test
    shows: str
    bounds: dict


class Trap(NamedTuple):
    """A rule left out. `breaks` is the invariant that must be seen to break in `configuration`."""

    name: str
    configuration: str
    breaks: str
    rule: str
    what: str


def _small(name, shows, **bounds):
    return Configuration(name, True, shows, bounds)


def _full(name, shows, **bounds):
    return Configuration(name, False, shows, bounds)


CONFIGURATIONS = (
    _small("plain", "two hosts, one monitor, hand-overs", INSTRUCTIONS=3),
    _small("sets", "takeover sets, pins, unpinning", INSTRUCTIONS=4, VERSIONS=3),
    _small("crashes", "agents and the monitor crash", INSTRUCTIONS=3, VERSIONS=2, AGENT_CRASHES=1, MONITOR_CRASHES=1),
    _small("releases", "given up or refused for good; crashes", INSTRUCTIONS=4, RELEASES=1, AGENT_CRASHES=1),
    _small("ticks", "leases of two ticks overlap", TTL=2, INSTRUCTIONS=3, VERSIONS=2),
    _small("three", "three candidates", HOSTS=3, INSTRUCTIONS=3, RELEASES=1),
    _small("three-ticks", "three candidates, stamps of two ages", HOSTS=3, TTL=2, INSTRUCTIONS=2),
    _small("grace", "long leases, ended and begun again", INSTRUCTIONS=2, GRACES=2, AGENT_CRASHES=1),
    _small("losses", "disks lost, hosts readmitted", INSTRUCTIONS=4, VERSIONS=2, LOSSES=2),
    _small("unfenced", "--unfenced over a machine that is off", INSTRUCTIONS=4, VERSIONS=2, UNFENCED=1),
    _small("monitors", "a second monitor asks, the first restarts", MONITORS=2, BEGUN=1, PROMISES=0, INSTRUCTIONS=4,
           GATHERS=1, MONITOR_CRASHES=2),
    _small("rivals", "two monitors ask at once", MONITORS=2, BEGUN=1, PROMISES=0, INSTRUCTIONS=4, GATHERS=2),
    _small("take-lead", "take_lead without a host, no pins", MONITORS=2, BEGUN=1, INSTRUCTIONS=4, GATHERS=1, TAKE_LEADS=1),
    _small("take-lead-pins", "the same with pins", MONITORS=2, BEGUN=1, INSTRUCTIONS=4, VERSIONS=2, GATHERS=1,
           TAKE_LEADS=1),
    _full("two", "two hosts, all of it but what follows", INSTRUCTIONS=4, VERSIONS=3, AGENT_CRASHES=1,
          MONITOR_CRASHES=1, RELEASES=1),
    _full("two-crashes", "two crashes of agents", INSTRUCTIONS=4, VERSIONS=2, AGENT_CRASHES=2, RELEASES=1),
    _full("two-long", "longer runs", INSTRUCTIONS=6, VERSIONS=3),
    _full("two-ticks", "leases of two ticks", TTL=2, INSTRUCTIONS=4, VERSIONS=2, AGENT_CRASHES=1, MONITOR_CRASHES=1),
    _full("three-sets", "three candidates, sets", HOSTS=3, INSTRUCTIONS=4, VERSIONS=2),
    _full("three-releases", "three candidates, sets, a release", HOSTS=3, INSTRUCTIONS=3, VERSIONS=2, RELEASES=1),
    _full("three-two-ticks", "three candidates, two ticks", HOSTS=3, TTL=2, INSTRUCTIONS=3, VERSIONS=2),
    _full("grace-ticks", "short leases of one tick, long of two, three instructions", INSTRUCTIONS=3, GRACES=2,
          AGENT_CRASHES=1),
    _full("grace-sets", "grace, sets and pins", INSTRUCTIONS=4, VERSIONS=3, GRACES=1),
    _full("losses-crashes", "losses, crashes, a set grown again", INSTRUCTIONS=5, VERSIONS=3, LOSSES=1, AGENT_CRASHES=1),
    _full("unfenced-three", "--unfenced among three", HOSTS=3, BEGUN=1, INSTRUCTIONS=3, VERSIONS=2, UNFENCED=1),
    _full("monitors-promises", "two monitors, and promises", MONITORS=2, INSTRUCTIONS=4, GATHERS=1, MONITOR_CRASHES=1),
    _full("monitors-sets", "two monitors, promises, sets, pins", MONITORS=2, BEGUN=1, INSTRUCTIONS=5, VERSIONS=2, GATHERS=1,
          MONITOR_CRASHES=1),
    _full("three-monitors", "three candidates under two monitors", HOSTS=3, MONITORS=2, BEGUN=1, INSTRUCTIONS=3, GATHERS=1,
          MONITOR_CRASHES=1),
    _full("take-lead-long", "take_lead, pins, longer runs", MONITORS=2, BEGUN=1, INSTRUCTIONS=5, VERSIONS=2, GATHERS=1,
          TAKE_LEADS=1),
    _full("take-lead-three", "take_lead among three", HOSTS=3, MONITORS=2, BEGUN=1, INSTRUCTIONS=3, GATHERS=1, TAKE_LEADS=1),
    _full("take-lead-sets", "take_lead among three, sets, pins", HOSTS=3, MONITORS=2, BEGUN=1, INSTRUCTIONS=4,
          VERSIONS=2, GATHERS=1, TAKE_LEADS=1),
)

TRAPS = (
    Trap("COPIED_FILE", "rivals", "S1", "1", "a copied state file counts as one's own"),
    Trap("EQUAL_EPOCH", "rivals", "S1", "1", "an equal counter with another id is accepted"),
    Trap("OWN_FILE", "monitors", "S1", "1", "an old leader is obeyed for its higher counter, whatever it continues"),
    Trap("NO_START_WAIT", "crashes", "S1", "1", "a restarted leader waits for no lease"),
    Trap("PIN_IN_WAIT", "take-lead-pins", "S1", "1", "after take_lead {} is sent while nothing may be granted"),
    Trap("LATER_PIN", "take-lead-pins", "S1", "1", "take_lead without a host that is pinned"),
    Trap("KEEPS_LATER", "take-lead", "S1", "1", "who turns up after take_lead keeps its later generation"),
    Trap("KEEPS_EQUAL", "take-lead", "S1", "1", "it keeps one that is no later than the leader's"),
    Trap("MISSING_TOGETHER", "take-lead-sets", "S1", "1", "hosts that take_lead was said without go on with one another"),
    Trap("OLD_INSTRUCTION", "sets", "S4", "2", "an older version is accepted"),
    Trap("OLD_VERSION", "sets", "S1", "2", "the same, and what follows: an old {} pins the writer"),
    Trap("FROM_ANSWER", "ticks", "S1", "3", "the lease counts from the answer"),
    Trap("NEWEST_STAMP", "three-ticks", "S1", "3", "the newest stamp of the promises counts"),
    Trap("NO_ALLOWANCE", "plain", "S1", "3", "who waits does not allow for the other clock"),
    Trap("FOREIGN_PROMISE", "take-lead", "S1", "3", "promises to who obeys another leadership"),
    Trap("GROW_UNACKED", "sets", "S1", "4", "a set grows before it was acknowledged"),
    Trap("SHRINK_LATE", "sets", "S1", "4", "a set shrinks only when that was acknowledged"),
    Trap("ACK_NO_GRANT", "sets", "S1", "4", "an acknowledgement does not count as a grant"),
    Trap("UNPIN_ORDER", "sets", "S1", "5", "acknowledged before the kernel's element was replaced"),
    Trap("LATE_UNPIN", "two-long", "S1", "5", "a pin is replaced by a fresh element after a newer instruction ended it"),
    Trap("PIN_REBOOT", "unfenced", "S1", "5", "a pin comes back from disk alone after a reboot"),
    Trap("CHECK_EARLY", "plain", "S1", "6", "promises are checked earlier, and given in between"),
    Trap("PROMISE_OLD", "plain", "S1", "6", "promises to an older generation than the accepted one"),
    Trap("RELEASE_NOT_FINAL", "releases", "S1", "7", "a release is taken back"),
    Trap("VOID_ANY", "releases", "S1", "7", "any release ends the wait after a restart"),
    Trap("REFUSAL_VOIDS", "releases", "S1", "7", "refusing an unaccepted generation voids promises to earlier ones"),
    Trap("ABANDON", "plain", "S1", "8", "a half-done generation is abandoned"),
    Trap("EMPTY_FIRST", "plain", "L1", "8", "the first set is {}: nobody is promotable if its host dies"),
    Trap("GRACE_FORGOTTEN", "grace", "S1", "9", "a long promise is not on the giver's disk"),
    Trap("GRACE_SHORTENED", "grace", "S1", "9", "a later short promise shortens a long one"),
    Trap("GRACE_UNNAMED", "grace", "S1", "9", "the end of a grace does not say which one"),
    Trap("PROMISE_FORGOTTEN", "crashes", "S1", "10", "a restarted agent waits for no promise"),
    Trap("REARM", "crashes", "S1", "10", "a restarted agent arms again what it reads back"),
    Trap("LOST_OBEYS", "losses", "S1", "11", "an agent without a memory obeys like a new one"),
    Trap("LOST_NO_WAIT", "losses", "S1", "10, 11", "it becomes the writer without the wait of a restart"),
    Trap("READMIT_UNNAMED", "losses", "S4", "11", "an old readmission answers a later loss"),
    Trap("LATE_THAW", "plain", "S1", "12", "the element is made after the answer, however late"),
    Trap("UNFENCED_ANY", "unfenced", "S1", "13", "--unfenced to a host that is not promotable"),
)


def witness(configuration):
    """No rule is left out: it must be seen that another host gets to serve a later generation within these bounds."""
    return Trap("WITNESS", configuration.name, "W", "-", "another host serves a later generation: nothing is wrong")
