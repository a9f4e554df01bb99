"""The steps that make a lab, or make it new. They run inside the supervisor."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from . import mysql, network, template
from .config import Configuration
from .errors import LabError
from .faults import Faults
from .layout import DATABASES, HOSTS, PASSWORDS, UNITS, WRITER_IP
from .units import Unit
from .waiting import wait_until

SERVER_START_TIMEOUT_S = 20
REPLICATION_TIMEOUT_S = 20
PROGRAMS = {"agent": "mmm_agentd", "monitor": "mmm_mond"}
LOGS = {"mysqld": "mysqld.log", "agent": "mmm_agentd.log", "monitor": "mmm_mond.log"}


async def up(lab):
    """From nothing to a lab whose servers replicate and whose MMM programs run."""
    lab.progress(step="files and namespaces")
    make_folders(lab.layout)
    made = asyncio.create_task(lab.blocking(template.ensure))
    await lab.blocking(network.build, lab.layout)
    lab.template = await made
    make_units(lab)
    await bring_to_life(lab)


async def reset(lab):
    """The same lab with pristine data, whole wires, no virtual address and no memory of what MMM did."""
    await asyncio.gather(*(unit.end(signal.SIGKILL, True) for unit in lab.units.values()))
    lab.faults.powered_off.clear()
    await lab.faults.restore()
    await lab.blocking(network.forget_all, lab.layout)
    for name in HOSTS:
        shutil.rmtree(lab.layout.run(name), ignore_errors=True)
    make_folders(lab.layout)
    make_units(lab)
    await bring_to_life(lab)


async def bring_to_life(lab):
    """Data, configuration, servers, replication, MMM programs. Requires: folders, network and units."""
    lab.progress(step="data and configuration")
    await asyncio.gather(
        *(lab.blocking(template.copy_to, lab.template, lab.layout.data(name)) for name in DATABASES)
    )
    write_files(lab)
    lab.progress(step="servers")
    for name in DATABASES:
        lab.units[(name, "mysqld")].start()
    await asyncio.gather(*(lab.blocking(wait_for_server, lab, name) for name in DATABASES))
    lab.progress(step="replication")
    await lab.blocking(mysql.start_replication, lab.layout)
    semi_sync = lab.spec["semi_sync"]
    await lab.blocking(
        wait_until,
        lambda: mysql.replication_ready(lab.layout, semi_sync),
        REPLICATION_TIMEOUT_S,
        "all servers replicate" + (" and acknowledge" if semi_sync else ""),
        0.02,
        lab.check_stopping,
    )
    if lab.spec["mmm"]:
        lab.progress(step="MMM programs")
        for (_, name), unit in lab.units.items():
            if name in PROGRAMS:
                unit.start()


def wait_for_server(lab, name):
    """Errors: LabError with the end of the server's log when it dies while starting."""
    unit = lab.units[(name, "mysqld")]

    def alive():
        lab.check_stopping()
        if not unit.running:
            log = lab.layout.log(name) / LOGS["mysqld"]
            raise LabError(f"mysqld on {name} ended while starting ({unit.last_exit}); see {log}")

    wait_until(lambda: mysql.answers(lab.layout, name), SERVER_START_TIMEOUT_S, f"mysqld on {name}", 0.01, alive)


def make_folders(layout):
    folders = [layout.shared_etc(), layout.shared_log(), layout.results()]
    for name in HOSTS:
        folders += [layout.run(name), layout.etc(name), layout.log(name), layout.bin(name)]
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def make_units(lab):
    """Everything that may run, none of it started. Requires: nothing of it runs."""
    programs = Path(lab.spec["bin_dir"])
    lab.units = {}
    for host, names in UNITS.items():
        for name in names:
            if name == "mysqld":
                command = [shutil.which("mariadbd"), f"--defaults-file={lab.layout.my_cnf(host)}"]
            else:
                command = [str(programs / PROGRAMS[name]), "--foreground"]
            log = lab.layout.log(host) / LOGS[name]
            unit = Unit(lab.layout, host, name, command, log, restart=name in PROGRAMS, note=lab.note)
            lab.units[(host, name)] = unit
    lab.faults = Faults(lab.layout, lab.units, lab.spec["mmm"], lab.blocking, lab.note)
    require_programs(lab)


def require_programs(lab):
    """Errors: LabError when MMM programs are wanted and not built."""
    missing = [
        unit.command[0]
        for unit in lab.units.values()
        if lab.spec["mmm"] and not os.access(unit.command[0], os.X_OK)
    ]
    if missing:
        raise LabError(f"{missing[0]} is not there; build the tree, name its folder with --bin, or use --no-mmm")


def write_files(lab):
    """my.cnf, the MMM configuration, the monitor's status file, a `mysql` command on each host."""
    layout, spec = lab.layout, lab.spec
    for name in DATABASES:
        text = mysql.my_cnf(layout, name, spec["semi_sync"], spec.get("mysql"))
        layout.my_cnf(name).write_text(text, encoding="utf-8")
        write_command(layout, name, f"--socket={layout.mysql_socket(name)} --user=root")
    remote = f"--host={WRITER_IP} --user=app --password={PASSWORDS['app']} --connect-timeout=3 --database=app"
    write_command(layout, "client", remote)
    Configuration(layout, spec.get("config")).write()
    if spec.get("status_file"):
        layout.status_file().write_text(spec["status_file"].rstrip("\n") + "\n", encoding="utf-8")


def write_command(layout, name, options):
    path = layout.bin(name) / "mysql"
    path.write_text(f'#!/bin/sh\nexec mariadb --no-defaults {options} "$@"\n', encoding="utf-8")
    path.chmod(0o700)
