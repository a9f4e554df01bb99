"""Counts of tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: tuple = ()  # of the failed ones

    def __add__(self, other):
        return Tally(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped, self.names + other.names
        )

    @property
    def count(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")
