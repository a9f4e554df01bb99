"""Tests of soak's pure parts: what it draws, what it concludes. No root, no server.

    /usr/bin/python3 -m unittest lab.tests.test_soak        (from the top of the tree)
"""

import unittest
from itertools import islice, product

from . import support  # noqa: F401  (puts the package on the path)
from mmmlab import administrator, soak_faults, soak_verdict
from mmmlab.soak_verdict import Tally, Told

MANY = 3000
LEASE_S, GRACE_S = 2.0, 15.0  # of the lab; the longest wait for a grace is 2 % longer


class Drawing(unittest.TestCase):
    def drawn(self, seed, count=MANY):
        return list(islice(soak_faults.faults(seed), count))

    def test_the_same_seed_draws_the_same_faults(self):
        self.assertEqual(self.drawn(7), self.drawn(7))
        self.assertNotEqual(self.drawn(7, 20), self.drawn(8, 20))

    def test_every_kind_and_every_process_of_every_host_is_drawn(self):
        faults = self.drawn(1)
        self.assertEqual({fault.kind for fault in faults}, {kind for kind, _, _ in soak_faults.KINDS})
        for act in ("kill", "freeze"):
            steps = {step.words for fault in faults for step in fault.steps if step.act == act}
            self.assertEqual(steps, set(soak_faults.PROCESSES))

    def test_some_faults_are_followed_by_calm_and_some_are_not(self):
        calm = sum(fault.calm for fault in self.drawn(2))
        self.assertGreater(calm, MANY / 3)
        self.assertLess(calm, 2 * MANY / 3)

    def test_only_a_monitor_or_an_agent_that_is_away_is_held_for_long(self):
        for fault in self.drawn(3):
            low, high = soak_faults.HOLDS_S.get(fault.kind, soak_faults.HOLD_S)
            self.assertTrue(low <= fault.hold_s <= high, fault)
        away = [fault.hold_s for fault in self.drawn(3) if fault.kind == "agent away"]
        self.assertTrue(min(away) > LEASE_S and max(away) > 1.0203 * GRACE_S, (min(away), max(away)))

    def test_configurations_are_changed_to_every_value_on_every_host(self):
        steps = [step for fault in self.drawn(4) for step in fault.steps]
        lease_ttls = {step.words for step in steps if step.act == "lease_ttl"}
        self.assertEqual(lease_ttls, {(ttl,) for ttl in soak_faults.LEASE_TTL_S})
        changed = {step.words for step in steps if step.act == "write_fence"}
        self.assertEqual(changed, set(product(soak_faults.SERVERS, soak_faults.FENCES)))

    def test_the_same_seed_draws_the_same_write_fences_and_others_draw_others(self):
        drawn = [soak_faults.fences(seed) for seed in range(50)]
        self.assertEqual(drawn, [soak_faults.fences(seed) for seed in range(50)])
        self.assertEqual({mode for fences in drawn for mode in fences.values()}, set(soak_faults.FENCES))

    def test_a_fault_tells_all_that_is_needed_to_do_it_by_hand(self):
        step = soak_faults.Step("kill", ("writer", "mysqld"), 0.25)
        fault = soak_faults.Fault("pair", (soak_faults.Step("freeze", ("writer", "agent")), step), 2.0, True, 0.0)
        self.assertEqual(str(fault), "pair: freeze writer agent; kill writer mysqld (0.25 s later); for 2.0 s")


class Verdict(unittest.TestCase):
    def test_an_outage_is_put_down_to_the_last_fault_before_it(self):
        faults = [Told("first", 10.0), Told("second", 20.0)]
        self.assertEqual(soak_verdict.put_down(faults, [(9.99, 10.5), (12.0, 12.4), (19.98, 22.0)]), 0.0)
        self.assertEqual([round(fault.outage_ms) for fault in faults], [510, 2020])

    def test_an_outage_that_a_later_fault_meets_is_the_earlier_ones(self):
        faults = [Told("first", 10.0), Told("second", 11.0)]
        soak_verdict.put_down(faults, [(9.99, 12.0)])
        self.assertEqual([round(fault.outage_ms) for fault in faults], [2010, 0])

    def test_a_short_gap_is_none_and_one_before_all_faults_is_nobodys(self):
        faults = [Told("first", 10.0)]
        self.assertEqual(round(soak_verdict.put_down(faults, [(10.0, 10.09), (1.0, 1.5)])), 500)
        self.assertEqual(faults[0].outage_ms, 0.0)

    def test_an_outage_that_begins_at_peace_is_nobodys_and_one_that_began_before_is_the_faults(self):
        faults = [Told("first", 10.0)]
        soak_verdict.peace(faults, 20.0)
        self.assertEqual(round(soak_verdict.put_down(faults, [(20.5, 22.0)])), 1500)
        self.assertEqual(soak_verdict.put_down(faults, [(19.9, 20.4)]), 0.0)
        self.assertEqual(round(faults[0].outage_ms), 500)
        faults.append(Told("second", 23.0))
        soak_verdict.peace(faults, 30.0)
        self.assertEqual(soak_verdict.put_down(faults, [(22.8, 24.0)]), 0.0)
        self.assertEqual([(fault.until, round(fault.outage_ms)) for fault in faults], [(20.0, 500), (30.0, 1200)])

    def test_a_long_outage_that_no_fault_explains_fails_it(self):
        self.assertTrue(Tally(1, unexplained_ms=900.0).ok)
        bad = Tally(1, unexplained_ms=1100.0)
        self.assertFalse(bad.ok)
        self.assertIn("WRONG: an outage of 1100 ms that no fault explains", "\n".join(soak_verdict.describe(bad, 1.0)))

    def test_changes_of_the_writer_are_counted_across_pieces(self):
        self.assertEqual(soak_verdict.changes([("db1",), (), ("db1",), (), ("db2",)], None), (1, "db2"))
        self.assertEqual(soak_verdict.changes([(), ("db1",)], "db2"), (1, "db1"))

    def test_it_passes_only_if_nothing_was_wrong(self):
        self.assertTrue(Tally(1).ok)
        for bad in (Tally(1, wrong=["data"]), Tally(1, two_writers=["db1 and db2"]), Tally(1, blind=["db1"])):
            self.assertFalse(bad.ok)
            self.assertEqual(soak_verdict.describe(bad, 1.0)[-1], "soak: FAILED")
            self.assertTrue(any(line.startswith("WRONG: ") for line in soak_verdict.describe(bad, 1.0)))

    def test_an_observer_that_was_blind_for_too_long_fails_it(self):
        seeing, blind = Tally(1), Tally(1)
        soak_verdict.put_down_gaps(seeing, {"db1": [(10.0, 10.49)]})
        soak_verdict.put_down_gaps(blind, {"db1": [(10.0, 10.2)], "db2": [(20.0, 20.7)]})
        self.assertEqual((seeing.ok, round(seeing.blind_ms)), (True, 490))
        self.assertEqual((blind.ok, round(blind.blind_ms), len(blind.blind)), (False, 700, 1))
        text = "\n".join(soak_verdict.describe(blind, 1.0))
        self.assertIn("WRONG: the observer on db2 saw nothing for 700 ms from 20.000", text)

    def test_an_interrupted_one_says_so(self):
        self.assertIn("interrupted", soak_verdict.describe(Tally(1, interrupted=True), 1.0)[-1])

    def test_the_figures_are_told_by_kind(self):
        tally = Tally(5, faults=[Told("kill", 1.0, outage_ms=120), Told("kill", 2.0, outage_ms=0), Told("power off", 3.0)])
        tally.administrator["set_online"] += 2
        text = "\n".join(soak_verdict.describe(tally, 2.0))
        self.assertIn("3 faults in 2.0 min, seed 5", text)
        self.assertRegex(text, r"kill +2 times +60 \(0-120\) ms")
        self.assertIn("set_online 2", text)
        self.assertEqual(soak_verdict.as_json(tally, 2.0)["outages_ms"]["kill"]["highest"], 120)


class Copies(unittest.TestCase):
    def test_the_position_of_the_copy_is_in_its_binlog_state_and_what_others_wrote_before_too(self):
        self.assertEqual(administrator.with_position("0-2-7,0-1-90", "0-1-95"), "0-2-7,0-1-95")
        self.assertEqual(administrator.with_position("", "0-1-5"), "0-1-5")
        self.assertEqual(administrator.with_position("0-2-7", "0-1-9"), "0-2-7,0-1-9")


if __name__ == "__main__":
    unittest.main()
