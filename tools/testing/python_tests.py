"""The tests on real servers: folders of python unittest, each in a process of its own."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from .children import stream
from .tally import Tally

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's pymysql belongs to
# A folder that takes longer hangs: the whole of ./test has 25 minutes.
SUITE_DEADLINE_S = 20 * 60
_BEGIN = re.compile(r"\[(\d+)/(\d+)\] (.*)")


def labs_dir():
    """Our labs stand apart from a developer's own, and so can all be taken down when we end."""
    return Path(f"/var/tmp/mmm-test-{os.getpid()}")


def run(root, screen, folder):
    results = root / "build" / f"test-results-{folder.replace('/', '-')}.json"
    results.parent.mkdir(exist_ok=True)
    results.unlink(missing_ok=True)

    def on_line(line):
        begin = _BEGIN.match(line)
        if begin and not screen.verbose and screen.live:
            screen.progress(int(begin[1]), int(begin[2]), begin[3])
        elif line.strip():
            screen.line("  " + line)

    command = [SYSTEM_PYTHON, "-B", "-u", str(root / "tools/testing/suite.py"), folder, str(results)]
    environment = {"MMM_LAB_DIR": str(labs_dir())}
    code = stream(command + (["-v"] if screen.verbose else []), root, on_line, environment, SUITE_DEADLINE_S)
    remove_labs(root)
    if not results.exists():
        why = f"took more than {SUITE_DEADLINE_S // 60} minutes" if code is None else f"ended with {code}"
        return Tally(failed=1, names=(f"{folder} {why}",))
    counts = json.loads(results.read_text(encoding="utf-8"))
    return Tally(counts["passed"], counts["failed"], counts["skipped"], tuple(counts["names"]))


def remove_labs(root):
    """Takes down what tests left of their labs."""
    tool, folder = root / "lab" / "mmm-lab", labs_dir()
    if folder.exists() and tool.exists():
        environment = {**os.environ, "MMM_LAB_DIR": str(folder)}
        command = [SYSTEM_PYTHON, "-B", str(tool), "down", "--all"]
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=120, check=False)
    shutil.rmtree(folder, ignore_errors=True)
