"""The VIP observer: what one host really holds, 50 times a second, in the host's own namespace.

On a database host: which virtual addresses the kernel has and whether its write fence lets pass (netlink), and, in a
second thread so that a frozen server stops nothing, whether the server is writable; and what its agent has written down
of whom it obeys. On the client: which hardware address the kernel would send
packets for each virtual address to. Runs as:  python3 -m mmmlab.observer OPTIONS-AS-JSON

Output: a JSON line with host and addresses, then a line a sample, times being CLOCK_MONOTONIC seconds:

    a TIME MASK           the addresses held: bit i stands for the i-th of the header
    f TIME STATE          the write fence: o open, c closed, - there is none
    p TIME COUNT          packets for the first address that the wire brought since the last sample, when there were any
    s SENT ANSWERED FLAG  the server: w writable, r read-only, - no answer
    m TIME EPOCH ACCEPTED_EPOCH GENERATION VERSION RELEASED    the agent's state file, whenever it is a new one
    n TIME MAC…           the client's neighbour table, '-' for an address it does not know
"""

import json
import os
import sys
import threading
import time

import pymysql

from . import fences, instrument, netlink
from .frames import FrameCounter

SQL_TIMEOUT_S = 0.25


class Observer:
    def __init__(self, options):
        self.host, self.ips, self.socket = options["host"], options["ips"], options.get("socket")
        self.state_file, self.known_file = options.get("state_file"), None
        self.period_s = options["period_ms"] / 1000
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.file = open(options["out"], "w", encoding="ascii", buffering=1)

    def write(self, line):
        with self.lock:
            self.file.write(line + "\n")

    def every_period(self, sample):
        """Calls it at fixed moments; a moment that was missed is left out."""
        due = time.monotonic()
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            sample()
            due = max(due + self.period_s, time.monotonic())

    def run(self):
        self.write(json.dumps({"host": self.host, "ips": self.ips}))
        with netlink.open_socket() as channel, fences.open_socket() as filters:
            if self.socket:
                server = threading.Thread(target=self.watch_server, daemon=True)
                server.start()
                frames = FrameCounter(self.ips[0])

                def sample():
                    self.sample_addresses(channel, frames)
                    self.sample_fence(filters)
                    self.sample_memory()

                self.every_period(sample)
                server.join(2 * SQL_TIMEOUT_S)
            else:
                self.every_period(lambda: self.sample_neighbours(channel))

    def sample_addresses(self, channel, frames):
        packets = frames.take()
        if packets:
            self.write(f"p {time.monotonic():.6f} {packets}")
        held = netlink.addresses(channel)
        mask = sum(1 << i for i, ip in enumerate(self.ips) if ip in held)
        self.write(f"a {time.monotonic():.6f} {mask:x}")

    def sample_fence(self, filters):
        try:
            seen = fences.state(filters)
        except OSError:
            return  # it went, or was replaced, in the middle of the look; nothing is known of this moment
        self.write(f"f {time.monotonic():.6f} {seen}")

    def sample_memory(self):
        """The file is replaced as a whole: a new one is another inode, or has another time."""
        try:
            with open(self.state_file, encoding="utf-8") as file:
                facts = os.fstat(file.fileno())
                if (facts.st_ino, facts.st_mtime_ns) == self.known_file:
                    return
                memory = json.load(file)["agent"]
        except (FileNotFoundError, ValueError):
            return  # before the agent's first start; or torn, and so lost to it, too
        self.known_file = (facts.st_ino, facts.st_mtime_ns)
        accepted = memory["accepted"]
        numbers = [memory["epoch"]["counter"], accepted["epoch"], accepted["generation"], accepted["version"], memory["released"]]
        self.write(f"m {time.monotonic():.6f} {' '.join(map(str, numbers))}")

    def sample_neighbours(self, channel):
        known = netlink.neighbours(channel)
        self.write(f"n {time.monotonic():.6f} {' '.join(known.get(ip, '-') for ip in self.ips)}")

    def watch_server(self):
        connection = None

        def sample():
            nonlocal connection
            sent = time.monotonic()
            try:
                connection = connection or self.connect()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT @@global.read_only")
                    flag = "w" if cursor.fetchone()[0] == 0 else "r"
            except (pymysql.MySQLError, OSError):
                connection, flag = None, "-"
            self.write(f"s {sent:.6f} {time.monotonic():.6f} {flag}")

        self.every_period(sample)

    def connect(self):
        return pymysql.connect(
            unix_socket=self.socket,
            user="root",
            autocommit=True,
            connect_timeout=SQL_TIMEOUT_S,
            read_timeout=SQL_TIMEOUT_S,
        )


def main():
    observer = Observer(json.loads(sys.argv[1]))
    instrument.set_on_signal(observer.stopping)
    observer.run()


if __name__ == "__main__":
    main()
