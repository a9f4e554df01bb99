"""One supervised process of the lab: a server, an agent, the monitor. Runs on the supervisor's event loop."""

import asyncio
import os
import signal
import subprocess
import time

from . import netns
from .errors import LabError
from .process import identity, send

# A program of MMM that dies unexpectedly is back within 300 ms, as its systemd unit would do it; one that dies at
# once again and again is not worth a core.
RESTART_DELAY_S = 0.1
QUICK_DEATH_S = 1.0
QUICK_DEATHS_MAX = 5
SLOW_RESTART_DELAY_S = 2.0
KILL_TIMEOUT_S = 10.0


class Unit:
    """`name` on `host`: its command, whether it is wanted, and what became of it.

    Owns: the process. Thread: the event loop's.
    """

    def __init__(self, layout, host, name, command, log, restart, note):
        self.layout, self.host, self.name = layout, host, name
        self.command, self.log, self.restart, self.note = command, log, restart, note
        self.wanted = False
        self.frozen = False
        self.child = None
        self.who = None
        self.started_at = 0.0
        self.starts = 0
        self.quick_deaths = 0
        self.last_exit = None
        self._gone = asyncio.Event()
        self._gone.set()
        self._restart_timer = None

    def __str__(self):
        return f"{self.name} on {self.host}"

    @property
    def running(self):
        return self.child is not None

    def as_json(self):
        return {
            "state": ("frozen" if self.frozen else "running") if self.running else "down",
            "pid": self.who.pid if self.running else None,
            "wanted": self.wanted,
            "starts": self.starts,
            "last_exit": self.last_exit,
        }

    def environment(self):
        return os.environ | {
            "MMM_CONFIG_DIR": str(self.layout.etc(self.host)),
            "PATH": f"{self.layout.bin(self.host)}:{os.environ.get('PATH', os.defpath)}",
        }

    def start(self):
        """Starts it unless it runs. Errors: LabError when the program is missing."""
        self.wanted = True
        self._forget_restart()
        if self.running:
            return
        if not os.access(self.command[0], os.X_OK):
            self.wanted = False
            raise LabError(f"{self.command[0]} is not there; build the tree, or make the lab with --no-mmm")
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                netns.exec_command(self.layout.namespace(self.host), self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.layout.host_dir(self.host),
                env=self.environment(),
                start_new_session=True,
            )
        self.who = identity(self.child.pid)
        self.frozen = False
        self.started_at = time.monotonic()
        self.starts += 1
        self._gone.clear()
        with open(self.layout.pid_file(), "a", encoding="utf-8") as file:
            file.write(f"{self.who.pid} {self.who.start} {self}\n")
        descriptor = os.pidfd_open(self.child.pid)
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor)
        self.note(f"{self}: started, pid {self.who.pid}")

    def _ended(self, descriptor):
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        code = self.child.wait()
        self.last_exit = code if code >= 0 else signal.Signals(-code).name
        lived_s = time.monotonic() - self.started_at
        self.child, self.frozen = None, False
        self._gone.set()
        self.note(f"{self}: ended after {lived_s:.3f} s, exit {self.last_exit}")
        if self.wanted and self.restart:
            self.quick_deaths = self.quick_deaths + 1 if lived_s < QUICK_DEATH_S else 0
            delay_s = RESTART_DELAY_S if self.quick_deaths <= QUICK_DEATHS_MAX else SLOW_RESTART_DELAY_S
            self._restart_timer = asyncio.get_running_loop().call_later(delay_s, self._restart)
        else:
            self.wanted = False

    def _restart(self):
        try:
            self.start()
        except (LabError, OSError) as error:
            self.note(f"{self}: not restarted: {error}")

    def _forget_restart(self):
        if self._restart_timer:
            self._restart_timer.cancel()
        self._restart_timer = None

    def abandon(self):
        """It is not wanted any more; somebody else ends it."""
        self.wanted = False
        self._forget_restart()

    def signal(self, number):
        """Sends a signal. Returns the moment (CLOCK_MONOTONIC) just before. Errors: LabError when it is down."""
        if not self.running:
            raise LabError(f"{self} is not running")
        at = time.monotonic()
        send(self.who, number)
        self.note(f"{self}: sent {signal.Signals(number).name}")
        return at

    async def end(self, number, hold, timeout_s=KILL_TIMEOUT_S):
        """Ends it by a signal and waits until it is gone. With `hold` it stays down until start().

        Idempotent: a process that is down only becomes held. Returns the moment of the signal.
        Errors: LabError when it outlives `timeout_s`.
        """
        if hold:
            self.abandon()
        if not self.running:
            return time.monotonic()
        if self.frozen and number != signal.SIGKILL:
            raise LabError(f"{self} is frozen; thaw it first, or kill it")
        at = self.signal(number)
        try:
            await asyncio.wait_for(self._gone.wait(), timeout_s)
        except asyncio.TimeoutError:
            raise LabError(f"{self} is still there {timeout_s:g} s after {signal.Signals(number).name}") from None
        return at

    def freeze(self):
        at = self.signal(signal.SIGSTOP)
        self.frozen = True
        return at

    def thaw(self):
        at = self.signal(signal.SIGCONT)
        self.frozen = False
        return at
