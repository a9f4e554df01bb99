"""Runs a program as on a kernel without nftables: no netfilter socket for it and its children.

    /usr/bin/python3 no_nftables.py PROGRAM ARGUMENT…

By a seccomp filter: socket(AF_NETLINK, …, NETLINK_NETFILTER) fails as where the kernel has no nfnetlink. Everything
else of netlink works, addresses above all.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
NETLINK_NETFILTER = 12
AF_NETLINK = 16
# <linux/bpf_common.h>, <linux/seccomp.h>, <linux/prctl.h>
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
# Of struct seccomp_data; the low halves of the arguments on these machines.
NUMBER, FAMILY, PROTOCOL = 0, 16, 32


def program(call):
    """The filter's instructions (code, jump if true, if false, value)."""
    wanted = ((NUMBER, call), (FAMILY, AF_NETLINK), (PROTOCOL, NETLINK_NETFILTER))
    found = []
    for index, (offset, value) in enumerate(wanted):
        to_allow = 2 * (len(wanted) - index) - 1  # over the pairs that follow, and over the refusal
        found += [(LOAD_WORD, 0, 0, offset), (JUMP_IF_EQUAL, 0, to_allow, value)]
    return found + [(RETURN, 0, 0, ERROR | errno.EPROTONOSUPPORT), (RETURN, 0, 0, ALLOW)]


def install(instructions):
    raw = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    filter_of_kernel = struct.pack("@HP", len(instructions), ctypes.addressof(raw))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_of_kernel, 0, 0):
        raise OSError(ctypes.get_errno(), "no seccomp filter")


if __name__ == "__main__":
    install(program(SOCKET_CALL[platform.machine()]))
    os.execv(sys.argv[1], sys.argv[1:])
