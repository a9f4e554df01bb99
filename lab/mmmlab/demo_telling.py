"""Tells a story as it happens: the monitor's and the agents' logs and the client's view, merged in the order of time."""

import re
import time

from .errors import LabTimeout

HOLD_BACK_S = 0.1  # a line waits so long for an earlier one of another host
LOOK_PERIOD_S = 0.02
CONDITION_PERIOD_S = 0.1  # a condition may start a process
LINGER_S = 0.3  # what follows from the last event still belongs to the story

# What a line is: somebody noticed something, somebody decided something; everything else was done.
NOTICED = re.compile(
    r"^mysqld |check \w+ is |is given up for good|accepted generation|connect|not reachable|lacks|"
    r"run out|is back|did not|disappeared|network"
)
DECIDED = re.compile(
    r"state \w+ -> |: (gets|loses|gives up) |hand-over of|is offered|stays the writer|is the writer \(|move_role"
)
STYLE_OF = {"noticed": "yellow", "decided": "magenta", "did": "dim", "client": "bold"}
HOST_WIDTH, KIND_WIDTH, TIME_WIDTH = 8, 8, 9


def kind_of(event):
    """noticed, decided, did; '' for the client."""
    if event.host == "client":
        return ""
    if event.host == "monitor" and DECIDED.search(event.text):
        return "decided"
    if event.level in ("warning", "error") or NOTICED.search(event.text):
        return "noticed"
    return "decided" if event.host == "monitor" else "did"


class Telling:
    """One story, with the times relative to `zero`. Nothing that happened before is told."""

    def __init__(self, screen, story, client, zero):
        self.screen, self.story, self.client, self.zero = screen, story, client, zero
        self.waiting = []
        self.told = set()

    def until(self, condition, deadline_s, what):
        """Tells on until the condition is true, and what follows in a moment. Errors: LabTimeout."""
        end, done_at, next_look = time.monotonic() + deadline_s, None, 0.0
        while done_at is None or time.monotonic() < done_at + LINGER_S:
            self._gather()
            self._tell_before(time.monotonic() - HOLD_BACK_S)
            self.screen.progress(self._progress())
            now = time.monotonic()
            if done_at is None and now >= next_look:
                done_at = now if condition() else None
                next_look = time.monotonic() + CONDITION_PERIOD_S
            if done_at is None and now > end:
                self._tell_before(now)
                raise LabTimeout(f"not within {deadline_s:g} s: {what}")
            time.sleep(LOOK_PERIOD_S)
        self._gather()
        self._tell_before(time.monotonic())

    def say(self, text, *styles):
        """A line of our own, at the moment zero."""
        self._line(0, "you", "", text, *styles)

    def _progress(self):
        return self.client.progress() if self.client else f"{time.monotonic() - self.zero:.1f} s"

    def _gather(self):
        fresh = self.story.fresh() + (self.client.fresh() if self.client else [])
        # The logs know milliseconds, the moment zero is exact.
        self.waiting += [event for event in fresh if event.at >= self.zero - 0.001]

    def _tell_before(self, moment):
        due = sorted((event for event in self.waiting if event.at <= moment), key=lambda event: event.at)
        self.waiting = [event for event in self.waiting if event.at > moment]
        for event in due:
            self._tell(event)

    def _tell(self, event):
        """A step that is repeated, with other numbers perhaps, is told once."""
        same = (event.host, re.sub(r"\d+", "#", event.text))
        if event.host != "client" and same in self.told and event.level == "info":
            return
        self.told.add(same)
        kind = kind_of(event)
        style = "red" if event.level == "error" else "green" if event.level == "ack" else STYLE_OF[kind or "client"]
        self._line(max(0, event.ms_after(self.zero)), event.host, kind, event.text, style)

    def _line(self, ms, host, kind, text, *styles):
        moment = f"+{ms} ms" if ms < 10_000 else f"+{ms / 1000:.1f} s"
        head = f"{moment:>{TIME_WIDTH}}  {host:{HOST_WIDTH}} {kind:{KIND_WIDTH}} "
        self.screen.hanging(head, len(head), text, *styles)
