"""Tests of the fault matrix as a table. No root, no server.

    /usr/bin/python3 -m unittest lab.tests.test_matrix        (from the top of the tree)
"""

import unittest

from . import support  # noqa: F401  (puts the package on the path)
from mmmlab import matrix_cases
from mmmlab.matrix_cases import Case, lapsing, misses, unnoticed
from mmmlab.soak_faults import PROCESSES, Step

FENCES = ("on", "host", "off")


class Cases(unittest.TestCase):
    def test_each_process_is_killed_and_frozen_alone_and_with_every_other(self):
        steps = [[(step.act, *step.words) for step in case.steps] for case in matrix_cases.cases()]
        for act in ("kill", "freeze"):
            for who in PROCESSES:
                self.assertIn([(act, *who)], steps)
                partners = {tuple(step[1:]) for case in steps if len(case) == 2 and (act, *who) in case for step in case}
                self.assertLessEqual(set(PROCESSES), partners)

    def test_names_are_unique(self):
        names = [case.name for case in matrix_cases.cases()]
        self.assertEqual(len(names), len(set(names)))

    def test_every_fence_has_its_choice_and_the_cases_that_lapse_are_in_each(self):
        for fence in FENCES:
            names = [case.name for case in matrix_cases.chosen(fence)]
            self.assertIn("cut writer from everyone", names)
            self.assertIn("frozen agent, dead mysqld", names)


class Expectations(unittest.TestCase):
    CASE = (Step("isolate", ("writer",)),)

    def test_without_a_fence_a_lapse_may_take_two_seconds_more(self):
        case = lapsing("lost", *self.CASE)
        self.assertEqual(misses(case, "on", 2500.0, True), (None, None))
        self.assertIsNotNone(misses(case, "on", 2600.0, True)[1])
        self.assertEqual(misses(case, "off", 4400.0, True), (None, None))

    def test_a_role_that_may_not_move_and_one_that_has_to(self):
        self.assertIn("the role moved", misses(unnoticed("link", *self.CASE), "off", 0.0, True)[0])
        self.assertIn("did not move", misses(lapsing("lost", *self.CASE), "on", 0.0, False)[0])
        self.assertEqual(misses(Case("pair", self.CASE), "on", 9000.0, True), (None, None))

    def test_slack_is_for_machines_that_others_load(self):
        self.assertEqual(misses(unnoticed("link", *self.CASE), "on", 900.0, False, slack_ms=1500.0), (None, None))


if __name__ == "__main__":
    unittest.main()
