"""A host with broken or late replication loses its roles, and gets them back when it is well."""

import contextlib

import pymysql

from mmmlab import mysql

from . import ageing
from .support import SOON_S, LabTest

TAKEN = 77


class SickReplication(LabTest):
    """On one lab, never made new: each test leaves it as it found it."""

    @classmethod
    def setUpClass(cls):
        cls.lab = ageing.begin()

    def setUp(self):
        self.log_begins = {path: path.stat().st_size for path in self.log_paths()}
        self.wait_for_peace()

    def wait_for_sickness(self, host, state):
        """The state, once the master has been ONLINE for a minute; and no role is left on the host."""
        self.wait_for_state(host, state, SOON_S + ageing.SETTLED_S)
        self.wait(lambda: not self.lab.virtual_addresses(host), f"{host} has no address left")
        self.assertEqual(self.roles(host), set())

    @contextlib.contextmanager
    def locked_table(self, host):
        """Nobody can write to the probe's table there, the applier neither."""
        connection = mysql.connect(self.lab.layout, host, database="app")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("LOCK TABLES probe READ")
            yield

    def unlogged(self, host, statement):
        connection = mysql.connect(self.lab.layout, host, database="app")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_log_bin=0")
            cursor.execute(statement)

    def test_a_slave_that_is_late(self):
        with self.under_load(interval_ms=50.0) as load:
            with self.locked_table("db3"):
                self.wait_for_sickness("db3", "REPLICATION_DELAY")
                self.assertRegex(self.control("checks", "db3", "rep_backlog"), r"ERROR: Backlog is too big")
                load.wait_for_writes()
            self.wait_for_peace()
            self.wait(lambda: self.roles("db3"), "db3 has a role again")
        self.assertEqual(load.errors(), {})

    def test_a_slave_whose_replication_is_broken(self):
        with self.under_load(interval_ms=50.0) as load:
            self.unlogged("db3", f"INSERT INTO probe (id, thread, sent) VALUES ({TAKEN}, 8, 0)")
            self.lab.sql("db1", f"INSERT INTO app.probe (id, thread, sent) VALUES ({TAKEN}, 9, 0)")
            self.wait_for_sickness("db3", "REPLICATION_FAIL")
            self.assertIn("Replication is broken", self.control("checks", "db3", "rep_threads"))
            load.wait_for_writes()
            self.unlogged("db3", f"DELETE FROM probe WHERE id={TAKEN}")
            with contextlib.suppress(pymysql.MySQLError):  # it runs already: the agent was faster
                self.lab.sql("db3", "START SLAVE")
            self.wait_for_peace()
            self.wait(lambda: self.roles("db3"), "db3 has a role again")
        self.assertEqual(load.errors(), {})

    def test_the_role_is_forced_to_a_master_whose_replication_stands_still(self):
        self.lab.sql("db2", "STOP SLAVE")
        self.wait_for_sickness("db2", "REPLICATION_FAIL")
        text = "ERROR: Can't move role to host with state REPLICATION_FAIL.\n"
        self.assertEqual(self.refused("move_role", "writer", "db2"), text)
        text = "OK: Role 'writer' has been moved from 'db1' to 'db2' enforcedly."
        with self.under_load(interval_ms=50.0) as load:
            self.assertIn(text, self.control("move_role", "--force", "writer", "db2"))
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.wait_for_peace()
            self.control("move_role", "writer", "db1")
            self.wait_for_peace()
            load.wait_for_writes()
