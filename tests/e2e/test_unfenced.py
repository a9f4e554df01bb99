"""What only an administrator can decide: a writer that nobody can ask, and nobody who may follow it."""

from .support import IMPATIENCE_MS, LabTest


PINNED = "the lease has no end until that changes"


class Unfenced(LabTest):
    def test_the_role_is_taken_from_a_pinned_writer_whose_machine_is_off(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            pins = self.log("db1").count(PINNED)  # there was one before db2 came for the first time
            self.lab.kill("db2", "agent", hold=True)
            self.wait(lambda: self.log("db1").count(PINNED) > pins, "db1 is pinned")
            self.lab.power_off("db1")
            self.lab.start("db2", "agent")
            self.wait(lambda: "db2: it is not in the takeover set" in self.control("show"), "show says why nobody follows")
            self.wait(lambda: "agent on host db1 is not reachable" in self.control("show"), "db1 is known to be silent")
            text = self.refused("move_role", "--unfenced", "writer", "db2")
            self.assertIn("whether 'db1' still accepts writes: its agent does not answer", text)
            self.assertIn("move_role --unfenced --yes writer db2", text)
            self.assertEqual(self.lab.holders(), [])
            done = self.control("move_role", "--unfenced", "--yes", "writer", "db2")
            self.assertIn("whether 'db1' still accepts writes: its agent does not answer", done)
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.power_on("db1")
            self.wait_until_back("db1")
        self.assertEqual(load.seen.returns_to("db1"), [], load.seen.describe())

    def test_it_is_refused_while_the_writer_answers(self):
        with self.under_load() as load:
            text = self.refused("move_role", "--unfenced", "--yes", "writer", "db2")
            self.assertIn("The agent on 'db1' answers. Use move_role", text)
            load.go_on_for(0.5)
        load.assert_nobody_noticed()
