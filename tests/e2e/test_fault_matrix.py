"""A choice of the fault matrix with the write fence on, host-wide, and off. All of it: `lab/mmm-lab matrix --pairs`."""

import unittest

from .support import BIN_DIR, TooSlow
from mmmlab import matrix_cases, soak_verdict
from mmmlab.api import unique_prefix
from mmmlab.matrix import Matrix

# The limits are an idle machine's.
SLACK_MS = 1500.0


class Screen:
    """Plain lines; a test that passes shows none."""

    @staticmethod
    def say(text):
        print(text, flush=True)

    @staticmethod
    def progress(text):
        pass


class FaultMatrix(unittest.TestCase):
    """Never two writers, no acknowledged row missing, all back at peace; and who moves, and how long it takes."""

    def run_cases(self, fence):
        matrix = Matrix(Screen, unique_prefix(), matrix_cases.chosen(fence), fence, SLACK_MS, BIN_DIR)
        self.addCleanup(matrix.down)
        tally = matrix.run()
        print(*soak_verdict.describe(tally, matrix.minutes_so_far()), sep="\n")
        if not tally.ok:
            print(f"logs and samples are kept in {matrix.keep_evidence()}")
        self.assertEqual(tally.two_writers + tally.wrong, [])
        self.assertFalse(tally.interrupted)
        self.assertEqual({fault.kind for fault in tally.faults}, {case.name for case in matrix.cases})
        if tally.problems:
            raise TooSlow("; ".join(tally.problems))

    def test_with_the_write_fence_on(self):
        self.run_cases("on")

    def test_with_the_write_fence_of_the_whole_host(self):
        self.run_cases("host")

    def test_without_a_write_fence(self):
        self.run_cases("off")
