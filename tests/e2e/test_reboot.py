"""An orderly reboot of the only candidate that is left (docs/lease.md, "What follows for availability")."""

import json
import shutil
import tempfile
from pathlib import Path

from .support import BIN_DIR, IMPATIENCE_MS, LabTest
from mmmlab.client import default_bin_dir

# The agent believes in systemd where this folder is (sd_booted(3)). Each process of a lab has a mount namespace of its own.
AGENT = """#!/bin/sh
exec unshare --mount sh -ec 'mount -t tmpfs none /run; mkdir -p /run/systemd/system; exec {agent} "$@"' sh "$@"
"""
STOPPING = "#!/bin/sh\necho stopping\nexit 1\n"  # what `systemctl is-system-running` says then (systemctl(1))


class OrderlyReboot(LabTest):
    config = {"monitor/auto_set_online": 1}  # else a host that was rebooted waits for set_online

    @classmethod
    def setUpClass(cls):
        programs = Path(BIN_DIR or default_bin_dir()).resolve()
        cls.bin_dir = Path(tempfile.mkdtemp(prefix="mmm-reboot-"))
        cls.addClassCleanup(shutil.rmtree, cls.bin_dir)
        for name in ("mmm_mond", "mmm_control"):
            (cls.bin_dir / name).symlink_to(programs / name)
        agent = cls.bin_dir / "mmm_agentd"
        agent.write_text(AGENT.format(agent=programs / "mmm_agentd"), encoding="utf-8")
        agent.chmod(0o755)
        super().setUpClass()

    def assignment(self):
        return json.loads(self.control("show", "--json"))["assignment"]

    def reboot(self, host):
        """As systemd does it: it tells every service to stop, the database last, and everything starts again."""
        systemctl = self.lab.layout.bin(host) / "systemctl"
        systemctl.write_text(STOPPING, encoding="utf-8")
        systemctl.chmod(0o755)
        self.lab.stop(host, "agent")
        self.assertEqual(self.lab.holders(), [])
        self.assertFalse(self.lab.is_writable(host))
        self.lab.stop(host, "mysqld")
        self.lab.power_off(host)
        self.wait_for_state(host, "HARD_OFFLINE")
        systemctl.unlink()
        self.lab.power_on(host)

    def test_the_last_candidate_has_the_role_again_and_nobody_is_asked(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.kill("db2", "mysqld")  # while db1 sends to a machine that is off, its mariadbd does not stop
            self.lab.power_off("db2")  # for good
            self.wait(lambda: self.assignment()["takeover_set"] == [], "db1 is pinned")
            load.wait_for_writes()
            before = self.assignment()
            self.reboot("db1")
            self.wait_for_writer("db1")
            load.wait_for_writes()
            after = self.assignment()
        self.assertIn(f"gives up generation {before['generation']}: the machine shuts down", self.log("db1"))
        self.assertEqual(after["writer"], "db1")
        self.assertGreater(after["generation"], before["generation"])
