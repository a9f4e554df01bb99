"""What can be broken, and mended. Each method is one fault; the supervisor calls them by name, on its event loop.

Every method is idempotent where that makes sense, and returns a dict; `at` is CLOCK_MONOTONIC just before the
fault took effect.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import layout as lay
from . import netns, network
from .errors import LabError
from .process import identity
from .remains import INSTRUMENT, kill_inhabitants

STOP_TIMEOUT_S = 30.0  # a server that stops cleanly writes its dirty pages first


class Faults:
    """Owns: the state of the wires, which hosts are off, the relay process."""

    def __init__(self, layout, units, mmm, blocking, note):
        self.layout, self.units, self.mmm, self.blocking, self.note = layout, units, mmm, blocking, note
        self.wires = network.Wires()
        self.powered_off = set()
        self.isolated = set()
        self.relay = None

    def as_json(self):
        return self.wires.as_json() | {"powered_off": sorted(self.powered_off), "isolated": sorted(self.isolated)}

    def unit(self, host, name):
        lay.host(host)
        if (host, name) not in self.units:
            have = ", ".join(lay.UNITS[host]) or "nothing"
            raise LabError(f"{host} runs no '{name}'; it runs {have}")
        return self.units[(host, name)]

    # Processes

    async def kill(self, host, unit, hold=False):
        """SIGKILL. An agent or monitor comes back by itself unless held; a server never does."""
        return {"at": await self.unit(host, unit).end(signal.SIGKILL, hold)}

    async def stop(self, host, unit):
        """SIGTERM, and it stays down."""
        return {"at": await self.unit(host, unit).end(signal.SIGTERM, True, STOP_TIMEOUT_S)}

    async def start(self, host, unit):
        target = self.unit(host, unit)
        if host in self.powered_off:
            raise LabError(f"{host} is powered off; switch it on first")
        at = time.monotonic()
        target.start()
        return {"at": at, "pid": target.who.pid}

    async def restart(self, host, unit):
        """A clean stop and a start at once, as a package upgrade does it."""
        result = await self.stop(host, unit)
        return result | {"pid": (await self.start(host, unit))["pid"]}

    async def freeze(self, host, unit):
        """SIGSTOP: it keeps its sockets, its kernel its addresses, and does nothing."""
        return {"at": self.unit(host, unit).freeze()}

    async def thaw(self, host, unit):
        return {"at": self.unit(host, unit).thaw()}

    # Wires

    async def _rewire(self):
        at = time.monotonic()
        self.wires.off = self.powered_off | self.isolated
        await self.blocking(network.apply, self.layout, self.wires)
        await self._rerun_relay()
        self.note(f"wires: {json.dumps(self.as_json())}")
        return {"at": at}

    def _pairs(self, a, b, one_way):
        """The directed pairs meant by `a b`; `b` may be 'all'."""
        lay.host(a)
        others = [name for name in lay.HOSTS if name != a] if b == "all" else [lay.host(b).name]
        if a in others:
            raise LabError(f"{a} and {b} are the same host")
        pairs = {(a, other) for other in others}
        return pairs if one_way else pairs | {(other, source) for source, other in pairs}

    async def cut(self, a, b, one_way=False):
        """No frame passes from `a` to `b`, nor back unless `one_way`. `b` may be 'all'."""
        self.wires.cut |= self._pairs(a, b, one_way)
        return await self._rewire()

    async def join(self, a, b, one_way=False):
        """Undoes a cut."""
        self.wires.cut -= self._pairs(a, b, one_way)
        return await self._rewire()

    async def delay(self, a, b, ms, jitter_ms=0, one_way=False):
        """Frames between `a` and `b` arrive `ms` later (give or take `jitter_ms`); 0 undoes it."""
        for pair in self._pairs(a, b, one_way):
            if ms > 0:
                self.wires.delay[pair] = (float(ms), float(jitter_ms))
            else:
                self.wires.delay.pop(pair, None)
        return await self._rewire()

    async def loss(self, host, percent):
        """So many percent of the host's packets are lost, each way; 0 undoes it."""
        lay.host(host)
        if not 0 <= percent <= 100:
            raise LabError(f"a loss is 0 to 100 percent, not {percent:g}")
        self.wires.loss.pop(host, None)
        if percent > 0:
            self.wires.loss[host] = percent
        return await self._rewire()

    async def isolate(self, host):
        """The host's cable is cut; everything on it goes on living."""
        lay.host(host)
        self.isolated.add(host)
        return await self._rewire()

    async def rejoin(self, host):
        lay.host(host)
        self.isolated.discard(host)
        return await self._rewire()

    async def restore(self):
        """All wires are whole again. Hosts that are powered off stay off."""
        self.wires, self.isolated = network.Wires(), set()
        return await self._rewire()

    # Hosts

    async def off(self, host):
        """Loss of power: first the wire, so that no dying process says goodbye, then everything on the host."""
        lay.host(host)
        self.powered_off.add(host)
        result = await self._rewire()
        await asyncio.gather(*(self.unit(host, name).end(signal.SIGKILL, True) for name in lay.UNITS[host]))
        await self.blocking(kill_inhabitants, self.layout, host)
        await self.blocking(network.forget, self.layout, host)
        return result

    async def on(self, host):
        """The host boots: its wire works again, its server and MMM program start. Does not wait for them."""
        lay.host(host)
        self.powered_off.discard(host)
        result = await self._rewire()
        for name in lay.UNITS[host]:
            if name == "mysqld" or self.mmm:
                self.unit(host, name).start()
        return result

    # The relay for late packets

    async def _rerun_relay(self):
        self.stop_relay()
        pairs = [[*pair, *how] for pair, how in sorted(self.wires.delayed().items())]
        if not pairs:
            return
        command = [sys.executable, "-m", "mmmlab.relay", json.dumps(pairs)]
        package = str(Path(__file__).resolve().parents[1])
        with netns.entered(self.layout.namespace(lay.SWITCH)):
            self.relay = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": package, INSTRUMENT: "relay"},
            )
        who = identity(self.relay.pid)
        with open(self.layout.pid_file(), "a", encoding="utf-8") as file:
            file.write(f"{who.pid} {who.start} relay\n")
        await self.blocking(self.relay.stdout.readline)  # it forwards from here on

    def stop_relay(self):
        if self.relay:
            self.relay.kill()
            self.relay.wait()
            self.relay.stdout.close()
        self.relay = None
