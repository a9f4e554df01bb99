"""Observers for hours: their samples are looked through piece by piece, and thrown away."""

from . import analysis
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
    gaps = [end - start for track in tracks.values() for start, end in track.sampling_gaps()]
    tally.blind_ms = max(tally.blind_ms, 1000 * max(gaps, default=0.0))
    text = "{} and {} both accepted writes through {} from {:.3f} to {:.3f}"
    return [text.format(a, b, ip, start, end) for a, b, start, end in analysis.violations(list(tracks.values()), ip)]
