"""What a soak has seen, and what it amounts to. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import inf
from statistics import median

from .analysis import BLIND_MAX_S

# A gap between two acknowledged rows that is shorter is the machine's, not the cluster's.
OUTAGE_MIN_MS = 100.0
# A fault takes effect within this of the last row that was acknowledged before it: the client's interval, a slow answer.
BLAME_S = 0.3
# Nobody's outage may be so long; the longest that a busy machine showed was half of it. A lease that runs out costs more.
UNEXPLAINED_MAX_MS = 1000.0
# L1. From the moment that all is mended: a client's row is acknowledged, on a connection that was kept and on a new
# one; every host is ONLINE, every address where `show` says, all follow one writer. What an administrator has to do by
# design counts as a new beginning of the second.
WRITES_BOUND_S = 15.0
PEACE_BOUND_S = 60.0


@dataclass
class Told:
    """A fault that happened."""

    kind: str
    at: float
    text: str = ""
    outage_ms: float = 0.0
    until: float = inf  # all was at peace again: what begins later is not its doing


@dataclass
class Tally:
    """Everything that the verdict needs; nothing here grows but by a few words a fault."""

    seed: int
    faults: list = field(default_factory=list)  # Told
    acknowledged: int = 0
    unknown: int = 0
    samples: int = 0
    blind_ms: float = 0.0  # the longest time in which an observer saw nothing
    fail_overs: int = 0
    calms: int = 0
    writes_again_s: list = field(default_factory=list)
    peace_s: list = field(default_factory=list)
    administrator: Counter = field(default_factory=Counter)  # what was done by hand, by design -> how often
    interrupted: bool = False
    two_writers: list = field(default_factory=list)  # texts
    wrong: list = field(default_factory=list)  # every other violation, texts
    slow: list = field(default_factory=list)  # outages over the limit of their fault, texts
    unexplained_ms: float = 0.0  # the longest outage that no fault explains
    blind: list = field(default_factory=list)  # when an observer could have missed two writers, texts

    @property
    def problems(self):
        """Everything that speaks against it, texts."""
        text = f"an outage of {self.unexplained_ms:.0f} ms that no fault explains; the limit is {UNEXPLAINED_MAX_MS:.0f} ms"
        unexplained = [text] if self.unexplained_ms > UNEXPLAINED_MAX_MS else []
        return [*self.two_writers, *self.wrong, *self.slow, *unexplained, *self.blind]

    @property
    def ok(self):
        return not self.problems


def blamed(faults, gap):
    """The fault that a gap (start, end) is put down to: the last one that happened before it, or at its begin.

    None: there was none, or all was at peace between it and the gap.
    """
    start, end = gap
    before = [fault for fault in faults if fault.at <= min(end, start + BLAME_S)]
    return before[-1] if before and start < before[-1].until else None


def put_down(faults, gaps):
    """Gives each fault the longest outage that it is blamed for. Returns the longest (ms) that none is."""
    unexplained = 0.0
    for start, end in gaps:
        ms = (end - start) * 1000
        if ms < OUTAGE_MIN_MS:
            continue
        fault = blamed(faults, (start, end))
        if fault:
            fault.outage_ms = max(fault.outage_ms, ms)
        else:
            unexplained = max(unexplained, ms)
    return unexplained


def peace(faults, now):
    """Everything is at peace: what happened so far is over."""
    for fault in faults:
        fault.until = min(fault.until, now)


def put_down_gaps(tally, gaps):
    """Puts down when observers saw nothing: {host: [(start, end)]}."""
    for name, found in gaps.items():
        for start, end in found:
            tally.blind_ms = max(tally.blind_ms, 1000 * (end - start))
            if end - start > BLIND_MAX_S:
                text = "the observer on {} saw nothing for {:.0f} ms from {:.3f}; more than {:.0f} ms no fault explains"
                tally.blind.append(text.format(name, 1000 * (end - start), start, 1000 * BLIND_MAX_S))


def changes(owners, before):
    """How often the writer IP went to another host. `owners`: of each moment the holders; `before`: the last holder.

    Returns (count, the last holder).
    """
    count = 0
    for hosts in owners:
        for host in hosts:
            if before is not None and host != before:
                count += 1
            before = host
    return count, before


def spread(values, unit, digits=0):
    """'230 (180-260) ms'"""
    if not values:
        return "none"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f}) {unit}"


def by_kind(tally):
    found = defaultdict(list)
    for fault in tally.faults:
        found[fault.kind].append(fault.outage_ms)
    return dict(sorted(found.items()))


def describe(tally, minutes):
    """The verdict, as lines."""
    lines = [f"{len(tally.faults)} faults in {minutes:.1f} min, seed {tally.seed}. Outage, ms: median (lowest-highest)"]
    for kind, values in by_kind(tally).items():
        lines.append(f"  {kind:28}{len(values):5} times   {spread(values, 'ms')}")
    by_hand = ", ".join(f"{what} {count}" for what, count in sorted(tally.administrator.items()))
    lines += [
        f"fail-overs and moves: {tally.fail_overs}",
        f"rows acknowledged: {tally.acknowledged}; of unknown outcome: {tally.unknown}",
        f"calm periods, each with a check of the data: {tally.calms}",
        f"L1, writes again: {spread(tally.writes_again_s, 's', 1)}, bound {WRITES_BOUND_S:.0f} s",
        f"L1, all at peace: {spread(tally.peace_s, 's', 1)}, bound {PEACE_BOUND_S:.0f} s",
        f"what only an administrator may do: {by_hand or 'nothing'}",
        f"longest outage that no fault explains: {tally.unexplained_ms:.0f} ms, bound {UNEXPLAINED_MAX_MS:.0f} ms",
        f"samples of the servers: {tally.samples}; longest time without one: {tally.blind_ms:.0f} ms",
        f"two-writer instants: {len(tally.two_writers)}",
    ]
    lines += [f"WRONG: {text}" for text in tally.problems]
    passed = "soak: passed so far; interrupted" if tally.interrupted else "soak: passed"
    return lines + [passed if tally.ok else "soak: FAILED"]


def as_json(tally, minutes):
    return {
        "ok": tally.ok,
        "interrupted": tally.interrupted,
        "seed": tally.seed,
        "minutes": round(minutes, 2),
        "faults": [{"kind": f.kind, "at": f.at, "text": f.text, "outage_ms": round(f.outage_ms, 1)} for f in tally.faults],
        "outages_ms": {
            kind: {"count": len(values), "median": median(values), "lowest": min(values), "highest": max(values)}
            for kind, values in by_kind(tally).items()
        },
        "fail_overs": tally.fail_overs,
        "acknowledged": tally.acknowledged,
        "unknown": tally.unknown,
        "calms": tally.calms,
        "writes_again_s": tally.writes_again_s,
        "peace_s": tally.peace_s,
        "bounds_s": {"writes_again": WRITES_BOUND_S, "peace": PEACE_BOUND_S},
        "administrator": dict(tally.administrator),
        "samples": tally.samples,
        "blind_ms": tally.blind_ms,
        "blind": tally.blind,
        "two_writers": tally.two_writers,
        "wrong": tally.wrong,
        "slow": tally.slow,
        "unexplained_ms": round(tally.unexplained_ms, 1),
    }
