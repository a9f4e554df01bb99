"""Measuring processes inside a lab's namespaces: started, stopped, told apart from the hosts' own programs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

from . import netns
from .client import PACKAGE_DIR
from .errors import LabError
from .remains import INSTRUMENT
from .waiting import wait_until

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0


def start(layout, host, module, options):
    """Starts `python3 -m mmmlab.MODULE OPTIONS` on a host. Owns: the caller ends it, by SIGTERM."""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_DIR), INSTRUMENT: module}
    with netns.entered(layout.namespace(host)):
        return subprocess.Popen(
            [sys.executable, "-m", f"mmmlab.{module}", json.dumps(options)],
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )


def set_on_signal(stopping):
    """Inside an instrument: SIGTERM and SIGINT set the event.

    Not in the handler itself: it runs in the main thread, and where that is just inside of wait() it would wait for the
    event's lock, which it holds, for ever.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stopping.set).start())


def wait_for_output(process, path, what):
    """Waits until the process has written its first results."""

    def begun():
        if process.poll() is not None:
            raise LabError(f"{what} ended at once")
        return path.exists() and path.stat().st_size > 0

    wait_until(begun, START_TIMEOUT_S, f"{what} has begun", 0.01)


def stop(process):
    """SIGTERM, and its end. One that does not obey is killed, and an error. Idempotent."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
        raise LabError(f"instrument {process.pid} did not stop within {STOP_TIMEOUT_S:g} s") from None
