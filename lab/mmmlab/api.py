"""The lab as a Python library. End-to-end tests, the demo and the benchmarks stand on this.

    with Lab(config={"monitor/auto_set_online": 1}) as lab:
        lab.wait(lambda: lab.holders("10.0.0.80") == ["db1"], 10, "db1 is the writer")
        with lab.observers() as seen, lab.probe() as probe:
            lab.kill("db1", "mysqld")
            lab.wait(lambda: lab.is_writable("db2"), 5, "db2 took over")
        assert not seen.violations()
        assert lab.check_data(probe).ok

Every wait has a deadline. Times are CLOCK_MONOTONIC seconds unless a name says otherwise.
"""

import itertools
import os
import subprocess

from . import checkdata, client, mysql, netns, network, packets
from .conditions import parse_show
from .errors import LabError, LabTimeout
from .layout import DATABASES, HOSTS, WRITER_IP, Layout, host
from .measure import Observers, Probe
from .netlink import addresses_in, neighbours_in
from .waiting import wait_until

__all__ = ["Lab", "LabError", "LabTimeout", "DATABASES", "HOSTS", "WRITER_IP"]

_numbers = itertools.count(1)
SERVER_TIMEOUT_S = 20.0
CONTROL_TIMEOUT_S = 10.0


def unique_prefix():
    """A prefix that no other living process uses."""
    return f"t{os.getpid()}-{next(_numbers)}"


class Lab:
    """One lab. As a context manager it is made on entry and gone on exit, also when this process is killed.

    `config`: see config.py; `mysql`: options for my.cnf, as "option" or "db1/option"; `status_file`: what the monitor
    finds at its first start; `mmm=False`: servers only; `semi_sync=False`: asynchronous replication.
    """

    def __init__(
        self, prefix=None, mmm=True, semi_sync=True, bin_dir=None, config=None, status_file=None, mysql=None
    ):
        self.layout = Layout(prefix or unique_prefix())
        self.options = {
            "mmm": mmm,
            "semi_sync": semi_sync,
            "bin_dir": bin_dir,
            "config": config,
            "status_file": status_file,
            "mysql": mysql,
        }
        self._instruments = []

    @classmethod
    def attach(cls, prefix="mmm"):
        """A handle on a lab that somebody else made. Errors: LabError when it is not up."""
        lab = cls(prefix)
        if not client.is_up(lab.layout):
            raise LabError(f"the lab '{prefix}' is not up; start it with 'mmm-lab up'")
        spec = lab.status()["spec"]
        lab.options = {key: spec[key] for key in lab.options}
        return lab

    def __enter__(self):
        return self.up(owner_pid=os.getpid())

    def __exit__(self, *exception):
        self.down()

    # Life

    def up(self, owner_pid=None, on_progress=lambda facts: None):
        """Makes it: servers replicate, MMM programs were started. With an owner it ends when that process does."""
        spec = client.make_spec(self.layout.prefix, **self.options, owner_pid=owner_pid)
        client.create(spec, on_progress)
        return self

    def down(self):
        """Removes everything of it. Idempotent."""
        for instrument in self._instruments:
            instrument.abandon()
        self._instruments = []
        client.destroy(self.layout)

    def reset(self, **changes):
        """Pristine data, whole wires, everything restarted. `changes`: config, status_file, mysql, mmm, semi_sync."""
        unknown = set(changes) - {"config", "status_file", "mysql", "mmm", "semi_sync"}
        if unknown:
            raise LabError(f"reset cannot change {', '.join(sorted(unknown))}")
        client.ask(self.layout, {"op": "reset", "changes": changes})

    def status(self):
        """What the supervisor knows: {"units": {"db1 mysqld": {…}}, "faults": {…}, "spec": {…}, "pid": …}."""
        return client.ask(self.layout, {"op": "status"})

    def unit(self, host, unit):
        """{"state": running|frozen|down, "pid", "starts", "last_exit", "wanted"} of one process."""
        return self.status()["units"][f"{host} {unit}"]

    # Talking to it

    def sql(self, host, statement, *arguments, timeout_s=mysql.READ_TIMEOUT_S):
        """Runs a statement on a server as root, over its unix socket. Returns the rows as dicts."""
        return mysql.query(self.layout, host, statement, arguments or None, timeout_s)

    def scalar(self, host, statement, *arguments):
        """The first value of the first row, or None."""
        return mysql.scalar(self.layout, host, statement, arguments or None)

    def run(self, host, command, timeout_s=30.0, check=True):
        """Runs a command inside a host. Returns subprocess.CompletedProcess. Errors, with check: LabError."""
        environment = os.environ | {"MMM_CONFIG_DIR": str(self.layout.etc(host))}
        with netns.entered(self.layout.namespace(host)):
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, env=environment)
        if check and done.returncode != 0:
            raise LabError(f"on {host}: {' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
        return done

    def program(self, name):
        """The path of an MMM program."""
        return os.path.join(self.options["bin_dir"] or client.default_bin_dir(), name)

    def control(self, *words, timeout_s=CONTROL_TIMEOUT_S):
        """Runs mmm_control on the monitor host. Returns (exit code, output)."""
        try:
            done = self.run("monitor", [self.program("mmm_control"), *words], timeout_s, check=False)
        except FileNotFoundError:
            raise LabError(f"{self.program('mmm_control')} is not there; build the tree first") from None
        except subprocess.TimeoutExpired:
            raise LabTimeout(f"mmm_control {' '.join(words)} did not end within {timeout_s:g} s") from None
        return done.returncode, done.stdout + done.stderr

    def show(self):
        """mmm_control's `show` as {host: {"ip", "mode", "state", "roles"}}; {} when the monitor is down."""
        return parse_show(self.control("show")[1])

    def wait(self, condition, deadline_s, what, period_s=0.02):
        """Waits until condition() is true, and returns its value. Errors: LabTimeout."""
        return wait_until(condition, deadline_s, what, period_s)

    # Looking at it

    def addresses(self, host):
        """{ip: netlink.Held} of everything in that host's kernel."""
        return addresses_in(self.layout.namespace(host))

    def virtual_addresses(self, host):
        """{ip: netlink.Held} without the host's own addresses."""
        return network.virtual_addresses(self.layout, host)

    def holders(self, ip=WRITER_IP):
        """The hosts whose kernel has the address."""
        return [name for name in DATABASES if ip in self.addresses(name)]

    def resolves(self, ip=WRITER_IP, host="client"):
        """The MAC that `host` would send packets for `ip` to, or None."""
        return neighbours_in(self.layout.namespace(host)).get(ip)

    def answers(self, host):
        return mysql.answers(self.layout, host)

    def is_writable(self, host):
        return mysql.is_writable(self.layout, host)

    def replicates(self, host, source=None):
        return mysql.replicates(self.layout, host, source)

    def log_path(self, host, name):
        """The log of `mysqld`, `mmm_agentd` or `mmm_mond` on a host."""
        return self.layout.log(host) / f"{name}.log"

    def ping(self, host_from, ip, timeout_s=0.5):
        """One ICMP echo. Returns the round trip in ms, or None."""
        return packets.ping(self.layout.namespace(host_from), ip, timeout_s)

    # Hand-made addresses, for tests without MMM

    def put_ip(self, name, ip):
        """Puts a virtual IP on a host and announces it, as an agent would."""
        length = 128 if ":" in ip else 32
        self.run(name, ["ip", "addr", "replace", f"{ip}/{length}", "dev", "eth0", "preferred_lft", "0"])
        if ":" not in ip:
            packets.announce(self.layout.namespace(name), host(name).mac, ip)

    def drop_ip(self, name, ip):
        length = 128 if ":" in ip else 32
        self.run(name, ["ip", "addr", "del", f"{ip}/{length}", "dev", "eth0"])

    # Breaking it; each returns {"at": the moment just before, …}

    def fault(self, name, **arguments):
        return client.ask(self.layout, {"op": "fault", "name": name, **arguments})

    def kill(self, host, unit, hold=False):
        """SIGKILL. Agents and the monitor come back within 300 ms unless held; mysqld never does by itself."""
        return self.fault("kill", host=host, unit=unit, hold=hold)

    def stop(self, host, unit):
        return self.fault("stop", host=host, unit=unit)

    def start(self, host, unit):
        """Starts it; a server has begun to answer on return."""
        result = self.fault("start", host=host, unit=unit)
        if unit == "mysqld":
            self.wait(lambda: self.answers(host), SERVER_TIMEOUT_S, f"mysqld on {host} answers")
        return result

    def restart(self, host, unit):
        result = self.fault("restart", host=host, unit=unit)
        if unit == "mysqld":
            self.wait(lambda: self.answers(host), SERVER_TIMEOUT_S, f"mysqld on {host} answers")
        return result

    def freeze(self, host, unit):
        return self.fault("freeze", host=host, unit=unit)

    def thaw(self, host, unit):
        return self.fault("thaw", host=host, unit=unit)

    def cut(self, a, b="all", one_way=False):
        return self.fault("cut", a=a, b=b, one_way=one_way)

    def join(self, a, b="all", one_way=False):
        return self.fault("join", a=a, b=b, one_way=one_way)

    def delay(self, a, b="all", ms=0, jitter_ms=0, one_way=False):
        return self.fault("delay", a=a, b=b, ms=ms, jitter_ms=jitter_ms, one_way=one_way)

    def loss(self, host, percent):
        return self.fault("loss", host=host, percent=percent)

    def isolate(self, host):
        return self.fault("isolate", host=host)

    def rejoin(self, host):
        return self.fault("rejoin", host=host)

    def restore(self):
        """All wires are whole again."""
        return self.fault("restore")

    def power_off(self, host):
        return self.fault("off", host=host)

    def power_on(self, host):
        return self.fault("on", host=host)

    # Measuring it

    def probe(self, **options):
        """A running client (probe.py's DEFAULTS tell the options), to be used in a `with`, or stopped."""
        probe = Probe(self.layout, **options)
        self._instruments.append(probe)
        return probe

    def observers(self, **options):
        """Observers on every database host and on the client, to be used in a `with`, or stopped."""
        observers = Observers(self.layout, **options)
        self._instruments.append(observers)
        return observers

    def check_data(self, probe=None, writer=None, hosts=DATABASES, timeout_s=checkdata.CATCH_UP_TIMEOUT_S):
        """Compares every server with the writer (default: who holds the writer IP). Returns a DataReport."""
        if writer is None:
            holders = self.holders()
            if len(holders) != 1:
                raise LabError(f"{WRITER_IP} is on {', '.join(holders) or 'no host'}; name the writer")
            writer = holders[0]
        acked, unknown = (probe.acknowledged(), probe.unknown()) if probe else ((), ())
        return checkdata.check(self.layout, writer, acked, unknown, hosts, timeout_s)
