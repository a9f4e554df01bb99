"""Waiting for conditions. The only place that sleeps, and only between two looks at one."""

import time

from .errors import LabTimeout


def wait_until(condition, deadline_s, what, period_s=0.02, cancelled=None):
    """Calls `condition` until it returns something true, and returns that.

    Deadline: `deadline_s` from now; the condition is looked at once more at its end.
    Errors: LabTimeout naming `what` and the last value or exception seen; whatever `cancelled()` raises.
    """
    end = time.monotonic() + deadline_s
    while True:
        last_look = time.monotonic() >= end
        try:
            value = condition()
            seen = repr(value)
        except Exception as error:  # a server that is not up yet, a file half written: "not yet"
            value, seen = None, f"{type(error).__name__}: {error}"
        if value:
            return value
        if cancelled:
            cancelled()
        if last_look:
            raise LabTimeout(f"not within {deadline_s:g} s: {what} (last seen: {seen[:300]})")
        time.sleep(period_s)


def let_pass(seconds, on_tick=lambda: None, period_s=0.25):
    """Lets the time pass, and calls `on_tick` meanwhile."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, period_s))
        on_tick()
