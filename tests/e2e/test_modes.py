"""MANUAL, WAIT and PASSIVE mode on real hosts."""

from .support import ALL_ONLINE, LabTest

PASSIVE = "# --- Monitor is in PASSIVE MODE ---\n# Cause: Admin switched to passive mode.\n"


class Modes(LabTest):
    def test_in_manual_mode_a_dead_writer_keeps_its_role_until_somebody_acts(self):
        with self.under_load() as load:
            self.assertEqual(self.control("set_manual"), "OK: Switched into manual mode.\n")
            self.assertEqual(self.control("mode"), "MANUAL\n")
            self.lab.kill("db1", "mysqld")
            self.wait_for_state("db1", "HARD_OFFLINE")
            self.assertIn("writer(10.0.0.80)", self.roles("db1"))
            self.assertFalse(self.lab.is_writable("db2"))
            self.control("move_role", "writer", "db2")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.start("db1", "mysqld")
            self.wait_until_back("db1")
            self.assertEqual(self.control("set_active"), "OK: Switched into active mode.\n")
            load.wait_for_writes()

    def test_in_manual_mode_a_writer_that_comes_back_writes_again(self):
        with self.under_load() as load:
            self.control("set_manual")
            self.lab.kill("db1", "mysqld")
            self.wait_for_state("db1", "HARD_OFFLINE")
            self.lab.start("db1", "mysqld")
            self.wait_for_writer("db1")
            load.wait_for_writes()
            self.wait_for_peace()

    def test_active_mode_takes_the_role_from_a_dead_writer(self):
        with self.under_load() as load:
            self.control("set_manual")
            self.lab.kill("db1", "mysqld")
            self.wait_for_state("db1", "HARD_OFFLINE")
            self.control("set_active")
            self.wait_for_writer("db2")
            load.wait_for_writes()

    def test_in_passive_mode_nothing_moves_and_set_ip_waits_for_the_end_of_it(self):
        with self.under_load() as load:
            before = self.control("show")
            self.assertEqual(self.control("set_passive"), "OK: Switched into passive mode.\n")
            self.assertEqual(self.control("show"), PASSIVE + before)
            text = "ERROR: This command is not allowed in passive mode\n"
            self.assertEqual(self.refused("move_role", "writer", "db2"), text)
            self.assertEqual(self.refused("set_ip", "10.0.0.99", "db2"), "ERROR: Unknown ip '10.0.0.99'!\n")
            text = "ERROR: Host 'db3' can't handle role 'writer'. Following hosts could: db1, db2\n"
            self.assertEqual(self.refused("set_ip", "10.0.0.80", "db3"), text)
            text = "OK: Set role 'reader(10.0.0.90)' to host 'db3'.\n"
            self.assertEqual(self.control("set_ip", "10.0.0.90", "db3"), text)
            self.assertEqual(self.roles("db3"), {"reader(10.0.0.90)", "reader(10.0.0.100)"})
            self.assertEqual(self.lab.holders("10.0.0.90"), ["db2"])
            load.go_on_for(2.5)
            self.control("set_ip", "10.0.0.80", "db2")
            self.assertEqual(self.lab.holders(), ["db1"])
            self.assertEqual(load.errors(), {})
            self.control("set_active")
            self.wait_for_writer("db2")
            self.wait_for_peace()
            load.wait_for_writes()

    def test_in_passive_mode_the_writer_stays_for_longer_than_its_lease(self):
        with self.under_load() as load:
            self.control("set_passive")
            self.lab.kill("db3", "mysqld")
            self.wait_for_state("db3", "HARD_OFFLINE")
            self.assertEqual(self.roles("db3"), {"reader(10.0.0.100)"})
            load.go_on_for(3.0)
            self.lab.start("db3", "mysqld")
            self.control("set_active")
            self.wait_for_peace()
        self.assertEqual(load.errors(), {})

    def test_wait_mode_becomes_active_once_both_masters_are_online(self):
        status = ALL_ONLINE.replace("db2|ONLINE", "db2|ADMIN_OFFLINE")
        self.renew(status_file=status, config={"monitor/mode": "wait"})
        self.wait_for_writer("db1")
        self.assertEqual(self.control("mode"), "WAIT\n")
        self.wait(lambda: self.lab.control("set_online", "db2")[0] == 0, "db2 is set online")
        self.wait(lambda: self.lab.control("mode") == (0, "ACTIVE\n"), "the mode is ACTIVE")
        self.wait_for_peace()
