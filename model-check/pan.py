"""One exploration: the model through spin and the compiler, the explorer's output read back."""

import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
MODEL = "lease.pml"
DEPTH_MAX = 100_000  # steps of a run; the deepest so far took a few hundred
HASH_BITS = 20  # slots; more states than that share them
# Which invariant an assertion is: by a word that only it has.
ASSERTIONS = (("later_writer", "W"), ("live[", "S1"), ("promotable[", "L1"), ("i_gen[", "S4"))


class Outcome(NamedTuple):
    states: int
    depth: int
    seconds: float  # of a processor, the exploration alone
    megabytes: float
    broken: str  # invariant, or empty
    exhaustive: bool
    story: tuple  # of lines; only of a run that broke something

    @property
    def verdict(self):
        if self.broken:
            return "hands over" if self.broken == "W" else f"{self.broken} broken"
        return "holds" if self.exhaustive else "not finished"


def defines(configuration, trap=None):
    flags = [f"-D{name}={value}" for name, value in configuration.bounds.items()]
    return flags + ([f"-DTRAP_{trap.name}"] if trap else [])


def _run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def _compiler(quick):
    """Most explorations run for less time than an optimizing compiler needs."""
    if not quick:
        return ["gcc", "-O2"]
    return ["tcc"] if shutil.which("tcc") else ["gcc", "-O0"]


def _build(folder, flags, memory_mb, shortest, quick):
    """Breadth first finds the shortest schedule, depth first takes less memory."""
    for part in HERE.glob("*.pml"):
        shutil.copy(part, folder)
    _run(["spin", "-a", *flags, MODEL], folder)
    options = ["-DBFS" if shortest else "-DCOLLAPSE"]
    _run([*_compiler(quick), "-w", "-DSAFETY", "-DNOFAIR", f"-DMEMLIM={memory_mb}", *options, "-o", "pan", "pan.c"], folder)


def _cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _number(pattern, text, default=0.0):
    match = re.search(pattern, text)
    return float(match[1]) if match else default


def _so_far(text):
    """Of an exploration that was cut off: the last count that it printed, one per million."""
    return float((re.findall(r"States=\s+([\d.e+]+)", text) or [0])[-1])


def _story(folder, flags):
    done = subprocess.run(["spin", "-t", "-T", *flags, MODEL], cwd=folder, capture_output=True, text=True, check=False)
    lines = [line.strip() for line in done.stdout.splitlines()]
    return tuple(line for line in lines if re.match(r"(?:h\d|m\d|clock): ", line))


def _read(folder, flags, text, ended, seconds):
    violated = re.search(r"assertion violated (.*)", text)
    broken = next((name for word, name in ASSERTIONS if word in violated[1]), "?") if violated else ""
    complete = ended and "errors: 0" in text and "Search not completed" not in text and "max search depth too small" not in text
    return Outcome(
        states=int(_number(r"([\d.e+]+) states, stored", text) or _so_far(text)),
        depth=int(_number(r"depth reached (\d+)", text)),
        seconds=seconds,
        megabytes=_number(r"([\d.]+)\s+total actual memory usage", text) or _number(r"([\d.]+)\s+memory used", text),
        broken=broken,
        exhaustive=complete,
        story=_story(folder, flags) if violated else (),
    )


def explore(configuration, trap=None, memory_mb=4000, seconds_max=1800):
    """Unknown: the memory or the time ran out; then `exhaustive` is false."""
    flags = defines(configuration, trap)
    with tempfile.TemporaryDirectory(prefix="model-check-") as name:
        folder = Path(name)
        _build(folder, flags, memory_mb, shortest=trap is not None, quick=configuration.small)
        search = [f"-w{HASH_BITS}"] + ([] if trap else [f"-m{DEPTH_MAX}"])
        begin = _cpu_seconds()
        done = subprocess.run(["./pan", *search], cwd=folder, capture_output=True, text=True, check=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds_max, seconds_max)))
        text, ended = done.stdout + done.stderr, done.returncode == 0
        return _read(folder, flags, text, ended, _cpu_seconds() - begin)
