"""The demo's quieter acts: the killed server comes back, rows are counted, everything is proved."""

import time

from . import checkdata, mysql, template
from .demo_client import WRITERS
from .demo_telling import Telling
from .errors import LabError
from .layout import DATABASES, VIRTUAL_IPS, WRITER_IP
from .stage import extra_gtids, writer_of
from .story import Story

RETURN_TIMEOUT_S = 30.0
KEPT_OUT_TIMEOUT_S = 20.0
CATCH_UP_LOOK_S = 0.2


def follows(lab, name, writer):
    """True when the host is ONLINE, replicates from the writer, and has what the writer had a moment ago."""
    if lab.show().get(name, {}).get("state") != "ONLINE" or not lab.replicates(name, writer):
        return False
    return mysql.caught_up(lab.layout, name, mysql.binlog_position(lab.layout, writer), CATCH_UP_LOOK_S)


def bring_back(stage, old, writer):
    """The killed server starts again. MMM brings it ONLINE, or keeps it out because it has what nobody else has."""
    screen, lab = stage.screen, stage.lab
    screen.title(f"{old}'s mariadbd starts again")
    story, extra = Story(lab), []
    at = lab.fault("start", host=old, unit="mysqld")["at"]
    telling = Telling(screen, story, stage.client, at)
    telling.say(f"mariadbd on {old} is started", "bold")

    def settled():
        if not extra and lab.answers(old):
            extra.extend(extra_gtids(lab, old, writer))
        return extra or follows(lab, old, writer)

    telling.until(settled, RETURN_TIMEOUT_S, f"{old} is ONLINE again by itself, and follows {writer}")
    if extra:
        keep_out(stage, telling, old, writer, extra)
        seed(stage, old, writer)
    else:
        screen.line()
        text = "MMM set it ONLINE by itself: it was away for less than 60 s, and has nothing that the writer lacks."
        screen.line(f"{old} is back and follows {writer}. {text}", "bold", "green")


def keep_out(stage, telling, old, writer, extra):
    """S3 at work: a server with transactions that the writer lacks must not serve."""
    lab, screen = stage.lab, stage.screen

    def out():
        seen = lab.show().get(old, {})
        return seen.get("state") == "REPLICATION_FAIL" and not seen.get("roles") and not lab.virtual_addresses(old)

    telling.until(out, KEPT_OUT_TIMEOUT_S, f"MMM keeps {old} out: it has {', '.join(extra)}, which {writer} lacks")
    served = [ip for ip in VIRTUAL_IPS for _, end in stage.observers.tracks()[old].held(ip) if end > telling.zero]
    if served:
        raise LabError(f"{old} had {', '.join(sorted(set(served)))} for a while, although it has {', '.join(extra)}")
    rows = set(checkdata.probe_rows(lab.layout, old)) - set(checkdata.probe_rows(lab.layout, writer))
    acknowledged, unknown = outcomes(stage)
    if rows & acknowledged:
        raise LabError(f"the client was told OK for {checkdata.some(rows & acknowledged)}, and only {old} has them")
    screen.line()
    told = f"{len(rows & unknown)} of the rows in it have an outcome that the client does not know, and none an OK"
    screen.line(
        f"{old} holds what no other server ever got: {', '.join(extra)}. It was written when the process died, and no"
        f" client was told OK ({told}).", "bold", "yellow",
    )
    screen.line(f"So MMM keeps {old} out, and says so. Somebody has to look at it before {old} may serve again:", "yellow")
    screen.command("mmm_control show")
    screen.lines(lab.control("show")[1].rstrip("\n").split("\n"))


def seed(stage, old, writer):
    """What an administrator does then: a copy without those transactions. Here: empty, and all from the binary logs."""
    screen, lab = stage.screen, stage.lab
    screen.title(f"{old} gets a fresh copy of the data")
    screen.line(f"Here that is an empty server, which fetches everything from {writer}'s binary log.")
    story = Story(lab)
    at = lab.stop(old, "mysqld")["at"]
    telling = Telling(screen, story, stage.client, at)
    telling.say(f"mariadbd on {old} stops, its data are replaced, it starts", "bold")
    template.copy_to(template.ensure(), lab.layout.data(old))
    lab.fault("start", host=old, unit="mysqld")
    telling.until(lambda: follows(lab, old, writer), RETURN_TIMEOUT_S, f"{old} is ONLINE again, and follows {writer}")


def outcomes(stage):
    """(the ids that were acknowledged, those of unknown outcome) of all clients so far."""
    probes = [one.probe for one in stage.clients]
    return set().union(*(p.acknowledged() for p in probes)), set().union(*(p.unknown() for p in probes))


def count_rows(stage, hosts=DATABASES):
    """How many acknowledged rows are on every server. Requires: nobody writes. Errors: LabError when one is missing."""
    screen, lab = stage.screen, stage.lab
    writer = writer_of(lab)
    if writer is None:
        raise LabError(f"{WRITER_IP} is on {', '.join(lab.holders()) or 'no host'}")
    acknowledged, unknown = outcomes(stage)
    report = checkdata.check(lab.layout, writer, acknowledged, unknown, hosts)
    screen.line()
    screen.line(f"Rows acknowledged to the client: {len(acknowledged)}", "bold")
    for name in hosts:
        rows = set(checkdata.probe_rows(lab.layout, name))
        have = len(acknowledged & rows)
        verdict = "all" if have == len(acknowledged) else f"{len(acknowledged) - have} MISSING"
        role = ", the writer" if name == writer else ""
        screen.line(f"   on {name}: {have}, {verdict}{role}", "green" if have == len(acknowledged) else "red")
    if not report.ok:
        raise LabError("the data are not as they should be: " + "; ".join(report.problems))
    screen.line("   The tables are equal, row by row.")
    if unknown:
        found = f"{report.unknown_written} of them were written, on every server"
        screen.line(f"   {len(unknown)} more were sent and never answered: {found if report.unknown_written else 'none is there'}.")


def prove(stage):
    """Never two writers, as the observers saw it. Errors: LabError when there were."""
    observers = stage.observers.stop()
    violations = observers.violations()
    if violations:
        found = "; ".join(f"{a} and {b} for {(end - start) * 1000:.0f} ms" for a, b, start, end in violations)
        raise LabError(f"two hosts took writes through {WRITER_IP} at the same time: {found}")
    looks = sum(len(track.addresses) for name, track in observers.tracks().items() if name in DATABASES)
    stage.screen.line(f"At none of {looks} looks (every 20 ms, on each server) did two writable hosts hold {WRITER_IP}.")


def sum_up(stage, seconds):
    """The figures once more, and what to do with the lab that goes on running."""
    screen, layout = stage.screen, stage.lab.layout
    screen.title(f"That was it, in {seconds:.0f} s")
    for what, text in (("kill", "mariadbd killed"), ("move", "planned move")):
        times = ", ".join(f"{WRITERS[name]} {ms:.0f} ms" for name, ms in stage.outages[what].items())
        screen.line(f"   {text:16} the client could not write for: {times}")
    screen.line()
    screen.line("The lab goes on running. Step into a host, use mmm_control, break something:", "bold")
    again = "" if stage.prefix == "mmm" else f" --prefix {stage.prefix}"
    table = [(stage.tool(words), text) for words, text in commands(layout)]
    table += [(f"./demo{again}", "the same again, from the start"), (f"./demo down{again}", "takes the lab away; nothing of it is left")]
    width = max(len(words) for words, _ in table)
    screen.lines([f"   {words:{width}}  {text}" for words, text in table])


def commands(layout):
    """What to try in the lab."""
    return (
        ("shell db1", "a shell on db1; `mysql` there is root on its server"),
        ("shell monitor", "where mmm_control works: mmm_control show, mmm_control help"),
        ("control show", "the same from outside"),
        ("status", "what runs, who holds which address"),
        ("probe --seconds 10", "a client that writes"),
        ("fault kill db1 mysqld", "all faults: fault --help"),
        ("logs monitor", f"all files: {layout.root}"),
    )
