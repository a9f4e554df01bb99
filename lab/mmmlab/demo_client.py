"""The demo's client: the lab's probe, with what a person wants to know of it while it writes."""

import re
import time
from collections import deque

from .story import Event

WRITERS = {"keep": "its kept connection", "new": "new connections"}
# A gap that came without an error is told from here on: a busy machine makes shorter ones by itself.
OUTAGE_S = 0.25
RATE_WINDOW_S = 1.0
ERROR = re.compile(r"^\((\d+), ['\"](.*)['\"]\)$", re.DOTALL)
HAPPENED = {
    "connect": "can't connect",
    "refused": "a write is refused",
    "unknown": "loses the answer to a write, it may be written or not",
}


def plain(text):
    """pymysql's error without its wrapping."""
    match = ERROR.match(text)
    return f"{match.group(2)} ({match.group(1)})" if match else text


class Client:
    """A probe that runs, and what it saw."""

    def __init__(self, lab):
        self.probe = lab.probe()
        self.seen = 0
        self.acks = {name: [] for name in WRITERS}  # worker -> times
        self.broken = {name: False for name in WRITERS}
        self.recent = deque()

    def fresh(self):
        """Errors, and the end of every outage, since the last call, as story events."""
        events = self.probe.events()
        new, self.seen = events[self.seen :], len(events)
        found = []
        for event in new:
            if event["w"] in WRITERS:
                found += self._acknowledged(event) if event["e"] == "ack" else self._failed(event)
        return found

    def _acknowledged(self, event):
        name, at = event["w"], event["t"]
        before = self.acks[name][-1] if self.acks[name] else at
        self.acks[name].append(at)
        self.recent.append(at)
        was_broken, self.broken[name] = self.broken[name], False
        if at - before < OUTAGE_S and not was_broken:
            return []
        text = f"{WRITERS[name]}: a write is acknowledged again, {(at - before) * 1000:.0f} ms after the last"
        return [Event(at, "client", "ack", text)]

    def _failed(self, event):
        """The first error of an outage; those that follow say nothing new."""
        name = event["w"]
        was_broken, self.broken[name] = self.broken[name], True
        text = f"{WRITERS[name]}: {HAPPENED[event['e']]}: {plain(event['text'])}"
        return [] if was_broken else [Event(event["t"], "client", "error", text)]

    def count(self):
        """Rows acknowledged so far."""
        return sum(len(times) for times in self.acks.values())

    def writes_again(self, since, count):
        """True when each kind of connection has had `count` writes acknowledged since, and none is broken."""
        enough = all(len(times) >= count and times[-count] > since for times in self.acks.values())
        return enough and not any(self.broken.values())

    def progress(self):
        """One line about now."""
        now = time.monotonic()
        while self.recent and self.recent[0] < now - RATE_WINDOW_S:
            self.recent.popleft()
        last = max((times[-1] for times in self.acks.values() if times), default=now)
        silent = f", NONE FOR {(now - last) * 1000:.0f} ms" if now - last > OUTAGE_S else ""
        return f"the client: {self.count()} writes acknowledged, {len(self.recent)}/s{silent}"

    def outages(self, since):
        """{worker: (ms, start)} of the longest time between two acknowledged writes that ended after `since`."""
        found = {}
        for name, times in self.acks.items():
            gaps = [(end - start, start) for start, end in zip(times, times[1:]) if end > since]
            longest, start = max(gaps, default=(0.0, since))
            found[name] = (longest * 1000, start)
        return found

    def stop(self):
        """Ends it; what it has seen stays."""
        self.probe.stop()
        self.fresh()
