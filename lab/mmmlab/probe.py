"""The client: writes through the writer IP without pause, and writes down what became of every row.

Two writers at once. `keep` holds one connection and opens another at once when it breaks; `new` opens a connection
for each row, as many web applications do. Ids are unique and grow, also from one probe to the next. A row whose
outcome is unknown is never sent again. Runs inside the client's namespace:  python3 -m mmmlab.probe OPTIONS-AS-JSON

Output, a JSON object a line (times are CLOCK_MONOTONIC, seconds):

    {"t": 12.5, "w": "keep", "e": "ack", "id": 7, "ms": 1.2}    the server said OK
    {… "e": "refused", "id": 7, "text": …}                      the server said no: not written
    {… "e": "unknown", "id": 7, "text": …}                      sent, no answer: written or not
    {… "e": "connect", "text": …}                               no connection: nothing was sent
    {… "w": "read 10.0.0.90", "e": "read"} / {… "e": "unread", "text": …}
    {"t": …, "w": "", "e": "start"} … {"t": …, "w": "", "e": "stop"}
"""

import json
import sys
import threading
import time
from pathlib import Path

import pymysql

from . import instrument, report
from .layout import MYSQL_PORT, PASSWORDS, WRITER_IP

# What a server answers when it certainly did not write the row: read-only, no more connections, no right,
# lock wait, deadlock. Anything else after sending, a killed connection above all, is an unknown outcome.
REFUSALS = {1040, 1044, 1045, 1142, 1203, 1205, 1213, 1226, 1290, 1836}
DEFAULTS = {
    "ip": WRITER_IP,
    "port": MYSQL_PORT,
    "writers": ["keep", "new"],
    "readers": [],
    "interval_ms": 5.0,
    "reader_interval_ms": 20.0,
    "timeout_ms": 250.0,
    "seconds": None,
    "threshold_ms": 50.0,
}


class Events:
    """The output file. Thread: any."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.lock = threading.Lock()

    def add(self, who, event, **facts):
        line = json.dumps({"t": round(time.monotonic(), 6), "w": who, "e": event} | facts)
        with self.lock:
            self.file.write(line + "\n")


class Worker(threading.Thread):
    """Does something every so many ms until stopped; late rounds are skipped, not made up for."""

    def __init__(self, options, events, stopping, name, interval_ms):
        super().__init__(name=name, daemon=True)
        self.options, self.events, self.stopping = options, events, stopping
        self.interval_s = interval_ms / 1000
        self.connection = None

    def run(self):
        due = time.monotonic()
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            self.round()
            due = max(due + self.interval_s, time.monotonic())
        self.hang_up()

    def dial(self, ip):
        timeout_s = self.options["timeout_ms"] / 1000
        return pymysql.connect(
            host=ip,
            port=self.options["port"],
            user="app",
            password=PASSWORDS["app"],
            database="app",
            autocommit=True,
            connect_timeout=timeout_s,
            read_timeout=timeout_s,
            write_timeout=timeout_s,
        )

    def hang_up(self):
        connection, self.connection = self.connection, None
        if connection:
            try:
                connection.close()
            except (pymysql.MySQLError, OSError):
                pass  # it was broken already


class Writer(Worker):
    def __init__(self, options, events, stopping, name, first_id, step):
        super().__init__(options, events, stopping, name, options["interval_ms"])
        self.id, self.step, self.number = first_id, step, first_id % step

    def round(self):
        if not self.connection:
            try:
                self.connection = self.dial(self.options["ip"])
            except (pymysql.MySQLError, OSError) as error:
                self.events.add(self.name, "connect", text=str(error))
                return
        self.write()
        if self.name == "new":
            self.hang_up()

    def write(self):
        row, self.id = self.id, self.id + self.step
        begin = time.monotonic()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO probe (id, thread, sent) VALUES (%s, %s, %s)", (row, self.number, begin)
                )
        except (pymysql.MySQLError, OSError) as error:
            refused = bool(error.args) and error.args[0] in REFUSALS
            self.events.add(self.name, "refused" if refused else "unknown", id=row, text=str(error))
            self.hang_up()
        else:
            self.events.add(self.name, "ack", id=row, ms=round((time.monotonic() - begin) * 1000, 3))


class Reader(Worker):
    def __init__(self, options, events, stopping, ip):
        super().__init__(options, events, stopping, f"read {ip}", options["reader_interval_ms"])
        self.ip = ip

    def round(self):
        try:
            self.connection = self.dial(self.ip)
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            self.events.add(self.name, "read")
        except (pymysql.MySQLError, OSError) as error:
            self.events.add(self.name, "unread", text=str(error))
        self.hang_up()


def main():
    options = DEFAULTS | json.loads(sys.argv[1])
    stopping = threading.Event()
    instrument.set_on_signal(stopping)
    events = Events(options["out"])
    step = max(1, len(options["writers"]))
    # Wall-clock microseconds: a writer uses 200 ids a second, so a later probe always starts above an earlier one.
    first = time.time_ns() // 1000 // step * step
    workers = [
        Writer(options, events, stopping, name, first + index, step) for index, name in enumerate(options["writers"])
    ]
    workers += [Reader(options, events, stopping, ip) for ip in options["readers"]]
    events.add("", "start")
    for worker in workers:
        worker.start()
    stopping.wait(options["seconds"])
    stopping.set()
    events.add("", "stop")
    for worker in workers:
        worker.join(options["timeout_ms"] / 1000 * 3)
    summary = report.summarize(report.read_events(options["out"]), options["threshold_ms"])
    Path(options["out"]).with_suffix(".summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
