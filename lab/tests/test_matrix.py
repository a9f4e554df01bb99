"""Tests of the fault matrix as a table. No root, no server.

    /usr/bin/python3 -m unittest lab.tests.test_matrix        (from the top of the tree)
"""

import contextlib
import io
import unittest
from types import SimpleNamespace

from . import support  # noqa: F401  (puts the package on the path)
from mmmlab import cli_soak, matrix_cases, soak_verdict
from mmmlab.matrix import Matrix
from mmmlab.matrix_cases import Case, lapsing, misses, unnoticed
from mmmlab.soak import Violation
from mmmlab.soak_faults import PROCESSES, Step
from mmmlab.soak_verdict import Tally

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


class Replayed(Matrix):
    """A matrix whose cases end as told, without a lab. `ends`: per attempt (what is slow, blind, wrong) or a Violation."""

    def __init__(self, names, ends):
        super().__init__(Quiet, "replayed", names, "on")
        self.ends, self.labs = list(ends), 1

    def begin_anew(self):
        self.labs += 1

    def case(self, case):
        end = self.ends.pop(0)
        if isinstance(end, Violation):
            self.tally.wrong.append(str(end))
            raise end
        slow, blind, wrong = end
        self.tally.blind += [blind] if blind else []
        self.tally.wrong += [wrong] if wrong else []
        return slow

    def keep_evidence(self):
        return "nowhere"


class Quiet:
    say = progress = staticmethod(lambda text: None)
    wipe = staticmethod(lambda: None)


GOOD, SLOW, BLIND = (None, None, None), ("slow", None, None), (None, "blind", None)


class Retries(unittest.TestCase):
    def tally(self, *ends, cases=1, labs=1):
        matrix = Replayed(range(cases), ends)
        matrix.all_rounds()
        self.assertEqual((matrix.ends, matrix.labs), ([], labs))
        return matrix.tally

    def test_a_case_that_is_too_slow_once_passes_at_its_second_try(self):
        self.assertTrue(self.tally(SLOW, GOOD, labs=2).ok)
        self.assertTrue(self.tally(GOOD, SLOW, GOOD, cases=2, labs=3).ok)

    def test_one_that_is_too_slow_twice_fails_and_the_rest_is_run(self):
        tally = self.tally(SLOW, SLOW, GOOD, cases=2, labs=3)
        self.assertEqual((tally.ok, tally.slow), (False, ["slow"]))
        self.assertIn("WRONG: slow", soak_verdict.describe(tally, 1.0))

    def test_what_no_observer_saw_is_tried_once_more_too(self):
        self.assertEqual(self.tally(BLIND, GOOD, labs=2).blind, [])
        self.assertEqual(self.tally(BLIND, BLIND, labs=2).problems, ["blind"])
        self.assertEqual(self.tally(BLIND, SLOW, labs=2).problems, ["slow"])

    def test_what_is_wrong_stands_at_once(self):
        self.assertEqual(self.tally(("slow", "blind", "moved")).problems, ["moved", "slow", "blind"])
        self.assertEqual(self.tally(Violation("data"), GOOD, cases=2, labs=2).problems, ["data"])

    def test_the_exit_code_tells(self):
        arguments = SimpleNamespace(json=False)
        for tally, code in ((Tally(1), 0), (Tally(1, slow=["slow"]), 1), (Tally(1, blind=["blind"]), 1)):
            soak = SimpleNamespace(run=lambda end=tally: end, minutes_so_far=lambda: 1.0, screen=Quiet, down=lambda: None)
            soak.keep_evidence = lambda: "nowhere"
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(cli_soak.conclude(arguments, soak), code)


if __name__ == "__main__":
    unittest.main()
