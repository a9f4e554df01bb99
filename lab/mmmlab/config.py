"""The MMM configuration of a lab: files as a database administrator would write them, with room for overrides.

The files are kept as data until they are written, so that a test can change any entry:

    Configuration(layout, {"lease_ttl": 1, "monitor/auto_set_online": 60, "check mysql/trap_period": 0.5,
                           "role writer/prefer": "db1", "host db1/agent_port": None, "mmm3.conf": "raw lines",
                           "agent db1/write_fence": "off"})

An override replaces the entry where it stands; a new one goes where an administrator would look for it: MMM 2's
entries into MMM 2's files, ours into mmm3.conf; what stands behind `agent HOST/` into that agent's own file. None removes
an entry.
"""

import os

from .errors import LabError
from .layout import DATABASES, HOSTS, MASTERS, PASSWORDS, READER_IPS, WRITER_IP

COMMON, MONITOR, OWN, AGENT = "mmm_common.conf", "mmm_mon.conf", "mmm3.conf", "mmm_agent.conf"
FILES = (COMMON, MONITOR, OWN)
# The checks of MMM 2 at a pace that tests can wait for.
QUICK_CHECKS = {"check default/check_period": 0.25, "check default/trap_period": 0.5}
FILE_MODE = 0o640  # they hold passwords; a file that others can read is refused

# MMM 2's variables outside <monitor> and <check>. Whatever is not here and not there is ours: mmm3.conf.
MMM2_KEYS = set(
    "this debug active_master_role max_kill_retries blocking_type iptables_block_cmd iptables_unblock_cmd"
    " default_copy_method clone_dirs mode hosts ips prefer ip peer pid_path bin_path agent_port cluster_interface"
    " mysql_port mysql_pidfile mysql_rcscript mysql_cnf agent_user agent_password monitor_user monitor_password"
    " replication_user replication_password ssh_user ssh_port ssh_parameters tools_user tools_password backup_dir"
    " restore_dir type cert_file key_file ca_file backup_command restore_command incremental_command incremental"
    " single_run true_copy".split()
)
MMM2_MONITOR_KEYS = set(
    "ip port pid_path bin_path status_path ping_interval ping_ips flap_duration flap_count auto_set_online"
    " kill_host_bin careful_startup mode wait_for_other_master check_period trap_period timeout restart_after"
    " max_backlog".split()
)


# A fence of the whole host has to know who the monitor is, to let its checks pass.
KNOWN_MONITOR = {OWN: f"<monitor>\n    ip  {HOSTS['monitor'].ip}\n</monitor>"}


def write_fence(mode):
    """The entries for a `write_fence` that is the same everywhere."""
    return {"write_fence": mode} | (KNOWN_MONITOR if mode == "host" else {})


def write_fences(modes):
    """The entries for one of each host's own: {host: mode}."""
    return {f"agent {host}/write_fence": mode for host, mode in modes.items()} | KNOWN_MONITOR


def home_of(section, key):
    """The file in which an administrator would put a new entry."""
    if section.startswith(("monitor", "check ")):
        return MONITOR if key in MMM2_MONITOR_KEYS else OWN
    if key in ("monitor_user", "monitor_password"):
        return MONITOR
    return COMMON if key in MMM2_KEYS else OWN


def split_option(text):
    """'monitor/ping_interval 0.5' -> ('monitor/ping_interval', '0.5'). Errors: LabError."""
    head, _, rest = text.strip().partition("/")
    section, entry = (head + "/", rest) if rest and _is_section(head) else ("", text.strip())
    key, _, value = entry.strip().partition(" ")
    if not key or not value.strip():
        raise LabError(f"'{text}' is not 'KEY VALUE' or 'SECTION/KEY VALUE', such as 'check mysql/trap_period 1'")
    return section + key, value.strip()


def _is_section(text):
    known = ("monitor", "host", "role", "check", "socket", "copy_method", "agent")
    return text.split(" ")[0] in known and text.count(" ") <= 1


class Configuration:
    """The content of the files: {file: {section: {key: value}}}; the section '' is the top level."""

    def __init__(self, layout, overrides=None):
        self.layout = layout
        self.files = {
            COMMON: common_sections(layout),
            MONITOR: monitor_sections(layout),
            OWN: {"": {"lease_ttl": "2", "reader_ttl": "10"}},
        }
        self.agents = {host: {} for host in DATABASES}
        self.raw = {}
        for name, value in (overrides or {}).items():
            self.override(name, value)

    def override(self, name, value):
        if name.endswith(".conf"):
            if name not in FILES:
                raise LabError(f"there is no file {name}; the files are {', '.join(FILES)}")
            self.raw[name] = value
            return
        section, _, key = name.rpartition("/")
        if section.startswith("agent "):
            self.override_agent(section.removeprefix("agent "), key, value)
            return
        where = next((f for f in FILES if key in self.files[f].get(section, {})), home_of(section, key))
        entries = self.files[where].setdefault(section, {})
        if value is None:
            entries.pop(key, None)
        else:
            entries[key] = ", ".join(value) if isinstance(value, (list, tuple)) else str(value)

    def override_agent(self, host, key, value):
        if host not in self.agents:
            raise LabError(f"there is no agent on '{host}'")
        self.agents[host] |= {key: value}

    def agent_text(self, host):
        entries = {key: value for key, value in self.agents[host].items() if value is not None}
        return AGENT_TEXT.format(host=host) + render("", entries)

    def text(self, name):
        parts = [HEADERS[name]]
        for section, entries in self.files[name].items():
            parts.append(render(section, entries))
        return "\n".join(parts) + (f"\n{self.raw[name].rstrip()}\n" if name in self.raw else "")

    def write(self):
        """Writes every file of every host. Shared ones are links to one file."""
        shared = self.layout.shared_etc()
        for name in (COMMON, OWN):
            write_file(shared / name, self.text(name))
        for host in ("monitor", *DATABASES):
            for name in (COMMON, OWN):
                link = self.layout.etc(host) / name
                link.unlink(missing_ok=True)
                os.symlink(shared / name, link)
        write_file(self.layout.etc("monitor") / MONITOR, self.text(MONITOR))
        for host in DATABASES:
            write_file(self.layout.etc(host) / AGENT, self.agent_text(host))


HEADERS = {
    COMMON: "# What every host of the cluster has to know. The same file everywhere.\n",
    MONITOR: "# The monitor's own settings; it reads the common file first.\n\ninclude mmm_common.conf\n",
    OWN: "# MMM 3's own settings. Read after MMM 2's files; MMM 2's programs never see it.\n",
}
AGENT_TEXT = "# The agent's own settings: which of the hosts it is.\n\ninclude mmm_common.conf\n\nthis {host}\n"
NOTES = {
    "host default": "# Valid for every host that says nothing else.",
    "role writer": "# One IP, on one host at a time: applications write through it.",
    "role reader": "# IPs spread over all healthy hosts: applications read through them.",
    "check default": "# Seconds. A check is failed once it has failed for a whole trap_period.",
}


def common_sections(layout):
    sections = {"": {"active_master_role": "writer"}}
    sections["host default"] = {
        "cluster_interface": "eth0",
        "replication_user": "replication",
        "replication_password": PASSWORDS["replication"],
        "agent_user": "mmm_agent",
        "agent_password": PASSWORDS["mmm_agent"],
    }
    for name in DATABASES:
        entries = {"ip": HOSTS[name].ip, "mode": "master" if name in MASTERS else "slave"}
        if name in MASTERS:
            entries["peer"] = next(other for other in MASTERS if other != name)
        run = layout.run(name)
        sections[f"host {name}"] = entries | {
            "pid_path": str(run / "mmm_agentd.pid"),
            "state_path": str(layout.agent_state(name)),
            "mysql_pidfile": str(run / "mysqld.pid"),
            "mysql_cnf": str(layout.my_cnf(name)),
            "bin_path": str(layout.bin(name)),
        }
    sections["role writer"] = {"hosts": ", ".join(MASTERS), "ips": WRITER_IP, "mode": "exclusive"}
    sections["role reader"] = {"hosts": ", ".join(DATABASES), "ips": ", ".join(READER_IPS), "mode": "balanced"}
    return sections


def monitor_sections(layout):
    return {
        "monitor": {
            "ip": HOSTS["monitor"].ip,
            "pid_path": str(layout.run("monitor") / "mmm_mond.pid"),
            "status_path": str(layout.status_file()),
            "bin_path": str(layout.bin("monitor")),
            "ping_ips": ", ".join(HOSTS[name].ip for name in DATABASES),
        },
        "host default": {"monitor_user": "mmm_monitor", "monitor_password": PASSWORDS["mmm_monitor"]},
        "check default": {"check_period": "1", "trap_period": "2", "timeout": "1"},
    }


def render(section, entries):
    """One section in MMM 2's syntax."""
    note = [NOTES[section]] if section in NOTES else []
    if not section:
        return "\n".join([*note, *(f"{key:24}{value}" for key, value in entries.items()), ""])
    body = [f"    {key:24}{value}" for key, value in entries.items()]
    return "\n".join([*note, f"<{section}>", *body, f"</{section.split(' ')[0]}>", ""])


def write_file(path, text):
    """Writes with FILE_MODE from the first byte on, and replaces the old file in one step."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, FILE_MODE)
        file.write(text)
    os.rename(fresh, path)
