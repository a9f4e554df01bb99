"""What is done to the cluster, and what the client saw of it."""

import os
import time
from dataclasses import dataclass, field
from typing import Callable

from mmmlab.errors import LabError
from mmmlab.layout import DATABASES, WRITER_IP
from mmmlab.stage import bring_online, wait_until_serving, writer_of
from mmmlab.story import Story
from phases import marks

WARM_UP_WRITES = 100
WRITES_AFTER = 40
RECOVERY_TIMEOUT_S = 30.0
WRITERS = ("keep", "new")
# The writer renews its lease this often (lease_ttl / 3). A silent host costs what is left of its lease: the faults are
# spread evenly over the renewals, or all runs would show the same moment of them.
RENEWAL_S = 2 / 3


@dataclass
class Run:
    """One outage, ms, per kind of connection; `marks`: milestone -> ms after the fault."""

    ms: dict
    marks: dict
    load: float

    @property
    def worst(self):
        return max(self.ms.values())


@dataclass
class Result:
    case: object
    runs: list = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """`act` breaks the writer (lab, writer) and returns the moment; `whole`: every server survives it."""

    name: str
    title: str
    act: Callable
    target_ms: float
    mmm2: str
    whole: bool = False
    # How long the client waits for an answer before it tries anew: the resolution of what is measured where a host is
    # silent. Answers take 2-3 ms.
    patience_ms: float = 250.0


def move(lab, writer):
    """mmm_control move_role to the other master."""
    to = "db2" if writer == "db1" else "db1"
    at = time.monotonic()
    code, text = lab.control("move_role", "writer", to)
    if code != 0:
        raise LabError(f"move_role writer {to} was refused: {text.strip()}")
    return at


CASES = (
    Case("sigkill", "SIGKILL of mariadbd", lambda lab, writer: lab.kill(writer, "mysqld")["at"], 500, "13600"),
    Case("silent", "silent host: cable cut", lambda lab, writer: lab.isolate(writer)["at"], 4000, "27200",
         patience_ms=50.0),
    Case("power", "silent host: power off", lambda lab, writer: lab.power_off(writer)["at"], 4000, "27200",
         patience_ms=50.0),
    Case("planned", "planned move", move, 200, "470, new 10700", whole=True),
)


def measure(lab, case, count, tell):
    """Runs of one case. Errors: LabError when nobody takes over, or data are wrong."""
    result = Result(case)
    fresh = False
    for number in range(1, count + 1):
        if not fresh:
            lab.reset()
            bring_online(lab)
        run = one_run(lab, case, RENEWAL_S * (number - 1) / count)
        fresh = case.whole
        result.runs.append(run)
        times = ", ".join(f"{name} {ms:.0f} ms" for name, ms in run.ms.items())
        tell(f"{case.title}, run {number} of {count}: {times} (load {run.load:.1f})")
    return result


def one_run(lab, case, later_s):
    """One outage under load, `later_s` after the client has warmed up."""
    writer = writer_of(lab)
    story = Story(lab)
    with lab.probe(timeout_ms=case.patience_ms) as probe:
        probe.wait_for_acks(WARM_UP_WRITES)
        time.sleep(later_s)  # a moment of its own in the renewals; nothing is waited for
        at = case.act(lab, writer)
        lab.wait(lambda: taken_over(lab, writer), RECOVERY_TIMEOUT_S, "a new writer")
        probe.wait_for_acks(WRITES_AFTER, RECOVERY_TIMEOUT_S)
        summary = probe.stop()
    new = successor(lab, case, writer)
    ms = {name: longest_gap(summary, name) for name in WRITERS}
    check(lab, probe, case, writer, new)
    if case.whole:
        wait_until_serving(lab, new)
    first = {name: first_ack(probe, name, at) for name in WRITERS}
    return Run(ms, marks(story.fresh(), at, writer, new, first), os.getloadavg()[0])


def taken_over(lab, writer):
    """True once another host than `writer` has the address: an isolated one may keep it for a while."""
    return any(name != writer for name in lab.holders(WRITER_IP))


def successor(lab, case, writer):
    """The new writer. Errors: LabError when there is none, or two of them writable."""
    others = [name for name in lab.holders(WRITER_IP) if name != writer]
    if len(others) != 1:
        raise LabError(f"{case.title}: {WRITER_IP} is on {', '.join(others) or 'none'} of the others")
    if WRITER_IP in lab.addresses(writer) and lab.is_writable(writer):
        raise LabError(f"{case.title}: {writer} has the address and is writable, as is {others[0]}")
    return others[0]


def longest_gap(summary, name):
    """Errors: LabError when the client never wrote again."""
    longest = summary["workers"][name]["longest"][0]
    if longest["open"]:
        raise LabError(f"the client's connections ({name}) never wrote again")
    return longest["ms"]


def first_ack(probe, name, at):
    """When the longest gap around or after `at` ended."""
    times = [e["t"] for e in probe.events() if e["e"] == "ack" and e["w"] == name]
    gaps = [(end - start, end) for start, end in zip(times, times[1:]) if end > at]
    return max(gaps, default=(0.0, at))[1]


def check(lab, probe, case, old, new):
    """Every acknowledged row is on the new writer, its replicas equal it."""
    hosts = DATABASES if case.whole else [name for name in DATABASES if name != old]
    report = lab.check_data(probe, writer=new, hosts=hosts)
    if not report.ok:
        raise LabError(f"{case.title}: the data are wrong: {'; '.join(report.problems)}")
