"""What an administrator does: mends machines, sets hosts online, copies a diverged one anew; changes configurations."""

import os
import re
import signal

import pymysql

from . import mysql, template
from .config import AGENT, OWN, write_file
from .conditions import parse_show
from .errors import LabError
from .layout import DATABASES, HOSTS
from .stage import extra_gtids
from .waiting import wait_until

SERVER_TIMEOUT_S = 60.0  # crash recovery on a busy machine
MEND_TIMEOUT_S = 90.0  # that, and a clean stop that takes its 30 s
ROWS_AT_ONCE = 1000
DIVERGED = "host {} has transactions that the writer lacks"


def mend(lab):
    """All wires whole, all machines on, everything that shall run runs. Returns when the servers answer."""
    lab.restore()
    for name in lab.status()["faults"]["powered_off"]:
        lab.power_on(name)
    wait_until(lambda: _all_run(lab), MEND_TIMEOUT_S, "everything runs, every server answers", 0.1)


def _all_run(lab):
    """Starts what is down and thaws what is frozen. True when nothing was to do, and servers answer.

    A server that gives up while it starts is started again; a program that is still stopping, when it has stopped.
    """
    good = True
    for key, unit in lab.status()["units"].items():
        host, name = key.split()
        if unit["state"] == "frozen":
            lab.thaw(host, name)
        elif unit["state"] == "down" and not unit["wanted"]:
            lab.fault("start", host=host, unit=name)
        good = good and unit["state"] == "running" and unit["wanted"]
    return good and all(lab.answers(name) for name in DATABASES)


def act(lab):
    """Does what MMM leaves to a person, one thing at a time. Returns what was done, None when nothing is to do.

    AWAITING_RECOVERY waits for set_online by design (a reboot, a long absence, flapping), ADMIN_OFFLINE was somebody's
    wish. A diverged host never comes back by itself (S3).
    """
    code, text = lab.control("show")
    shown = parse_show(text)
    writers = lab.holders()
    for name, facts in shown.items():
        if code == 0 and facts["state"] in ("AWAITING_RECOVERY", "ADMIN_OFFLINE"):
            if lab.control("set_online", name)[0] == 0:
                return f"set_online of a host in {facts['state']}"
        if DIVERGED.format(name) not in text or len(writers) != 1 or writers[0] == name:
            continue
        if extra_gtids(lab, name, writers[0]):
            copy_anew(lab, name, writers[0])
            return "copy of a diverged host"
    return None


def copy_anew(lab, name, writer):
    """Replaces the data of `name` by the writer's, as of one moment. MMM makes it a replica again."""
    for unit in ("agent", "mysqld"):
        try:
            lab.stop(name, unit)
        except LabError:  # a server that waits for an acknowledgement does not stop cleanly
            lab.kill(name, unit, hold=True)
    template.copy_to(template.ensure(), lab.layout.data(name))
    lab.fault("start", host=name, unit="mysqld")
    wait_until(lambda: lab.answers(name), SERVER_TIMEOUT_S, f"mysqld on {name} answers")
    fill(lab.layout, name, writer)
    lab.fault("start", host=name, unit="agent")


def with_position(state, position):
    """A gtid_binlog_state that was read a moment before `position` was reached, as it was then. Pure."""
    known = {tuple(gtid.split("-")[:2]): gtid for gtid in f"{state},{position}".split(",") if gtid}
    return ",".join(known.values())


def fill(layout, name, writer):
    """Copies the writer's rows, and the GTIDs that belong to them. Requires: `name` is new and replicates not.

    A position alone is not enough: it names the last server that wrote, and MMM asks for what each of them wrote.
    """
    source = mysql.connect(layout, writer)
    target = mysql.connect(layout, name)
    try:
        with source.cursor(pymysql.cursors.Cursor) as read, target.cursor() as write:
            read.execute("SELECT @@global.gtid_binlog_state")
            (state,) = read.fetchone()
            read.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            read.execute("SHOW STATUS LIKE 'binlog_snapshot_%'")
            at = dict(read.fetchall())
            where = (at["Binlog_snapshot_file"], int(at["Binlog_snapshot_position"]))
            read.execute("SELECT BINLOG_GTID_POS(%s, %s)", where)
            (position,) = read.fetchone()
            write.execute("SET SESSION sql_log_bin = 0")
            read.execute("SELECT id, thread, sent FROM app.probe")
            while rows := read.fetchmany(ROWS_AT_ONCE):
                write.executemany("INSERT INTO app.probe (id, thread, sent) VALUES (%s, %s, %s)", rows)
            write.execute("SET GLOBAL gtid_binlog_state = %s", (with_position(state, position),))
            write.execute("SET GLOBAL gtid_slave_pos = %s", (position,))
    finally:
        source.close()
        target.close()


def forget_rows(lab, writer, last_id):
    """Deletes the rows up to `last_id` everywhere, and the binary logs that nobody needs any more.

    Requires: all servers follow `writer` and were equal a moment ago.
    """
    lab.sql(writer, "DELETE FROM app.probe WHERE id <= %s", last_id)
    position = mysql.binlog_position(lab.layout, writer)
    for name in DATABASES:
        if name != writer and not mysql.caught_up(lab.layout, name, position, SERVER_TIMEOUT_S):
            raise LabError(f"{name} does not get along with {HOSTS[writer].name}")
    purge_logs(lab)


def purge_logs(lab):
    """Removes the binary logs that are full. One that is still being sent stays, until the next time."""
    for name in DATABASES:
        current = lab.sql(name, "SHOW MASTER STATUS")[0]["File"]
        lab.sql(name, f"PURGE BINARY LOGS TO '{current}'")


def change_entry(path, key, value):
    """Another value for an entry that the file has at its top level."""
    text, count = re.subn(rf"(?m)^{key} +\S+$", f"{key} {value}", path.read_text(encoding="utf-8"))
    if count != 1:
        raise LabError(f"{path} has {count} entries '{key}'")
    write_file(path, text)


def change_lease_ttl(lab, seconds):
    """In the file that all hosts share; the monitor is told to read it."""
    change_entry(lab.layout.shared_etc() / OWN, "lease_ttl", seconds)
    pid = lab.unit("monitor", "monitor")["pid"]
    if pid is None:
        raise LabError("the monitor does not run; it reads its configuration when it starts")
    os.kill(pid, signal.SIGHUP)


def change_write_fence(lab, name, mode):
    """In the agent's own file, which has one already. The agent is restarted."""
    change_entry(lab.layout.etc(name) / AGENT, "write_fence", mode)
    lab.restart(name, "agent")
