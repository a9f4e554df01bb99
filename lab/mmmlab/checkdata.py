"""Are the data right? Every acknowledged row is on the writer, and every server equals the writer, row by row."""

from dataclasses import dataclass, field

from . import mysql
from .layout import DATABASES

CATCH_UP_TIMEOUT_S = 10.0
IDS_SHOWN = 10


@dataclass
class DataReport:
    """`problems` is empty when all is well. `rows`: server -> number of rows in the probe's table."""

    writer: str
    rows: dict = field(default_factory=dict)
    acknowledged: int = 0
    unknown_written: int = 0
    missing: dict = field(default_factory=dict)  # server -> ids that it lacks
    extra: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)

    @property
    def ok(self):
        return not self.problems

    def as_json(self):
        return {
            "ok": self.ok,
            "writer": self.writer,
            "rows": self.rows,
            "acknowledged": self.acknowledged,
            "unknown_written": self.unknown_written,
            "missing": {name: sorted(ids) for name, ids in self.missing.items()},
            "extra": {name: sorted(ids) for name, ids in self.extra.items()},
            "problems": self.problems,
        }


def some(ids):
    """'12 rows (3, 4, …)'"""
    shown = ", ".join(str(i) for i in sorted(ids)[:IDS_SHOWN])
    return f"{len(ids)} rows ({shown}{', …' if len(ids) > IDS_SHOWN else ''})"


def probe_rows(layout, name):
    """{id: the rest of the row}"""
    rows = mysql.query(layout, name, "SELECT id, thread, sent FROM app.probe")
    return {row["id"]: (row["thread"], row["sent"]) for row in rows}


def checksums(layout, name):
    """{table: checksum} of the database `app`."""
    rows = mysql.query(layout, name, "SELECT table_name AS t FROM information_schema.tables WHERE table_schema='app'")
    found = {}
    for row in rows:
        table = f"app.`{row['t']}`"
        found[row["t"]] = mysql.query(layout, name, f"CHECKSUM TABLE {table}")[0]["Checksum"]
    return found


def check(layout, writer, acked=(), unknown=(), hosts=DATABASES, timeout_s=CATCH_UP_TIMEOUT_S):
    """Compares everything. Requires: nobody writes meanwhile.

    A server that is down, or does not catch up in time, is a problem; leave it out of `hosts` if that is intended.
    """
    mysql.require_running(layout, writer)
    report = DataReport(writer)
    position = mysql.binlog_position(layout, writer)
    truth, sums = probe_rows(layout, writer), checksums(layout, writer)
    report.rows[writer] = len(truth)
    report.acknowledged = len(acked)
    report.unknown_written = len(set(unknown) & set(truth))
    lost = set(acked) - set(truth)
    if lost:
        report.missing[writer] = lost
        report.problems.append(f"{writer}, the writer, lacks {some(lost)} that were acknowledged to the client")
    for name in hosts:
        if name != writer:
            compare(layout, report, name, position, truth, sums, timeout_s)
    return report


def compare(layout, report, name, position, truth, sums, timeout_s):
    if not mysql.answers(layout, name):
        report.problems.append(f"{name} is down; not compared")
        return
    if not mysql.caught_up(layout, name, position, timeout_s):
        report.problems.append(f"{name} has not applied {position} within {timeout_s:g} s")
    mine = probe_rows(layout, name)
    report.rows[name] = len(mine)
    missing, extra = set(truth) - set(mine), set(mine) - set(truth)
    different = {i for i in set(truth) & set(mine) if truth[i] != mine[i]}
    for what, ids, kept in (("lacks", missing, report.missing), ("has in excess", extra, report.extra)):
        if ids:
            kept[name] = ids
            report.problems.append(f"{name} {what} {some(ids)}")
    if different:
        report.problems.append(f"{name} has other values in {some(different)}")
    if not (missing or extra or different) and checksums(layout, name) != sums:
        report.problems.append(f"{name}: the checksums of the tables differ from the writer's")
    report.problems += [f"{name}: {text}" for text in broken_replication(layout, name)]


def broken_replication(layout, name):
    row = mysql.replica_status(layout, name)
    return [row[key] for key in ("Last_IO_Error", "Last_SQL_Error") if row.get(key)]


def describe(report):
    """The report as lines for a human."""
    rows = ", ".join(f"{name} {count}" for name, count in sorted(report.rows.items()))
    lines = [f"rows: {rows} (writer: {report.writer})"]
    if report.acknowledged:
        lines.append(f"acknowledged to the client: {report.acknowledged}")
    if report.unknown_written:
        lines.append(f"of unknown outcome, but written: {report.unknown_written}")
    return lines + [f"WRONG: {text}" for text in report.problems] + (["all servers are equal"] if report.ok else [])
