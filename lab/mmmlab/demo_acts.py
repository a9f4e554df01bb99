"""The acts of the demo, in the order in which demo.py plays them."""

import time

from . import client
from .api import Lab
from .demo_client import WRITERS, Client
from .demo_telling import Telling
from .errors import LabError
from .layout import DATABASES, HOSTS, READER_IPS, WRITER_IP
from .stage import set_online, wait_for_monitor, wait_until_serving, writer_of
from .story import Story

FAIL_OVER_TIMEOUT_S = 20.0
MOVE_TIMEOUT_S = 20.0
FIRST_WRITES_TIMEOUT_S = 10.0
WARM_UP_WRITES = 200
# So many writes on each kind of connection, and the client is said to write again.
WRITES_AGAIN = 20
# Measured in the same layout, at one write per 5 ms.
MMM2 = {"kill": "MMM 2 in the same place: 13.6 s", "move": "MMM 2 in the same place: 0.47 s, new connections 10.7 s"}


class Stage:
    """What the acts share: the lab, the screen, the clients so far, what was measured."""

    def __init__(self, screen, prefix, bin_dir, uninterrupted):
        self.screen, self.prefix, self.bin_dir = screen, prefix, bin_dir
        self.uninterrupted = uninterrupted  # a context in which Ctrl-C waits: what it starts is known to end()
        self.lab = None
        self.observers = None
        self.clients = []
        self.outages = {}  # "kill" | "move" -> {worker: ms}

    @property
    def client(self):
        return self.clients[-1] if self.clients else None

    def tool(self, words):
        """A command line of the lab's tool, for this lab."""
        prefix = "" if self.prefix == "mmm" else f"--prefix {self.prefix} "
        return f"lab/mmm-lab {prefix}{words}"

    def end(self):
        """Stops what measures. The lab stays."""
        for one in self.clients:
            one.probe.stop()
        if self.observers:
            self.observers.stop()


def raise_lab(stage):
    """A fresh lab: a new one, or the one that runs already, made new."""
    screen = stage.screen
    screen.title("The lab: three MariaDB servers, a monitor, a client, in network namespaces")
    begin = time.monotonic()
    lab = Lab(stage.prefix, bin_dir=stage.bin_dir)
    if client.is_up(lab.layout) and Lab.attach(stage.prefix).options["bin_dir"] == lab_bin_dir(lab):
        screen.line("It runs already: pristine data, everything restarted …")
        lab = Lab.attach(stage.prefix)
        lab.reset(mmm=True, semi_sync=True, config={}, mysql={}, status_file=None)
    else:
        client.destroy(lab.layout)
        lab.up(on_progress=lambda facts: "step" in facts and screen.line(f"   {facts['step']} …", "dim"))
    stage.lab = lab
    screen.line(f"Up after {time.monotonic() - begin:.1f} s. Replication is semi-synchronous: db1 and db2 follow each other, db3 db1.")
    for name, host in HOSTS.items():
        number = f"MariaDB, server-id {host.server_id}, mmm_agentd" if host.has_database else ""
        what = number or {"monitor": "mmm_mond", "client": "writes"}[name]
        screen.line(f"   {name:8} {host.ip:10} {what}")
    screen.line(f"   virtual: writer {WRITER_IP}, readers {', '.join(READER_IPS)}")
    show_files(stage)


def lab_bin_dir(lab):
    return client.make_spec(lab.layout.prefix, **lab.options)["bin_dir"]


def show_files(stage):
    layout = stage.lab.layout
    stage.screen.line("The configuration, as a DBA would write it:")
    stage.screen.lines([
        f"   {layout.shared_etc() / 'mmm_common.conf'}   the same on every host: hosts, roles, accounts",
        f"   {layout.etc('monitor') / 'mmm_mon.conf'}   the monitor's own",
        f"   {layout.etc('db1') / 'mmm_agent.conf'}   db1's own: which of the hosts it is",
        f"   {layout.shared_etc() / 'mmm3.conf'}   what MMM 2 did not know",
    ])


def bring_online(stage):
    """The administrator sets each host online; the first gets the writer role."""
    screen, lab = stage.screen, stage.lab
    screen.title("All hosts ONLINE, one by one")
    wait_for_monitor(lab)
    for name in DATABASES:
        screen.command(f"mmm_control set_online {name}")
        screen.line(set_online(lab, name))
    wait_until_serving(lab, DATABASES[0])
    show(stage)


def show(stage):
    stage.screen.command("mmm_control show")
    code, text = stage.lab.control("show")
    stage.screen.lines(text.rstrip("\n").split("\n"))
    if code != 0:
        raise LabError(f"mmm_control show ended with {code}")


def start_client(stage):
    """A client that writes through the writer IP, and observers of who holds it."""
    screen, lab = stage.screen, stage.lab
    screen.title(f"A client writes through {WRITER_IP}")
    screen.line("A row every 5 ms, twice: on a connection that it keeps, and on a new one for each row.")
    with stage.uninterrupted():
        stage.observers = lab.observers()
    write(stage, WARM_UP_WRITES)


def write(stage, count):
    """Starts a client and watches it write for a moment."""
    begin = time.monotonic()
    with stage.uninterrupted():
        now = Client(stage.lab)
        stage.clients.append(now)

    def enough():
        now.fresh()
        stage.screen.progress(now.progress())
        return now.writes_again(begin, count)

    stage.lab.wait(enough, FIRST_WRITES_TIMEOUT_S, f"the client writes through {WRITER_IP}")
    stage.screen.line(f"{now.count()} writes acknowledged in the first {time.monotonic() - begin:.1f} s.")


def kill_writer(stage):
    """SIGKILL of the writer's server. Returns (old, new) writer."""
    screen, lab = stage.screen, stage.lab
    old = writer_of(lab)
    screen.title(f"kill -9 of {old}'s mariadbd")
    story = Story(lab)
    at = lab.kill(old, "mysqld")["at"]
    telling = Telling(screen, story, stage.client, at)
    telling.say(f"SIGKILL to mariadbd on {old}, the writer", "bold", "red")
    telling.until(
        lambda: stage.client.writes_again(at, WRITES_AGAIN), FAIL_OVER_TIMEOUT_S, "the client writes again, both ways"
    )
    new = writer_of(lab)
    if new in (None, old):
        raise LabError(f"the client writes, yet {WRITER_IP} is on {', '.join(lab.holders()) or 'no host'}")
    tell_outage(stage, "kill", at)
    screen.line()
    show(stage)
    return old, new


def tell_outage(stage, what, since):
    """How long the client could not write, in both ways."""
    outages = stage.client.outages(since)
    stage.outages[what] = {name: ms for name, (ms, _) in outages.items()}
    stage.screen.line()
    parts = [f"{WRITERS[name]} {ms:.0f} ms" for name, (ms, _) in outages.items()]
    stage.screen.line(f"Longest time between two acknowledged writes: {', '.join(parts)}.", "bold", "green")
    stage.screen.line(f"({MMM2[what]}.)", "dim")


def move_back(stage, to):
    """The planned way."""
    screen, lab = stage.screen, stage.lab
    screen.title(f"The planned way: the writer moves to {to}")
    write(stage, WARM_UP_WRITES // 2)
    story, words = Story(lab), ("move_role", "writer", to)
    screen.command(f"mmm_control {' '.join(words)}")
    at = time.monotonic()
    code, answer = lab.control(*words)
    screen.line(answer.strip())
    if code != 0:
        raise LabError(f"mmm_control {' '.join(words)} was refused (exit {code})")
    moved_at = []

    def settled():
        if not moved_at and writer_of(lab) == to:
            moved_at.append(time.monotonic())
        return moved_at and stage.client.writes_again(moved_at[0], WRITES_AGAIN)

    telling = Telling(screen, story, stage.client, at)
    telling.until(settled, MOVE_TIMEOUT_S, f"{to} is the writer and the client writes again, both ways")
    tell_outage(stage, "move", at)


def pause_client(stage):
    """The client stops, so that rows can be compared."""
    stage.client.stop()
    for name in WRITERS:
        if not stage.client.acks[name]:
            raise LabError(f"no write through {WRITERS[name]} was ever acknowledged")

