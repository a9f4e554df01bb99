"""How a cluster starts: from nothing, from MMM 2's status file, from our own."""

import re

from .support import READER_IPS, WRITER_IP, LabTest

FRESH = """\
  db1(10.0.0.4) master/AWAITING_RECOVERY. Roles: 
  db2(10.0.0.5) master/AWAITING_RECOVERY. Roles: 
  db3(10.0.0.7) slave/AWAITING_RECOVERY. Roles: 

"""
FIRST = """\
  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.100), reader(10.0.0.90), writer(10.0.0.80)
  db2(10.0.0.5) master/AWAITING_RECOVERY. Roles: 
  db3(10.0.0.7) slave/AWAITING_RECOVERY. Roles: 

"""
ALL = """\
  db1(10.0.0.4) master/ONLINE. Roles: writer(10.0.0.80)
  db2(10.0.0.5) master/ONLINE. Roles: reader(10.0.0.90)
  db3(10.0.0.7) slave/ONLINE. Roles: reader(10.0.0.100)

"""
SET_ONLINE = "OK: State of '{}' changed to ONLINE. Now you can wait some time and check its new roles!\n"
CHECK_LINE = r"db1  {}  \[last change: \d{{4}}/\d\d/\d\d \d\d:\d\d:\d\d\]  OK(: Backlog is null)?\n"


class FromNothing(LabTest):
    status_file = None

    def setUp(self):
        super().setUp()
        self.wait(lambda: self.lab.control("show") == (0, FRESH), "every host waits for the administrator")

    def set_online(self, host):
        self.wait(lambda: self.lab.control("set_online", host) == (0, SET_ONLINE.format(host)), f"{host} is set online")

    def test_hosts_are_set_online_one_by_one_and_the_first_master_becomes_the_writer(self):
        self.assertEqual([h for h in ("db1", "db2", "db3") if self.lab.is_writable(h)], [])
        self.assertEqual(self.lab.holders(), [])
        self.set_online("db1")
        self.wait(lambda: self.serves("db1"), "db1 is the writer")
        self.assertEqual(self.control("show"), FIRST)
        self.assertEqual(self.control("set_online", "db1"), "OK: This host is already ONLINE. Skipping command.\n")
        self.set_online("db2")
        self.set_online("db3")
        self.wait_for_peace()
        self.assertEqual(self.control("show"), ALL)
        self.assertEqual([self.lab.holders(ip) for ip in (WRITER_IP, *READER_IPS)], [["db1"], ["db2"], ["db3"]])
        with self.under_load():
            pass

    def test_whichever_master_comes_first_gets_the_role_and_a_slave_never(self):
        self.set_online("db3")
        self.wait(lambda: all(self.lab.holders(ip) == ["db3"] for ip in READER_IPS), "db3 has the readers")
        self.assertEqual(self.lab.holders(), [])
        self.set_online("db2")
        self.wait_for_writer("db2")
        self.set_online("db1")
        self.wait_for_peace()
        self.assertEqual(self.lab.holders(), ["db2"])

    def test_checks_print_as_in_mmm_2(self):
        self.assertEqual(self.control("mode"), "ACTIVE\n")
        self.assertEqual(self.control("ping"), "OK: Pinged successfully!\n")
        lines = self.control("checks", "db1").splitlines(keepends=True)
        for line, name in zip(lines, ("ping", "mysql", "rep_threads", "rep_backlog")):
            self.assertRegex(line, "^" + CHECK_LINE.format(f"{name:11}"))
        self.assertEqual(lines[4:], ["\n"])
        self.assertRegex(self.control("checks", "db1", "ping"), "^" + CHECK_LINE.format("ping") + "$")
        self.assertEqual(len(re.findall("OK", self.control("checks"))), 12)

    def test_with_auto_set_online_nobody_has_to_come(self):
        self.renew(config={"monitor/auto_set_online": 1})
        self.wait_for_peace()
        self.assertEqual(self.control("show"), ALL)


class FromStatusFile(LabTest):
    def test_mmm_2s_file_gives_states_and_roles(self):
        self.assertEqual(self.control("show"), ALL)
        self.assertEqual([self.lab.holders(ip) for ip in (WRITER_IP, *READER_IPS)], [["db1"], ["db2"], ["db3"]])

    def test_a_file_with_other_roles_and_a_host_that_is_out(self):
        out = "db1|ADMIN_OFFLINE|\ndb2|ONLINE|reader(10.0.0.100),writer(10.0.0.80)\ndb3|ONLINE|reader(10.0.0.90)"
        self.renew(status_file=out)
        self.wait_for_peace(("db2", "db3"))
        self.assertEqual(self.state("db1"), "ADMIN_OFFLINE")
        self.assertEqual(self.roles("db2"), {"reader(10.0.0.100)", "writer(10.0.0.80)"})
        self.wait(lambda: not self.lab.replicates("db1"), "db1, which is offline, does not replicate")

    def test_a_file_with_lines_that_are_none_starts_and_says_which(self):
        self.renew(status_file="db1|ONLINE|writer(10.0.0.80)\ndb9|ONLINE|\n\0\x7f|||\ndb2|ONLINE|reader(10.0.0.90)")
        self.wait_for_writer("db1")
        self.wait_for_state("db3", "AWAITING_RECOVERY")
        self.assertIn("db9", self.log("monitor"))

    def test_our_own_file_keeps_an_administrators_word_and_the_writer(self):
        self.control("move_role", "writer", "db2")
        self.control("set_offline", "db3")
        self.wait_for_peace(("db1", "db2"))
        with self.under_load() as load:
            self.lab.restart("monitor", "monitor")
            self.wait(lambda: self.state("db3") == "ADMIN_OFFLINE", "the monitor is back")
            load.wait_for_writes()
        load.assert_nobody_noticed()
        self.assertEqual(self.lab.holders(), ["db2"])
        self.assertIn("restarted on its own state file", self.log("monitor"))
        self.control("set_online", "db3")
        self.wait_for_peace()
