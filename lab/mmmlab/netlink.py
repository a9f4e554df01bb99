"""The kernel's addresses and neighbours, read over a netlink socket: cheap enough for 50 times a second."""

import socket
import struct
from typing import NamedTuple

from .netns import entered

RTM_GETADDR, RTM_NEWADDR = 22, 20
RTM_GETNEIGH, RTM_NEWNEIGH = 30, 28
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
LOOPBACK = 1  # the index of lo in every network namespace
IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO = 1, 2, 6
NDA_DST, NDA_LLADDR = 1, 2
# States in which the kernel would send to the entry: reachable, stale, delay, probe, permanent.
NUD_USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80
FOREVER = 0xFFFFFFFF
RECEIVE_BYTES = 65536


class Held(NamedTuple):
    """An address on an interface. `valid_s`: what is left of its kernel lifetime, None for ever."""

    prefix_length: int
    valid_s: int | None


def open_socket(namespace=None):
    """A netlink socket of the namespace (None: where the caller is). Its reads end within a second."""
    if namespace is None:
        channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        channel.settimeout(1.0)
        return channel
    with entered(namespace):
        return open_socket()


def attributes(data):
    """{kind: value} of a run of netlink attributes; of a kind that comes again, the last."""
    found, offset = {}, 0
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def dump(channel, request, body, reply):
    """Yields the payload of each message of type `reply`."""
    channel.send(struct.pack("=IHHII", 16 + len(body), request, NLM_F_REQUEST_DUMP, 1, 0) + body)
    while True:
        data, offset = channel.recv(RECEIVE_BYTES), 0
        while offset + 16 <= len(data):
            length, kind, _, _, _ = struct.unpack_from("=IHHII", data, offset)
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                raise OSError("the kernel refused a netlink dump")
            if kind == reply:
                yield data[offset + 16 : offset + length]
            offset += (length + 3) & ~3


def _text(family, raw):
    return socket.inet_ntop(family, raw)


def addresses(channel):
    """{ip: Held} of IPv4 and IPv6, all interfaces, without loopback and link-local addresses."""
    found = {}
    for payload in dump(channel, RTM_GETADDR, struct.pack("=BBBBI", 0, 0, 0, 0, 0), RTM_NEWADDR):
        family, prefix_length, _, scope, index = struct.unpack_from("=BBBBI", payload)
        if family not in (socket.AF_INET, socket.AF_INET6) or (scope == 253 or index == LOOPBACK):  # link scope
            continue
        facts = attributes(payload[8:])
        raw = facts.get(IFA_LOCAL) or facts.get(IFA_ADDRESS)
        valid = struct.unpack_from("=II", facts[IFA_CACHEINFO])[1] if IFA_CACHEINFO in facts else FOREVER
        found[_text(family, raw)] = Held(prefix_length, None if valid == FOREVER else valid)
    return found


def neighbours(channel):
    """{ip: mac} of the entries that the kernel would use to send."""
    found = {}
    for payload in dump(channel, RTM_GETNEIGH, struct.pack("=BxxxiHBB", 0, 0, 0, 0, 0), RTM_NEWNEIGH):
        family, _, state, _, _ = struct.unpack_from("=BxxxiHBB", payload)
        facts = attributes(payload[12:])
        if family in (socket.AF_INET, socket.AF_INET6) and state & NUD_USABLE and NDA_LLADDR in facts:
            found[_text(family, facts[NDA_DST])] = facts[NDA_LLADDR].hex(":")
    return found


def addresses_in(namespace):
    """addresses() of a namespace, over a socket of its own."""
    with open_socket(namespace) as channel:
        return addresses(channel)


def neighbours_in(namespace):
    """neighbours() of a namespace, over a socket of its own."""
    with open_socket(namespace) as channel:
        return neighbours(channel)
