"""soak: random faults for as long as one likes, and a verdict. The loop; what it draws and concludes is pure elsewhere."""

import os
import shutil
import signal
import time
from datetime import datetime
from itertools import islice

import pymysql

from . import administrator, checkdata, soak_faults, soak_verdict, watch
from .api import Lab
from .errors import LabError, LabTimeout
from .layout import DATABASES, HOSTS, MASTERS, WRITER_IP, labs_dir
from .measure import Probe
from .soak_verdict import PEACE_BOUND_S, WRITES_BOUND_S, Tally, Told
from .stage import bring_online, unrest
from .waiting import let_pass

INTERVAL_MS = 10.0
PATIENCE_MS = 250.0  # a client that waits for a silent host waits so long: the resolution of an outage
FAULTS_MAX = 4  # between two calm periods, whatever the dice say
ACTS_MAX = 12  # by the administrator, in one calm period; more would be a cluster that does not settle
CATCH_UP_S = 60.0
PEACE_LOOK_S = 0.1
QUIET_S = 2.5  # of peace: longer than the lab's lease, so that one that is not renewed shows as an outage that is nobody's
LOG_BYTES_MAX = 64 << 20
BINLOG_SIZE = "16M"


class Violation(Exception):
    """Something happened that must never happen."""


class Soak:
    """Owns: the lab, a watch, a client. `screen` is told everything."""

    patience_ms = PATIENCE_MS

    def __init__(self, screen, prefix, seed, minutes, config=None, bin_dir=None, mixed_fences=False):
        """`minutes`: None for as long as there are faults. `mixed_fences`: faults may change a host's write_fence."""
        self.screen, self.minutes, self.mixed_fences = screen, minutes, mixed_fences
        self.lab = Lab(prefix, bin_dir=bin_dir, config=config or {}, mysql={"max_binlog_size": BINLOG_SIZE})
        self.tally = Tally(seed)
        self.faults = soak_faults.faults(seed)
        self.writer = MASTERS[0]  # as we see it
        self.begin = self.end = 0.0
        self.forget()

    def forget(self):
        """Of a lab that is gone, or not up yet."""
        self.watch = self.probe = None
        self.owner = None  # who had the writer IP last, as the observers saw it
        self.acknowledged, self.unknown, self.last_id = set(), set(), 0

    def begin_watching(self):
        """A new lab serves, and observers and a client look at it from here on."""
        bring_online(self.lab)
        self.watch = watch.Watch(self.lab.layout)
        self.new_probe()

    # The whole

    def run(self):
        """Returns the tally. The lab is up afterwards: `down` when nothing of it is wanted any more."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.begin = time.monotonic()
        self.end = self.begin + 60 * self.minutes if self.minutes is not None else float("inf")
        try:
            self.lab.up(owner_pid=os.getpid())
            self.begin_watching()
            self.screen.say(f"the lab '{self.lab.layout.prefix}' serves; seed {self.tally.seed}")
            self.all_rounds()
        except KeyboardInterrupt:
            self.tally.interrupted = True
            self.screen.say("interrupted: the verdict so far; what came after the last calm period is not compared")
        except Violation as violation:
            self.screen.say(f"VIOLATION: {violation}")
        except (LabError, OSError, pymysql.MySQLError) as error:
            self.tally.wrong.append(f"soak could not go on: {error}")
        self.finish()
        return self.tally

    def minutes_so_far(self):
        return (time.monotonic() - self.begin) / 60

    def finish(self):
        try:
            if self.probe:
                self.absorb_probe()
            if self.watch:
                self.absorb(self.watch.stop())
        except (LabError, OSError) as error:
            self.tally.wrong.append(f"what was seen last is lost: {error}")

    def down(self):
        self.lab.down()

    def all_rounds(self):
        while time.monotonic() < self.end:
            self.round()

    def round(self):
        """Faults until the dice, or the end, want calm; then everything has to be right."""
        for fault in islice(self.faults, FAULTS_MAX):
            self.suffer(fault)
            if fault.calm or time.monotonic() >= self.end:
                break
            let_pass(min(fault.pause_s, max(0.0, self.end - time.monotonic())), self.tick)
        self.calm()
        let_pass(QUIET_S, self.tick)
        self.check()

    # Faults

    def suffer(self, fault):
        self.look_for_writer()
        self.screen.say(f"{fault} (writer: {self.writer})")
        self.tally.faults.append(Told(fault.kind, time.monotonic(), str(fault)))
        for step in fault.steps:
            let_pass(step.after_s, self.tick)
            self.take(step)
        let_pass(min(fault.hold_s, max(0.0, self.end - time.monotonic())), self.tick)
        administrator.mend(self.lab)

    def take(self, step):
        words = [self.host(word) for word in step.words]
        try:
            self.acts()[step.act](*words)
        except LabError as error:
            self.screen.say(f"  {step.act} {' '.join(map(str, words))}: {str(error).strip()}")

    def acts(self):
        lab = self.lab
        return {
            "cut": lab.cut,
            "cut_one_way": lambda a, b: lab.cut(a, b, one_way=True),
            "isolate": lab.isolate,
            "delay": lambda a, b, ms: lab.delay(a, b, ms, ms / 3),
            "loss": lab.loss,
            "kill": lab.kill,
            "kill_and_hold": lambda host, unit: lab.kill(host, unit, hold=True),
            "freeze": lab.freeze,
            "power_off": lab.power_off,
            "stop": lab.stop,
            "restart": lab.restart,
            "move": lambda host: self.command("move_role", "writer", host),
            "set_offline": lambda host: self.command("set_offline", host),
            "lease_ttl": lambda seconds: administrator.change_lease_ttl(lab, seconds),
            "write_fence": self.change_write_fence,
        }

    def change_write_fence(self, host, mode):
        """The restart alone where all have the same."""
        if self.mixed_fences:
            administrator.change_write_fence(self.lab, host, mode)
        else:
            self.lab.restart(host, "agent")

    def command(self, *words):
        code, text = self.lab.control(*words)
        if code != 0:
            raise LabError(f"refused: {text.strip()}")

    def host(self, word):
        """The host that a place stands for at the moment; other words as they are."""
        places = {"writer": self.writer, "peer": next(name for name in MASTERS if name != self.writer)}
        places["slave"] = next(name for name in DATABASES if name not in MASTERS)
        return places.get(word, word)

    def look_for_writer(self):
        holders = self.lab.holders()
        if len(holders) == 1:
            self.writer = holders[0]

    # Calm

    def calm(self):
        """Waits until clients write again and all is at peace, each within its bound; acts where only a person may."""
        since = writes_since = time.monotonic()
        writes_s, acts = None, 0
        while True:
            self.tick()
            now = time.monotonic()
            if writes_s is None and self.written_since(writes_since):
                writes_s = now - writes_since
            seen = self.look()
            if not seen and writes_s is not None:
                break
            if done := self.act():
                acts += 1
                self.tally.administrator[done] += 1
                self.screen.say(f"  as an administrator: {done}")
                since = time.monotonic()
                writes_since = since if writes_s is None else writes_since
            if acts > ACTS_MAX:
                self.fail(f"L1: an administrator had to act {acts} times: {'; '.join(seen)}")
            if writes_s is None and time.monotonic() > writes_since + WRITES_BOUND_S:
                self.fail(f"L1: nobody can write {WRITES_BOUND_S:.0f} s after all was mended: {'; '.join(seen)}")
            if time.monotonic() > since + PEACE_BOUND_S:
                self.fail(f"L1: no peace {PEACE_BOUND_S:.0f} s after all was mended: {'; '.join(seen)}")
            let_pass(PEACE_LOOK_S)
        self.tally.writes_again_s.append(round(writes_s, 2))
        self.tally.peace_s.append(round(time.monotonic() - since, 2))
        soak_verdict.peace(self.tally.faults, time.monotonic())

    def look(self):
        """What is not at peace, as texts."""
        try:
            return unrest(self.lab)
        except (LabError, OSError, pymysql.MySQLError) as error:
            return [str(error)]

    def act(self):
        """What administrator.act() did. A monitor that does not answer, or a server that went away, is looked at again."""
        try:
            return administrator.act(self.lab)
        except (LabTimeout, OSError, pymysql.MySQLError):
            return None

    def written_since(self, moment):
        return all(self.probe.acks_since(moment, worker) for worker in ("keep", "new"))

    def check(self):
        """Compares everything, and begins anew: a client, a watch, fewer rows. Every row is compared twice at least."""
        self.absorb_probe()
        self.look_for_writer()
        report = self.compare()
        piece = self.watch.turn()
        self.absorb(piece)
        self.tally.calms += 1
        if not report.ok:
            self.fail(f"data: {'; '.join(report.problems)}")
        if self.tally.two_writers:
            raise Violation(self.tally.two_writers[0])
        if not watch.sees_a_writer(piece):
            self.fail("the observers do not see the writer that there is")
        administrator.forget_rows(self.lab, self.writer, self.last_id)
        self.acknowledged = {row for row in self.acknowledged if row > self.last_id}
        self.unknown = {row for row in self.unknown if row > self.last_id}
        self.last_id = max(self.acknowledged, default=self.last_id)
        self.keep_logs_short()
        self.new_probe()

    def compare(self):
        return checkdata.check(self.lab.layout, self.writer, self.acknowledged, self.unknown, DATABASES, CATCH_UP_S)

    def fail(self, text):
        self.tally.wrong.append(text)
        raise Violation(text)

    # What was seen

    def new_probe(self):
        self.probe = Probe(self.lab.layout, interval_ms=INTERVAL_MS, timeout_ms=self.patience_ms)

    def absorb_probe(self):
        """Ends the client and takes over what it knows."""
        probe, self.probe = self.probe, None
        summary = probe.stop()
        acknowledged, unknown = probe.acknowledged(), probe.unknown()
        self.acknowledged |= acknowledged
        self.unknown |= unknown
        self.tally.acknowledged += len(acknowledged)
        self.tally.unknown += len(unknown)
        gaps = [(gap["start"], gap["end"]) for worker in summary["workers"].values() for gap in worker["outages"]]
        unexplained_ms = soak_verdict.put_down(self.tally.faults, gaps)
        self.tally.unexplained_ms = max(self.tally.unexplained_ms, unexplained_ms)
        if unexplained_ms > 0:
            self.screen.say(f"  an outage of {unexplained_ms:.0f} ms that no fault explains")
        for path in (probe.path, probe.path.with_suffix(".summary.json")):
            path.unlink(missing_ok=True)

    def absorb(self, piece):
        """Looks a piece of the watch through. Its files stay only if there is something in them."""
        blind = len(self.tally.blind)
        found = watch.count(piece, self.tally)
        self.tally.two_writers += found
        for text in self.tally.blind[blind:]:
            self.screen.say(f"  BLIND: {text}")
        changed, self.owner = soak_verdict.changes([hosts for _, hosts in piece.timeline()], self.owner)
        self.tally.fail_overs += changed
        if not found:
            watch.forget(piece)

    def tick(self):
        left = max(0.0, self.end - time.monotonic())
        self.screen.progress(f"{len(self.tally.faults)} faults, {self.tally.acknowledged} rows, {left:.0f} s left")

    # What must not grow, and what must stay

    def log_files(self):
        return [path for name in HOSTS for path in sorted(self.lab.layout.log(name).glob("*.log"))]

    def keep_logs_short(self):
        """The programs append: a file that was copied away and cut goes on at its beginning."""
        for path in self.log_files():
            if path.stat().st_size > LOG_BYTES_MAX:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)

    def keep_evidence(self):
        """Copies logs, states and samples out of the lab. Returns the folder."""
        layout = self.lab.layout
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        folder = labs_dir() / ".soak" / f"{layout.prefix}-seed{self.tally.seed}-{stamp}"
        folder.mkdir(parents=True, mode=0o700)
        for name in HOSTS:
            shutil.copytree(layout.log(name), folder / name, dirs_exist_ok=True)
            for path in layout.run(name).glob("mmm_*.stat*"):
                shutil.copy(path, folder / name)
        for source in (layout.shared_log(), layout.results()):
            shutil.copytree(source, folder / source.name, dirs_exist_ok=True)
        (folder / "show.txt").write_text("\n".join(self.state_lines()) + "\n", encoding="utf-8")
        return folder

    def state_lines(self):
        """The cluster as it stands, for whoever looks at it later."""
        lines = []
        for text in (lambda: self.lab.control("show")[1], lambda: f"{WRITER_IP} is on {self.lab.holders()}"):
            try:
                lines.append(text())
            except (LabError, OSError) as error:
                lines.append(str(error))
        for name in DATABASES:
            try:
                lines.append(f"{name}: {self.lab.sql(name, 'SHOW SLAVE STATUS')}")
                lines.append(f"{name}: {self.lab.sql(name, 'SELECT @@global.gtid_binlog_state, @@global.read_only')}")
            except (OSError, pymysql.MySQLError) as error:
                lines.append(f"{name}: {error}")
        return lines
