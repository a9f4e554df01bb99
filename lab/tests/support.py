"""What the lab's tests share: traces of a lab on this machine, MMM programs that do nothing, waiting."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmmlab import netlink, netns  # noqa: E402  (the path comes first)
from mmmlab.api import Lab, unique_prefix  # noqa: E402
from mmmlab.waiting import wait_until  # noqa: E402

TOOL = Path(__file__).resolve().parents[1] / "mmm-lab"


class ServersTest(unittest.TestCase):
    """One lab for the class: servers, and no MMM program."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(mmm=False)
        cls.addClassCleanup(cls.lab.down)
        cls.lab.up(owner_pid=os.getpid())


def traces(layout):
    """Everything of a lab that is on the machine: namespaces, processes, mounts, files. [] when nothing is."""
    found = [f"namespace {name}" for name in layout.namespaces() if netns.exists(name)]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if f"{layout.root}/" in words or f'"prefix": "{layout.prefix}"' in words:
            found.append(f"process {entry.name}: {words[:100]}")
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    found += [f"mount {line}" for line in mounts.splitlines() if f"/{layout.prefix}-" in line or str(layout.root) in line]
    if layout.root.exists():
        found.append(f"files in {layout.root}: {[p.name for p in layout.root.iterdir()]}")
    return found


def outside_10x():
    """Addresses and routes of 10.x in the machine's own network. Always []."""
    with netlink.open_socket() as channel:
        found = [ip for ip in netlink.addresses(channel) if ip.startswith("10.") or ip.startswith("fd00:4d4d:")]
    routes = Path("/proc/net/route").read_text(encoding="utf-8").splitlines()[1:]
    # The kernel prints a network as the hexadecimal number that its bytes are in memory: 10.0.0.0 is 0000000A.
    return found + [line for line in routes if line.split()[1].endswith("0A")]


def wait_for_no_traces(layout, deadline_s=15):
    wait_until(lambda: not traces(layout), deadline_s, f"nothing is left of {layout.prefix}: {traces(layout)}")


def tool(*words, timeout_s=60):
    """Runs mmm-lab. Returns subprocess.CompletedProcess."""
    return subprocess.run([str(TOOL), *words], capture_output=True, text=True, timeout=timeout_s)


class IdlePrograms:
    """A folder with MMM programs that only live; `mmm_control` prints its words and settings."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="mmm-lab-idle-")
        self.path = Path(self.folder.name)
        for name in ("mmm_agentd", "mmm_mond"):
            self._write(name, 'echo "$0 $*: $MMM_CONFIG_DIR"; exec sleep 1000')
        self._write("mmm_control", 'echo "control $* with $MMM_CONFIG_DIR"; [ "$1" != fail ]')

    def _write(self, name, text):
        (self.path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (self.path / name).chmod(0o755)

    def remove(self):
        self.folder.cleanup()


__all__ = ["IdlePrograms", "TOOL", "outside_10x", "tool", "traces", "unique_prefix", "wait_for_no_traces", "wait_until"]
