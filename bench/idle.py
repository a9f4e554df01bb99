"""What the programs cost when nothing happens."""

import os
import time
from pathlib import Path

from mmmlab.stage import bring_online

SECONDS = 20.0
SETTLE_S = 2.0
KIB_PER_MB = 1024


def measure_idle(lab, tell, seconds=SECONDS):
    """{"seconds", "programs": {name: {"rss_mb", "cpu_percent"}}, "rss_mb", "cpu_percent"}: all ONLINE, nobody writes."""
    lab.reset()
    bring_online(lab)
    tell(f"idle for {seconds:.0f} s …")
    time.sleep(SETTLE_S)
    return cost_of_programs(lab, seconds)


def cost_of_programs(lab, seconds):
    """The same of the lab as it is."""
    pids = {
        "mmm_mond" if key.endswith("monitor") else f"mmm_agentd {key.split()[0]}": unit["pid"]
        for key, unit in lab.status()["units"].items()
        if not key.endswith("mysqld")
    }
    begin, before = time.monotonic(), {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    took = time.monotonic() - begin
    programs = {
        name: {"rss_mb": rss_mb(pid), "cpu_percent": 100 * (cpu_seconds(pid) - before[name]) / took}
        for name, pid in pids.items()
    }
    totals = {what: sum(unit[what] for unit in programs.values()) for what in ("rss_mb", "cpu_percent")}
    return {"seconds": took, "programs": programs} | totals


def cpu_seconds(pid):
    """Of all its threads, to the nanosecond where the kernel counts so."""
    try:
        found = [int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()]
        if any(found):
            return sum(found) / 1e9
    except OSError:
        pass
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / KIB_PER_MB
    return 0.0
