"""Nonsense on the ports 9988 and 9989 gets a clear error and changes nothing: service and lease go on."""

import contextlib
import socket
import time

from . import ageing
from .support import AGENT_PORT, CONTROL_PORT, DATABASES, HOSTS, LabTest, dial

# The longest time in which `show` must answer whatever else the port hears, and a stranger be answered or sent away.
ANSWER_S = 1.0
SENT_AWAY_S = 15.0
MEGABYTE = b"x" * 1_000_000
BINARY = bytes(range(256)).replace(b"\n", b"")

# To 9988. What is sent -> what is somewhere in the answer.
CONTROL_LINES = {
    b"\n": b"Invalid command ''",
    b"   \t \r\n": b"Invalid command ''",
    b"nosuch\n": b"Invalid command 'nosuch'",
    b"show db1\n": b"Invalid command 'show db1'",
    b"set_online\n": b"Invalid command 'set_online'",
    b"set_online nosuch\n": b"ERROR: Unknown host name 'nosuch'!",
    b"set_offline " + b"h" * 3000 + b"\n": b"ERROR: Unknown host name",
    b"move_role\n": b"Invalid command 'move_role'",
    b"SHOW\n": b"Invalid command 'SHOW'",
    b"show\0\n": b"not printable ASCII",
    BINARY + b"\n": b"not printable ASCII",
    b"\xff\xfe\xfd\n": b"not printable ASCII",
    b"MMM3|text|nosuch\n": b"Invalid command 'nosuch'",
    b"MMM3|xml|show\n": b"Expected MMM3|text|COMMAND",
    b"MMM3|\n": b"Expected MMM3|text|COMMAND",
    b"GET / HTTP/1.1\r\n": b"Invalid command 'GET / HTTP/1.1'",
}
# What never becomes a line, or is too long for one: the connection is closed, with or without a word.
NO_LINES = (b"", b"sho", b"MMM3|json|sh", MEGABYTE, MEGABYTE + b"\n", b"set_offline db1")
# To 9989: none of them may be obeyed. In version 1 of the wire an answer begins with ERROR.
AGENT_LINES = (
    b"\n",
    b"PING\n",
    b"SET_STATUS|1|db3\n",
    b"SET_STATUS|1|db1|ONLINE\n",
    b"SET_STATUS|1|db1|ADMIN_OFFLINE||db2\n",
    b"CLEAR_BAD_ROLES|1|nosuch\n",
    b"HELLO\n",
    b"HELLO|\n",
    b"HELLO|1|{}\n",
    b"HELLO|99|\n",
    b"HELLO|2|\n",
    b"HELLO|2|{}\n",
    b"HELLO|2|[1,2\n",
    b'HELLO|2|{"host":"db1","epoch":null}\n',
    b"HELLO|2|" + b"[" * 100_000 + b"\n",
    b"HELLO|x|{}\n",
    BINARY + b"\n",
    b"\xff\xfe\xfd\n",
)


def setUpModule():
    ageing.begin()  # by the time that test_replication needs it, it is old enough


def ask(lab, source, target, port, sent):
    """Sends it; returns all that is answered until the other end closes (b"" when it resets)."""
    with dial(lab, source, target, port, SENT_AWAY_S) as channel, contextlib.suppress(OSError):
        channel.sendall(sent)
        channel.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := channel.recv(65536):
            answer += chunk
        return answer
    return b""


class BadLines(LabTest):
    # MMM 2's files tell an agent no monitor's address: then anybody may command it, as ever.
    config = {"allow_from": HOSTS["monitor"].ip}

    def assert_show_answers(self):
        begin = time.monotonic()
        answer = ask(self.lab, "monitor", "monitor", CONTROL_PORT, b"show\nquit\n")
        took = time.monotonic() - begin
        self.assertEqual(answer.decode().count(". Roles: "), 3, answer)
        self.assertLess(took, ANSWER_S)

    @contextlib.contextmanager
    def nothing_changes(self):
        before = self.control("show")
        with self.under_load() as load:
            yield
            load.wait_for_writes()
            self.assert_show_answers()
        load.assert_nobody_noticed()
        self.assertEqual(self.control("show"), before)

    def test_lines_to_the_control_port(self):
        with self.nothing_changes():
            for sent, expected in CONTROL_LINES.items():
                with self.subTest(sent[:40]):
                    answer = ask(self.lab, "monitor", "monitor", CONTROL_PORT, sent + b"quit\n")
                    self.assertIn(expected, answer)
                self.assert_show_answers()
            for sent in NO_LINES:
                with self.subTest(sent[:40]):
                    ask(self.lab, "monitor", "monitor", CONTROL_PORT, sent)
                self.assert_show_answers()

    def test_after_a_bad_line_a_good_one_is_answered_on_the_same_connection(self):
        answer = ask(self.lab, "monitor", "monitor", CONTROL_PORT, b"\nnosuch\n\xff\nping\nmode\nquit\nping\n")
        self.assertTrue(answer.endswith(b"OK: Pinged successfully!ACTIVE"), answer[-80:])

    def test_lines_to_every_agent(self):
        with self.nothing_changes():
            for host in DATABASES:
                for sent in AGENT_LINES:
                    with self.subTest(f"{host}: {sent[:40]}"):
                        self.assertIn(ask(self.lab, "monitor", host, AGENT_PORT, sent)[:5], (b"ERROR", b""))
                for sent in (b"", b"HELLO|2|{", MEGABYTE):
                    ask(self.lab, "monitor", host, AGENT_PORT, sent)
            self.assert_show_answers()

    def test_an_agent_tells_what_it_does_not_understand(self):
        answer = ask(self.lab, "monitor", "db1", AGENT_PORT, b"HELLO|x|{}\n")
        self.assertRegex(answer, rb"^ERROR: HELLO: expected HELLO\|VERSION\|")
        self.assertIn("10.0.0.6 sent a first line that is not obeyed", self.log("db1"))

    def test_strangers_are_told_that_they_are_and_sent_away(self):
        with self.nothing_changes():
            for host, port in (("monitor", CONTROL_PORT), *((name, AGENT_PORT) for name in DATABASES)):
                what = b"use the control port of this monitor" if host == "monitor" else b"command this agent"
                answer = ask(self.lab, "client", host, port, b"show\n")
                self.assertIn(b"ERROR: 10.0.0.20 may not " + what + b"; add it to allow_from", answer)
                self.assertEqual(ask(self.lab, "client", host, port, b"sho")[:5], b"" if host == "monitor" else b"ERROR")
            self.assertIn(f"{HOSTS['client'].ip} may not", self.log("monitor"))
            self.assertIn(f"{HOSTS['client'].ip} may not", self.log("db1"))

    def test_many_idle_connections(self):
        with self.nothing_changes(), contextlib.ExitStack() as idle:
            for host, port in (("monitor", CONTROL_PORT), *((name, AGENT_PORT) for name in DATABASES)):
                for _ in range(300):
                    idle.enter_context(dial(self.lab, "monitor", host, port))
                self.assert_show_answers()
            self.control("set_manual")
            self.control("set_active")
            # The monitor's own connections to the agents can be made anew meanwhile.
            self.lab.kill("monitor", "monitor")
            self.wait(lambda: self.lab.control("ping")[0] == 0, "the monitor is back")
            self.wait_for_peace()

    def test_a_second_monitor_is_not_obeyed_and_changes_nothing(self):
        with self.nothing_changes():
            hello = b'HELLO|2|{"host":"db1","epoch":{"counter":1,"id":"stranger"},"leads":true,"vouched_below":0}\n'
            with dial(self.lab, "db3", "db1", AGENT_PORT) as channel:
                channel.sendall(hello)
                self.assertTrue(channel.recv(65536))
                self.assertTrue(self.serves("db1"))
