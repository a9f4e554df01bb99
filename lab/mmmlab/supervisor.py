"""The daemon behind a lab: builds it, owns its processes, breaks it on request, takes it down.

    python3 -m mmmlab.supervisor SPEC-AS-JSON

It detaches at once. Progress goes to standard output, a JSON object a line, until {"ready": true} or {"error": …}.
Until then standard input is its leash: when that ends (its creator died or was interrupted) it takes down what it
has built. Afterwards it obeys lab.sock: a JSON request a line, a JSON answer a line.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from . import build
from .errors import LabError
from .layout import Layout
from .process import Identity, identity, wait_gone
from .remains import Lock, sweep

REQUEST_BYTES_MAX = 1 << 20


class Stopped(Exception):
    """A blocking step noticed that the lab is going down."""


class Supervisor:
    def __init__(self, spec, lock):
        self.spec, self.lock = spec, lock
        self.layout = Layout(spec["prefix"])
        self.stopping = threading.Event()
        self.pool = ThreadPoolExecutor(max_workers=8)
        self.working = set()
        self.main = None
        self.units = {}
        self.faults = None
        self.template = None
        self.born_at = 0.0  # when its data were new
        self.busy = asyncio.Lock()
        self.down_requested = asyncio.Event()

    # Output

    def note(self, text):
        """A line in the lab's log."""
        print(f"{datetime.now().isoformat(' ', 'milliseconds')} {text}", file=sys.stderr, flush=True)

    def progress(self, **facts):
        self.note(json.dumps(facts))
        try:
            os.write(1, (json.dumps(facts) + "\n").encode())
        except OSError:
            pass  # the creator is gone; the leash tells

    # Blocking work, off the loop

    def check_stopping(self):
        if self.stopping.is_set():
            raise Stopped

    async def blocking(self, function, *arguments):
        """Runs it on a worker. When the lab goes down meanwhile, take_down() waits for its end.

        Every step that runs there is bounded by itself.
        """
        self.check_stopping()
        future = asyncio.get_running_loop().run_in_executor(self.pool, function, *arguments)
        self.working.add(future)
        future.add_done_callback(self.working.discard)
        return await asyncio.shield(future)

    # Life

    async def run(self):
        self.main = asyncio.current_task()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self.abort, f"signal {number.name}")
        loop.add_reader(0, self.leash_ended)
        try:
            self.watch_owner()
            await build.up(self)
            self.born_at = time.monotonic()
            server = await asyncio.start_unix_server(
                self.serve, self.layout.control_socket(), limit=REQUEST_BYTES_MAX
            )
            os.chmod(self.layout.control_socket(), 0o600)
            self.cut_leash()
            self.progress(ready=True)
            self.silence_creator()
            async with server:
                await self.down_requested.wait()
        except (asyncio.CancelledError, Stopped):
            self.note("interrupted")
        except Exception as error:  # whatever it is: say it, and leave nothing behind
            self.progress(error=self.text_of(error))
        finally:
            await self.take_down()

    def abort(self, why):
        if self.stopping.is_set():
            return
        self.note(f"going down: {why}")
        self.stopping.set()
        self.main.cancel()

    def leash_ended(self):
        if not os.read(0, 1):
            self.cut_leash()
            self.abort("the creator ended before the lab was up")

    def cut_leash(self):
        asyncio.get_running_loop().remove_reader(0)

    @staticmethod
    def silence_creator():
        """Nobody reads our progress any more."""
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.close(nothing)

    def watch_owner(self):
        """The lab ends with the process that it was made for, if there is one."""
        if not self.spec.get("owner"):
            return
        owner = Identity(*self.spec["owner"])
        if wait_gone(owner, 0):
            raise LabError(f"the owner, process {owner.pid}, is gone already")
        descriptor = os.pidfd_open(owner.pid)
        loop = asyncio.get_running_loop()

        def ended():
            loop.remove_reader(descriptor)
            self.abort(f"its owner, process {owner.pid}, ended")

        loop.add_reader(descriptor, ended)

    async def take_down(self):
        """Leaves nothing behind. Nothing interrupts it: abort() sees that we are stopping."""
        self.stopping.set()
        for unit in self.units.values():
            unit.abandon()
        if self.faults:
            self.faults.stop_relay()
        while self.working:  # a copy that still runs would make anew what we remove
            await asyncio.wait(self.working)
        try:
            sweep(self.layout)
        finally:
            self.lock.release(remove=True)

    # Requests

    async def serve(self, reader, writer):
        """One connection, any number of requests."""
        try:
            while line := await reader.readline():
                answer = await self.answer(line)
                writer.write((json.dumps(answer) + "\n").encode())
                await writer.drain()
        except (OSError, ValueError):
            pass  # the asker went away, or sent a line too long
        finally:
            writer.close()

    async def answer(self, line):
        try:
            request = json.loads(line)
            handler = self.REQUESTS.get(request.pop("op", None))
            if handler is None:
                raise LabError("unknown request")
            return {"ok": True} | await handler(self, **request)
        except Exception as error:  # a bad request or a failed fault never ends the lab
            return {"ok": False, "error": self.text_of(error)}

    def text_of(self, error):
        """The error for a human; one that nobody foresaw goes into the log with its origin."""
        if isinstance(error, (LabError, OSError)):
            return str(error)
        self.note("".join(traceback.format_exception(error)))
        return f"{type(error).__name__}: {error}"

    async def do_status(self):
        units = {f"{host} {name}": unit.as_json() for (host, name), unit in self.units.items()}
        facts = {"pid": os.getpid(), "spec": self.spec, "born_at": self.born_at}
        return facts | {"units": units, "faults": self.faults.as_json()}

    async def do_fault(self, name, **arguments):
        if name.startswith("_") or name not in FAULTS:
            raise LabError(f"there is no fault '{name}'; there are {', '.join(FAULTS)}")
        async with self.busy:
            return await getattr(self.faults, name)(**arguments)

    async def do_reset(self, changes):
        async with self.busy:
            self.spec |= changes
            try:
                await build.reset(self)
                self.born_at = time.monotonic()
            except Stopped:
                raise LabError("the lab is going down") from None
        return {}

    async def do_down(self):
        self.down_requested.set()
        return {"pid": os.getpid()}

    REQUESTS = {"status": do_status, "fault": do_fault, "reset": do_reset, "down": do_down}


FAULTS = (
    "kill stop start restart freeze thaw cut join delay loss isolate rejoin restore off on"
).split()


def detach(layout):
    """Becomes a process of its own session whose standard error is the lab's log."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    layout.shared_log().mkdir(mode=0o700, parents=True, exist_ok=True)
    log = os.open(layout.shared_log() / "lab.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)


def main():
    spec = json.loads(sys.argv[1])
    layout = Layout(spec["prefix"])
    os.umask(0o077)
    try:
        lock = Lock(layout).take(spec.get("lock_timeout_s", 0))
        sweep(layout)
        detach(layout)
        me = identity(os.getpid())
        layout.pid_file().write_text(f"{me.pid} {me.start} supervisor\n", encoding="utf-8")
    except (LabError, OSError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    asyncio.run(Supervisor(spec, lock).run())


if __name__ == "__main__":
    main()
