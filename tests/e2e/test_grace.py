"""A planned stop of the writer's agent (docs/lease.md, rule 9), and a lease_ttl that is changed while all runs."""

import time

from .support import IMPATIENCE_MS, LabTest
from mmmlab import administrator

LEASE_S = 2.0
GRACE_S = 8.0
# × 1.0203, 2 s more without a fence, and the hand-over with a busy machine under it.
GONE_BY_S = GRACE_S * 1.0203 + 2.0 + 5.0


class PlannedStops(LabTest):
    config = {"lease_ttl": LEASE_S, "restart_grace": GRACE_S}

    def test_the_writers_agent_is_away_for_longer_than_a_lease(self):
        with self.under_load(readers=["10.0.0.90", "10.0.0.100"]) as load:
            for _ in range(2):
                self.lab.stop("db1", "agent")
                load.go_on_for(5.0)
                self.lab.start("db1", "agent")
                self.wait(lambda: "back from a planned stop" in self.log("db1"), "its grace is over")
                self.wait_for_peace()
            load.go_on_for(LEASE_S)
        load.assert_nobody_noticed()

    def test_the_monitor_is_away_too(self):
        with self.under_load() as load:
            self.lab.kill("monitor", "monitor", hold=True)
            self.lab.stop("db1", "agent")
            load.go_on_for(5.0)
            self.lab.start("db1", "agent")
            load.go_on_for(GRACE_S)
            self.lab.start("monitor", "monitor")
            self.wait_for_peace()
        load.assert_nobody_noticed()

    def test_who_does_not_come_back_loses_the_role_after_the_grace(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            stopped = time.monotonic()
            self.lab.stop("db1", "agent")
            load.go_on_for(GRACE_S - 2.0)
            self.assertEqual(self.lab.holders(), ["db1"])
            self.wait_for_writer("db2")
            self.assert_within((time.monotonic() - stopped) * 1000, GONE_BY_S * 1000, "until the role had moved")
            load.wait_for_writes()
            self.lab.start("db1", "agent")
            self.wait_until_back("db1")

    def test_mysqld_dies_meanwhile(self):
        # Nobody is there who could give the role up: what is left of the grace is waited for.
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.stop("db1", "agent")
            self.lab.kill("db1", "mysqld")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            self.lab.start("db1", "mysqld")
            self.lab.start("db1", "agent")
            self.wait_until_back("db1")

    def test_mysqld_dies_meanwhile_and_the_agent_is_back(self):
        # It gives the role up at once.
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.lab.stop("db1", "agent")
            self.lab.kill("db1", "mysqld")
            self.lab.start("db1", "agent")
            self.wait_for_writer("db2", GRACE_S)
            load.wait_for_writes()
            self.lab.start("db1", "mysqld")
            self.wait_until_back("db1")


class LeaseTimeChanged(LabTest):
    config = {"lease_ttl": 8}

    def reread(self, new):
        """The configuration says another lease_ttl, and the monitor is told to read it."""
        administrator.change_lease_ttl(self.lab, new)
        self.wait(lambda: f"lease_ttl is {new} s from now on" in self.log("monitor"), "the monitor has read it")

    def test_a_lower_and_a_higher_one_interrupt_nothing(self):
        with self.under_load() as load:
            self.reread(1)
            load.go_on_for(11.0)  # what was longer has run out
            self.reread(3)
            load.go_on_for(5.0)
        load.assert_nobody_noticed()

    def test_a_host_that_vanishes_costs_the_lower_one(self):
        with self.under_load(timeout_ms=IMPATIENCE_MS) as load:
            self.reread(1)
            load.go_on_for(11.0)
            vanished = time.monotonic()
            self.lab.isolate("db1")
            self.wait(lambda: self.serves("db2"), "db2 took over", 20)
            self.assert_within((load.first_ack_after(vanished) - vanished) * 1000, 4800.0)
            self.lab.rejoin("db1")
            self.wait_until_back("db1")
