"""`mmm-lab soak` and `mmm-lab matrix`: their words, their screen, their end."""

import json
import random
import sys
import time
from datetime import datetime

from . import client, config, matrix_cases, soak_faults, soak_verdict
from .errors import LabError
from .layout import DATABASES, Layout
from .matrix import Matrix
from .soak import Soak

WIDTH = 78
PROGRESS_PERIOD_S = 60.0  # of plain lines, in a pipe
SEEDS = 10**6
MIXED = "mix"


class Screen:
    """Lines, and one line of progress that moves on a terminal. With JSON, the result alone is on standard output."""

    def __init__(self, as_json):
        self.out = sys.stderr if as_json else sys.stdout
        self.live = self.out.isatty()
        self.told_at = 0.0

    def say(self, text):
        self.wipe()
        print(f"{datetime.now():%H:%M:%S} {text}", file=self.out, flush=True)

    def progress(self, text):
        if self.live:
            print(f"\r{text[:WIDTH]:{WIDTH}}", end="", file=self.out, flush=True)
        elif time.monotonic() - self.told_at > PROGRESS_PERIOD_S:
            self.told_at = time.monotonic()
            self.say(text)

    def wipe(self):
        if self.live:
            print(f"\r{'':{WIDTH}}\r", end="", file=self.out)


def refuse_if_up(prefix):
    if client.is_up(Layout(prefix)):
        raise LabError(f"the lab '{prefix}' is up; this makes its own: another --prefix, or 'mmm-lab down'")


def do_soak(arguments):
    refuse_if_up(arguments.prefix)
    seed = arguments.seed if arguments.seed is not None else random.randrange(SEEDS)
    options = dict(config.split_option(text) for text in arguments.options)
    mixed = arguments.write_fence == MIXED
    fences = soak_faults.fences(seed) if mixed else dict.fromkeys(DATABASES, arguments.write_fence)
    options |= config.write_fences(fences)
    screen = Screen(arguments.json)
    if mixed:
        screen.say("write_fence: " + ", ".join(f"{host} {mode}" for host, mode in fences.items()))
    return conclude(arguments, Soak(screen, arguments.prefix, seed, arguments.minutes, options, arguments.bin, mixed))


def do_matrix(arguments):
    refuse_if_up(arguments.prefix)
    cases = matrix_cases.cases(arguments.pairs)
    cases = [case for case in cases if not arguments.only or any(text in case.name for text in arguments.only)]
    screen = Screen(arguments.json)
    return conclude(arguments, Matrix(screen, arguments.prefix, cases, arguments.write_fence, 0.0, arguments.bin))


def conclude(arguments, soak):
    """Runs it, keeps what tells of a violation, prints the verdict. Returns the exit code."""
    try:
        tally = soak.run()
        minutes = soak.minutes_so_far()
        if not tally.ok:
            soak.screen.say(f"logs and samples are kept in {soak.keep_evidence()}")
    finally:
        soak.down()
    soak.screen.wipe()
    if arguments.json:
        print(json.dumps(soak_verdict.as_json(tally, minutes), indent=1))
    else:
        print("\n".join(soak_verdict.describe(tally, minutes)), flush=True)
    return 0 if tally.ok else 1


def add_soak(add, option):
    programs = option("--bin", metavar="DIR", help=f"the folder of the MMM programs (default: {client.default_bin_dir()})")
    fence = option("--write-fence", choices=soak_faults.FENCES, default="on", help="default: %(default)s")
    fences = option("--write-fence", choices=(*soak_faults.FENCES, MIXED), default="on",
                    help=f"default: %(default)s; {MIXED}: of each host another, drawn, and faults change it")
    add(
        "soak", do_soak, "a lab of its own, and random faults under load; at the end a verdict with figures, exit 0 or 1",
        option("--minutes", type=float, default=10.0, metavar="N", help="default: %(default)g"),
        option("--seed", type=int, metavar="S", help="the same seed draws the same faults (default: a new one, printed)"),
        option("--with", dest="options", metavar="'KEY VALUE'", action="append", default=[],
               help="change a configuration entry: 'lease_ttl 1'"),
        fences, programs,
    )
    add(
        "matrix", do_matrix, "a lab of its own, and every fault there is, one after the other; a verdict, exit 0 or 1",
        option("--pairs", action="store_true", help="also every two processes, killed and frozen"),
        option("--only", action="append", metavar="TEXT", help="cases whose name has it; may be given again"),
        fence, programs,
    )
