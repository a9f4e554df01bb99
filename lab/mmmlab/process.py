"""Processes by identity (pid and start time), so that a signal never reaches a stranger with a reused pid."""

import os
import select
import signal
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """`start` is the kernel's start time in clock ticks since boot: with the pid it names one process for ever."""

    pid: int
    start: int


def _stat(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def identity(pid):
    """Who has this pid now; None when nobody has."""
    fields = _stat(pid)
    return Identity(pid, int(fields[19])) if fields else None


def alive(who):
    """True while it runs; a zombie has ended."""
    fields = _stat(who.pid)
    return bool(fields) and int(fields[19]) == who.start and fields[0] not in "ZX"


def state(pid):
    """The kernel's letter for it (R, S, D, T, Z …), or '' when it is gone."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def send(who, number):
    """Sends a signal to exactly this process. Returns False when it is gone."""
    try:
        descriptor = os.pidfd_open(who.pid)
    except OSError:
        return False
    try:
        if identity(who.pid) != who:
            return False
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)


def wait_gone(who, timeout_s):
    """Waits for its end. Returns True when it ended in time. Works for other people's children, too."""
    try:
        descriptor = os.pidfd_open(who.pid)
    except OSError:
        return True
    try:
        if identity(who.pid) != who:
            return True
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        return bool(poller.poll(int(timeout_s * 1000)))
    finally:
        os.close(descriptor)


def end_all(identities, timeout_s=5.0):
    """SIGKILLs all of them and waits. Returns those that live on (in an uninterruptible call of the kernel)."""
    for who in identities:
        send(who, signal.SIGKILL)
    deadline = time.monotonic() + timeout_s
    return [who for who in identities if not wait_gone(who, max(0.0, deadline - time.monotonic()))]


def environment(pid):
    """Its environment at start, or {} when it is gone."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            raw = file.read().decode(errors="replace")
    except OSError:
        return {}
    return dict(item.partition("=")[::2] for item in raw.split("\0") if "=" in item)
