"""What ./test is made of: nothing that fails is counted as passed, and nothing that it starts outlives it."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT))

from tools.testing import children, unit_tests  # noqa: E402
from tools.testing.tally import Tally  # noqa: E402

OF_EVERY_KIND = '''
import unittest
class A(unittest.TestCase):
    def test_passes(self): print("not shown")
    def test_fails(self):
        print("shown")
        self.fail("because")
    def test_fails_twice_in_parts(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertEqual(i, 0)
    def test_skips(self): self.skipTest("no")
    @unittest.expectedFailure
    def test_passes_though_it_must_not(self): pass
class B(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("boom")
    def test_never_begins(self): pass
class C(unittest.TestCase):
    def tearDown(self): raise RuntimeError("down")
    def test_fails_in_two_places(self): self.fail()
'''

PASSES_AT_ITS_SECOND_TRY = '''
import unittest
class TooSlow(AssertionError):
    second_try = True
class A(unittest.TestCase):
    tries = {"slow": 0, "wrong": 0, "both": 0}
    def again(self, name):
        A.tries[name] += 1
        return A.tries[name] > 1
    def test_slow(self):
        if not self.again("slow"): raise TooSlow("2 s")
    def test_wrong(self): self.assertTrue(self.again("wrong"))
    def test_both(self):
        with self.subTest(1): self.fail("wrong")
        if not self.again("both"): raise TooSlow("2 s")
'''

HANGS = '''
import time, unittest
class A(unittest.TestCase):
    def test_hangs(self):
        while True:
            try:
                time.sleep(60)
            except Exception:
                pass
    def test_passes(self): pass
'''

RESULTS = """<testsuite>
  <testcase name="good" status="run"/>
  <testcase name="bad" status="fail"><failure message=""/></testcase>
  <testcase name="skips" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
  <testcase name="off" status="disabled"/>
  <testcase name="absent" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>"""


class PythonSuite(unittest.TestCase):
    def run_suite(self, text, *flags):
        """(exit code, output, counts) of a folder with this one test file."""
        with tempfile.TemporaryDirectory(prefix="mmm-suite-") as folder:
            (Path(folder) / "test_it.py").write_text(text, encoding="utf-8")
            results = Path(folder) / "results.json"
            command = [sys.executable, "-B", str(ROOT / "tools/testing/suite.py"), folder, str(results), *flags]
            done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
            return done.returncode, done.stdout, json.loads(results.read_text(encoding="utf-8"))

    def test_a_test_that_hangs_is_ended_and_says_where(self):
        code, out, counts = self.run_suite(HANGS, "--limit=0.5")
        self.assertEqual(code, 1)
        self.assertEqual((counts["passed"], counts["failed"]), (1, 1), out)
        self.assertIn("time.sleep(60)", out)
        self.assertIn("a test may take 0.5 s", out)

    def test_counts_each_kind_of_end(self):
        code, out, counts = self.run_suite(OF_EVERY_KIND)
        self.assertEqual(code, 1)
        self.assertEqual((counts["passed"], counts["failed"], counts["skipped"]), (1, 5, 1), out)
        self.assertEqual(len(counts["names"]), 5)
        self.assertIn("because", out)
        self.assertIn("\nshown\n", out)
        self.assertNotIn("not shown", out)

    def test_only_what_was_too_slow_has_a_second_try_and_is_named(self):
        code, out, counts = self.run_suite(PASSES_AT_ITS_SECOND_TRY)
        self.assertEqual((code, counts["passed"], counts["failed"]), (1, 1, 2), out)
        self.assertEqual(sorted(counts["names"]), ["test_it.A.test_both", "test_it.A.test_wrong"])
        self.assertIn("passed at its second try: test_it.A.test_slow", out)

    def test_a_file_that_can_not_be_loaded_fails(self):
        code, _, counts = self.run_suite("import absent_module\n")
        self.assertEqual((code, counts["failed"]), (1, 1))


class CTestResults(unittest.TestCase):
    def test_a_test_that_could_not_run_failed(self):
        with tempfile.TemporaryDirectory(prefix="mmm-results-") as folder:
            path = Path(folder) / "results.xml"
            self.assertEqual(unit_tests.read_results(path).failed, 1)
            path.write_text(RESULTS, encoding="utf-8")
            tally = unit_tests.read_results(path)
        self.assertEqual((tally.passed, tally.failed, tally.skipped), (1, 2, 2))
        self.assertEqual(tally.names, ("bad", "absent (Unable to find executable)"))


class LastLine(unittest.TestCase):
    def test_names_skipped_tests_only_when_there_are_some(self):
        self.assertEqual(str(Tally(3, 1) + Tally(1)), "4 passed, 1 failed")
        self.assertEqual(str(Tally(3, 0, 2)), "3 passed, 0 failed, 2 skipped")


class Leftovers(unittest.TestCase):
    def test_a_process_in_a_session_of_its_own_is_found_and_ended(self):
        children.adopt_orphans()
        lines = []
        code = children.stream(["/bin/sh", "-c", "setsid tail -f /dev/null >/dev/null 2>&1 & echo $!"], ROOT, lines.append)
        self.assertEqual(code, 0)
        self.assertEqual(len(children.end_leftovers(patience_s=0.0)), 1)
        self.assertFalse(os.path.exists(f"/proc/{lines[0]}"))

    def test_a_program_that_takes_too_long_is_ended(self):
        self.assertIsNone(children.stream(["tail", "-f", "/dev/null"], ROOT, lambda _: None, deadline_s=1))


if __name__ == "__main__":
    unittest.main()
