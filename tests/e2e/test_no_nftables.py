"""A kernel without nftables: the agents run without a write fence, and say so."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from .support import BIN_DIR, DATABASES, IMPATIENCE_MS, LabTest
from mmmlab.client import default_bin_dir

WRAPPER = Path(__file__).with_name("no_nftables.py")


class NoNftables(LabTest):
    told = "there is no write fence here, so others wait 2 s longer for this host's lease: nftables: "

    @classmethod
    def setUpClass(cls):
        if subprocess.run([sys.executable, WRAPPER, "/bin/true"]).returncode != 0:
            raise unittest.SkipTest("this machine lets no process give up system calls (seccomp)")
        programs = Path(BIN_DIR or default_bin_dir()).resolve()
        cls.bin_dir = Path(tempfile.mkdtemp(prefix="mmm-no-nftables-"))
        cls.addClassCleanup(shutil.rmtree, cls.bin_dir)
        for name in ("mmm_mond", "mmm_control"):
            (cls.bin_dir / name).symlink_to(programs / name)
        agent = cls.bin_dir / "mmm_agentd"
        agent.write_text(f'#!/bin/sh\nexec {sys.executable} {WRAPPER} {programs}/mmm_agentd "$@"\n', encoding="utf-8")
        agent.chmod(0o755)
        super().setUpClass()

    def test_the_agents_serve_and_say_what_they_lack(self):
        for host in DATABASES:
            warning = f"# Warning: host {host}: {self.told}"
            self.wait(lambda: warning in self.control("show"), f"show warns of {host}")
            self.assertIn(f"[error] {self.told}", self.log(host))
        # Nothing resets a connection here: a client waits for as long as it likes to.
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.control("move_role", "writer", "db2")
            load.wait_for_writes()
            self.wait_for_peace()
            self.lab.kill("db2", "mysqld")
            self.wait_for_writer("db1")
            load.wait_for_writes()
            self.lab.start("db2", "mysqld")
            self.wait_until_back("db2")
        self.assert_within(load.longest_ms(), 3000)
