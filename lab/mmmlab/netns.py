"""Network namespaces: make, enter, list who is inside, remove. Nothing here touches the machine's own network."""

import ctypes
import os
import subprocess
from contextlib import contextmanager

from .errors import LabError
from .process import Identity, identity

CLONE_NEWNET = 0x40000000
RUN_DIR = "/run/netns"
_libc = ctypes.CDLL(None, use_errno=True)


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise LabError(f"cannot enter a network namespace: {os.strerror(code)} (root is needed)")


def exists(name):
    return os.path.exists(f"{RUN_DIR}/{name}")


@contextmanager
def entered(name):
    """Moves the calling *thread* into the namespace for the length of the block.

    Sockets opened and processes started inside stay there. Thread: others of this process are not moved.
    """
    try:
        there = os.open(f"{RUN_DIR}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise LabError(f"there is no namespace {name}; is the lab up?") from None
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(there)
        os.close(home)


def run(name, command, text=None, check=True):
    """Runs a short tool inside. Returns its standard output. Errors, with `check`: LabError with what the tool said."""
    with entered(name):
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20)
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise LabError(f"in {name}: {' '.join(command)}: {said}")
    return done.stdout


def exec_command(name, command):
    """A command line that runs `command` inside with its own /sys, under the pid that it is started with."""
    return ["ip", "netns", "exec", name, *command]


def create(names):
    """Creates all of them. Requires: none exists."""
    lines = "".join(f"netns add {name}\n" for name in names)
    done = subprocess.run(["ip", "-batch", "-"], input=lines, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise LabError(f"cannot create namespaces: {done.stderr.strip()} (root is needed)")


def remove(names):
    """Removes those that exist. Requires: nothing lives inside (members()), or the kernel keeps them, nameless."""
    present = [name for name in names if exists(name)]
    lines = "".join(f"netns del {name}\n" for name in present)
    if lines:
        subprocess.run(["ip", "-force", "-batch", "-"], input=lines, capture_output=True, text=True, timeout=20)
    left = [name for name in present if exists(name)]
    if left:
        raise LabError(f"cannot remove the namespaces {', '.join(left)}")


def _key(path):
    status = os.stat(path)
    return status.st_dev, status.st_ino


def members(names) -> list[Identity]:
    """Every process inside any of the namespaces, whoever started it. This process is never among them."""
    wanted = {_key(f"{RUN_DIR}/{name}") for name in names if exists(name)}
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        who = identity(int(entry))
        try:
            if who and _key(f"/proc/{entry}/ns/net") in wanted:
                found.append(who)
        except OSError:
            continue  # it ended meanwhile, or is a zombie
    return found
