"""The other side of the supervisor: start one, ask it, end it."""

import json
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from . import netns
from .errors import LabError
from .layout import Layout
from .process import identity, wait_gone
from .remains import clear, supervisor

PACKAGE_DIR = Path(__file__).resolve().parents[1]
TREE_DIR = PACKAGE_DIR.parent
REQUEST_TIMEOUT_S = 60.0
CREATE_TIMEOUT_S = 240.0  # the first lab of a machine makes the data that all others copy
DOWN_TIMEOUT_S = 15.0
LOCK_TIMEOUT_S = 10.0  # a `down` of the same prefix may just be finishing


def default_bin_dir():
    return TREE_DIR / "build" / "release" / "bin"


def make_spec(prefix, mmm=True, semi_sync=True, bin_dir=None, config=None, status_file=None, mysql=None, owner_pid=None):
    """How a lab shall be; the argument of create()."""
    owner = identity(owner_pid) if owner_pid else None
    if owner_pid and not owner:
        raise LabError(f"there is no process {owner_pid} to own the lab")
    return {
        "prefix": prefix,
        "mmm": mmm,
        "semi_sync": semi_sync,
        "bin_dir": str(Path(bin_dir or default_bin_dir()).resolve()),
        "config": config or {},
        "status_file": status_file,
        "mysql": mysql or {},
        "owner": [owner.pid, owner.start] if owner else None,
        "lock_timeout_s": LOCK_TIMEOUT_S,
    }


def is_up(layout):
    """True when a supervisor lives and obeys."""
    return supervisor(layout) is not None and layout.control_socket().exists()


def create(spec, on_progress=lambda facts: None):
    """Makes the lab and returns when it is complete.

    Errors: LabError; then nothing of it is left. When the caller dies meanwhile, nothing is left either.
    """
    if os.geteuid() != 0:
        raise LabError("a lab is made of network namespaces: root is needed")
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_DIR)}
    process = subprocess.Popen(
        [sys.executable, "-m", "mmmlab.supervisor", json.dumps(spec)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    last = {"error": "the supervisor ended without a word"}
    deadline = time.monotonic() + CREATE_TIMEOUT_S
    try:
        for line in lines_until(deadline, process.stdout):
            last = json.loads(line)
            on_progress(last)
            if "ready" in last:
                break
    finally:
        process.stdin.close()
        if "ready" not in last:
            for _ in lines_until(time.monotonic() + REQUEST_TIMEOUT_S, process.stdout):
                pass  # until it has taken down what it had built
        process.stdout.close()
        process.wait(DOWN_TIMEOUT_S)
    if "ready" not in last:
        raise LabError(last.get("error", "the supervisor died"))


def lines_until(deadline, stream):
    """Yields the lines of a pipe until it ends. Errors: LabError at the deadline."""
    rest = b""
    while True:
        if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise LabError("the supervisor takes too long")
        data = os.read(stream.fileno(), 65536)
        if not data:
            return
        *whole, rest = (rest + data).split(b"\n")
        yield from whole


def ask(layout, request, timeout_s=REQUEST_TIMEOUT_S):
    """One request to the supervisor. Returns its answer. Errors: LabError with its refusal."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(timeout_s)
        try:
            channel.connect(str(layout.control_socket()))
            channel.sendall((json.dumps(request) + "\n").encode())
            line = channel.makefile("rb").readline()
        except TimeoutError:
            raise LabError(f"the lab '{layout.prefix}' did not answer within {timeout_s:g} s") from None
        except OSError:
            raise LabError(f"the lab '{layout.prefix}' is not up; start it with 'mmm-lab up'") from None
    answer = json.loads(line) if line else {"ok": False, "error": "the lab went down meanwhile"}
    if not answer.pop("ok"):
        raise LabError(answer["error"])
    return answer


def destroy(layout):
    """Takes the lab down, whatever state it is in. Idempotent. Ensures: nothing of it is left.

    Errors: LabError when called from inside the lab, or when the kernel keeps a process.
    """
    here = os.stat("/proc/self/ns/net").st_ino
    inside = [n for n in layout.namespaces() if netns.exists(n) and os.stat(f"{netns.RUN_DIR}/{n}").st_ino == here]
    if inside:
        raise LabError("this shell is inside the lab; leave it first")
    who = supervisor(layout)
    if who:
        try:
            ask(layout, {"op": "down"}, 5.0)
        except LabError:
            pass  # still building, frozen or broken; clear() ends it
        else:
            if wait_gone(who, DOWN_TIMEOUT_S):
                return
    if layout.root.exists() or any(netns.exists(name) for name in layout.namespaces()):
        clear(layout)


def labs():
    """The prefixes of the labs that have a folder."""
    from .layout import labs_dir

    found = sorted(p.name for p in labs_dir().iterdir()) if labs_dir().is_dir() else []
    return [Layout(name) for name in found if not name.startswith(".")]
