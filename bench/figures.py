"""Medians, ranges, tables."""

from statistics import median

KINDS = {"keep": "kept connection", "new": "new connections"}
IDLE_MMM2 = "MMM 2: 287 MB and 5.5 % of a core together"
TITLE_WIDTH, FIGURE_WIDTH = 24, 22


def spread(values):
    """'230 (180-260)'"""
    return f"{median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def columns(result):
    """Kind -> the outages of all runs, and those of the worse kind of each run."""
    return {kind: [run.ms[kind] for run in result.runs] for kind in KINDS} | {"worse": [r.worst for r in result.runs]}


def describe(results, idle, loads):
    """The tables, as lines."""
    lines = []
    if results:
        runs = len(results[0].runs)
        lines.append(f"ms between two acknowledged writes: median (lowest-highest) of {runs} runs; load {loads[0]:.1f}-{loads[1]:.1f}")
        head = [*KINDS.values(), "worse of both", "target", "MMM 2"]
        lines.append(f"{'':{TITLE_WIDTH}}" + "".join(f"{text:{FIGURE_WIDTH}}" for text in head[:3]) + f"{head[3]:8}{head[4]}")
    for result in results:
        values = columns(result)
        met = "met" if median(values["worse"]) <= result.case.target_ms else "MISSED"
        cells = "".join(f"{spread(times):{FIGURE_WIDTH}}" for times in values.values())
        lines.append(f"{result.case.title:{TITLE_WIDTH}}{cells}{result.case.target_ms:<8.0f}{result.case.mmm2}  {met}")
    return lines + (describe_idle(idle) if idle else [])


def describe_idle(idle):
    lines = [f"idle for {idle['seconds']:.0f} s, nobody writes:"]
    for name, unit in idle["programs"].items():
        lines.append(f"  {name:18}{unit['rss_mb']:7.1f} MB{unit['cpu_percent']:7.2f} % of a core")
    return lines + [f"  {'together':18}{idle['rss_mb']:7.1f} MB{idle['cpu_percent']:7.2f} % of a core ({IDLE_MMM2})"]


def describe_phases(results):
    """For each case: when each milestone was reached (median), and what it took since the one before."""
    lines = []
    for result in results:
        names = list(dict.fromkeys(name for run in result.runs for name in run.marks))
        middle = {name: median([run.marks[name] for run in result.runs if name in run.marks]) for name in names}
        lines += ["", f"{result.case.title}: ms after the fault or command (median), and since the milestone before"]
        before = 0.0
        for name, moment in sorted(middle.items(), key=lambda item: item[1]):
            count = sum(name in run.marks for run in result.runs)
            seen = "" if count == len(result.runs) else f"   in {count} of {len(result.runs)} runs"
            lines.append(f"  {moment:8.0f}  +{moment - before:6.0f}  {name}{seen}")
            before = moment
    return lines


def as_json(results, idle, loads):
    return {
        "load": loads,
        "cases": {
            result.case.name: {
                "title": result.case.title,
                "target_ms": result.case.target_ms,
                "mmm2_ms": result.case.mmm2,
                "median_ms": {kind: median(values) for kind, values in columns(result).items()},
                "range_ms": {kind: [min(values), max(values)] for kind, values in columns(result).items()},
                "runs": [{"ms": run.ms, "marks_ms": run.marks, "load": run.load} for run in result.runs],
            }
            for result in results
        },
        "idle": idle,
    }
