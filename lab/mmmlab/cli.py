"""mmm-lab: the command line. Each command is a function here or in cli_faults.py; none holds logic of its own."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time

import pymysql

from . import checkdata, client, conditions, config, report, shell, template
from .api import Lab
from .cli_faults import add_faults
from .cli_soak import add_soak
from .errors import LabError, LabTimeout
from .layout import DATABASES, HOSTS, Layout
from .netlink import addresses_in
from .process import state

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_TIMEOUT = 0, 1, 2, 3
EPILOG = """examples:
  mmm-lab up                                   three servers, a monitor, a client, MMM on them
  mmm-lab up --no-mmm --async                  servers only, asynchronous replication
  mmm-lab up --with 'lease_ttl 1' --with 'monitor/auto_set_online 5'
  mmm-lab status                               what runs, who holds which address
  mmm-lab shell db1                            a shell on db1; `mysql` there is root on its server
  mmm-lab control show                         mmm_control on the monitor host
  mmm-lab probe --seconds 10                   a client that writes through the writer IP
  mmm-lab fault kill db1 mysqld                see `mmm-lab fault --help` for all faults
  mmm-lab wait role db2 writer --timeout 5
  mmm-lab check-data                           every server equals the writer, row by row
  mmm-lab soak --minutes 60 --seed 7           random faults, and a verdict; makes and removes its own lab
  mmm-lab down                                 nothing is left

exit codes: 0 done, 1 failed or untrue, 2 usage, 3 a wait timed out
"""


def say(arguments, value, lines):
    """Prints `value` as JSON when asked for, else the lines."""
    print(json.dumps(value, indent=1) if arguments.json else "\n".join(lines), flush=True)


def do_up(arguments):
    layout = Layout(arguments.prefix)
    if client.is_up(layout) and not arguments.fresh:
        print(f"the lab '{arguments.prefix}' is up already; 'mmm-lab reset' makes it new")
        return EXIT_DONE
    client.destroy(layout)
    lab = Lab(
        arguments.prefix,
        mmm=not arguments.no_mmm,
        semi_sync=not arguments.asynchronous,
        bin_dir=arguments.bin,
        config=dict(config.split_option(text) for text in arguments.options),
        status_file=arguments.status_file,
    )
    begin = time.monotonic()
    lab.up(arguments.owner_pid, lambda facts: "step" in facts and print(f"  {facts['step']} …", flush=True))
    print(f"the lab '{arguments.prefix}' is up after {time.monotonic() - begin:.1f} s; its files: {layout.root}")
    return EXIT_DONE


def do_down(arguments):
    prefixes = [layout.prefix for layout in client.labs()] if arguments.all else [arguments.prefix]
    for prefix in prefixes:
        client.destroy(Layout(prefix))
    if arguments.purge:
        template.purge()
    return EXIT_DONE


def do_reset(arguments):
    begin = time.monotonic()
    Lab.attach(arguments.prefix).reset()
    print(f"the lab '{arguments.prefix}' is new after {time.monotonic() - begin:.1f} s")
    return EXIT_DONE


def host_line(lab, name, status):
    units = []
    for key, unit in status["units"].items():
        where, _, what = key.partition(" ")
        if where == name:
            # The kernel knows better than the supervisor what was stopped by another hand.
            frozen = unit["pid"] and state(unit["pid"]) == "T"
            units.append(f"{what} {'frozen' if frozen else unit['state']}" + (f" ({unit['pid']})" if unit["pid"] else ""))
    held = sorted(set(addresses_in(lab.layout.namespace(name))) - {HOSTS[name].ip, HOSTS[name].ip6})
    writable = ", writable" if name in DATABASES and lab.is_writable(name) else ""
    off = "  POWERED OFF" if name in status["faults"]["powered_off"] else ""
    return f"{name:8} {HOSTS[name].ip:10} {', '.join(units)}{writable}{'  holds ' + ', '.join(held) if held else ''}{off}"


def do_status(arguments):
    if not client.is_up(Layout(arguments.prefix)):
        others = [layout.prefix for layout in client.labs() if client.is_up(layout)]
        say(arguments, {"up": False, "others": others}, [f"the lab '{arguments.prefix}' is not up"] + others)
        return EXIT_FAILED
    lab = Lab.attach(arguments.prefix)
    status = lab.status() | {"up": True, "root": str(lab.layout.root)}
    status["holds"] = {name: sorted(lab.virtual_addresses(name)) for name in HOSTS}
    faults = {key: value for key, value in status["faults"].items() if value and key != "powered_off"}
    lines = [f"lab '{arguments.prefix}' in {lab.layout.root}"] + [host_line(lab, name, status) for name in HOSTS]
    say(arguments, status, lines + ([f"wires: {json.dumps(faults)}"] if faults else []))
    return EXIT_DONE


def do_shell(arguments):
    shell.enter(Lab.attach(arguments.prefix), arguments.host, arguments.command)


def do_control(arguments):
    code, output = Lab.attach(arguments.prefix).control(*arguments.words)
    print(output, end="")
    return code


def do_sql(arguments):
    rows = Lab.attach(arguments.prefix).sql(arguments.host, arguments.statement)
    lines = ["\t".join(rows[0])] if rows else []
    lines += ["\t".join("NULL" if value is None else str(value) for value in row.values()) for row in rows]
    print(json.dumps(rows, indent=1, default=str) if arguments.json else "\n".join(lines))
    return EXIT_DONE


def do_logs(arguments):
    lab = Lab.attach(arguments.prefix)
    folders = [lab.layout.log(arguments.host)] if arguments.host else [lab.layout.shared_log()]
    if not arguments.host:
        folders += [lab.layout.log(name) for name in HOSTS]
    files = [str(path) for folder in folders for path in sorted(folder.glob("*.log"))]
    command = ["tail", f"--lines={arguments.lines}"] + (["--follow=name"] if arguments.follow else []) + files
    return subprocess.run(command, check=False).returncode


def do_wait(arguments):
    lab = Lab.attach(arguments.prefix)
    condition = conditions.condition(arguments.words)
    begin = time.monotonic()
    lab.wait(lambda: condition(lab), arguments.timeout, " ".join(arguments.words))
    print(f"{' '.join(arguments.words)}: true after {time.monotonic() - begin:.2f} s")
    return EXIT_DONE


def until_interrupted(seconds):
    """Waits for the time to pass, for Ctrl-C or SIGTERM; the instruments are then stopped and read."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        time.sleep(seconds if seconds is not None else 1 << 30)
    except KeyboardInterrupt:
        print(file=sys.stderr)


def do_probe(arguments):
    lab = Lab.attach(arguments.prefix)
    options = {"readers": arguments.reader, "interval_ms": arguments.interval_ms, "timeout_ms": arguments.timeout_ms}
    with lab.probe(out=arguments.out, **options) as probe:
        print(f"writing; events in {probe.path}" + ("" if arguments.seconds else "; Ctrl-C ends it"), file=sys.stderr)
        until_interrupted(arguments.seconds)
    summary = probe.summary(arguments.threshold_ms)
    say(arguments, summary, report.describe(summary))
    return EXIT_DONE


def do_observe(arguments):
    lab = Lab.attach(arguments.prefix)
    with lab.observers() as seen:
        print("observing" + ("" if arguments.seconds else "; Ctrl-C ends it"), file=sys.stderr)
        until_interrupted(arguments.seconds)
    violations = seen.violations(arguments.ip)
    value = {"violations": violations, "timeline": seen.timeline(arguments.ip), "resolved": seen.resolved(arguments.ip)}
    say(arguments, value, seen.describe(arguments.ip))
    return EXIT_FAILED if violations else EXIT_DONE


def probes_of(lab):
    """The events of every probe since the lab's data were new."""
    born_at = lab.status()["born_at"]
    found = [report.read_events(path) for path in sorted(lab.layout.results().glob("probe-*.jsonl"))]
    return [events for events in found if events and events[0]["t"] >= born_at]


def do_check_data(arguments):
    lab = Lab.attach(arguments.prefix)
    acked, unknown = set(), set()
    for events in probes_of(lab) if arguments.events is None else map(report.read_events, arguments.events):
        acked |= report.acknowledged(events)
        unknown |= report.unknown(events)
    writer = arguments.writer or next(iter(lab.holders()), None)
    if writer is None:
        raise LabError("no host holds the writer IP; name the writer with --writer")
    found = checkdata.check(lab.layout, writer, acked, unknown, arguments.hosts or DATABASES, arguments.timeout)
    say(arguments, found.as_json(), checkdata.describe(found))
    return EXIT_DONE if found.ok else EXIT_FAILED


# These pass the words after them on as they are.
VERBATIM = ("shell", "control")


def common():
    """The options that may stand before or after the command's name."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--prefix", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    shared.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return shared


def parser():
    root = argparse.ArgumentParser(
        "mmm-lab", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root.description = "MMM's lab: real servers in network namespaces; make it, look at it, break it, remove it."
    root.add_argument("--prefix", default=os.environ.get("MMM_LAB_PREFIX", "mmm"), help="which lab (default: %(default)s)")
    root.add_argument("--json", action="store_true", help="answer as JSON, where there is something to tell")
    commands = root.add_subparsers(dest="command_name", required=True, metavar="COMMAND")

    def add(name, function, text, *options):
        command = commands.add_parser(name, help=text, description=text, parents=[] if name in VERBATIM else [common()])
        command.set_defaults(function=function)
        for flags, keywords in options:
            command.add_argument(*flags, **keywords)

    add_life(add)
    add_talk(add)
    add_measure(add)
    add_soak(add, option)
    add_faults(commands, say, common())
    return root


def option(*flags, **keywords):
    return flags, keywords


def add_life(add):
    add(
        "up", do_up, "make the lab; returns when its servers replicate and MMM runs",
        option("--async", dest="asynchronous", action="store_true", help="asynchronous replication, not semi-synchronous"),
        option("--no-mmm", action="store_true", help="servers only"),
        option("--fresh", action="store_true", help="remove a lab that is there first"),
        option("--bin", metavar="DIR", help=f"the folder of the MMM programs (default: {client.default_bin_dir()})"),
        option("--status-file", metavar="TEXT", help="what the monitor finds as its status file"),
        option("--with", dest="options", metavar="'KEY VALUE'", action="append", default=[],
               help="change a configuration entry: 'lease_ttl 1', 'check mysql/trap_period 0.5'"),
        option("--owner-pid", type=int, metavar="PID", help="take the lab down when this process ends"),
    )
    add(
        "down", do_down, "remove the lab and everything of it; idempotent",
        option("--all", action="store_true", help="all labs"),
        option("--purge", action="store_true", help="the prepared data directory, too, that speeds up the next `up`"),
    )
    add("reset", do_reset, "pristine data, whole wires, everything restarted")
    add("status", do_status, "what runs, who holds which address; exit 1 when the lab is not up")


def add_talk(add):
    where = option("host", choices=list(HOSTS))
    add(
        "shell", do_shell, "a shell on a host, or a command there", where,
        option("command", nargs=argparse.REMAINDER, help="default: bash"),
    )
    add("control", do_control, "run mmm_control on the monitor host", option("words", nargs=argparse.REMAINDER))
    add(
        "sql", do_sql, "run a statement on a server as root, over its unix socket",
        option("host", choices=DATABASES), option("statement"),
    )
    add(
        "logs", do_logs, "the ends of the logs",
        option("host", nargs="?", choices=list(HOSTS), help="default: all, and the lab's own"),
        option("--lines", "-n", type=int, default=20), option("--follow", "-f", action="store_true"),
    )
    usages = "; ".join(usage for usage, _, _ in conditions.CONDITIONS.values())
    add(
        "wait", do_wait, f"wait for a condition. {usages}",
        option("--timeout", type=float, default=10.0, metavar="SECONDS"), option("words", nargs="+", metavar="CONDITION"),
    )


def add_measure(add):
    seconds = option("--seconds", type=float, help="default: until Ctrl-C")
    add(
        "probe", do_probe, "write through the writer IP and report outages in ms", seconds,
        option("--reader", action="append", default=[], metavar="IP", help="also read through this address"),
        option("--interval-ms", type=float, default=5.0), option("--timeout-ms", type=float, default=250.0),
        option("--threshold-ms", type=float, default=50.0, help="the shortest gap that is called an outage"),
        option("--out", metavar="FILE", help="where the events go, one JSON object a line"),
    )
    add(
        "observe", do_observe, "watch who holds an address, every 20 ms; exit 1 when two writable hosts did", seconds,
        option("--ip", default="10.0.0.80"),
    )
    add(
        "check-data", do_check_data, "compare every server with the writer and with what was acknowledged to the probes",
        option("--writer", choices=DATABASES, help="default: who holds the writer IP"),
        option("--hosts", nargs="+", choices=DATABASES, help="default: all"),
        option("--events", nargs="*", metavar="FILE", help="default: all probes of this lab"),
        option("--timeout", type=float, default=checkdata.CATCH_UP_TIMEOUT_S, help="seconds for replicas to catch up"),
    )


def main():
    arguments = parser().parse_args()
    try:
        return arguments.function(arguments)
    except LabTimeout as error:
        print(f"mmm-lab: {error}", file=sys.stderr)
        return EXIT_TIMEOUT
    except (LabError, OSError, pymysql.MySQLError) as error:
        print(f"mmm-lab: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("mmm-lab: interrupted", file=sys.stderr)
        return EXIT_FAILED
