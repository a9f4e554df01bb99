"""Agents that live and say nothing. Nobody else may have to wait for them."""

import time

from .support import IMPATIENCE_MS, LabTest

# An answer that waited for a time-out of the frozen agent would take longer.
PROMPT_S = 2.0


class FrozenAgent(LabTest):
    def prompt(self, *words, code=0):
        begin = time.monotonic()
        got, text = self.lab.control(*words)
        took = time.monotonic() - begin
        self.assertEqual(got, code, text)
        self.assert_within(took * 1000, PROMPT_S * 1000, f"mmm_control {' '.join(words)}")
        return text

    def freeze(self, host):
        self.lab.freeze(host, "agent")
        self.addCleanup(self.thaw_if_frozen, host)

    def thaw_if_frozen(self, host):
        if self.lab.unit(host, "agent")["state"] == "frozen":
            self.lab.thaw(host, "agent")

    def test_the_slaves_agent_is_frozen_and_the_writer_dies(self):
        # db3 still follows the dead db1, so nobody acknowledges what db2 commits: it may wait for that only so long.
        self.renew(mysql={f"{host}/rpl_semi_sync_master_timeout": 2000 for host in ("db1", "db2")})
        self.wait_for_peace()
        with self.under_load() as load:
            self.freeze("db3")
            self.lab.kill("db1", "mysqld")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.prompt("show")
            self.lab.thaw("db3", "agent")
            self.lab.start("db1", "mysqld")
            self.wait_until_back("db1")
        self.assert_within(load.longest_ms(), 7000)

    def test_the_other_masters_agent_is_frozen_and_commands_do_not_wait(self):
        with self.under_load() as load:
            self.freeze("db2")
            for words in ("ping", "show", "checks", "mode", "set_manual", "set_active", "set_offline db3"):
                self.prompt(*words.split())
            self.wait(lambda: self.lab.control("set_online", "db3")[0] == 0, "db3 is online again")
            self.wait(lambda: "agent on host db2 is not reachable" in self.prompt("show"), "show tells of it")
            self.assertIn("Can't reach agent daemon on 'db2'", self.prompt("move_role", "writer", "db2", code=1))
            self.assertIn("ERROR", self.prompt("set_offline", "db2", code=1))
            self.lab.thaw("db2", "agent")
            self.wait_for_peace()
            load.wait_for_writes()
        self.assertEqual(load.errors(), {})
        self.assertEqual(self.lab.holders(), ["db1"])

    def test_a_planned_move_does_not_wait_for_the_slaves_agent(self):
        with self.under_load() as load:
            self.freeze("db3")
            self.prompt("move_role", "writer", "db2")
            load.wait_for_writes()
            self.prompt("move_role", "writer", "db1")
            load.wait_for_writes()
            self.lab.thaw("db3", "agent")
            self.wait_for_peace()
        self.assert_within(load.longest_ms(), 3000)

    def test_a_move_to_an_agent_that_froze_a_moment_ago_fails_and_the_writer_goes_on(self):
        with self.under_load() as load:
            self.freeze("db2")
            self.assertNotEqual(self.lab.control("move_role", "writer", "db2", timeout_s=45)[0], 0)
            self.wait_for_writer("db1")
            load.wait_for_writes()
            self.lab.thaw("db2", "agent")
            self.wait_for_peace()

    def test_the_writers_agent_is_frozen_and_the_role_moves_after_its_lease(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.freeze("db1")
            self.wait(lambda: self.lab.holders() == ["db2"], "the kernel dropped the address, db2 has it")
            self.wait_for_writer("db2")
            moved = load.first_ack_after(time.monotonic())
            self.prompt("show")
            self.lab.thaw("db1", "agent")
            self.wait_until_back("db1")  # what it wrote and nobody received keeps it out, and rightly so
            load.wait_for_writes()
        self.assertEqual(load.seen.returns_to("db1"), [], load.seen.describe())
        self.assert_within(load.longest_ms(since=moved), 1500)
        self.assertEqual(self.lab.holders(), ["db2"])

    def test_the_writers_server_is_frozen_and_the_role_moves(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.freeze("db1", "mysqld")
            self.wait(lambda: self.lab.holders() == ["db2"] and self.lab.is_writable("db2"), "db2 is the writer")
            load.wait_for_writes()
            self.lab.thaw("db1", "mysqld")
            self.wait(lambda: not self.lab.is_writable("db1"), "db1 takes no writes")
            load.wait_for_writes()
        self.assertEqual(load.seen.returns_to("db1"), [], load.seen.describe())
