"""What a probe's events mean: gaps between acknowledged writes, outages, what is unknown. Pure, but for the reader."""

import json
from collections import Counter

LONGEST_KEPT = 5
READ_OR_ACK = ("ack", "read")


def read_events(path):
    """All complete lines of a probe's output, also while it still writes."""
    return read_events_from(path, 0)[0]


def read_events_from(path, offset):
    """(the events after `offset`, the offset to go on from)"""
    with open(path, "rb") as file:
        file.seek(offset)
        whole, newline, _ = file.read().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole) + len(newline)


def gaps(times, begin, end):
    """[(start, end, open)] between successive times, with the waits at both ends.

    The first starts at `begin`, when the probe did; the last is `open`: it had not ended when the probe did.
    """
    if begin is None:
        begin = times[0] if times else 0.0
    marks = [begin, *times]
    found = [(a, b, False) for a, b in zip(marks, marks[1:])]
    if end is not None and end > marks[-1]:
        found.append((marks[-1], end, True))
    return found


def as_json(gap):
    start, end, still_open = gap
    return {"start": start, "end": end, "ms": round((end - start) * 1000, 1), "open": still_open}


def summarize(events, threshold_ms=50.0):
    """Per worker: counts, the longest gaps, the outages (gaps of at least `threshold_ms`), errors, unknown ids."""
    begin = next((e["t"] for e in events if e["e"] == "start"), None)
    end = next((e["t"] for e in events if e["e"] == "stop"), None)
    by_worker = {}
    for event in events:
        if event["w"]:
            by_worker.setdefault(event["w"], []).append(event)
    workers = {name: summarize_worker(mine, begin, end, threshold_ms) for name, mine in by_worker.items()}
    writers = [w for name, w in workers.items() if not name.startswith("read ")]
    return {
        "begin": begin,
        "end": end,
        "acks": sum(w["acks"] for w in writers),
        "unknown": sum(len(w["unknown_ids"]) for w in writers),
        "longest_ms": max((w["longest"][0]["ms"] for w in writers if w["longest"]), default=0.0),
        "workers": workers,
    }


def summarize_worker(events, begin, end, threshold_ms):
    done = [e["t"] for e in events if e["e"] in READ_OR_ACK]
    errors = [e for e in events if e["e"] not in READ_OR_ACK]
    all_gaps = [as_json(gap) for gap in gaps(done, begin, end)]
    return {
        "acks": len(done),
        "longest": sorted(all_gaps, key=lambda gap: -gap["ms"])[:LONGEST_KEPT],
        "outages": [gap for gap in all_gaps if gap["ms"] >= threshold_ms],
        "errors": dict(Counter(f"{e['e']}: {e['text']}" for e in errors)),
        "unknown_ids": [e["id"] for e in errors if e["e"] == "unknown"],
    }


def acknowledged(events):
    """The ids of all rows that the server acknowledged."""
    return {e["id"] for e in events if e["e"] == "ack"}


def unknown(events):
    """The ids of all rows whose outcome is not known to the client."""
    return {e["id"] for e in events if e["e"] == "unknown"}


def describe(summary):
    """The summary as lines for a human."""
    lines = []
    for name, worker in sorted(summary["workers"].items()):
        longest = worker["longest"][0] if worker["longest"] else {"ms": 0.0}
        what = "answers" if name.startswith("read ") else "acknowledged"
        lines.append(f"{name:16} {worker['acks']:6} {what}, longest gap {longest['ms']:.1f} ms")
        for gap in worker["outages"]:
            tail = " (not over when the probe ended)" if gap["open"] else ""
            lines.append(f"{'':16} outage of {gap['ms']:.1f} ms from {gap['start']:.3f} to {gap['end']:.3f}{tail}")
        for text, count in sorted(worker["errors"].items(), key=lambda item: -item[1])[:8]:
            lines.append(f"{'':16} {count} x {text[:160]}")
        if worker["unknown_ids"]:
            lines.append(f"{'':16} {len(worker['unknown_ids'])} rows with unknown outcome")
    return lines
