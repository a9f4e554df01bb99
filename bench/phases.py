"""Where an outage comes from: milestones of a hand-over, found in the logs of the monitor and the agents."""

import re
from dataclasses import dataclass

OLD, NEW, MONITOR = "old writer", "new writer", "monitor"
CLIENT = "client"


@dataclass(frozen=True)
class Milestone:
    """The first line at `where` that matches. `which`: 0 the first, -1 the last of them."""

    name: str
    where: str
    pattern: str
    which: int = 0


MILESTONES = (
    Milestone("agent notices", OLD, r"mysqld is down"),
    Milestone("monitor begins the hand-over", MONITOR, r"hand-over of the writer role begins"),
    Milestone("old writer starts to give up", OLD, r"gives up generation|lease has ended"),
    Milestone("old writer has released", OLD, r"gave up generation \d+ for good"),
    Milestone("monitor knows it, or lease ran out", MONITOR, r"is given up for good|its lease has run out"),
    Milestone("monitor offers", MONITOR, r"generation \d+ is offered"),
    Milestone("new writer has the offer", NEW, r"generation \d+: the writer is"),
    Milestone("monitor has the acceptance", MONITOR, r"accepted generation"),
    Milestone("applier has drained and stopped", NEW, r"stop the applier: done"),
    Milestone("read_only is lifted", NEW, r"lift read_only.*: done"),
    Milestone("address is up", NEW, r"is up: this host is the writer"),
    Milestone("a replica follows the new writer", "replica", r"replicate from .*: done"),
)


def marks(events, at, old, new, first_acks):
    """{milestone: ms after `at`}, those that were found, in the order of MILESTONES; then the client's first writes."""
    hosts = {OLD: (old,), NEW: (new,), MONITOR: ("monitor",), "replica": ("db3",)}
    found = {}
    for milestone in MILESTONES:
        times = [
            event.at
            for event in events
            if event.at >= at - 0.001 and event.host in hosts[milestone.where] and re.search(milestone.pattern, event.text)
        ]
        if times:
            found[milestone.name] = (times[milestone.which] - at) * 1000
    for name, moment in first_acks.items():
        found[f"first write, {name}"] = (moment - at) * 1000
    return found
