"""Observers for hours: their samples are looked through piece by piece, and thrown away."""

from . import analysis, soak_verdict
from .layout import DATABASES, WRITER_IP
from .measure import Observers


class Watch:
    """Observers on every host, without a hole: the next ones look already when those before them stop."""

    def __init__(self, layout):
        self.layout = layout
        self.now = Observers(layout)

    def turn(self):
        """Begins a new piece. Returns the one before, stopped; `forget` it."""
        before, self.now = self.now, Observers(self.layout)
        return before.stop()

    def stop(self):
        """Returns the last piece."""
        return self.now.stop()


def forget(piece):
    """Removes the files of a piece."""
    for path in piece.paths.values():
        path.unlink(missing_ok=True)


def count(piece, tally, ip=WRITER_IP):
    """Adds what a piece says to the tally's samples. Returns its violations, as texts."""
    tracks = {name: track for name, track in piece.tracks().items() if name in DATABASES}
    tally.samples += sum(len(track.addresses) for track in tracks.values())
    gaps = piece.sampling_gaps()
    soak_verdict.put_down_gaps(tally, {name: gaps[name] for name in tracks if name in gaps})
    text = "{} and {} both accepted writes through {} from {:.3f} to {:.3f}"
    found = [text.format(a, b, ip, start, end) for a, b, start, end in analysis.violations(list(tracks.values()), ip)]
    return found + [f"the agent of {host}: {text}" for host, text in piece.steps_back()]


def sees_a_writer(piece, ip=WRITER_IP):
    """Whether a host was seen to accept writes to the end of a piece. Requires: at its end one did.

    What the verdict rests on is tried out: instruments that never see a writer never see two.
    """
    begin = piece.ended - analysis.BLIND_MAX_S
    tracks = [track for name, track in piece.tracks().items() if name in DATABASES]
    return any(end >= begin for track in tracks for _, end in track.accepting(ip))
