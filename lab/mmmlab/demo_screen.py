"""What the person at the demo sees: colours and one live line on a terminal, plain lines in a pipe."""

import os
import shutil
import sys
import textwrap
import time

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36"}
PIPE_PERIOD_S = 1.0  # in a pipe the live line becomes a line of its own, not more often than this
LIVE_PERIOD_S = 0.05
NARROWEST = 60


class Screen:
    def __init__(self, out=None):
        self.out = out or sys.stdout
        self.live = self.out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.coloured = self.live and not os.environ.get("NO_COLOR")
        self._on_screen = False
        self._next_live = 0.0

    def style(self, text, *names):
        """The text in colour, where there is any."""
        if not self.coloured or not names:
            return text
        return f"\033[{';'.join(STYLES[name] for name in names)}m{text}\033[0m"

    def line(self, text="", *styles):
        self._wipe()
        print(self.style(text, *styles), file=self.out, flush=True)

    def lines(self, texts, *styles):
        for text in texts:
            self.line(text, *styles)

    def title(self, text):
        self.line()
        self.line(f"== {text}", "bold")

    def command(self, text):
        """A command that is run, as one would type it."""
        self.line(f"$ {text}", "cyan")

    def hanging(self, head, width, text, *styles):
        """`head`, which is `width` columns wide, then the text; on a terminal its further lines are indented."""
        columns = max(NARROWEST, shutil.get_terminal_size().columns) - width - 1
        parts = textwrap.wrap(text, columns) if self.live else [text]
        self.line(head + f"\n{' ' * width}".join(self.style(part, *styles) for part in parts))

    def progress(self, text):
        """What goes on now; overwritten by the next line on a terminal."""
        now = time.monotonic()
        if now < self._next_live:
            return
        if not self.live:
            self._next_live = now + PIPE_PERIOD_S
            self.line(f"   … {text}")
            return
        self._next_live = now + LIVE_PERIOD_S
        self._wipe()
        width = shutil.get_terminal_size().columns
        print(self.style(f"   … {text}"[: width - 1], "blue"), end="", file=self.out, flush=True)
        self._on_screen = True

    def _wipe(self):
        if self._on_screen:
            print("\r\033[K", end="", file=self.out)
            self._on_screen = False
