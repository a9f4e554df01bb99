"""`mmm-lab fault …`: the words of each fault, and what it is called inside."""

import argparse

from .api import Lab
from .layout import HOSTS

UNIT_NAMES = ("mysqld", "agent", "monitor")
EPILOG = """examples:
  mmm-lab fault kill db1 mysqld            SIGKILL; a server stays down until `start`
  mmm-lab fault kill db2 agent --hold      an agent comes back within 300 ms, unless held
  mmm-lab fault freeze db1 agent           SIGSTOP; `thaw` ends it
  mmm-lab fault cut db1 monitor            no packet between the two
  mmm-lab fault cut db1 db2 --one-way      none from db1 to db2; the way back works
  mmm-lab fault isolate db1                db1's cable is out; everything on it lives on
  mmm-lab fault delay db1 all 50 --jitter-ms 10
  mmm-lab fault loss db3 5                 every 20th packet of db3 is lost, each way
  mmm-lab fault host off db1               loss of power; `host on` boots it
  mmm-lab fault restore                    all wires are whole again
"""


def run(arguments, name, **words):
    answer = Lab.attach(arguments.prefix).fault(name, **words)
    arguments.say(arguments, answer, [f"done at {answer['at']:.3f}"])
    return 0


def add_faults(commands, say, common):
    """Adds the command. `common`: the parser of the options that may stand anywhere."""
    text = "break something, or mend it"
    fault = commands.add_parser(
        "fault", help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    fault.set_defaults(say=say)
    names = fault.add_subparsers(dest="fault_name", required=True, metavar="FAULT")
    for group in (add_process_faults, add_wire_faults, add_host_faults):
        group(lambda name, text: names.add_parser(name, help=text, description=text, parents=[common]))


def add_process_faults(add):
    notes = {
        "kill": "SIGKILL",
        "stop": "SIGTERM; it stays down until `start`",
        "start": "start it; a server answers when the command returns",
        "restart": "SIGTERM, then start",
        "freeze": "SIGSTOP",
        "thaw": "SIGCONT",
    }
    for name, text in notes.items():
        command = add(name, f"a process: {text}")
        command.add_argument("host", choices=list(HOSTS))
        command.add_argument("unit", choices=UNIT_NAMES)
        if name == "kill":
            command.add_argument("--hold", action="store_true", help="don't restart an agent or monitor until `start`")
        command.set_defaults(function=process_fault)


def process_fault(arguments):
    lab = Lab.attach(arguments.prefix)
    method = getattr(lab, arguments.fault_name)
    extra = {"hold": arguments.hold} if arguments.fault_name == "kill" else {}
    answer = method(arguments.host, arguments.unit, **extra)
    arguments.say(arguments, answer, [f"done at {answer['at']:.3f}"])
    return 0


def add_wire_faults(add):
    everyone = [*HOSTS, "all"]
    for name, text in (("cut", "cut the wire between two hosts"), ("join", "undo a cut"), ("delay", "late packets")):
        command = add(name, text)
        command.add_argument("a", choices=list(HOSTS))
        command.add_argument("b", choices=everyone)
        command.add_argument("--one-way", action="store_true", help="only from the first to the second")
        if name == "delay":
            command.add_argument("ms", type=float, help="0 undoes it")
            command.add_argument("--jitter-ms", type=float, default=0.0)
        command.set_defaults(function=pair_fault)
    command = add("loss", "lose a part of a host's packets")
    command.add_argument("host", choices=list(HOSTS))
    command.add_argument("percent", type=float, help="0 undoes it")
    command.set_defaults(function=lambda a: run(a, "loss", host=a.host, percent=a.percent))
    command = add("restore", "all wires are whole again")
    command.set_defaults(function=lambda a: run(a, "restore"))


def pair_fault(arguments):
    words = {"a": arguments.a, "b": arguments.b, "one_way": arguments.one_way}
    if arguments.fault_name == "delay":
        words |= {"ms": arguments.ms, "jitter_ms": arguments.jitter_ms}
    return run(arguments, arguments.fault_name, **words)


def add_host_faults(add):
    command = add("host", "loss of power, and boot")
    command.add_argument("power", choices=("off", "on"))
    command.add_argument("host", choices=list(HOSTS))
    command.set_defaults(function=lambda a: run(a, a.power, host=a.host))
    for name, text in (("isolate", "the cable is out, everything lives on"), ("rejoin", "the cable is in again")):
        command = add(name, f"a host: {text}")
        command.add_argument("host", choices=list(HOSTS))
        command.set_defaults(function=lambda a: run(a, a.fault_name, host=a.host))
