"""./test: builds, runs every test, counts. The stages stand in stages(); each gives a Tally.

Two builds: `asan` for unit, scenario, fuzz and simulation tests (wrong memory and undefined behaviour end a test there),
`release` for the programs that the lab's real hosts run.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

from . import build, children, python_tests, unit_tests
from .children import Interrupted
from .screen import Screen
from .tally import Tally

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("mmm_mond", "mmm_agentd", "mmm_control")
PYTHON_SUITES = ("lab/tests", "tests/e2e")
EPILOG = """The last line counts every test: 'N passed, N failed', and ', N skipped' if any was.
Exit: 0 all passed, 1 a test or a build failed, 2 wrong usage, 130 interrupted.
"""


class Stage(NamedTuple):
    name: str
    run: Callable  # -> Tally


def arguments():
    parser = argparse.ArgumentParser(
        prog="./test",
        description="Installs what is missing, builds, runs all tests.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--fast", action="store_true", help="no lab: unit, scenario, tidy, fuzz and simulation tests only")
    what.add_argument("--e2e", action="store_true", help="only the tests on real servers in the lab")
    parser.add_argument("-v", "--verbose", action="store_true", help="everything that compilers and tests print")
    parser.add_argument("--keep-going", action="store_true", help="go on after a stage that failed")
    return parser.parse_args()


def stages(options, screen):
    """What is to be done, in this order."""
    found = []
    if not options.e2e:
        found += [
            Stage("build asan", lambda: build.run(ROOT, screen, "asan", (), options.keep_going)),
            Stage("unit, scenario, fuzz, simulation", lambda: unit_tests.run(ROOT, screen, "asan")),
        ]
    if not options.fast:
        found.append(Stage("build release", lambda: build.run(ROOT, screen, "release", PROGRAMS, options.keep_going)))
        found += [
            Stage(folder, lambda folder=folder: python_tests.run(ROOT, screen, folder))
            for folder in PYTHON_SUITES
            if any((ROOT / folder).glob("test_*.py"))
        ]
    return found


def run_stages(options, screen):
    """All counts together, and (stage, seconds) for each that ran."""
    total, times = Tally(), []
    for stage in stages(options, screen):
        screen.title(stage.name)
        begin = time.monotonic()
        tally = stage.run()
        left = children.end_leftovers()
        if left:
            tally = tally + Tally(failed=1, names=(f"{stage.name}: left processes behind: {', '.join(left)}",))
        total, seconds = total + tally, time.monotonic() - begin
        times.append((stage.name, seconds))
        screen.done(f"{stage.name}: {tally}, {seconds:.0f} s" if tally.count else f"{stage.name}: {seconds:.0f} s")
        if tally.failed and not options.keep_going:
            break
    return total, times


def report(screen, total, times, seconds):
    screen.line()
    for name in total.names:
        screen.line(f"failed: {name}")
    screen.line(f"{seconds / 60:.1f} minutes: " + ", ".join(f"{name} {s:.0f} s" for name, s in times))
    screen.line(str(total))


def main():
    options = arguments()
    begin = time.monotonic()
    screen = Screen(options.verbose)
    if not options.fast and os.geteuid() != 0:
        screen.line("the tests on real servers make network namespaces: run as root, or --fast")
        return 2
    children.adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, children.interrupt)
    try:
        total, times = run_stages(options, screen)
    except Interrupted as interrupted:
        screen.line(f"interrupted by {interrupted}; cleaning up")
        return 130
    finally:
        python_tests.remove_labs(ROOT)
        children.end_leftovers(patience_s=0.0)
    report(screen, total, times, time.monotonic() - begin)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
