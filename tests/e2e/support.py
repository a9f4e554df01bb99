"""What the end-to-end tests share: a lab per class, a fault under load, and what must hold after any fault.

$MMM_BIN_DIR names other programs than the release build's.
"""

import contextlib
import os
import socket
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lab"))

from mmmlab import netns  # noqa: E402  (the path comes first)
from mmmlab.analysis import BLIND_MAX_S  # noqa: E402
from mmmlab.api import Lab, LabError  # noqa: E402
from mmmlab.config import QUICK_CHECKS  # noqa: E402
from mmmlab.layout import (  # noqa: E402
    AGENT_PORT, CONTROL_PORT, DATABASES, HOSTS, READER_IPS, VIRTUAL_IPS, WRITER_IP,
)
from mmmlab.report import describe  # noqa: E402
from mmmlab.stage import unrest  # noqa: E402

BIN_DIR = os.environ.get("MMM_BIN_DIR")
# As MMM 2 leaves it when all is well.
ALL_ONLINE = "db1|ONLINE|writer(10.0.0.80)\ndb2|ONLINE|reader(10.0.0.90)\ndb3|ONLINE|reader(10.0.0.100)"
# Deadlines are for a machine that has other things to do; on an idle one everything takes tens of milliseconds.
SOON_S = 30.0
LOG_LINES = 50
PATIENCE_MS = 5000.0
IMPATIENCE_MS = 250.0

__all__ = (
    "AGENT_PORT ALL_ONLINE BIN_DIR CONTROL_PORT DATABASES HOSTS IMPATIENCE_MS Lab LabError LabTest QUICK_CHECKS"
    " READER_IPS SOON_S TooSlow UnderLoad VIRTUAL_IPS WRITER_IP dial netns netns_socket"
).split()


def dial(lab, source, target, port, timeout_s=5.0):
    """A TCP connection from one host of the lab to another."""
    with netns.entered(lab.layout.namespace(source)):
        return socket.create_connection((HOSTS[target].ip, port), timeout_s)


def netns_socket(lab, host):
    """A TCP socket of a host of the lab, for whatever the test wants with it."""
    with netns.entered(lab.layout.namespace(host)):
        made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


class TooSlow(AssertionError):
    """Nothing was wrong but the time it took: tools/testing/suite.py tries once more."""

    second_try = True


class LabTest(unittest.TestCase):
    """One lab for the class, as new for each test; all hosts ONLINE, db1 the writer unless the class says otherwise."""

    bin_dir = BIN_DIR
    config = {}
    mysql = {}
    semi_sync = True
    status_file = ALL_ONLINE
    used = False

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(bin_dir=cls.bin_dir, **cls.options())
        cls.addClassCleanup(cls.lab.down)
        cls.lab.up(owner_pid=os.getpid())
        cls.used = False

    @classmethod
    def options(cls):
        config = {**QUICK_CHECKS, **cls.config}
        return {"config": config, "mysql": cls.mysql, "semi_sync": cls.semi_sync, "status_file": cls.status_file}

    def setUp(self):
        self.log_begins = {}
        if type(self).used:
            self.renew()
        type(self).used = True
        if self.status_file == ALL_ONLINE:
            self.wait_for_peace()

    def renew(self, **changes):
        """The lab as new. `changes`: config (on top of the class's), mysql, semi_sync, status_file."""
        options = self.options()
        options["config"] = options["config"] | changes.pop("config", {})
        self.log_begins = {path: path.stat().st_size for path in self.log_paths() if path.exists()}
        self.lab.reset(**{**options, **changes})

    def _callSetUp(self):
        self._told(super()._callSetUp)

    def _callTestMethod(self, method):
        self._told(lambda: super(LabTest, self)._callTestMethod(method))

    def _told(self, action):
        """A failure is shown with what was printed before it."""
        try:
            action()
        except unittest.SkipTest:
            raise
        except BaseException:
            self.print_story()
            raise

    def log_paths(self):
        programs = [("monitor", "mmm_mond"), *((host, "mmm_agentd") for host in DATABASES)]
        return [self.lab.log_path(host, name) for host, name in programs]

    def log(self, host):
        """What the MMM program of a host has logged since the lab was made new."""
        path = self.lab.log_path(host, "mmm_mond" if host == "monitor" else "mmm_agentd")
        content = path.read_bytes()[self.log_begins.get(path, 0) :] if path.exists() else b""
        return content.decode(errors="replace")

    def print_story(self):
        """The ends of all logs, for whoever has to find out what happened."""
        for host in ("monitor", *DATABASES):
            print(f"--- {host}: the end of its log", *self.log(host).splitlines()[-LOG_LINES:], sep="\n")

    def assert_within(self, ms, limit_ms, what="the longest time without an acknowledged row"):
        if ms > limit_ms:
            raise TooSlow(f"{what}: {ms:.0f} ms, the limit is {limit_ms:.0f} ms")

    # Conditions

    def wait(self, condition, what, deadline_s=SOON_S):
        return self.lab.wait(condition, deadline_s, what)

    def state(self, host):
        return self.lab.show().get(host, {}).get("state")

    def wait_for_state(self, host, state, deadline_s=SOON_S):
        self.wait(lambda: self.state(host) == state, f"{host} is {state}", deadline_s)

    def roles(self, host):
        return self.lab.show().get(host, {}).get("roles", set())

    def serves(self, host, ip=WRITER_IP):
        """The host, and no other, has the address; if it is the writer's, its server takes writes."""
        return self.lab.holders(ip) == [host] and (ip != WRITER_IP or self.lab.is_writable(host))

    def wait_for_writer(self, host, deadline_s=SOON_S):
        def is_writer():
            return self.serves(host) and "writer(10.0.0.80)" in self.roles(host)

        self.wait(is_writer, f"{host} is the writer", deadline_s)

    def online_hosts(self):
        return [name for name, facts in self.lab.show().items() if facts["state"] == "ONLINE"]

    def unrest(self, hosts, ips=VIRTUAL_IPS):
        """What is not as it shall be: they are ONLINE, addresses are where `show` says, all follow the one writer."""
        return unrest(self.lab, hosts, ips)

    def wait_for_peace(self, hosts=DATABASES, ips=VIRTUAL_IPS, deadline_s=SOON_S):
        def peace():
            seen = self.unrest(hosts, ips)
            if seen:
                raise LabError("; ".join(seen))  # what a time-out shows
            return True

        self.wait(peace, f"{', '.join(hosts)} are ONLINE and follow one writer", deadline_s)

    def wait_until_back(self, host):
        """Waits until it is ONLINE and serves again: returns True. False: it is out for good, and rightly so.

        A transaction that was on its disk and on no other when it died makes it diverged; nobody was told of that one.
        """
        self.wait(lambda: self.state(host) in ("ONLINE", "REPLICATION_FAIL"), f"{host} is back")
        writer = self.lab.holders()[0]

        def settled():
            if self.state(host) == "ONLINE":
                return host == writer or self.lab.replicates(host, writer)
            return f"host {host} has transactions that the writer lacks" in self.control("show")

        self.wait(settled, f"{host} follows {writer}, or is diverged")
        back = self.state(host) == "ONLINE"
        self.assertEqual(back, self.surplus(host, writer) == set())
        return back

    def surplus(self, host, writer):
        """Transactions that a host wrote itself and the writer lacks."""
        own = f"0-{HOSTS[host].server_id}-"
        state = [self.lab.scalar(name, "SELECT @@global.gtid_binlog_state").split(",") for name in (host, writer)]
        mine, theirs = ([int(g.removeprefix(own)) for g in gtids if g.startswith(own)] or [0] for gtids in state)
        return set(range(theirs[0] + 1, mine[0] + 1))

    # Commands

    def control(self, *words):
        """mmm_control, which shall succeed. Returns its output."""
        code, text = self.lab.control(*words)
        self.assertEqual(code, 0, f"mmm_control {' '.join(words)}: {text}")
        return text

    def refused(self, *words, code=1):
        """mmm_control, which shall refuse. Returns its output."""
        got, text = self.lab.control(*words)
        self.assertEqual(got, code, f"mmm_control {' '.join(words)}: {text}")
        return text

    def under_load(self, **options):
        return UnderLoad(self, **options)

    @contextlib.contextmanager
    def observed(self):
        """Observers on every host, nobody writes; at the end: no two writable hosts with the writer IP at any sample."""
        with self.lab.observers() as seen:
            yield seen
        self.verify_seen(seen)

    def verify_seen(self, seen):
        self.assertEqual(seen.violations(), [], "\n".join(seen.describe()))
        self.assertEqual(seen.steps_back(), [])
        for host, gaps in seen.sampling_gaps().items():
            longest_ms = max(end - start for start, end in gaps) * 1000
            self.assert_within(longest_ms, BLIND_MAX_S * 1000, f"the observer on {host} saw nothing")


class UnderLoad:
    """A client that writes and observers on every host while something breaks. The end of the `with` is the verdict:

    no two writable hosts with the writer IP at any sample, every acknowledged row on the writer, every ONLINE host
    equal to the writer row by row.

    The client waits for longer than any answer takes, on a busy machine too: what it gives up did fail. Where hosts go
    silent it has to give up sooner (timeout_ms=IMPATIENCE_MS), or its waiting is all that is measured.
    """

    def __init__(self, test, **probe_options):
        self.test, self.lab, self.options = test, test.lab, {"timeout_ms": PATIENCE_MS} | probe_options

    def __enter__(self):
        self.seen = self.lab.observers()
        self.probe = self.lab.probe(**self.options)
        self.wait_for_writes()
        return self

    def __exit__(self, kind, *rest):
        self.probe.stop()
        self.seen.stop()
        print("--- the client", *describe(self.probe.summary()), *self.seen.describe(), sep="\n")
        if kind is None:
            self.verify()

    def verify(self):
        test = self.test
        test.verify_seen(self.seen)
        online = test.online_hosts()
        test.wait_for_peace(online)
        report = self.lab.check_data(self.probe, hosts=online, timeout_s=SOON_S)
        test.assertTrue(report.ok, report.problems)
        test.assertGreater(report.acknowledged, 0)

    def wait_for_writes(self, count=10):
        """Both clients, the one with a standing connection and the one with new ones, get on."""
        self.probe.wait_for_acks(count, SOON_S)

    def go_on_for(self, seconds):
        """Writes go on for at least so long: longer than a lease, say."""
        self.probe.wait_for_acks(1, SOON_S + seconds, since=time.monotonic() + seconds)

    def longest_ms(self, since=0.0):
        """The longest time without an acknowledged row that began after `since`, of the worst client."""
        workers = self.probe.summary(threshold_ms=0.0)["workers"].values()
        return max(gap["ms"] for facts in workers for gap in facts["outages"] if gap["start"] >= since)

    def first_ack_after(self, moment):
        """Waits until each client has had a row acknowledged after `moment`. Returns when the last of them had."""
        self.probe.wait_for_acks(1, SOON_S, since=moment)
        acks = [(e["w"], e["t"]) for e in self.probe.events() if e["e"] == "ack" and e["t"] > moment]
        return max(min(t for w, t in acks if w == worker) for worker in {worker for worker, _ in acks})

    def errors(self):
        """What went wrong for the clients: {worker: {text: count}}."""
        return {name: facts["errors"] for name, facts in self.probe.summary()["workers"].items() if facts["errors"]}

    def assert_nobody_noticed(self):
        """No write failed, and every virtual address stayed where it was at every sample. Requires: it is over."""
        self.test.assertEqual(self.errors(), {})
        for ip in VIRTUAL_IPS:
            story = self.seen.timeline(ip)
            self.test.assertEqual(len(story), 2, f"{ip}: {story}")  # on a host; the end of the observers
