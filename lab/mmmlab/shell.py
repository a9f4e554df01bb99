"""A person's shell inside one host of the lab."""

import os

from . import netns
from .errors import LabError
from .layout import host
from .remains import INSTRUMENT


def enter(lab, name, command):
    """Becomes `command`, or an interactive bash, on the host. Does not return."""
    layout = lab.layout
    space = layout.namespace(host(name).name)
    if not netns.exists(space):
        raise LabError(f"the lab '{layout.prefix}' is not up; start it with 'mmm-lab up'")
    programs = str(lab.options["bin_dir"])
    environment = os.environ | {
        "MMM_CONFIG_DIR": str(layout.etc(name)),
        "MMM_LAB_PREFIX": layout.prefix,
        "PATH": ":".join([str(layout.bin(name)), programs, os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]),
        INSTRUMENT: "shell",
    }
    if not command:
        command = ["bash", "--rcfile", str(write_rc(layout, name)), "-i"]
    argv = netns.exec_command(space, command)
    os.chdir(layout.host_dir(name))
    os.execvpe(argv[0], argv, environment)


def write_rc(layout, name):
    """bash's start file: the person's own, then a prompt that says where they are."""
    path = layout.bin(name) / "bashrc"
    label = name if layout.prefix == "mmm" else f"{layout.prefix}:{name}"
    path.write_text(
        '[ -r ~/.bashrc ] && . ~/.bashrc\n'
        f'export PATH="{layout.bin(name)}:$PATH"\n'
        f"PS1='\\[\\e[1;36m\\]{label}\\[\\e[0m\\] \\w # '\n",
        encoding="utf-8",
    )
    return path
