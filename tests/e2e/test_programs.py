"""The programs as such: flags, exit codes, what keeps them from starting and how they say it, background, stopping."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .support import AGENT_PORT, CONTROL_PORT, HOSTS, LabTest, netns, netns_socket

ELSEWHERE = "{elsewhere}"
PROGRAMS = ("mmm_mond", "mmm_agentd", "mmm_control")
# Each command with what somebody may give it, and what MMM 2 took for a question. Together they leave all as it was.
COMMANDS = """
help
ping
show
checks
checks db1
checks all
checks db1 mysql
checks nosuch
mode
set_online db3
set_online
set_online nosuch
set_online db3 --accept-loss
set_offline nosuch
set_offline db3
set_online db3
set_manual
set_passive
set_ip 10.0.0.90 db2
set_ip 10.9.9.9 db2
set_active
set_ip 10.0.0.90 db2
move_role writer
move_role writer nosuch
move_role nosuch db1
move_role reader db1
move_role --unfenced writer db2
move_role --unfenced --yes writer db2
move_role writer db2
move_role --force writer db1
take_lead
take_lead --yes
""".splitlines()


def has_ended(pid):
    """A zombie has: whoever adopted it takes its time to ask."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


class ProgramTest(LabTest):
    def setUp(self):
        """The lab is used as it is: nothing here changes it for long."""
        if type(self).used:
            self.log_begins = {path: path.stat().st_size for path in self.log_paths()}
            self.wait_for_peace()
        else:
            super().setUp()

    def run_program(self, host, name, *words, config=None, timeout_s=20):
        """Runs it on a host, with that configuration folder. Returns (exit code, stdout, stderr)."""
        command = [self.lab.program(name), *words]
        if config:
            command = ["env", f"MMM_CONFIG_DIR={config}", *command]
        done = self.lab.run(host, command, timeout_s, check=False)
        return done.returncode, done.stdout, done.stderr

    @contextlib.contextmanager
    def changed_config(self, host, file, old, new, mode=0o640):
        """A copy of a host's configuration in which `old` is replaced by `new` in one file.

        In `new` ELSEWHERE stands for the folder of the copy.
        """
        with tempfile.TemporaryDirectory(prefix="mmm-e2e-") as folder:
            for path in self.lab.layout.etc(host).iterdir():
                text = path.read_text(encoding="utf-8")
                if path.name == file:
                    self.assertIn(old, text)
                    text = text.replace(old, new.replace(ELSEWHERE, folder))
                copy = Path(folder, path.name)
                copy.write_text(text, encoding="utf-8")
                copy.chmod(mode if path.name == file else 0o640)
            yield folder

    def assert_fails(self, host, name, *expected, words=(), config=None, code=1):
        got, out, error = self.run_program(host, name, *words, config=config)
        self.assertEqual(got, code, out + error)
        for text in expected:
            self.assertIn(text, error)
        return error


class Flags(ProgramTest):
    def test_version_and_help(self):
        for name in PROGRAMS:
            code, out, error = self.run_program("monitor", name, "--version")
            self.assertEqual((code, error), (0, ""))
            self.assertRegex(out, rf"^{name} \d+\.\d+\.\d+\n$")
            code, out, _ = self.run_program("monitor", name, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Usage: " + name, out)
            self.assertIn("--config", out)

    def test_they_contain_no_rule_that_can_be_broken_on_purpose(self):
        for name in PROGRAMS:
            content = Path(self.lab.program(name)).read_bytes()
            for word in (b"active_mutant", b"promise_not_kept"):
                self.assertNotIn(word, content, name)

    def test_a_flag_that_is_none_is_wrong_usage(self):
        for name in ("mmm_mond", "mmm_agentd"):
            self.assert_fails("monitor", name, "--nosuch", words=("--nosuch",), code=2)
        self.assertIn("Invalid command '--nosuch'", self.refused("--nosuch", code=2))

    def test_check_config_is_silent_about_nothing(self):
        for host, name in (("monitor", "mmm_mond"), ("db1", "mmm_agentd")):
            code, out, error = self.run_program(host, name, "--check-config")
            self.assertEqual((code, error), (0, ""))
            self.assertIn("mmm_common.conf", out)
            self.assertIn("good", out)
        wrong = "mode                    exclusive"
        with self.changed_config("monitor", "mmm_common.conf", wrong, "mode exlusive\n    nosuch 1") as config:
            words = ("--check-config",)
            error = self.assert_fails("monitor", "mmm_mond", "exlusive", "nosuch", words=words, config=config, code=2)
            self.assertRegex(error, r"mmm_common\.conf:\d+")  # every problem with file and line, not the first alone

    def test_exit_codes_of_mmm_control(self):
        self.assertEqual(self.lab.control("ping"), (0, "OK: Pinged successfully!\n"))
        self.assertEqual(self.lab.control()[0], 0)  # the help, as in MMM 2
        self.refused("set_online", "nosuch", code=1)
        self.refused("nosuch", code=2)
        self.refused("show", "db1", code=2)
        self.assertIn("printable", self.refused("set_online", "d\nb", code=2))
        self.assertEqual(self.lab.control("--json", "ping"), (0, '{"ok":true,"message":"OK: Pinged successfully!"}\n'))
        self.assertEqual(self.lab.control("ping", "--json")[0], 0)
        with tempfile.TemporaryDirectory(prefix="mmm-e2e-") as empty:
            code, out, error = self.run_program("monitor", "mmm_control", "ping", config=empty)
            self.assertEqual((code, out), (1, ""))
            self.assertIn("mmm_mon.conf", error)

    def test_without_a_monitor_mmm_control_says_so_and_fails(self):
        told = "ERROR: Can't connect to monitor daemon!"
        etc = self.lab.layout.etc("monitor")
        with self.stopped("monitor", "monitor"):
            code, out, error = self.run_program("monitor", "mmm_control", "show", config=etc)
            self.assertEqual((code, out), (1, told + "\n"))  # MMM 2's text, for scripts
            self.assertIn("10.0.0.6 port 9988: Connection refused", error)
            code, out, error = self.run_program("monitor", "mmm_control", "--json", "show", config=etc)
            self.assertEqual((code, json.loads(out)), (1, {"ok": False, "message": told}))
            self.assertIn("refused", error)

    def test_errors_before_anybody_is_asked_are_json_to_who_asks_for_it(self):
        with tempfile.TemporaryDirectory(prefix="mmm-e2e-") as empty:
            code, out, _ = self.run_program("monitor", "mmm_control", "--json", "ping", config=empty)
        answer = json.loads(out)
        self.assertEqual((code, answer["ok"]), (1, False))
        self.assertIn("mmm_mon.conf", answer["message"])

    def test_who_may_not_ask_is_told_so(self):
        etc = self.lab.layout.etc("monitor")
        told = "ERROR: 10.0.0.20 may not use the control port of this monitor; add it to allow_from"
        code, out, _ = self.run_program("client", "mmm_control", "show", config=etc)
        self.assertEqual((code, out), (1, told + "\n"))
        code, out, _ = self.run_program("client", "mmm_control", "--json", "show", config=etc)
        self.assertEqual((code, json.loads(out)), (1, {"ok": False, "message": told}))

    @contextlib.contextmanager
    def stopped(self, host, unit):
        self.lab.stop(host, unit)
        try:
            yield
        finally:
            self.lab.start(host, unit)

    def test_no_command_ever_asks_back(self):
        """Whoever types it, a script or a person: with nothing to read from, and at a terminal where nobody answers."""
        commands = [line.split() for line in COMMANDS]
        known = set(re.findall(r"^ {4}(\w+)", self.lab.control("help")[1], re.MULTILINE))
        self.assertEqual({words[0] for words in commands if words}, known)
        terminal, keyboard = os.openpty()
        try:
            for stdin in (subprocess.DEVNULL, None, keyboard):
                for words in commands:
                    with self.subTest(words=words, stdin=stdin):
                        code, out = self.ends(words, stdin)
                        self.assertIn(code, (0, 1, 2))
                        self.assertNotEqual(out, "")
                self.wait_for_peace()
            self.assertEqual(select.select([terminal], [], [], 0)[0], [], "something was written to the terminal")
        finally:
            os.close(terminal)
            os.close(keyboard)

    def ends(self, words, stdin):
        """mmm_control with that standard input; None: it is closed. Returns (exit code, output)."""
        layout = self.lab.layout
        command = [self.lab.program("mmm_control"), f"--config={layout.etc('monitor')}/mmm_mon.conf", *words]
        if stdin is None:
            command = ["sh", "-c", 'exec "$@" <&-', "sh", *command]
        with netns.entered(layout.namespace("monitor")):
            done = subprocess.run(
                command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
                check=False, start_new_session=True,
            )
        return done.returncode, done.stdout

    def test_an_answer_that_never_comes_is_an_unknown_outcome(self):
        with self.stopped("monitor", "monitor"), netns_socket(self.lab, "monitor") as listener:
            listener.bind((HOSTS["monitor"].ip, CONTROL_PORT))
            listener.listen()

            def hang_up():
                peer = listener.accept()[0]
                peer.recv(1000)
                peer.close()

            liar = threading.Thread(target=hang_up, daemon=True)
            liar.start()
            code, text = self.lab.control("move_role", "writer", "db2")
            liar.join(5)
        self.assertEqual(code, 3)
        self.assertIn("The command may have been carried out", text)


class Starting(ProgramTest):
    def test_a_second_copy_is_refused_and_the_first_does_not_care(self):
        with self.under_load() as load:
            for host, name in (("monitor", "mmm_mond"), ("db1", "mmm_agentd"), ("db3", "mmm_agentd")):
                self.assert_fails(host, name, "another copy is running already", words=("--foreground",))
                self.assert_fails(host, name, "another copy is running already")  # in the background
            load.wait_for_writes()
        load.assert_nobody_noticed()

    def test_a_config_file_that_others_can_read_is_refused(self):
        for host, name, file in (("monitor", "mmm_mond", "mmm_mon.conf"), ("db1", "mmm_agentd", "mmm_common.conf"),
                                 ("monitor", "mmm_control", "mmm3.conf")):
            with self.changed_config(host, file, "", "", mode=0o644) as config:
                code = 1 if name == "mmm_control" else 2
                self.assert_fails(host, name, file, "chmod", config=config, code=code)

    def test_an_interface_that_does_not_exist_is_named(self):
        with self.changed_config("db3", "mmm_common.conf", "eth0", "eth7") as config:
            common = Path(config, "mmm_common.conf")
            run = str(self.lab.layout.run("db3"))
            common.write_text(common.read_text(encoding="utf-8").replace(run, config), encoding="utf-8")
            self.assert_fails("db3", "mmm_agentd", "eth7", words=("--foreground",), config=config)

    def test_a_port_in_use_is_named(self):
        for host, name, file, port in (
            ("db3", "mmm_agentd", "mmm_common.conf", "9989"),
            ("monitor", "mmm_mond", "mmm_mon.conf", "9988"),
        ):
            # Its pid file and its state are elsewhere: only the port is in the way.
            with self.changed_config(host, file, str(self.lab.layout.run(host)), ELSEWHERE) as config:
                expected = "port " + port, "another program uses the port"
                self.assert_fails(host, name, *expected, words=("-f",), config=config)

    def test_tls_is_refused_and_not_silently_left_out(self):
        for host, name, code in (("monitor", "mmm_mond", 2), ("db1", "mmm_agentd", 2), ("monitor", "mmm_control", 1)):
            tls = "<socket>\ntype ssl\ncert_file /c\nkey_file /k\nca_file /a\n</socket>\nlease_ttl"
            with self.changed_config(host, "mmm3.conf", "lease_ttl", tls) as config:
                told = "mmm3.conf:", "<socket> type: TLS is not in this version", "use type plain"
                self.assert_fails(host, name, *told, config=config, code=code)

    def test_a_directory_for_the_state_that_is_not_there_is_named(self):
        run = str(self.lab.layout.run("monitor"))
        with self.changed_config("monitor", "mmm_mon.conf", run, ELSEWHERE + "/nosuch") as config:
            path = Path(config, "mmm_mon.conf")
            pid_file = f"{config}/nosuch/mmm_mond.pid"
            path.write_text(path.read_text(encoding="utf-8").replace(pid_file, f"{config}/pid"), encoding="utf-8")
            self.assert_fails("monitor", "mmm_mond", f"{config}/nosuch", "status_path", words=("-f",), config=config)
        # The first thing an agent looks for: the port is in use, and not yet missed.
        with self.changed_config("db3", "mmm_common.conf", str(self.lab.layout.run("db3")), ELSEWHERE) as config:
            for file in ("mmm_common.conf", "mmm3.conf"):
                path = Path(config, file)
                path.write_text(re.sub(r"state_path.*", "", path.read_text(encoding="utf-8")), encoding="utf-8")
            state = f"<host default>\nstate_path {config}/nosuch/state\n</host>\n"
            path.write_text(path.read_text(encoding="utf-8") + state, encoding="utf-8")
            self.assert_fails("db3", "mmm_agentd", f"{config}/nosuch", "state_path", words=("-f",), config=config)

    def test_hangup_opens_the_log_anew(self):
        for host, unit, name in (("db3", "agent", "mmm_agentd"), ("monitor", "monitor", "mmm_mond")):
            pid_file = self.lab.layout.run(host) / f"{name}.pid"
            self.lab.stop(host, unit)
            with self.changed_config(host, "mmm3.conf", "lease_ttl", f"log_file {ELSEWHERE}/log\nlease_ttl") as config:
                self.assertEqual(self.run_program(host, name, config=config), (0, "", ""))
                pid = int(pid_file.read_text())
                log = Path(config, "log")
                log.rename(log.with_suffix(".1"))
                os.kill(pid, signal.SIGHUP)
                self.wait(lambda log=log: log.exists() and "opened anew" in log.read_text(), "the new log is written")
                self.assertIn("listens on", log.with_suffix(".1").read_text())
                self.wait_for_peace()
                os.kill(pid, signal.SIGTERM)
                self.wait(lambda pid=pid: has_ended(pid), f"{name} ends")
                self.assertIn("stops: SIGTERM", log.read_text())
            self.lab.start(host, unit)
            self.wait_for_peace()

    def test_hangup_without_a_log_file_changes_nothing(self):
        for host, unit in (("db3", "agent"), ("monitor", "monitor")):
            os.kill(self.lab.unit(host, unit)["pid"], signal.SIGHUP)
            self.wait(lambda host=host: "SIGHUP: there is no log_file" in self.log(host), "it says so")
        self.wait_for_peace()

    def test_a_status_file_that_cannot_be_written_is_told_to_who_asks(self):
        obstacle = self.lab.layout.run("monitor") / "mmm_mond.status.new"
        obstacle.mkdir()
        try:
            self.control_in_the_dark("set_manual", "mode")
        finally:
            obstacle.rmdir()
        self.wait(lambda: self.lab.control("ping")[0] == 0, "it answers again")
        self.control("set_active")
        self.wait_for_peace()

    def control_in_the_dark(self, *commands):
        for command in commands:
            begin = time.monotonic()
            answer = self.refused(command, code=3)
            self.assertIn("mmm_mond.status", answer)
            self.assertLess(time.monotonic() - begin, 8.0)

    def test_an_agent_that_hangs_up_is_called_rarely_and_its_reason_shown(self):
        self.lab.stop("db3", "agent")
        calls = []
        with netns_socket(self.lab, "db3") as listener:
            listener.bind((HOSTS["db3"].ip, AGENT_PORT))
            listener.listen()
            listener.settimeout(4.0)
            end = time.monotonic() + 4.0
            with contextlib.suppress(TimeoutError):
                while time.monotonic() < end:
                    peer = listener.accept()[0]
                    calls.append(peer.recv(1000))
                    peer.sendall(b"ERROR: 10.0.0.6 may not command this agent; add it to allow_from\n")
                    peer.close()
        self.lab.start("db3", "agent")
        self.assertLess(len(calls), 7, "50 ms apart they would be 80")
        self.assertIn("it says ERROR: 10.0.0.6 may not command this agent", self.log("monitor"))
        self.wait_for_peace()

    def test_two_monitors_on_one_state_file_are_refused(self):
        pid_file = str(self.lab.layout.run("monitor") / "mmm_mond.pid")
        with self.changed_config("monitor", "mmm_mon.conf", pid_file, ELSEWHERE + "/other.pid") as config:
            self.assert_fails("monitor", "mmm_mond", "mmm_mond.status", "in use", words=("-f",), config=config)

    def test_in_the_background_with_a_pid_file_and_a_clean_end(self):
        for host, unit, name in (("db3", "agent", "mmm_agentd"), ("monitor", "monitor", "mmm_mond")):
            pid_file = self.lab.layout.run(host) / f"{name}.pid"
            self.lab.stop(host, unit)
            self.assertFalse(pid_file.exists())
            self.assertEqual(self.run_program(host, name), (0, "", ""))
            pid = int(pid_file.read_text())
            self.assertIn(name, Path(f"/proc/{pid}/cmdline").read_text())
            self.wait_for_peace()
            os.kill(pid, signal.SIGTERM)
            self.wait(lambda pid=pid: has_ended(pid), f"{name} ends")
            self.assertFalse(pid_file.exists())
            self.lab.start(host, unit)
            self.wait_for_peace()

    def test_sigterm_ends_them_at_once_and_with_success(self):
        for host, unit in (("monitor", "monitor"), ("db2", "agent"), ("db3", "agent")):
            self.lab.stop(host, unit)
            self.assertEqual(self.lab.unit(host, unit)["last_exit"], 0)
            self.assertIn("stops: SIGTERM", self.log(host))
            self.lab.start(host, unit)


class Accounts(LabTest):
    """Passwords that are wrong and rights that are missing are named, in the log and where an administrator looks."""

    def test_the_monitors_password(self):
        self.renew(config={"host default/monitor_password": "wrong"}, status_file=None)
        text = "Access denied for user 'mmm_monitor'"
        self.wait(lambda: text in self.lab.control("checks", "db1", "mysql")[1], "checks tells of it")
        self.assertIn("db1", self.refused("set_online", "db1"))
        self.assertIn(text, self.log("monitor"))

    def test_the_agents_password(self):
        self.renew(config={"host default/agent_password": "wrong"}, status_file=None)
        text = "Access denied for user 'mmm_agent'"
        told = f"# Warning: host db1: the agent can't log in to its server: connect to mmm_agent@10.0.0.4:3306: {text}"
        self.wait(lambda: told in self.lab.control("show")[1], "show tells of it")
        self.assertIn(text, self.log("db1"))
        self.assertNotIn("wrong", self.log("db1"))  # no password in a log

    def test_the_replication_password(self):
        self.renew(config={"host default/replication_password": "wrong"})
        self.wait_for_peace()
        self.control("move_role", "writer", "db2")
        told = "# Warning: host db3: replication from 10.0.0.5:3306 does not run: "
        self.wait(lambda: told in self.control("show"), "show tells of it")
        self.assertIn("Access denied for user 'replication'", self.control("show"))

    def test_rights_that_the_agent_lacks(self):
        self.lab.sql("db3", "REVOKE READ_ONLY ADMIN, PROCESS ON *.* FROM mmm_agent@'%'")
        self.lab.restart("db3", "agent")
        self.wait(lambda: "READ_ONLY ADMIN, PROCESS" in self.lab.control("show")[1] or
                  "PROCESS, READ_ONLY ADMIN" in self.lab.control("show")[1], "show names both")
        self.assertIn("GRANT", self.log("db3"))
        self.lab.sql("db3", "GRANT READ_ONLY ADMIN, PROCESS ON *.* TO mmm_agent@'%'")
        self.wait(lambda: "PROCESS" not in self.lab.control("show")[1], "it takes effect without a restart")

    def test_rights_that_the_monitor_lacks(self):
        self.lab.sql("db3", "REVOKE ALL PRIVILEGES, GRANT OPTION FROM mmm_monitor@'%'")
        text = "SLAVE MONITOR"
        self.wait(lambda: text in self.lab.control("checks", "db3", "rep_threads")[1], "checks names the right")
        self.assertIn(text, self.log("monitor"))


class Pairs(LabTest):
    """What is wrong between the masters stands in `show` before it hurts, and goes when it is mended."""

    def test_auto_increment_settings_that_collide(self):
        self.lab.sql("db1", "SET GLOBAL auto_increment_offset=2")
        self.wait(lambda: "auto_increment settings of masters db1 and db2 collide" in self.control("show"), "it warns")
        self.lab.sql("db1", "SET GLOBAL auto_increment_offset=1")
        self.wait(lambda: "auto_increment" not in self.control("show"), "it is mended")
