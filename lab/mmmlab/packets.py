"""Single packets sent from inside a namespace: an ICMP echo, a gratuitous ARP. No tool has to be installed."""

import os
import socket
import struct
import time

from .netns import entered

ETH_P_ARP = 0x0806
BROADCAST = b"\xff" * 6


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(namespace, ip, timeout_s=0.5):
    """One ICMP (or ICMPv6) echo. Returns the round trip in ms, or None when no answer came in time."""
    v6 = ":" in ip
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if v6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    request, reply = (128, 129) if v6 else (8, 0)
    with entered(namespace):
        channel = socket.socket(family, socket.SOCK_RAW, protocol)
    ident = os.urandom(2)
    body = ident + b"\0\1" + b"mmm-lab ping"
    packet = bytes((request, 0)) + struct.pack("!H", _checksum(bytes((request, 0, 0, 0)) + body)) + body
    with channel:
        begin = time.monotonic()
        try:
            channel.sendto(packet, (ip, 0))
            while (left := begin + timeout_s - time.monotonic()) > 0:
                channel.settimeout(left)
                data, sender = channel.recvfrom(2048)
                icmp = data if v6 else data[(data[0] & 15) * 4 :]
                if icmp[0] == reply and icmp[4:6] == ident and sender[0] == ip:
                    return (time.monotonic() - begin) * 1000
        except OSError:
            pass  # no route, no carrier, no neighbour, timed out
    return None


def announce(namespace, mac, ip, interface="eth0"):
    """One gratuitous ARP request: "`ip` is at `mac`"."""
    source = bytes.fromhex(mac.replace(":", ""))
    address = socket.inet_aton(ip)
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + source + address + b"\0" * 6 + address
    with entered(namespace):
        channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with channel:
        channel.bind((interface, 0))
        channel.send(BROADCAST + source + struct.pack("!H", ETH_P_ARP) + arp)
