"""What a person sees: one live line on a terminal, a line for every tenth of the way in a pipe."""

import shutil
import sys


class Screen:
    def __init__(self, verbose):
        self.verbose = verbose
        self.live = sys.stdout.isatty()
        self._tenth = 0
        self._has_live_line = False

    def line(self, text=""):
        self._wipe()
        print(text, flush=True)

    def title(self, text):
        self._tenth = 0
        self.line(f"\033[1m== {text}\033[0m" if self.live else f"== {text}")

    def done(self, text):
        self.line(text)

    def progress(self, done, of, text):
        if self.live:
            self._wipe()
            width = shutil.get_terminal_size().columns
            print(f"[{done}/{of}] {text}"[: width - 1], end="", flush=True)
            self._has_live_line = True
        elif of and done * 10 // of > self._tenth:
            self._tenth = done * 10 // of
            print(f"  [{done}/{of}]", flush=True)

    def _wipe(self):
        if self._has_live_line:
            print("\r\033[K", end="")
            self._has_live_line = False
