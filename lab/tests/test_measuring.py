"""Tests of probe, observers and data comparison, with virtual IPs put on by hand. As root."""

import time
import unittest

from . import support
from mmmlab.api import HOSTS, WRITER_IP, LabError

READER_IP = "10.0.0.90"


class Measuring(support.ServersTest):
    def setUp(self):
        self.lab.reset()

    def make_writer(self, name):
        self.lab.sql(name, "SET GLOBAL read_only=0")
        self.lab.put_ip(name, WRITER_IP)

    def take_writer(self, name):
        self.lab.sql(name, "SET GLOBAL read_only=1")
        self.lab.drop_ip(name, WRITER_IP)

    def repoint(self, name, ip):
        for statement in ("STOP SLAVE", f"CHANGE MASTER TO MASTER_HOST='{ip}'", "START SLAVE"):
            self.lab.sql(name, statement)

    def drain(self, name):
        """Applies what the server has received from a source that is dead.

        Its applier may wait for an acknowledgement of just that source; and a replica that is ahead of it can't
        replicate from it before it has drained. So it must not ask for acknowledgements until it is the writer.
        """
        self.lab.sql(name, "SET GLOBAL rpl_semi_sync_master_enabled=0")
        self.lab.sql(name, "STOP SLAVE IO_THREAD")
        self.lab.wait(lambda: self.drained(name), 10, f"{name} has applied all it has")

    def replace_dead_source(self, new, other):
        """Makes `other` a replica of `new`, after `new` has got what only `other` had received."""
        for name in (new, other):
            self.drain(name)
        position = self.lab.scalar(other, "SELECT @@gtid_binlog_pos")
        if self.number(position) > self.number(self.lab.scalar(new, "SELECT @@gtid_binlog_pos")):
            self.repoint(new, HOSTS[other].ip)
            self.assertEqual(self.lab.scalar(new, "SELECT MASTER_GTID_WAIT(%s, 20)", position), 0)
        self.lab.sql(new, "STOP SLAVE")
        self.lab.sql(new, "SET GLOBAL rpl_semi_sync_master_enabled=1")
        self.repoint(other, HOSTS[new].ip)

    @staticmethod
    def number(position):
        return int(position.rpartition("-")[2] or 0)

    def replica_story(self, name):
        keys = ("Slave_IO_Running", "Slave_SQL_Running_State", "Gtid_IO_Pos", "Last_IO_Error", "Last_SQL_Error")
        row = self.lab.sql(name, "SHOW SLAVE STATUS")[0]
        return f"{name}: {[row[key] for key in keys]} {self.lab.scalar(name, 'SELECT @@gtid_binlog_pos')}"

    def drained(self, name):
        received = self.lab.sql(name, "SHOW SLAVE STATUS")[0]["Gtid_IO_Pos"]
        return received == self.lab.scalar(name, "SELECT @@gtid_slave_pos")

    def test_a_quiet_run_has_no_outage_and_equal_servers(self):
        self.make_writer("db1")
        self.lab.put_ip("db3", READER_IP)
        with self.lab.observers() as seen, self.lab.probe(readers=[READER_IP]) as probe:
            probe.wait_for_acks(50)
        summary = probe.summary(threshold_ms=1000)
        self.assertEqual({name for name in summary["workers"]}, {"keep", "new", f"read {READER_IP}"})
        for name, worker in summary["workers"].items():
            self.assertEqual((worker["errors"], worker["outages"]), ({}, []), name)
        report = self.lab.check_data(probe)
        self.assertTrue(report.ok, report.problems)
        self.assertEqual(set(report.rows.values()), {summary["acks"] + report.unknown_written})
        self.assertEqual(seen.violations(), [])
        self.assertEqual([hosts for _, hosts in seen.timeline()][:1], [("db1",)])
        self.assertIn("db1", [owner for _, owner in seen.resolved()])
        self.assertEqual(seen.timeline(READER_IP)[0][1], ("db3",))

    def test_a_crash_and_a_takeover_by_hand_are_seen_as_they_are(self):
        self.make_writer("db1")
        with self.lab.observers() as seen, self.lab.probe() as probe:
            probe.wait_for_acks(50)
            at = self.lab.kill("db1", "mysqld")["at"]
            self.lab.drop_ip("db1", WRITER_IP)
            self.replace_dead_source("db2", "db3")
            self.make_writer("db2")
            try:
                probe.wait_for_acks(50, deadline_s=20)
            except LabError as error:
                self.fail(f"{error}; {self.replica_story('db2')}; {self.replica_story('db3')}")
        for name, worker in probe.summary()["workers"].items():
            outage = worker["longest"][0]
            self.assertGreater(outage["end"], at, name)
            self.assertLess(outage["start"], at + 0.1, name)
            self.assertTrue(any(text.startswith("connect:") for text in worker["errors"]), name)
        self.assertEqual(seen.violations(), [])
        self.assertEqual(seen.returns_to("db1"), [])
        self.assertEqual([owner for _, owner in seen.resolved() if owner][-1], "db2")
        moved = probe.summary()["workers"]["keep"]["longest"][0]["end"]
        self.assertGreater(seen.packets_at("db1", since=0), 100)
        self.assertEqual(seen.packets_at("db1", since=moved), 0)
        self.assertGreater(seen.packets_at("db2", since=moved), 100)
        self.assertEqual(seen.packets_at("db3", since=0), 0)
        self.assertFalse(self.lab.check_data(probe).ok, "db1 is down: that is a problem")
        report = self.lab.check_data(probe, hosts=["db2", "db3"])
        self.assertTrue(report.ok, report.problems)

    def test_two_writable_holders_are_a_violation(self):
        self.make_writer("db1")
        with self.lab.observers() as seen:
            self.make_writer("db2")
            self.lab.wait(lambda: seen.violations(), 5, "both are seen")
            self.take_writer("db1")
        (violation,) = seen.violations()
        self.assertEqual(violation[:2], ("db1", "db2"))
        self.assertTrue(any(line.startswith("VIOLATION") for line in seen.describe()))

    def test_an_observer_that_dies_is_blind_to_the_end_and_those_of_a_host_without_power_are_not(self):
        self.make_writer("db1")
        with self.lab.observers() as seen:
            self.lab.power_off("db3")
            seen.processes["db2"].kill()
            died = time.monotonic()
            self.lab.wait(lambda: seen.tracks()["db1"].addresses[-1][0] > died + 1.0, 10, "the others go on")
            self.lab.power_on("db3")
        (gap,) = seen.sampling_gaps().pop("db2")
        self.assertLess(abs(gap[0] - died), 0.5)
        self.assertEqual(gap[1], seen.ended)
        others = [gap for name in ("db1", "db3") for gap in seen.sampling_gaps().get(name, ())]
        self.assertEqual([gap for gap in others if gap[1] - gap[0] > 0.5], [])

    def test_two_holders_of_whom_one_is_read_only_are_none(self):
        self.make_writer("db1")
        with self.lab.observers() as seen:
            self.lab.put_ip("db2", WRITER_IP)
            self.lab.wait(lambda: ("db1", "db2") in [hosts for _, hosts in seen.timeline()], 5, "both are seen")
            self.take_writer("db1")
            self.lab.sql("db2", "SET GLOBAL read_only=0")
        self.assertEqual(seen.violations(), [])

    def nft(self, name, *commands):
        self.lab.run(name, ["nft", "; ".join(commands)])

    def test_a_holder_whose_write_fence_is_closed_is_none_until_it_is_open(self):
        table, element = "inet mmm3_fence_9989", "{ type inet_proto; flags timeout; elements = { tcp timeout 1s }; }"
        self.make_writer("db1")
        self.nft("db1", f"add table {table}", f"add chain {table} live")
        with self.lab.observers() as seen:
            self.make_writer("db2")
            self.lab.wait(lambda: ("db1", "db2") in [hosts for _, hosts in seen.timeline()], 5, "both are seen")
            self.nft("db1", f"add set {table} lease2 {element}")
            self.lab.wait(lambda: len(seen.tracks()["db1"].fence) > 20, 5, "it is looked at")
            self.assertEqual({state for _, state in seen.tracks()["db1"].fence}, {"c"})
            self.assertEqual(seen.violations(), [])
            self.nft("db1", f"add set {table} lease0 {element}", f"add rule {table} live meta l4proto @lease0 accept")
            self.lab.wait(lambda: seen.violations(), 5, "db1 takes writes, too")
            self.lab.wait(lambda: self.fence_story(seen, "db1") == "coc", 5, "the kernel ends the lease")
            self.nft("db1", f"delete table {table}")
            self.lab.wait(lambda: self.fence_story(seen, "db1") == "coc-", 5, "there is no fence any more")
        self.assertEqual(self.fence_story(seen, "db2"), "-")

    @staticmethod
    def fence_story(seen, host):
        states = [state for _, state in seen.tracks()[host].fence]
        return "".join(state for before, state in zip([None, *states], states) if state != before)

    def test_addresses_are_sampled_while_the_server_is_frozen(self):
        self.make_writer("db1")
        with self.lab.observers() as seen:
            self.lab.freeze("db1", "mysqld")
            self.lab.wait(lambda: "-" in [s[2] for s in seen.tracks()["db1"].server], 5, "no answer is seen")
            before = len(seen.tracks()["db1"].addresses)
            self.lab.wait(lambda: len(seen.tracks()["db1"].addresses) > before + 10, 2, "sampling goes on")
            self.lab.thaw("db1", "mysqld")

    def test_the_probe_never_hangs_on_a_silent_host(self):
        self.make_writer("db1")
        with self.lab.probe() as probe:
            probe.wait_for_acks(20)
            at = self.lab.isolate("db1")["at"]
            self.lab.wait(
                lambda: all(self.errors_since(probe, w, at) >= 3 for w in ("keep", "new")), 10, "three timeouts each"
            )
            self.lab.rejoin("db1")
            probe.wait_for_acks(20)
        self.assertEqual(probe.process.returncode, 0)
        self.assertTrue(self.lab.check_data(probe).ok)

    @staticmethod
    def errors_since(probe, worker, moment):
        return sum(1 for e in probe.events() if e["t"] > moment and e["w"] == worker and e["e"] in ("connect", "unknown"))

    def test_a_lost_and_a_surplus_row_are_found(self):
        self.make_writer("db1")
        with self.lab.probe() as probe:
            probe.wait_for_acks(10)
        self.assertTrue(self.lab.check_data(probe).ok)
        victim = max(probe.acknowledged())
        self.lab.sql("db2", "SET STATEMENT sql_log_bin=0 FOR DELETE FROM app.probe WHERE id=%s", victim)
        self.lab.sql("db3", "SET STATEMENT sql_log_bin=0 FOR INSERT INTO app.probe VALUES (5, 5, 5)")
        report = self.lab.check_data(probe)
        self.assertEqual((report.missing, report.extra), ({"db2": {victim}}, {"db3": {5}}))
        self.lab.sql("db1", "SET STATEMENT sql_log_bin=0 FOR DELETE FROM app.probe WHERE id=%s", victim)
        self.assertIn("lacks 1 rows", " ".join(self.lab.check_data(probe).problems))


if __name__ == "__main__":
    unittest.main()
