"""Programs that a stage runs: started in a group of their own, watched, ended. Nothing outlives ./test."""

import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
# An interrupted e2e test takes its lab down itself: about 3 s, more on a busy machine.
GRACE_S = 20.0


class Interrupted(Exception):
    pass


def interrupt(number, _frame):
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # cleaning up is not interrupted again
    raise Interrupted(signal.Signals(number).name)


def adopt_orphans():
    """Whatever a test leaves behind becomes our child, however it tried to get away, and so can be found and ended."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _descendants():
    """Living processes below this one: {pid: name}."""
    parents, names = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _, rest = (entry / "stat").read_text(errors="replace").rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if state != "Z":
            parents[int(entry.name)] = int(parent)
            names[int(entry.name)] = head.partition("(")[2]
    ours, before = {os.getpid()}, 0
    while len(ours) != before:
        before = len(ours)
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    return {pid: names[pid] for pid in ours - {os.getpid()}}


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_leftovers(patience_s=5.0):
    """Ends what still runs below us once it had time to end by itself. Returns what had to be killed."""
    deadline = time.monotonic() + patience_s
    while _descendants() and time.monotonic() < deadline:
        _reap()
        time.sleep(0.05)
    killed = []
    while left := _descendants():
        killed += [f"{name} ({pid})" for pid, name in left.items() if f"{name} ({pid})" not in killed]
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
        _reap()
    return killed


def stream(command, root, on_line, environment=None, deadline_s=None):
    """Runs `command`, hands each line to `on_line`. Returns the exit code; None when the deadline ended it."""
    merged = {**os.environ, **(environment or {})}
    child = subprocess.Popen(
        command, cwd=root, env=merged, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    )
    timed_out = False

    def expire(*_):
        nonlocal timed_out
        os.killpg(child.pid, signal.SIGKILL if timed_out else signal.SIGINT)
        timed_out = True
        signal.alarm(int(GRACE_S))

    try:
        if deadline_s:
            signal.signal(signal.SIGALRM, expire)
            signal.alarm(int(deadline_s))
        with child.stdout:
            for line in child.stdout:
                on_line(line.rstrip("\n"))
        child.wait()
    except BaseException:
        _end(child)
        raise
    finally:
        signal.alarm(0)
    return None if timed_out else child.returncode


def _end(child):
    """SIGINT first: the tests of the lab take their labs down."""
    for number, patience_s in ((signal.SIGINT, GRACE_S), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience_s)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
