"""What the observers' samples prove. Pure, but for the reader of their files.

Every interval here is an under-approximation: from the first to the last of consecutive positive samples. So a
violation that is reported did happen, within what sampling can tell.
"""

import json
from bisect import bisect_right
from dataclasses import dataclass, field

from .layout import DATABASES, MAC_OWNER

SAMPLING_GAP_S = 0.1
# An observer samples every 20 ms. One that saw nothing for longer than this proves nothing: two writers could have been
# there meanwhile. Its host may be cut off or without power, all processes on it frozen: it looks on, so that no fault of
# the lab explains more.
BLIND_MAX_S = 0.5
POINT_S = 1e-9  # an interval of one sample is a point; in a timeline it has to have an end


@dataclass
class Track:
    """The samples of one host, times first.

    addresses (t, mask), fence (t, state), server (sent, answered, flag), neighbours (t, macs), packets (t, count),
    memory (t, {what: number or order})
    """

    host: str
    ips: list
    addresses: list = field(default_factory=list)
    fence: list = field(default_factory=list)
    server: list = field(default_factory=list)
    neighbours: list = field(default_factory=list)
    packets: list = field(default_factory=list)
    memory: list = field(default_factory=list)

    def held(self, ip):
        """Intervals in which the host had the address."""
        bit = 1 << self.ips.index(ip)
        return runs([(t, t, bool(mask & bit)) for t, mask in self.addresses])

    def writable(self):
        """Intervals in which its server was writable."""
        return runs([(sent, answered, flag == "w") for sent, answered, flag in self.server])

    def open(self):
        """Intervals in which no write fence of its was closed."""
        return runs([(t, t, state != "c") for t, state in self.fence])

    def accepting(self, ip):
        """Intervals in which it had the address, was writable, and no write fence held anything back."""
        both = intersect(self.held(ip), self.writable())
        return intersect(both, self.open()) if self.fence else both

    def looks(self):
        """[(begin, end)] of every look, a list for each thing that its verdict needs."""
        if self.host not in DATABASES:
            return [[(t, t) for t, _ in self.neighbours]]
        found = [[(t, t) for t, _ in self.addresses], [(sent, answered) for sent, answered, _ in self.server]]
        return found + ([[(t, t) for t, _ in self.fence]] if self.fence else [])

    def sampling_gaps(self, begin=None, end=None):
        """[(start, end)] in which nothing is known of its addresses, server or fence (of the client: its neighbours).

        `begin` and `end` of the time that it was to watch, where they are known: one that died is blind from then on.
        """
        return union([gap for looks in self.looks() for gap in holes(looks, begin, end)])


def parse(lines):
    """A Track from an observer's output; a torn last line is ignored."""
    lines = iter(lines)
    header = json.loads(next(lines))
    track = Track(header["host"], header["ips"])
    for line in lines:
        if not line.endswith("\n"):
            continue
        kind, *rest = line.split()
        if kind == "a":
            track.addresses.append((float(rest[0]), int(rest[1], 16)))
        elif kind == "f":
            track.fence.append((float(rest[0]), rest[1]))
        elif kind == "s":
            track.server.append((float(rest[0]), float(rest[1]), rest[2]))
        elif kind == "p":
            track.packets.append((float(rest[0]), int(rest[1])))
        elif kind == "m":
            epoch, *accepted, released = map(int, rest[1:])
            generation = accepted[1]
            facts = {"leadership": epoch, "instruction": tuple(accepted), "generation": generation, "released": released}
            track.memory.append((float(rest[0]), facts))
        elif kind == "n":
            track.neighbours.append((float(rest[0]), rest[1:]))
    return track


def read_track(path):
    with open(path, encoding="ascii") as file:
        return parse(file)


def runs(samples):
    """Intervals of consecutive positive samples (begin, end, positive).

    A sample's value was true at some moment between its begin and end, so a run certainly reaches from the end of
    its first to the begin of its last sample; a single one is a point.
    """
    found, first, last = [], None, None
    for sample in [*samples, (0, 0, False)]:
        if sample[2]:
            first, last = first or sample, sample
        elif first:
            start, end = first[1], last[0]
            found.append((start, end) if start <= end else ((first[0] + first[1]) / 2,) * 2)
            first = None
    return found


def holes(looks, begin=None, end=None):
    """[(start, end)] over SAMPLING_GAP_S between the looks, and between them and both ends."""
    marks = [(begin, begin)] * (begin is not None) + looks + [(end, end)] * (end is not None)
    return [(a[1], b[0]) for a, b in zip(marks, marks[1:]) if b[0] - a[1] > SAMPLING_GAP_S]


def union(intervals):
    """The same without overlaps, in order."""
    found = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def intersect(left, right):
    """The common parts of two lists of closed intervals."""
    common = [(max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right]
    return sorted(part for part in common if part[0] <= part[1])


def violations(tracks, ip):
    """[(host, host, start, end)]: two hosts accepted writes through `ip` at the same time."""
    tracks = [track for track in tracks if track.addresses]
    return [
        (one.host, other.host, *overlap)
        for index, one in enumerate(tracks)
        for other in tracks[index + 1 :]
        for overlap in intersect(one.accepting(ip), other.accepting(ip))
    ]


def steps_back(track):
    """What an agent wrote down after something newer (S4), as texts."""
    pairs = zip(track.memory, track.memory[1:])
    return [
        f"{what} {after[what]} was written down at {moment:.3f}, after {before[what]}"
        for (_, before), (moment, after) in pairs
        for what in before
        if after[what] < before[what]
    ]


def timeline(tracks, ip):
    """[(time, (hosts,))]: who held the address, at each change."""
    edges = []
    for track in tracks:
        if track.addresses:
            for start, end in track.held(ip):
                end = max(end, start + POINT_S)
                edges += [(start, 1, track.host), (end, -1, track.host)]
    holders, story = [], []
    for moment, step, host in sorted(edges, key=lambda edge: (edge[0], edge[1])):
        holders = sorted([*holders, host]) if step > 0 else [h for h in holders if h != host]
        story.append((moment, tuple(holders)))
    return story


def resolved(track, ip):
    """[(time, owner)]: whom the client would send packets for `ip` to, at each change; None: nobody known."""
    index, story = track.ips.index(ip), []
    for moment, macs in track.neighbours:
        owner = MAC_OWNER.get(macs[index], macs[index]) if macs[index] != "-" else None
        if not story or story[-1][1] != owner:
            story.append((moment, owner))
    return story


def owner_at(story, moment):
    """Whom `resolved` or `timeline` names at a moment."""
    position = bisect_right([entry[0] for entry in story], moment)
    return story[position - 1][1] if position else None


def returns_to(track, ip, old_owner):
    """The moments at which the client resolved `ip` to `old_owner` again after having known another owner."""
    moments, left = [], False
    for moment, owner in resolved(track, ip):
        if owner == old_owner and left:
            moments.append(moment)
        left = left or owner not in (None, old_owner)
    return moments
