"""Everything that CTest knows, in the build of one preset."""

import os
import re
import xml.etree.ElementTree as ElementTree

from .children import stream
from .tally import Tally

_END = re.compile(r"\s*(\d+)/(\d+) Test\s+#\d+: (\S+)")
_NOISE = re.compile(r"\s*Start\s+\d+: |Test project |Internal ctest changing|\s*$")

# A finding of a sanitizer ends the test; without this the undefined-behaviour one only prints.
ENVIRONMENT = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def run(root, screen, preset):
    folder = root / "build" / preset
    results = folder / "test-results.xml"
    results.unlink(missing_ok=True)
    state = {"failing": False, "last": False}

    def on_line(line):
        end = _END.match(line)
        if end:
            state["failing"] = not any(word in line for word in ("Passed", "Skipped", "Disabled"))
        if line.startswith(("The following tests", "Label Time Summary", "Total Test time")) or "% tests passed" in line:
            state["last"] = True  # CTest's own summary; ours is made of the results
        if screen.verbose or (state["failing"] and not state["last"] and not _NOISE.match(line)):
            screen.line(line)
        elif end:
            screen.progress(int(end[1]), int(end[2]), end[3])

    command = ["ctest", "--test-dir", str(folder), "-j", str(os.cpu_count()), "-LE", "^e2e$", "--no-tests=error"]
    command += ["--output-on-failure", "--test-output-size-failed", "1000000", "--output-junit", str(results)]
    code = stream(command, root, on_line, ENVIRONMENT)
    tally = read_results(results)
    if code != 0 and not tally.failed:
        tally = tally + Tally(failed=1, names=(f"ctest ended with {code}",))
    return tally


def read_results(path):
    """The counts in CTest's JUnit file. A test that could not be run counts as failed."""
    if not path.exists():
        return Tally(failed=1, names=("ctest wrote no results",))
    total = Tally()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skipped = case.find("skipped")
        reason = skipped.get("message", "") if skipped is not None else ""
        if case.get("status") == "run":
            total = total + Tally(passed=1)
        elif "SKIP_" in reason or case.get("status") == "disabled":
            total = total + Tally(skipped=1)
        else:
            total = total + Tally(failed=1, names=(case.get("name") + (f" ({reason})" if reason else ""),))
    return total
