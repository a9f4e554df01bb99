"""fence_cmd: what an agent runs when its writer's lease has ended and nobody renewed it."""

import json
import shutil
import tempfile
from pathlib import Path

from .support import IMPATIENCE_MS, LabTest

# Appends "HOST GENERATION stopped|unstopped" to the file that it is given; fails when told to.
SCRIPT = """#!/bin/sh
echo "$2 $3 $4" >> "$1"
if [ -e "$1.fail" ]; then echo "the switch does not answer"; exit 3; fi
"""


class FenceCommand(LabTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="mmm-fence-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        script = cls.folder / "fence"
        script.write_text(SCRIPT, encoding="utf-8")
        script.chmod(0o755)
        cls.runs_path = cls.folder / "runs"
        cls.config = {"fence_cmd": f"{script} {cls.runs_path}"}
        super().setUpClass()

    def setUp(self):
        super().setUp()
        for path in (self.runs_path, self.folder / "runs.fail"):
            path.unlink(missing_ok=True)

    def runs(self):
        return self.runs_path.read_text(encoding="utf-8").splitlines() if self.runs_path.exists() else []

    def generation(self):
        return json.loads(self.control("show", "--json"))["assignment"]["generation"]

    def test_a_writer_that_is_cut_off_stops_and_then_runs_it_once(self):
        generation = self.generation()
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.isolate("db1")
            self.wait(self.runs, "the agent of db1 runs it")
            self.assertFalse(self.lab.is_writable("db1"))
            self.assertNotIn("10.0.0.80", self.lab.addresses("db1"))
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.rejoin("db1")
            self.wait_until_back("db1")
        self.assertEqual(self.runs(), [f"db1 {generation} stopped"])
        self.assertIn(f"runs fence_cmd for generation {generation}: read_only is set", self.log("db1"))
        self.assertIn("fence_cmd ended with 0", self.log("db1"))

    def test_a_server_that_cannot_be_stopped_is_named_and_a_failure_is_shown(self):
        generation = self.generation()
        (self.folder / "runs.fail").touch()
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.freeze("db1", "mysqld")
            self.lab.isolate("db1")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.wait(self.runs, "the agent of db1 runs it")
            self.lab.rejoin("db1")
            problem = "host db1: could not run fence_cmd: it ended with 3: the switch does not answer"
            self.wait(lambda: problem in self.control("show"), "show tells that it failed")
            self.lab.thaw("db1", "mysqld")
            self.wait_until_back("db1")
        self.assertEqual(self.runs(), [f"db1 {generation} unstopped"])
        if self.state("db1") == "ONLINE":
            self.wait(lambda: "fence_cmd" not in self.control("show"), "a host in service is not complained about")

    def test_a_planned_move_does_not_run_it(self):
        with self.under_load() as load:
            self.control("move_role", "writer", "db2")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.wait_for_peace()
        self.assertEqual(self.runs(), [])
