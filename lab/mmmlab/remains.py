"""Finding and removing what a lab left on the machine, also one whose supervisor was killed."""

import fcntl
import os
import shutil
import signal
import time

from . import netns, network
from .errors import LabError
from .layout import labs_dir
from .process import Identity, alive, end_all, environment, send, wait_gone

INSTRUMENT = "MMM_LAB_INSTRUMENT"  # in the environment of probes, observers and shells: they survive a power cut
LOCK_TIMEOUT_S = 15.0


def recorded(layout):
    """The processes that the lab's supervisor wrote down, itself first, those that still live."""
    try:
        lines = layout.pid_file().read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    known = (Identity(int(pid), int(start)) for pid, start, *_ in (line.split() for line in lines) if start.isdigit())
    return [who for who in known if who.pid != os.getpid() and alive(who)]


def supervisor(layout):
    """The living supervisor's identity, or None."""
    try:
        pid, start, what = layout.pid_file().read_text(encoding="utf-8").splitlines()[0].split(maxsplit=2)
    except (OSError, IndexError, ValueError):
        return None
    who = Identity(int(pid), int(start))
    return who if what == "supervisor" and alive(who) else None


def sweep(layout):
    """Ends every process of the lab, removes its namespaces and files. The lab's folder itself stays. Idempotent.

    Requires: the caller holds the lock. Errors: LabError naming what could not be removed.
    """
    known = recorded(layout)
    for who in known:  # a stopped or busy supervisor must not start anything behind our back
        send(who, signal.SIGSTOP)
    left = end_all(known)
    # Twice: a process that was just being started by one of the first round.
    for _ in range(2):
        left += end_all(netns.members(layout.namespaces()))
    if left:
        raise LabError(f"these processes can't be ended: {', '.join(str(who.pid) for who in left)}")
    network.remove(layout)
    for entry in layout.root.iterdir() if layout.root.exists() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    kept = list(layout.root.iterdir()) if layout.root.exists() else []
    if kept:
        raise LabError(f"cannot remove {', '.join(map(str, kept))}")


def kill_inhabitants(layout, name):
    """SIGKILLs everything on one host but instruments: what a power cut does."""
    victims = netns.members([layout.namespace(name)])
    end_all([who for who in victims if INSTRUMENT not in environment(who.pid)])


class Lock:
    """One operation that makes or removes the lab at a time. Held through the lab's folder itself.

    The supervisor holds it for its whole life; the kernel lets go of it when the holder dies.
    """

    def __init__(self, layout):
        self.layout = layout
        self.descriptor = None

    def take(self, timeout_s=0.0):
        """Creates the folder if need be. Errors: LabError when another process holds the lock."""
        deadline = time.monotonic() + timeout_s
        while not self._try():
            if time.monotonic() >= deadline:
                raise LabError(f"another process is making, running or removing the lab '{self.layout.prefix}'")
            time.sleep(0.02)
        return self

    def _try(self):
        self.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(self.layout.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            current = os.stat(self.layout.root)
            if (current.st_dev, current.st_ino) == (os.fstat(descriptor).st_dev, os.fstat(descriptor).st_ino):
                self.descriptor = descriptor
                return True
        except OSError:
            pass  # held by another, or the folder was removed by its last holder
        os.close(descriptor)
        return False

    def release(self, remove=False):
        """With `remove` the empty folder goes, too, and that of all labs when this was the last."""
        if remove:
            shutil.rmtree(self.layout.root, ignore_errors=True)
            try:
                labs_dir().rmdir()
            except OSError:
                pass  # other labs live there
        os.close(self.descriptor)
        self.descriptor = None


def clear(layout, timeout_s=LOCK_TIMEOUT_S):
    """Removes everything of a lab whose supervisor is gone or does not answer any more."""
    who = supervisor(layout)
    if who:
        send(who, signal.SIGKILL)
        wait_gone(who, 5.0)
    lock = Lock(layout).take(timeout_s)
    try:
        sweep(layout)
    finally:
        lock.release(remove=True)
