#!/usr/bin/python3
"""MMM 3 on one machine, told as it happens. ./demo at the top of the tree installs, builds and calls this.

Exit: 0 all as it should be, 1 something failed, 2 wrong usage, 130 interrupted.
"""

import argparse
import os
import signal
import sys
import time
from contextlib import contextmanager

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

import pymysql  # noqa: E402  (the path comes first)

from mmmlab import client, demo_acts, demo_return, template  # noqa: E402
from mmmlab.demo_screen import Screen  # noqa: E402
from mmmlab.errors import LabError  # noqa: E402
from mmmlab.layout import Layout  # noqa: E402

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def arguments():
    parser = argparse.ArgumentParser(prog="./demo", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--prefix", default="mmm", help="the lab's name, should there be others (default: %(default)s)")
    parser.add_argument("--bin", metavar="DIR", help="the folder of the MMM programs")
    parser.add_argument("--down", action="store_true", help="take the lab away instead")
    return parser.parse_args()


def play(stage):
    """All acts. Errors: LabError with what did not come out as it should."""
    begin = time.monotonic()
    demo_acts.raise_lab(stage)
    demo_acts.bring_online(stage)
    demo_acts.start_client(stage)
    old, new = demo_acts.kill_writer(stage)
    demo_return.bring_back(stage, old, new)
    demo_acts.pause_client(stage)
    demo_return.count_rows(stage)
    demo_acts.move_back(stage, old)
    demo_acts.pause_client(stage)
    demo_return.count_rows(stage)
    demo_return.prove(stage)
    demo_acts.show(stage)
    demo_return.sum_up(stage, time.monotonic() - begin)


def take_down(layout):
    """Removes the lab; with the last one on the machine what `up` keeps for the next, too."""
    there = layout.root.exists()
    client.destroy(layout)
    if not client.labs():
        template.purge()
    prefix = layout.prefix
    print(f"the lab '{prefix}' is gone, its files with it" if there else f"there is no lab '{prefix}'; nothing to do")
    return 0


def run_down(layout):
    try:
        return take_down(layout)
    except LabError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return EXIT_FAILED


def tell_failure(stage, layout, error):
    """What failed, what the cluster says, where the logs are."""
    screen = stage.screen
    screen.line()
    screen.line(f"FAILED: {error}", "bold", "red")
    if not client.is_up(layout):
        screen.line("The lab is not up; nothing of it is left." if not layout.root.exists() else f"See {layout.root}.")
        return
    if stage.lab:
        try:
            screen.lines(["mmm_control show says:", *stage.lab.control("show")[1].rstrip("\n").split("\n")])
        except LabError as trouble:
            screen.line(f"mmm_control says nothing: {trouble}")
    screen.line(f"The logs are in {layout.root}/*/log. The lab is left as it is:")
    screen.line(f"   {stage.tool('status')}; {stage.tool('logs')}; ./demo begins anew; ./demo down takes it away")


class Interrupts:
    """Ctrl-C and its like become KeyboardInterrupt, once; within `held()` they wait until its end."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self):
        self.holding = self.came = False
        for number in self.SIGNALS:
            signal.signal(number, self.receive)

    def receive(self, number, _frame):
        for other in self.SIGNALS:
            signal.signal(other, signal.SIG_IGN)  # what measures is stopped in peace
        self.came = True
        if not self.holding:
            raise KeyboardInterrupt(signal.Signals(number).name)

    @contextmanager
    def held(self):
        self.holding = True
        try:
            yield
        finally:
            self.holding = False
        if self.came:
            raise KeyboardInterrupt


def tell_interrupt(stage, layout):
    left = "The lab goes on running; ./demo down takes it away." if client.is_up(layout) else "Nothing of the lab is left."
    stage.screen.line()
    stage.screen.line(f"Interrupted. {left}", "bold", "yellow")


def main():
    options = arguments()
    try:
        layout = Layout(options.prefix)
    except LabError as error:
        print(f"./demo: {error}", file=sys.stderr)
        return EXIT_USAGE
    if options.down:
        return run_down(layout)
    stage = demo_acts.Stage(Screen(), options.prefix, options.bin, Interrupts().held)
    try:
        try:
            play(stage)
        finally:
            stage.end()
    except BrokenPipeError:  # | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except KeyboardInterrupt:
        tell_interrupt(stage, layout)
        return EXIT_INTERRUPTED
    except (LabError, OSError, pymysql.MySQLError) as error:
        tell_failure(stage, layout, error)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
