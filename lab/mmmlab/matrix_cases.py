"""The fault matrix: what is broken, and what may come of it. Pure.

Each process on each host, killed and frozen, alone and in pairs; each link, both ways and one; power. Hosts are named
by what they are at the moment (soak_faults.py).
"""

from dataclasses import dataclass
from itertools import combinations, product

from .soak_faults import PROCESSES, Fault, Step

# What nobody noticed: a row takes 3 ms, on a machine that others load sometimes a hundred times that.
UNNOTICED_MS = 400.0
# lease_ttl 2: what is left of the lease, its clock allowance, the hand-over. Without a fence the address's lifetime,
# whole seconds and up to one late, is waited for.
LAPSE_MS = 2500.0
NO_FENCE_MS = 2000.0
HOLD_S, HOLD_NO_FENCE_S = 3.5, 6.0
FULL_ABSENCE_S, SHORT_ABSENCE_S = 300.0, 10.0
PAIR_APART_S = 0.05


@dataclass(frozen=True)
class Case:
    """`stays`: the writer's role may not move (True), has to (False), either (None). `limit_ms` of the outage, if any.

    `lapse`: the lease has to run out first. `ci`: the write fences with which ./test runs it.
    """

    name: str
    steps: tuple
    stays: bool | None = None
    limit_ms: float | None = None
    lapse: bool = False
    hold_s: float | None = None
    ci: tuple = ()

    def limit(self, fence):
        late = NO_FENCE_MS if self.lapse and fence == "off" else 0.0
        return None if self.limit_ms is None else self.limit_ms + late

    def fault(self, fence):
        hold_s = self.hold_s or (HOLD_NO_FENCE_S if self.lapse and fence == "off" else HOLD_S)
        return Fault(self.name, self.steps, hold_s, True, 0.0)


def unnoticed(name, *steps, **more):
    return Case(name, steps, stays=True, limit_ms=UNNOTICED_MS, **more)


def lapsing(name, *steps, **more):
    return Case(name, steps, stays=False, limit_ms=LAPSE_MS, lapse=True, **more)


def one_way(a, b):
    return Step("cut_one_way", (a, b))


OTHERS = ("monitor", "peer", "slave", "client")
LINKS = (
    unnoticed("cut monitor-writer", Step("cut", ("monitor", "writer")), ci=("off",)),
    unnoticed("cut monitor>writer", one_way("monitor", "writer")),
    unnoticed("cut writer>monitor", one_way("writer", "monitor"), ci=("host",)),
    lapsing("cut writer from everyone", Step("isolate", ("writer",)), ci=("on", "host", "off")),
    lapsing("cut writer>everyone", one_way("writer", "all"), ci=("on",)),
    Case("cut everyone>writer", tuple(one_way(other, "writer") for other in OTHERS), hold_s=8.0),
    Case("cut writer-client", (Step("cut", ("writer", "client")),), stays=True, ci=("on",)),
    Case("cut writer>client", (one_way("writer", "client"),), stays=True),
    Case("cut client>writer", (one_way("client", "writer"),), stays=True),
    unnoticed("cut writer-peer", Step("cut", ("writer", "peer"))),
    unnoticed("cut writer>peer", one_way("writer", "peer")),
    unnoticed("cut peer>writer", one_way("peer", "writer")),
    unnoticed("cut peer from everyone", Step("isolate", ("peer",))),
    unnoticed("cut slave from everyone", Step("isolate", ("slave",))),
    unnoticed("cut monitor from everyone", Step("isolate", ("monitor",)), ci=("on",)),
)
POWER = (
    lapsing("writer's host gone and back", Step("power_off", ("writer",)), ci=("on", "off")),
    unnoticed("peer's host gone and back", Step("power_off", ("peer",))),
    unnoticed("slave's host gone and back", Step("power_off", ("slave",))),
    unnoticed("monitor's host gone and back", Step("power_off", ("monitor",))),
)
FROZEN_AND_DEAD = lapsing(
    "frozen agent, dead mysqld", Step("freeze", ("writer", "agent")), Step("kill", ("writer", "mysqld"), PAIR_APART_S),
    ci=("on", "host", "off"),
)
# Of the writer. What befalls the others nobody notices.
WRITERS = {
    ("kill", "agent"): unnoticed("kill writer agent", Step("kill", ("writer", "agent")), ci=("off",)),
    ("freeze", "agent"): lapsing("freeze writer agent", Step("freeze", ("writer", "agent")), ci=("host",)),
    ("kill", "mysqld"): Case("kill writer mysqld", (Step("kill", ("writer", "mysqld")),), False, LAPSE_MS),
    ("freeze", "mysqld"): Case("freeze writer mysqld", (Step("freeze", ("writer", "mysqld")),), hold_s=8.0),
}


def single(act, place, unit):
    if place == "writer":
        return WRITERS[(act, unit)]
    ci = ("host",) if (act, place, unit) == ("freeze", "peer", "mysqld") else ()
    return unnoticed(f"{act} {place} {unit}", Step(act, (place, unit)), ci=ci)


def singles():
    return tuple(single(act, place, unit) for act in ("kill", "freeze") for place, unit in PROCESSES)


def pairs():
    """Every two processes, each killed or frozen. That nothing is lost, nobody doubled, and all returns is enough."""
    found = []
    for (one, other), (first, second) in product(combinations(PROCESSES, 2), product(("kill", "freeze"), repeat=2)):
        name = f"{first} {' '.join(one)}, {second} {' '.join(other)}"
        found.append(Case(name, (Step(first, one), Step(second, other, PAIR_APART_S))))
    return tuple(found)


def absence(seconds):
    return unnoticed(f"monitor away {seconds:.0f} s", Step("stop", ("monitor", "monitor")), hold_s=seconds)


def nothing(seconds):
    """What the machine itself costs in so long a time: the figure beside it is read against this one."""
    return unnoticed(f"nothing for {seconds:.0f} s", hold_s=seconds)


def cases(with_pairs=True):
    """All of them."""
    alone = LINKS + POWER + singles() + (FROZEN_AND_DEAD, absence(FULL_ABSENCE_S), nothing(FULL_ABSENCE_S))
    return alone + (pairs() if with_pairs else ())


def chosen(fence):
    """What ./test runs with a fence."""
    return tuple(case for case in cases(False) if fence in case.ci) + ((absence(SHORT_ABSENCE_S),) if fence == "off" else ())


def misses(case, fence, outage_ms, moved, slack_ms=0.0):
    """(what is wrong, what took too long), texts or None."""
    wrong, limit = None, case.limit(fence)
    if case.stays is True and moved:
        wrong = f"{case.name}: the role moved"
    if case.stays is False and not moved:
        wrong = f"{case.name}: the role did not move"
    slow = limit is not None and outage_ms > limit + slack_ms
    return wrong, f"{case.name}: an outage of {outage_ms:.0f} ms, the limit is {limit:.0f} ms" if slow else None
