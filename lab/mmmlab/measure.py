"""Probes and observers as objects of the process that uses them."""

import itertools
import os
import time

from . import analysis, instrument, report
from .layout import DATABASES, VIRTUAL_IPS, WRITER_IP
from .waiting import wait_until

_numbers = itertools.count(1)
SAMPLE_PERIOD_MS = 20


def _file(layout, kind):
    return layout.results() / f"{kind}-{os.getpid()}-{next(_numbers)}"


class Probe:
    """A client that writes (and reads) until stopped. Starts at once; its results stay when it is stopped."""

    def __init__(self, layout, out=None, **options):
        self.path = out or _file(layout, "probe").with_suffix(".jsonl")
        self._events, self._offset, self._stopped = [], 0, False
        self.process = instrument.start(layout, "client", "probe", options | {"out": str(self.path)})
        instrument.wait_for_output(self.process, self.path, "the probe")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def events(self):
        """What happened so far (probe.py tells the fields)."""
        if not self._stopped:
            fresh, self._offset = report.read_events_from(self.path, self._offset)
            self._events += fresh
        return self._events

    def stop(self):
        """Ends it and keeps its events. Returns the summary. Idempotent."""
        if not self._stopped:
            instrument.stop(self.process)
            self.events()
            self._stopped = True
        return self.summary()

    def abandon(self):
        """Ends it before its files go."""
        self.stop()

    def summary(self, threshold_ms=50.0):
        """report.summarize() of the events: longest gaps, outages, errors, counts, for each writer and reader."""
        return report.summarize(self.events(), threshold_ms)

    def acknowledged(self):
        return report.acknowledged(self.events())

    def unknown(self):
        return report.unknown(self.events())

    def acks_since(self, moment, worker=None):
        """How many rows were acknowledged after `moment` (by one writer, or by all)."""
        return sum(1 for e in self.events() if e["e"] == "ack" and e["t"] > moment and worker in (None, e["w"]))

    def wait_for_acks(self, count=10, deadline_s=10.0, since=None, workers=("keep", "new")):
        """Waits until every one of the writers has had `count` rows acknowledged after `since` (default: now)."""
        since = time.monotonic() if since is None else since
        wait_until(
            lambda: all(self.acks_since(since, worker) >= count for worker in workers),
            deadline_s,
            f"{count} acknowledged rows from each writer",
            0.05,
        )


class Observers:
    """One observer per database host and one on the client. Start at once; analysed when stopped."""

    def __init__(self, layout, ips=VIRTUAL_IPS, period_ms=SAMPLE_PERIOD_MS):
        self.paths, self.processes, self._tracks = {}, {}, None
        for name in (*DATABASES, "client"):
            path = _file(layout, f"observer-{name}").with_suffix(".txt")
            options = {"host": name, "ips": list(ips), "period_ms": period_ms, "out": str(path)}
            if name in DATABASES:
                options["socket"] = str(layout.mysql_socket(name))
                options["state_file"] = str(layout.agent_state(name))
            self.paths[name] = path
            self.processes[name] = instrument.start(layout, name, "observer", options)
        for name, process in self.processes.items():
            instrument.wait_for_output(process, self.paths[name], f"the observer on {name}")
        self.began, self.ended = time.monotonic(), None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def stop(self):
        """Ends them and keeps their samples. Idempotent."""
        if self._tracks is None:
            self.ended = time.monotonic()
            for process in self.processes.values():
                instrument.stop(process)
            self._tracks = self._read()
        return self

    def abandon(self):
        self.stop()

    def _read(self):
        return {name: analysis.read_track(path) for name, path in self.paths.items()}

    def tracks(self):
        """{host: analysis.Track}, of what was sampled so far."""
        return self._tracks or self._read()

    def violations(self, ip=WRITER_IP):
        """[(host, host, start, end)]: both held the address, were writable, and had no closed write fence."""
        return analysis.violations(list(self.tracks().values()), ip)

    def steps_back(self):
        """[(host, text)]: an agent obeyed something older than before."""
        return [(name, text) for name, track in self.tracks().items() for text in analysis.steps_back(track)]

    def timeline(self, ip=WRITER_IP):
        """[(time, (hosts,))]: who held it."""
        return analysis.timeline(list(self.tracks().values()), ip)

    def resolved(self, ip=WRITER_IP):
        """[(time, owner)]: whom the client's kernel would send to."""
        return analysis.resolved(self.tracks()["client"], ip)

    def returns_to(self, old_owner, ip=WRITER_IP):
        """The moments at which the client went back to an old owner after having known another."""
        return analysis.returns_to(self.tracks()["client"], ip, old_owner)

    def packets_at(self, host, since):
        """How many packets for the writer's address the wire brought to a host after `since`, whoever's it was."""
        return sum(count for moment, count in self.tracks()[host].packets if moment > since)

    def sampling_gaps(self):
        """{host: [(start, end)]} over 100 ms in which an observer saw nothing: its verdicts have holes there."""
        found = {name: track.sampling_gaps(self.began, self.ended) for name, track in self.tracks().items()}
        return {name: gaps for name, gaps in found.items() if gaps}

    def describe(self, ip=WRITER_IP):
        """The verdict as lines for a human."""
        violations = self.violations(ip)
        text = "VIOLATION: {} and {} both accepted writes through {} from {:.3f} to {:.3f}"
        lines = [text.format(one, other, ip, start, end) for one, other, start, end in violations]
        lines = lines or [f"at no sampled moment did two hosts accept writes through {ip}"]
        lines += [f"{moment:.3f} {ip} is on {', '.join(hosts) or 'no host'}" for moment, hosts in self.timeline(ip)]
        lines += [f"{moment:.3f} the client sends it to {owner or 'nobody'}" for moment, owner in self.resolved(ip)]
        for name, gaps in self.sampling_gaps().items():
            lines += [f"{name}: no sample for {(end - start) * 1000:.0f} ms" for start, end in gaps]
        return lines
