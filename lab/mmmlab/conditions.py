"""The conditions that `mmm-lab wait` knows, and the reading of mmm_control's answers."""

import re

from . import mysql
from .errors import LabError
from .layout import database, host
from .netlink import addresses_in

SHOW_LINE = re.compile(r"^\s+(\S+?)\((\S+)\) (master|slave)/([A-Z_]+)\. Roles: *(.*?)\s*$")


def parse_show(text):
    """mmm_control's `show` as {host: {"ip", "mode", "state", "roles": {"writer(10.0.0.80)", …}}}."""
    found = {}
    for line in text.splitlines():
        match = SHOW_LINE.match(line)
        if match:
            name, ip, mode, state, roles = match.groups()
            held = {role for role in re.split(r",\s*", roles) if role}
            found[name] = {"ip": ip, "mode": mode, "state": state, "roles": held}
    return found


def state_is(lab, name, state):
    return lab.show().get(host(name).name, {}).get("state") == state


def has_role(lab, name, role):
    roles = lab.show().get(host(name).name, {}).get("roles", ())
    return any(held == role or held.split("(")[0] == role for held in roles)


def holds(lab, name, ip):
    return ip in addresses_in(lab.layout.namespace(host(name).name))


def replicates(lab, name, source=None):
    return mysql.replicates(lab.layout, database(name).name, source)


def unit_state(lab, name, unit, state):
    units = lab.status()["units"]
    if f"{name} {unit}" not in units:
        raise LabError(f"{name} runs no '{unit}'")
    return units[f"{name} {unit}"]["state"] == state


# word -> (usage, how many words follow at least, function(lab, words…))
CONDITIONS = {
    "state": ("state HOST STATE: what `mmm_control show` says", 2, state_is),
    "role": ("role HOST ROLE: `writer` or `reader(10.0.0.90)`, in `mmm_control show`", 2, has_role),
    "holds": ("holds HOST IP: the address is in that host's kernel", 2, holds),
    "free": ("free HOST IP: it is not", 2, lambda lab, name, ip: not holds(lab, name, ip)),
    "server": ("server HOST: its mysqld answers", 1, lambda lab, name: mysql.answers(lab.layout, database(name).name)),
    "writable": ("writable HOST: and is not read-only", 1, lambda lab, name: mysql.is_writable(lab.layout, name)),
    "replicates": ("replicates HOST [SOURCE]: both threads run", 1, replicates),
    "running": ("running HOST UNIT: mysqld, agent or monitor", 2, lambda lab, n, u: unit_state(lab, n, u, "running")),
    "down": ("down HOST UNIT", 2, lambda lab, n, u: unit_state(lab, n, u, "down")),
    "control": ("control: the monitor answers mmm_control", 0, lambda lab: lab.control("ping")[0] == 0),
}


def condition(words):
    """A function(lab) for the words of one condition. Errors: LabError with the usage."""
    word, *rest = words
    if word not in CONDITIONS:
        raise LabError(f"there is no condition '{word}'; there are:\n  " + "\n  ".join(c[0] for c in CONDITIONS.values()))
    usage, count, function = CONDITIONS[word]
    if len(rest) < count or len(rest) > count + (word == "replicates"):
        raise LabError(f"usage: {usage}")
    if word not in ("control",):
        host(rest[0])
    return lambda lab: function(lab, *rest)
