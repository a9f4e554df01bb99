"""The fault matrix on real servers: each case under load, then calm, then a check of everything. Built on soak."""

from . import matrix_cases
from .config import QUICK_CHECKS, write_fence
from .soak import Soak, Violation


class Matrix(Soak):
    """A case that was only too slow, or not seen by an observer, is tried once more: others may load the machine."""

    patience_ms = 100.0

    def __init__(self, screen, prefix, cases, fence, slack_ms=0.0, bin_dir=None):
        super().__init__(screen, prefix, 0, None, QUICK_CHECKS | write_fence(fence), bin_dir)
        self.cases, self.fence, self.slack_ms = cases, fence, slack_ms

    def all_rounds(self):
        for number, case in enumerate(self.cases):
            if number:
                self.begin_anew()
            if self.attempt(case, is_last=False):
                self.begin_anew()
                self.attempt(case, is_last=True)

    def attempt(self, case, is_last):
        """Returns whether it wants another one. What the last one says stands."""
        wrong, blind = len(self.tally.wrong), len(self.tally.blind)
        try:
            slow = self.case(case)
        except Violation as violation:
            self.screen.say(f"  VIOLATION: {violation}; logs and states are kept in {self.keep_evidence()}")
            return False
        doubts = self.tally.blind[blind:] + ([slow] if slow else [])
        if doubts and not is_last and len(self.tally.wrong) == wrong:
            del self.tally.blind[blind:]
            self.screen.say(f"  once more: {'; '.join(doubts)}")
            return True
        if slow:
            self.tally.slow.append(slow)
            self.screen.say(f"  TOO SLOW: {slow}")
        return False

    def fail(self, text):
        super().fail(f"{self.tally.faults[-1].kind}: {text}")

    def begin_anew(self):
        """No case inherits anything of the one before."""
        self.finish()
        self.forget()
        self.lab.reset()
        self.begin_watching()

    def case(self, case):
        """Returns what took too long, a text or None. Errors: Violation."""
        self.look_for_writer()
        before = self.writer
        self.suffer(case.fault(self.fence))
        moved = self.lab.holders() not in ([], [before])  # with no holder after all was mended, the check decides
        self.calm()
        self.check()
        moved = moved or self.writer != before
        outage_ms = self.tally.faults[-1].outage_ms
        self.screen.say(f"  outage {outage_ms:.0f} ms; the role {'moved' if moved else 'stayed'}")
        wrong, slow = matrix_cases.misses(case, self.fence, outage_ms, moved, self.slack_ms)
        if wrong:
            self.tally.wrong.append(wrong)  # and on with the rest: nothing was lost
            self.screen.say(f"  WRONG: {wrong}")
        return slow
