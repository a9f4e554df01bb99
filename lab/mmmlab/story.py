"""What the monitor and the agents wrote into their logs, as events of one clock, in the order of time."""

import re
import time
from dataclasses import dataclass
from datetime import datetime

from .layout import DATABASES

LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \[(\w+)\] (.*)$")
# The programs cut their times off at the millisecond: on average an event was half a one later.
CUT_OFF_S = 0.0005
LOGS = {name: "mmm_agentd" for name in DATABASES} | {"monitor": "mmm_mond"}


@dataclass(frozen=True)
class Event:
    """`at` is CLOCK_MONOTONIC, seconds; `host` is where it was written, `client` for what a probe saw."""

    at: float
    host: str
    level: str
    text: str

    def ms_after(self, moment):
        return round((self.at - moment) * 1000)


def parse(line, host, boot):
    """The event of one line, None when it is not one. `boot`: the wall clock's time when CLOCK_MONOTONIC was 0."""
    match = LINE.match(line)
    if not match:
        return None
    moment, level, text = match.groups()
    at = datetime.strptime(moment, "%Y-%m-%d %H:%M:%S.%f").timestamp() - boot + CUT_OFF_S
    return Event(at, host, level, text)


class Tail:
    """One log, from its present end on."""

    def __init__(self, path, host):
        self.path, self.host = path, host
        self.offset = path.stat().st_size if path.exists() else 0

    def fresh(self, boot):
        """The events of the whole lines that came since the last call."""
        if not self.path.exists():
            return []
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            whole, newline, _ = file.read().rpartition(b"\n")
        self.offset += len(whole) + len(newline)
        lines = whole.decode("utf-8", errors="replace").splitlines()
        return [event for line in lines if (event := parse(line, self.host, boot))]


class Story:
    """All logs of a lab's MMM programs, from now on."""

    def __init__(self, lab):
        self.tails = [Tail(lab.log_path(host, name), host) for host, name in LOGS.items()]

    def fresh(self):
        """What was written since the last call, oldest first. At the same millisecond agents come before the monitor."""
        boot = time.time() - time.monotonic()
        return sorted((event for tail in self.tails for event in tail.fresh(boot)), key=lambda event: event.at)
