"""Tests of the lab's life on real namespaces and servers; no MMM program is needed. As root:

    /usr/bin/python3 -m unittest discover -s lab/tests -t .        (from the top of the tree; all tests of the lab)
"""

import os
import signal
import subprocess
import sys
import time
import unittest

from . import support
from mmmlab import client, mysql, netns, process, remains
from mmmlab.api import Lab, LabError, LabTimeout
from mmmlab.layout import DATABASES, SOURCES, Layout


class Life(unittest.TestCase):
    def test_a_lab_comes_with_replicating_servers_and_goes_without_a_trace(self):
        with Lab(mmm=False) as lab:
            self.assertEqual([lab.scalar(name, "SELECT @@server_id") for name in DATABASES], [1, 2, 3])
            for name, source in SOURCES.items():
                self.assertTrue(lab.replicates(name, source))
                self.assertEqual(lab.scalar(name, "SELECT @@read_only"), 1)
                self.assertEqual(lab.scalar(name, "SELECT @@gtid_current_pos"), "")
            self.assertEqual(support.outside_10x(), [])
            self.assertNotEqual(support.traces(lab.layout), [])
        self.assertEqual(support.traces(lab.layout), [])
        self.assertEqual(support.outside_10x(), [])

    def test_two_labs_with_the_same_addresses_stand_side_by_side(self):
        with Lab(mmm=False) as one, Lab(mmm=False) as two:
            one.sql("db1", "CREATE DATABASE only_here")
            here = [row["Database"] for row in one.sql("db1", "SHOW DATABASES")]
            there = [row["Database"] for row in two.sql("db1", "SHOW DATABASES")]
            self.assertIn("only_here", here)
            self.assertNotIn("only_here", there)
            one.put_ip("db1", "10.0.0.80")
            self.assertIsNotNone(one.ping("client", "10.0.0.80"))
            self.assertIsNone(two.ping("client", "10.0.0.80", 0.2))
            one.down()
            self.assertIsNotNone(two.ping("client", "10.0.0.4"))
        self.assertEqual(support.traces(one.layout) + support.traces(two.layout), [])

    def test_down_is_idempotent_and_up_too(self):
        prefix = support.unique_prefix()
        self.assertEqual(support.tool("--prefix", prefix, "down").returncode, 0)
        try:
            self.assertEqual(support.tool("--prefix", prefix, "up", "--no-mmm").returncode, 0)
            again = support.tool("--prefix", prefix, "up", "--no-mmm")
            self.assertEqual(again.returncode, 0)
            self.assertIn("is up already", again.stdout)
        finally:
            self.assertEqual(support.tool("--prefix", prefix, "down").returncode, 0)
        self.assertEqual(support.traces(Layout(prefix)), [])

    def test_a_lab_without_programs_to_run_is_refused_and_leaves_nothing(self):
        lab = Lab(bin_dir="/nonexistent")
        self.assertRaisesRegex(LabError, "mmm_agentd is not there", lab.up)
        self.assertEqual(support.traces(lab.layout), [])

    def test_reset_makes_it_new(self):
        with Lab(mmm=False) as lab:
            lab.sql("db1", "SET GLOBAL read_only=0")
            lab.sql("db1", "INSERT INTO app.probe VALUES (1, 1, 1.0)")
            lab.put_ip("db2", "10.0.0.80")
            lab.cut("db1", "db2")
            lab.power_off("db3")
            lab.kill("db2", "mysqld")
            lab.reset(config={"lease_ttl": 7})
            self.assertEqual([lab.scalar(name, "SELECT COUNT(*) FROM app.probe") for name in DATABASES], [0, 0, 0])
            self.assertEqual(lab.holders(), [])
            self.assertTrue(all(lab.replicates(name, source) for name, source in SOURCES.items()))
            self.assertEqual(lab.scalar("db1", "SELECT @@read_only"), 1)
            self.assertIn("lease_ttl               7", (lab.layout.shared_etc() / "mmm3.conf").read_text())
            self.assertIsNotNone(lab.ping("db1", "10.0.0.5"))

    def test_files_that_hold_passwords_are_not_readable_by_others(self):
        with Lab(mmm=False, status_file="db1|ONLINE|writer(10.0.0.80)") as lab:
            names = [lab.layout.etc("monitor") / n for n in ("mmm_mon.conf", "mmm_common.conf", "mmm3.conf")]
            names += [lab.layout.etc("db3") / n for n in ("mmm_agent.conf", "mmm_common.conf")]
            for path in names:
                self.assertEqual(path.stat().st_mode & 0o777, 0o640, path)
            self.assertEqual(lab.layout.root.stat().st_mode & 0o777, 0o700)
            self.assertEqual(lab.layout.status_file().read_text(), "db1|ONLINE|writer(10.0.0.80)\n")


class Interrupted(unittest.TestCase):
    """Whoever dies, and whenever: nothing is left."""

    def begin(self, prefix, until):
        """An `up` of its own process that has printed `until`."""
        command = [str(support.TOOL), "--prefix", prefix, "up", "--no-mmm"]
        process_ = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process_.stdout.close)
        for line in process_.stdout:
            if until in line:
                return process_
        self.fail(f"up never came to '{until}'")

    def test_an_up_that_is_killed_half_way(self):
        for step in ("files", "data", "servers", "replication"):
            for number in (signal.SIGKILL, signal.SIGINT):
                with self.subTest(step=step, signal=number):
                    layout = Layout(support.unique_prefix())
                    starter = self.begin(layout.prefix, step)
                    starter.send_signal(number)
                    starter.wait(20)
                    support.wait_for_no_traces(layout)

    def test_a_supervisor_that_is_killed_leaves_what_the_next_command_cleans(self):
        lab = Lab(mmm=False).up()
        self.addCleanup(lab.down)
        process.send(remains.supervisor(lab.layout), signal.SIGKILL)
        lab.wait(lambda: not remains.supervisor(lab.layout), 5, "the supervisor is dead")
        self.assertNotEqual(support.traces(lab.layout), [])
        lab.up()
        self.assertTrue(lab.replicates("db3", "db1"))
        process.send(remains.supervisor(lab.layout), signal.SIGKILL)
        lab.down()
        self.assertEqual(support.traces(lab.layout), [])

    def test_a_frozen_supervisor_does_not_stop_a_down(self):
        lab = Lab(mmm=False).up()
        process.send(remains.supervisor(lab.layout), signal.SIGSTOP)
        lab.down()
        self.assertEqual(support.traces(lab.layout), [])

    def test_a_lab_can_go_down_while_it_is_reset(self):
        lab = Lab(mmm=False).up()
        resetting = subprocess.Popen([str(support.TOOL), "--prefix", lab.layout.prefix, "reset"], stderr=subprocess.DEVNULL)
        log = lab.layout.shared_log() / "lab.log"
        lab.wait(lambda: log.read_text().count("data and configuration") == 2, 10, "the reset has begun")
        lab.down()
        self.assertEqual(resetting.wait(10), 1)
        self.assertEqual(support.traces(lab.layout), [])

    def test_a_lab_without_its_owner_does_not_begin(self):
        owner = subprocess.Popen(["true"])
        owner.wait()
        lab = Lab(mmm=False)
        self.assertRaisesRegex(LabError, "no process", lab.up, owner_pid=owner.pid)
        self.assertEqual(support.traces(lab.layout), [])

    def test_a_lab_ends_with_its_owner(self):
        owner = subprocess.Popen(["sleep", "1000"])
        lab = Lab(mmm=False)
        self.addCleanup(lab.down)
        lab.up(owner_pid=owner.pid)
        owner.kill()
        owner.wait()
        support.wait_for_no_traces(lab.layout)

    def test_a_test_run_that_is_killed_leaves_nothing(self):
        prefix = support.unique_prefix()
        program = (
            f"import sys, time; sys.path.insert(0, {str(client.PACKAGE_DIR)!r})\n"
            "from mmmlab.api import Lab\n"
            f"with Lab({prefix!r}, mmm=False) as lab, lab.observers(), lab.probe():\n"
            "    print('up', flush=True); time.sleep(1000)\n"
        )
        run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        self.addCleanup(run.stdout.close)
        self.assertEqual(run.stdout.readline(), "up\n")
        run.kill()
        run.wait()
        support.wait_for_no_traces(Layout(prefix))


class Programs(unittest.TestCase):
    """The MMM programs' supervision, with programs that do nothing."""

    @classmethod
    def setUpClass(cls):
        cls.programs = support.IdlePrograms()
        cls.lab = Lab(bin_dir=cls.programs.path)
        cls.addClassCleanup(cls.programs.remove)
        cls.addClassCleanup(cls.lab.down)
        cls.lab.up(owner_pid=os.getpid())

    def test_they_run_in_their_hosts_with_their_configuration(self):
        lab = self.lab
        for host, name, log in (("db2", "agent", "mmm_agentd"), ("monitor", "monitor", "mmm_mond")):
            pid = lab.unit(host, name)["pid"]
            space = os.stat(f"{netns.RUN_DIR}/{lab.layout.namespace(host)}").st_ino
            self.assertEqual(os.stat(f"/proc/{pid}/ns/net").st_ino, space)
            lab.wait(lambda: "--foreground" in lab.log_path(host, log).read_text(), 5, "it logs")
            self.assertIn(str(lab.layout.etc(host)), lab.log_path(host, log).read_text())

    def test_one_that_dies_is_back_within_300_ms(self):
        for host, name in (("db1", "agent"), ("monitor", "monitor")):
            before = self.lab.unit(host, name)["starts"]
            at = self.lab.kill(host, name)["at"]
            self.lab.wait(lambda: self.lab.unit(host, name)["starts"] == before + 1, 5, "restarted", period_s=0.005)
            self.assertLess(time.monotonic() - at, 0.3)

    def test_one_that_is_held_stays_down_until_started(self):
        self.lab.kill("db1", "agent", hold=True)
        self.assertRaises(
            LabTimeout, self.lab.wait, lambda: self.lab.unit("db1", "agent")["state"] == "running", 0.5, "never"
        )
        self.lab.start("db1", "agent")
        self.assertEqual(self.lab.unit("db1", "agent")["state"], "running")
        self.lab.stop("db1", "agent")
        self.assertEqual(self.lab.unit("db1", "agent")["last_exit"], "SIGTERM")
        self.lab.restart("db1", "agent")
        self.assertEqual(self.lab.unit("db1", "agent")["state"], "running")

    def test_one_that_is_frozen_stands_still(self):
        self.lab.freeze("db3", "agent")
        pid = self.lab.unit("db3", "agent")["pid"]
        self.lab.wait(lambda: process.state(pid) == "T", 2, "it stands still")
        self.assertEqual(self.lab.unit("db3", "agent")["state"], "frozen")
        self.assertRaisesRegex(LabError, "is frozen", self.lab.stop, "db3", "agent")
        self.lab.thaw("db3", "agent")
        self.lab.wait(lambda: process.state(pid) == "S", 2, "it lives")

    def test_a_server_that_dies_stays_dead(self):
        before = self.lab.unit("db3", "mysqld")["starts"]
        self.lab.kill("db3", "mysqld")
        self.assertEqual(self.lab.unit("db3", "mysqld")["state"], "down")
        self.lab.start("db3", "mysqld")
        self.assertEqual(self.lab.unit("db3", "mysqld")["starts"], before + 1)
        self.lab.wait(lambda: self.lab.replicates("db3", "db1"), 10, "it replicates again")

    def test_control_runs_on_the_monitor_host_and_its_exit_code_is_kept(self):
        code, output = self.lab.control("show", "x")
        self.assertEqual((code, output), (0, f"control show x with {self.lab.layout.etc('monitor')}\n"))
        self.assertEqual(self.lab.control("fail")[0], 1)
        done = support.tool("--prefix", self.lab.layout.prefix, "control", "fail", "--json")
        self.assertEqual((done.returncode, done.stdout.split(" with ")[0]), (1, "control fail --json"))

    def test_a_shell_is_inside_its_host(self):
        prefix = self.lab.layout.prefix
        done = support.tool("--prefix", prefix, "shell", "db2", "mysql", "-BNe", "SELECT CONCAT(@@server_id, USER())")
        self.assertEqual(done.stdout.strip(), "2root@localhost")
        inside = support.tool("--prefix", prefix, "shell", "db2", str(support.TOOL), "--prefix", prefix, "down")
        self.assertEqual(inside.returncode, 1)
        self.assertIn("leave it first", inside.stderr)

    def test_the_tool_tells_about_unknown_things(self):
        prefix = self.lab.layout.prefix
        self.assertRaisesRegex(LabError, "no host 'db9'", self.lab.cut, "db9", "db1")
        self.assertRaisesRegex(LabError, "runs no 'mysqld'", self.lab.kill, "monitor", "mysqld")
        self.assertRaisesRegex(LabError, "no fault", self.lab.fault, "_rewire")
        never = support.tool("--prefix", prefix, "wait", "holds", "db1", "10.0.0.80", "--timeout", "0")
        self.assertEqual(never.returncode, 3)
        self.assertEqual(support.tool("--prefix", "nosuchlab", "status").returncode, 1)
        self.assertEqual(support.tool("--prefix", prefix, "sql", "db1", "SELECT nothing").returncode, 1)
        self.assertEqual(support.tool("--prefix", prefix, "fault", "kill", "db1").returncode, 2)


class SemiSync(unittest.TestCase):
    def test_a_commit_is_acknowledged_only_when_another_server_has_it(self):
        with Lab(mmm=False) as lab:
            lab.sql("db1", "SET GLOBAL read_only=0")
            lab.sql("db1", "INSERT INTO app.probe VALUES (1, 0, 0)")
            acks = {row["Variable_name"]: row["Value"] for row in lab.sql("db1", "SHOW STATUS LIKE 'Rpl_semi_sync%'")}
            self.assertEqual((acks["Rpl_semi_sync_master_yes_tx"], acks["Rpl_semi_sync_master_no_tx"]), ("1", "0"))
            self.assertEqual(acks["Rpl_semi_sync_master_clients"], "2")
            lab.cut("db1", "db2")
            lab.cut("db1", "db3")
            writer = mysql.connect(lab.layout, "db1", read_timeout_s=0.6)
            with self.assertRaises(mysql.pymysql.OperationalError, msg="no replica has it: no OK"):
                writer.cursor().execute("INSERT INTO app.probe VALUES (2, 0, 0)")
            lab.restore()
            for name in ("db2", "db3"):
                lab.wait(lambda: lab.scalar(name, "SELECT COUNT(*) FROM app.probe") == 2, 15, f"{name} has both rows")

    def test_an_asynchronous_lab_does_not_wait(self):
        with Lab(mmm=False, semi_sync=False) as lab:
            lab.sql("db1", "SET GLOBAL read_only=0")
            lab.isolate("db1")
            lab.sql("db1", "INSERT INTO app.probe VALUES (1, 0, 0)", timeout_s=2)


if __name__ == "__main__":
    unittest.main()
