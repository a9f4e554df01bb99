"""Rule 1 on real servers: a second monitor on another machine, with a copy of the first one's state file or with none."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .support import DATABASES, HOSTS, IMPATIENCE_MS, LabTest, netns

MACHINE = "client"
TIMEOUT_S = 10.0


class SecondMonitor:
    """mmm_mond on the client's machine, with the first one's configuration and files of its own. Owns: the process.

    `state`: the state file that it finds; "": none.
    """

    def __init__(self, lab, folder, state=""):
        self.lab, self.folder = lab, Path(folder)
        etc = self.folder / "etc"
        shutil.copytree(lab.layout.etc("monitor"), etc)
        file = etc / "mmm_mon.conf"
        text = file.read_text(encoding="utf-8")
        text = text.replace(HOSTS["monitor"].ip, HOSTS[MACHINE].ip).replace(str(lab.layout.run("monitor")), folder)
        file.write_text(text, encoding="utf-8")
        self.environment = os.environ | {"MMM_CONFIG_DIR": str(etc)}
        self.log_path = self.folder / "mmm_mond.log"
        if state:
            (self.folder / lab.layout.status_file().name).write_text(state, encoding="utf-8")
        with open(self.log_path, "wb") as log, netns.entered(lab.layout.namespace(MACHINE)):
            command = [lab.program("mmm_mond"), "--foreground"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)

    def log(self):
        return self.log_path.read_text(encoding="utf-8")

    def control(self, *words):
        """mmm_control beside it. Returns (exit code, output)."""
        with netns.entered(self.lab.layout.namespace(MACHINE)):
            command = [self.lab.program("mmm_control"), *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=self.environment)
        return done.returncode, done.stdout + done.stderr

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class TwoMonitors(LabTest):
    config = {"allow_from": f"{HOSTS['monitor'].ip}, {HOSTS[MACHINE].ip}"}

    @contextlib.contextmanager
    def second_monitor(self, state=""):
        with tempfile.TemporaryDirectory(prefix="mmm-second-") as folder:
            second = SecondMonitor(self.lab, folder, state)
            try:
                yield second
            except BaseException:
                print("--- the second monitor", *second.log().splitlines()[-50:], sep="\n")
                raise
            finally:
                second.end()

    def assert_it_leads_nothing(self, second):
        for host in DATABASES:
            refusal = f"{host}: its agent does not obey this monitor: the monitor of leadership"
            self.wait(lambda text=refusal: text in second.log(), f"{host} refuses the second monitor")
        code, text = second.control("move_role", "writer", "db2")
        self.assertEqual(code, 1, text)
        self.assertIn("does not lead", text)
        self.assertNotIn("leads now", second.log())

    def test_one_with_no_state_file_leads_nothing_and_nobody_notices(self):
        with self.under_load() as load:
            with self.second_monitor() as second:
                self.assert_it_leads_nothing(second)
                load.go_on_for(3.0)
                self.assertNotIn("leads now", second.log())
            load.go_on_for(3.0)
        load.assert_nobody_noticed()

    def test_one_with_a_copied_state_file_leads_nothing_and_nobody_notices(self):
        with self.under_load() as load:
            state = self.lab.layout.status_file().read_text(encoding="utf-8")
            self.assertIn("#mmm3", state)
            with self.second_monitor(state) as second:
                self.wait(lambda: "the state file was written elsewhere" in second.log(), "it knows a copy")
                self.assert_it_leads_nothing(second)
                load.go_on_for(3.0)
            load.go_on_for(3.0)
        load.assert_nobody_noticed()

    def test_it_takes_over_once_the_first_is_gone_and_the_first_one_leads_no_more(self):
        with self.under_load() as load:
            with self.second_monitor() as second:
                self.assert_it_leads_nothing(second)
                self.lab.power_off("monitor")
                self.wait(lambda: "leads now" in second.log(), "the second one leads")
                self.lab.power_on("monitor")
                self.wait(lambda: "does not obey this monitor" in self.log("monitor"), "the first one is refused")
                load.go_on_for(3.0)
                self.assertIn("does not lead", self.refused("move_role", "writer", "db2"))
                code, text = second.control("move_role", "writer", "db2")
                self.assertEqual(code, 0, text)
                self.wait(lambda: self.serves("db2"), "db2 is the writer")
            self.wait(lambda: "leads now" in self.log("monitor"), "the first one has the lead again")
        self.assertEqual(load.seen.returns_to("db1"), [], load.seen.describe())

    def test_where_a_host_is_off_an_administrator_lets_it_lead_and_the_writer_writes_on(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load, self.second_monitor() as second:
            self.assert_it_leads_nothing(second)
            self.lab.power_off("db3")
            self.lab.power_off("monitor")
            self.wait(lambda: "waits for 'db3'" in second.control("show")[1], "it says whom it waits for")
            code, text = second.control("take_lead")
            self.assertEqual(code, 1, text)
            self.assertIn("take_lead --yes", text)
            code, text = second.control("take_lead", "--yes")
            self.assertEqual(code, 0, text)
            self.wait(lambda: "leads now" in second.log(), "the second one leads")
            load.go_on_for(3.0)
            self.lab.power_on("db3")
            online = "OK: State of 'db3' changed to ONLINE"
            self.wait(lambda: online in second.control("set_online", "db3")[1], "db3 may be set online")
            self.wait(lambda: "db3(10.0.0.7) slave/ONLINE" in second.control("show")[1], "db3 is back")
            story = load.seen.timeline()
            self.assertEqual([hosts for _, hosts in story][:-1], [("db1",)], story)
            second.end()
            self.lab.power_on("monitor")
            self.wait_for_peace()
