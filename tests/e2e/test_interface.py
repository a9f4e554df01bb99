"""Somebody else changes the interface of the writer's host. While its lease lasts the agent puts its addresses back."""

import json
import time

from .support import HOSTS, IMPATIENCE_MS, VIRTUAL_IPS, LabTest

# The address is back within 20 ms on an idle machine. What was lost meanwhile is sent again, or given up, after 200 ms.
LIMIT_MS = 1000.0
OWN = f"addr add {HOSTS['db1'].ip}/24 dev eth0"
OWN6 = f"addr add {HOSTS['db1'].ip6}/64 dev eth0 nodad"  # the kernel forgets it when the interface goes down


class Interface(LabTest):
    def assignment(self):
        return json.loads(self.control("show", "--json"))["assignment"]

    def puts(self):
        """How often the agent of the writer's host has put the writer IP."""
        return self.log("db1").count("10.0.0.80 is up: ")

    def suffer(self, *commands):
        """Runs `ip` on the writer's host under load, twice: the outage is short, and nothing moves.

        Returns how often the writer IP was put back.
        """
        before, puts = self.assignment(), self.puts()
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            for _ in range(2):
                begin = time.monotonic()
                self.lab.run("db1", ["sh", "-ec", "; ".join(f"ip {command}" for command in commands)])
                load.first_ack_after(begin)
                self.wait_for_peace()
                load.go_on_for(1.0)
        self.assert_within(load.longest_ms(), LIMIT_MS)
        self.assertEqual(self.assignment(), before)
        for ip in VIRTUAL_IPS:
            hosts = {host for _, held_by in load.seen.timeline(ip) for host in held_by}
            self.assertEqual(len(hosts), 1, (ip, load.seen.timeline(ip)))
        return self.puts() - puts

    def test_the_writer_ip_is_removed(self):
        self.assertGreaterEqual(self.suffer("addr del 10.0.0.80/32 dev eth0"), 2)

    def test_the_interface_goes_down_and_up(self):
        self.suffer("link set eth0 down", "link set eth0 up", OWN6)

    def test_the_hosts_network_is_started_anew(self):
        steps = ("addr flush dev eth0", "link set eth0 down", "link set eth0 up", OWN, OWN6)
        self.assertGreaterEqual(self.suffer(*steps), 2)
