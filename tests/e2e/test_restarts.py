"""Our own programs die and come back within the lease: nobody notices (S5)."""

from .support import DATABASES, IMPATIENCE_MS, LabTest


class OurOwnRestarts(LabTest):
    def test_the_monitor_is_killed(self):
        with self.under_load(readers=["10.0.0.90", "10.0.0.100"]) as load:
            before = self.control("show")
            self.lab.kill("monitor", "monitor")
            self.wait(lambda: self.lab.control("show") == (0, before), "the monitor is back and shows what it showed")
            self.wait(lambda: "the writer now" in self.log("monitor") and not self.unrest(DATABASES), "peace")
            load.go_on_for(1.0)
        load.assert_nobody_noticed()

    def test_the_monitor_is_upgraded(self):
        with self.under_load() as load:
            self.lab.restart("monitor", "monitor")
            self.wait(lambda: self.lab.control("ping")[0] == 0, "the monitor is back")
            load.go_on_for(1.0)
        load.assert_nobody_noticed()

    def test_each_agent_is_killed_twice(self):
        with self.under_load(readers=["10.0.0.90", "10.0.0.100"]) as load:
            for host in DATABASES * 2:
                starts = self.lab.unit(host, "agent")["starts"]
                self.lab.kill(host, "agent")
                self.wait(lambda: self.lab.unit(host, "agent")["starts"] > starts, f"the agent of {host} is started")
                self.wait_for_peace()
            load.go_on_for(1.0)
        load.assert_nobody_noticed()

    def test_each_agent_is_upgraded(self):
        with self.under_load() as load:
            for host in DATABASES:
                self.lab.restart(host, "agent")
                self.wait_for_peace()
            load.go_on_for(1.0)
        load.assert_nobody_noticed()

    def test_without_a_monitor_the_writer_goes_on_by_its_peers_promises(self):
        with self.under_load() as load:
            self.lab.kill("monitor", "monitor", hold=True)
            load.go_on_for(8.0)  # three leases and more
            self.lab.start("monitor", "monitor")
            self.wait_for_peace()
            load.go_on_for(1.0)
        load.assert_nobody_noticed()

    def test_without_a_monitor_and_a_peer_the_writer_stops_until_the_monitor_is_back(self):
        # Nobody renews its lease. What must hold: one writer, no lost row.
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.kill("monitor", "monitor", hold=True)
            self.lab.kill("db2", "agent", hold=True)
            self.wait(lambda: not self.lab.is_writable("db1"), "db1 stops when its lease is over")
            self.wait(lambda: self.lab.holders() == [], "and drops the address")
            self.lab.start("db2", "agent")
            self.lab.start("monitor", "monitor")
            self.wait_for_peace()
            load.wait_for_writes()
        self.assertEqual(self.lab.holders(), ["db1"])

    def test_an_agent_dies_while_the_role_moves(self):
        with self.under_load() as load:
            self.lab.kill("db1", "mysqld")
            self.lab.kill("db2", "agent")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.start("db1", "mysqld")
            self.wait_until_back("db1")

    def test_the_monitor_dies_while_the_role_moves(self):
        with self.under_load() as load:
            self.lab.kill("db1", "mysqld")
            self.lab.kill("monitor", "monitor")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.start("db1", "mysqld")
            self.wait_until_back("db1")
