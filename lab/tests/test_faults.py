"""Tests of what can be broken: each fault does what it says, and no more. As root."""

import os
import time
import unittest

from . import support
from mmmlab import process
from mmmlab.api import Lab, LabError
from mmmlab.layout import HOSTS


class Wires(support.ServersTest):
    def tearDown(self):
        self.lab.restore()

    def reaches(self, source, target, timeout_s=0.15):
        """One echo: what a cut must stop."""
        return self.lab.ping(source, HOSTS[target].ip, timeout_s) is not None

    def wait_until_reaches(self, source, target):
        """A host that asked for another in vain asks again only a second later."""
        self.lab.wait(lambda: self.reaches(source, target), 5, f"{source} reaches {target}")

    def hears(self, source, target):
        """True when a single packet of `source` arrives at `target`: it then knows the sender's new address."""
        ip = "10.0.0.201"
        self.lab.run(target, ["ip", "neigh", "replace", ip, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "stale"])
        self.lab.run(source, ["ip", "addr", "replace", f"{ip}/32", "dev", "eth0"])
        try:
            self.lab.put_ip(source, ip)  # announces it
            try:
                self.lab.wait(lambda: self.lab.resolves(ip, target) == HOSTS[source].mac, 0.2, "heard", 0.005)
                return True
            except LabError:
                return False
        finally:
            self.lab.drop_ip(source, ip)

    def test_every_host_reaches_every_other_over_both_protocols(self):
        for source in HOSTS:
            for target in HOSTS:
                if source != target:
                    self.assertTrue(self.reaches(source, target, 1), (source, target))
                    self.assertIsNotNone(self.lab.ping(source, HOSTS[target].ip6, 1), (source, target))

    def test_a_cut_pair_is_cut_and_nobody_else(self):
        self.lab.cut("db1", "db2")
        self.assertFalse(self.reaches("db1", "db2"))
        self.assertFalse(self.reaches("db2", "db1"))
        self.wait_until_reaches("db1", "db3")
        self.wait_until_reaches("db2", "monitor")
        self.lab.join("db1", "db2")
        self.wait_until_reaches("db1", "db2")

    def test_a_one_way_cut_lets_the_other_way_through_arp_included(self):
        self.lab.cut("db1", "db2", one_way=True)
        self.assertFalse(self.hears("db1", "db2"))
        self.assertTrue(self.hears("db2", "db1"))
        self.assertTrue(self.hears("db1", "db3"))

    def test_an_isolated_host_reaches_nobody_and_its_server_lives(self):
        self.lab.isolate("db2")
        self.assertFalse(any(self.reaches(other, "db2") for other in HOSTS if other != "db2"))
        self.assertFalse(self.reaches("db2", "client"))
        self.assertTrue(self.lab.answers("db2"))
        self.lab.rejoin("db2")
        self.wait_until_reaches("client", "db2")

    def test_cuts_are_idempotent_and_restored_all_at_once(self):
        for _ in range(2):
            self.lab.cut("db1")
            self.lab.isolate("db3")
        self.assertFalse(self.reaches("db1", "client") or self.reaches("db3", "client"))
        for _ in range(2):
            self.lab.restore()
        self.wait_until_reaches("db1", "client")
        self.wait_until_reaches("db3", "client")

    def test_delayed_packets_come_late_and_carry_a_server_s_traffic(self):
        self.lab.delay("client", "db1", ms=40)
        late = self.lab.wait(lambda: self.lab.ping("client", HOSTS["db1"].ip, 2), 6, "an answer")
        self.assertGreaterEqual(late, 80)
        self.assertLess(self.lab.wait(lambda: self.lab.ping("client", HOSTS["db2"].ip, 2), 6, "an answer"), 40)
        self.lab.delay("client", "db1", ms=0)
        self.lab.delay("db1", "db3", ms=20, jitter_ms=5, one_way=True)
        self.lab.sql("db1", "SET GLOBAL read_only=0")
        self.lab.sql("db1", "CREATE TABLE app.big (id INT PRIMARY KEY, data LONGTEXT)")
        self.lab.sql("db1", "INSERT INTO app.big VALUES (1, REPEAT('x', 3000000))")
        self.lab.wait(
            lambda: self.lab.scalar("db3", "SELECT LENGTH(data) FROM app.big") == 3000000, 20, "3 MB arrive late"
        )
        self.lab.cut("db1", "db3")
        self.assertFalse(self.reaches("db1", "db3"))

    def test_every_fault_of_the_command_line_is_known_inside(self):
        prefix = self.lab.layout.prefix
        for words in ("cut db1 db2 --one-way", "join db1 db2", "isolate db3", "rejoin db3", "loss db1 0", "restore",
                      "delay db1 all 0", "freeze db3 mysqld", "thaw db3 mysqld", "kill db3 mysqld", "start db3 mysqld",
                      "stop db3 mysqld", "host off db3", "host on db3"):  # fmt: skip
            done = support.tool("--prefix", prefix, "fault", *words.split(), "--json")
            self.assertEqual(done.returncode, 0, (words, done.stderr))
            self.assertIn('"at"', done.stdout)

    def test_a_lossy_host_loses_some_packets(self):
        self.wait_until_reaches("client", "db3")
        self.lab.loss("db3", 50)
        answers = sum(self.reaches("client", "db3", 0.05) for _ in range(40))
        self.assertTrue(0 < answers < 35, answers)  # a quarter is expected
        self.lab.loss("db3", 0)
        self.wait_until_reaches("client", "db3")
        self.assertTrue(all(self.reaches("client", "db3") for _ in range(10)))
        self.assertRaises(LabError, self.lab.loss, "db3", 101)


class Hosts(unittest.TestCase):
    def setUp(self):
        self.programs = support.IdlePrograms()
        self.addCleanup(self.programs.remove)
        self.lab = Lab(bin_dir=self.programs.path)
        self.addCleanup(self.lab.down)
        self.lab.up(owner_pid=os.getpid())

    def test_a_host_without_power_is_gone_and_boots_empty_handed(self):
        lab = self.lab
        for ip in ("10.0.0.80", "fd00:4d4d::80"):
            lab.put_ip("db1", ip)
        lab.run("db1", ["nft", "add", "table", "inet", "fence"])
        lab.wait(lambda: lab.ping("client", "fd00:4d4d::80", 0.1), 5, "the IPv6 address is usable")
        self.assertIsNotNone(lab.ping("client", "10.0.0.80", 1))
        with lab.observers():
            lab.power_off("db1")
            lab.power_off("db1")
            self.assertIsNone(lab.ping("client", "10.0.0.4", 0.2))
            self.assertEqual(lab.unit("db1", "mysqld")["state"], "down")
            self.assertEqual(lab.unit("db1", "agent")["state"], "down")
            self.assertRaisesRegex(LabError, "powered off", lab.start, "db1", "mysqld")
            self.assertEqual(lab.virtual_addresses("db1"), {})
            self.assertEqual(lab.run("db1", ["nft", "list", "ruleset"]).stdout, "")
            lab.power_on("db1")
        lab.wait(lambda: lab.answers("db1"), 20, "its server answers")
        lab.wait(lambda: lab.replicates("db1", "db2") and lab.replicates("db3", "db1"), 20, "replication is back")
        self.assertEqual(lab.unit("db1", "agent")["state"], "running")
        self.assertIsNone(lab.ping("client", "10.0.0.80", 0.2))

    def test_no_dying_process_says_goodbye_when_the_power_goes(self):
        lab = self.lab
        lab.power_off("db1")
        # A server that is killed with its wire in place is missed at once; a silent one only after slave_net_timeout.
        self.assertEqual(lab.sql("db2", "SHOW SLAVE STATUS")[0]["Slave_IO_Running"], "Yes")

    def test_a_frozen_server_stands_still_and_goes_on(self):
        lab = self.lab
        lab.freeze("db1", "mysqld")
        pid = lab.unit("db1", "mysqld")["pid"]
        lab.wait(lambda: process.state(pid) == "T", 2, "it stands still")
        begin = time.monotonic()
        with self.assertRaises(Exception):
            lab.sql("db1", "SELECT 1", timeout_s=0.3)
        self.assertLess(time.monotonic() - begin, 5)
        lab.thaw("db1", "mysqld")
        lab.wait(lambda: lab.answers("db1"), 5, "it answers")

    def test_a_frozen_server_can_be_killed(self):
        self.lab.freeze("db2", "mysqld")
        self.lab.kill("db2", "mysqld")
        self.assertEqual(self.lab.unit("db2", "mysqld")["state"], "down")


if __name__ == "__main__":
    unittest.main()
