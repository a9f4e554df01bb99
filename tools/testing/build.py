"""One CMake preset, configured and built."""

import os
import re

from .children import stream
from .tally import Tally

_STEP = re.compile(r"\[(\d+)/(\d+)\] (.*)")


def _configure(root, screen, preset):
    lines = []
    code = stream(["cmake", "--preset", preset], root, screen.line if screen.verbose else lines.append)
    if code != 0:
        for line in lines:
            screen.line(line)
    return code == 0


def _make(root, screen, preset, targets, keep_going):
    def on_line(line):
        step = _STEP.match(line)
        if screen.verbose or not step:
            screen.line(line)
        else:
            screen.progress(int(step[1]), int(step[2]), step[3])

    command = ["cmake", "--build", "--preset", preset, "-j", str(os.cpu_count())]
    for target in targets:
        command += ["--target", target]
    if keep_going:
        command += ["--", "-k", "0"]
    return stream(command, root, on_line) == 0


def run(root, screen, preset, targets, keep_going):
    """A failed build counts as one failed test."""
    if _configure(root, screen, preset) and _make(root, screen, preset, targets, keep_going):
        return Tally()
    return Tally(failed=1, names=(f"build {preset}",))
