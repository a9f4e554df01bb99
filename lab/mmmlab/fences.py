"""MMM's write fences as the kernel has them, read over a netlink socket: no process is started for a look.

A fence is a table `inet mmm3_fence_NAME` (src/io/fence). What its chain `live` accepts passes: a rule that looks the
protocol up in one of the sets `lease0` …, whose element has a timeout. The kernel shows no element that has run out.
"""

import socket
import struct

from .netlink import attributes, dump

NETLINK_NETFILTER = 12  # the socket module does not name it
NFPROTO_INET = 1
NFT_NEWTABLE, NFT_GETTABLE, NFT_NEWRULE, NFT_GETRULE, NFT_NEWSETELEM, NFT_GETSETELEM = (
    10 << 8 | number for number in (0, 1, 6, 7, 12, 13)
)
TABLE_NAME = 1
RULE_TABLE, RULE_CHAIN, RULE_EXPRESSIONS = 1, 2, 4
EXPRESSION_NAME, EXPRESSION_DATA = 1, 2
LOOKUP_SET = 1
ELEMENTS_TABLE, ELEMENTS_SET, ELEMENTS = 1, 2, 3
PREFIX = b"mmm3_fence_"
LIVE = b"live"
ABSENT, OPEN, CLOSED = "-", "o", "c"


def open_socket():
    """A netlink socket of the namespace where the caller is. Its reads end within a second."""
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
    channel.settimeout(1.0)
    return channel


def state(channel):
    """What the fences of the namespace do: ABSENT (there is none), OPEN (all of them let pass), CLOSED.

    Errors: OSError when one went while it was looked at.
    """
    names = [name for name in _tables(channel) if name.startswith(PREFIX)]
    if not names:
        return ABSENT
    return OPEN if all(_is_open(channel, name) for name in names) else CLOSED


def _ask(channel, request, body, reply):
    """The attributes of each answer. Its payload begins with 4 bytes: family, version, resource."""
    header = struct.pack("=BBH", NFPROTO_INET, 0, 0)
    return [attributes(payload[4:]) for payload in dump(channel, request, header + body, reply)]


def _string(kind, text):
    value = text + b"\0"
    return struct.pack("=HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _text(raw):
    return raw.rstrip(b"\0")


def _tables(channel):
    return [_text(found[TABLE_NAME]) for found in _ask(channel, NFT_GETTABLE, b"", NFT_NEWTABLE)]


def _is_open(channel, table):
    asked = _string(RULE_TABLE, table) + _string(RULE_CHAIN, LIVE)
    for rule in _ask(channel, NFT_GETRULE, asked, NFT_NEWRULE):
        # Kernels before 5.10 and a chain that just went answer with more than was asked for.
        if _text(rule[RULE_TABLE]) != table or _text(rule[RULE_CHAIN]) != LIVE:
            continue
        for lease in looked_up(rule.get(RULE_EXPRESSIONS, b"")):
            asked_set = _string(ELEMENTS_TABLE, table) + _string(ELEMENTS_SET, lease)
            if any(found.get(ELEMENTS) for found in _ask(channel, NFT_GETSETELEM, asked_set, NFT_NEWSETELEM)):
                return True
    return False


def looked_up(expressions):
    """The names of the sets in a rule's expressions."""
    found, offset = [], 0
    while offset + 4 <= len(expressions):
        length, _ = struct.unpack_from("=HH", expressions, offset)
        if length < 4:
            break
        one = attributes(expressions[offset + 4 : offset + length])
        if _text(one.get(EXPRESSION_NAME, b"")) == b"lookup":
            found.append(_text(attributes(one[EXPRESSION_DATA])[LOOKUP_SET]))
        offset += (length + 3) & ~3
    return found
