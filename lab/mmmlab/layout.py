"""What a lab consists of: hosts, addresses, accounts, and where its files lie. Plain values, no I/O."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError

SWITCH = "switch"
NETWORK4 = "10.0.0.{}/24"
NETWORK6 = "fd00:4d4d::{}/64"
WRITER_IP = "10.0.0.80"
READER_IPS = ("10.0.0.90", "10.0.0.100")
VIRTUAL_IPS = (WRITER_IP,) + READER_IPS
MYSQL_PORT = 3306
CONTROL_PORT, AGENT_PORT = 9988, 9989

# Accounts of the lab's servers: name -> password. The rights stand in template.py.
PASSWORDS = {
    "mmm_monitor": "monitor_secret",
    "mmm_agent": "agent_secret",
    "replication": "replication_secret",
    "app": "app_secret",
}

# A unix socket path must fit into 108 bytes; "/db1/run/mysqld.sock" and a margin are taken off.
LAB_PATH_MAX = 80


@dataclass(frozen=True)
class Host:
    """One host of the lab. `server_id` is 0 on hosts without a database."""

    name: str
    number: int
    server_id: int = 0
    is_master: bool = False

    @property
    def ip(self):
        return NETWORK4.format(self.number).split("/")[0]

    @property
    def ip6(self):
        return NETWORK6.format(self.number).split("/")[0]

    @property
    def mac(self):
        """Fixed, so that a report can name the owner of an address."""
        return f"02:4d:4d:00:00:{self.number:02x}"

    @property
    def has_database(self):
        return self.server_id > 0


HOSTS = {
    host.name: host
    for host in (
        Host("monitor", 6),
        Host("db1", 4, server_id=1, is_master=True),
        Host("db2", 5, server_id=2, is_master=True),
        Host("db3", 7, server_id=3),
        Host("client", 20),
    )
}
DATABASES = tuple(name for name, host in HOSTS.items() if host.has_database)
MASTERS = tuple(name for name, host in HOSTS.items() if host.is_master)
# Who replicates from whom after `up`.
SOURCES = {"db1": "db2", "db2": "db1", "db3": "db1"}
MAC_OWNER = {host.mac: name for name, host in HOSTS.items()}
# What runs on a host, in start order.
UNITS = {name: ("mysqld", "agent") for name in DATABASES} | {"monitor": ("monitor",), "client": ()}


def host(name):
    """The host called `name`. Errors: LabError naming the hosts there are."""
    if name not in HOSTS:
        raise LabError(f"there is no host '{name}'; the hosts are {', '.join(HOSTS)}")
    return HOSTS[name]


def database(name):
    """Like host(), for hosts with a server only."""
    if not host(name).has_database:
        raise LabError(f"{name} has no database server; the database hosts are {', '.join(DATABASES)}")
    return HOSTS[name]


def labs_dir():
    """The folder of all labs: $MMM_LAB_DIR, or one that survives a reboot and is not a memory file system."""
    return Path(os.environ.get("MMM_LAB_DIR") or "/var/tmp/mmm-lab")


class Layout:
    """The names and paths of the lab `prefix`. Creates nothing."""

    def __init__(self, prefix="mmm"):
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,23}", prefix):
            raise LabError(f"a prefix is 1 to 24 of a-z, 0-9 and '-', not '{prefix}'")
        self.prefix = prefix
        self.root = labs_dir() / prefix
        if len(str(self.root)) > LAB_PATH_MAX:
            raise LabError(f"{self.root} is too long for socket paths; set MMM_LAB_DIR to a shorter folder")

    def namespace(self, name):
        return f"{self.prefix}-{name}"

    def namespaces(self):
        return [self.namespace(name) for name in (SWITCH, *HOSTS)]

    def host_dir(self, name):
        return self.root / name

    def data(self, name):
        return self.root / name / "data"

    def run(self, name):
        return self.root / name / "run"

    def etc(self, name):
        return self.root / name / "etc"

    def log(self, name):
        return self.root / name / "log"

    def bin(self, name):
        """Small commands for the person in that host's shell."""
        return self.root / name / "bin"

    def my_cnf(self, name):
        return self.root / name / "my.cnf"

    def mysql_socket(self, name):
        return self.run(name) / "mysqld.sock"

    def status_file(self):
        return self.run("monitor") / "mmm_mond.status"

    def agent_state(self, name):
        return self.run(name) / "mmm_agentd.state"

    def shared_etc(self):
        return self.root / "etc"

    def shared_log(self):
        return self.root / "log"

    def results(self):
        """What probes and observers write, when nobody names another place."""
        return self.root / "results"

    def control_socket(self):
        return self.root / "lab.sock"

    def pid_file(self):
        """Pids of the supervisor and of what it started, each with its start time."""
        return self.root / "lab.pids"
