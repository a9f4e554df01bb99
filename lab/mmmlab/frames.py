"""Counts the packets for one address that a host's wire hands to it, without reading them."""

import ctypes
import socket
import struct

SOL_PACKET, PACKET_STATISTICS = 263, 6  # linux/socket.h, linux/if_packet.h
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
ETH_P_IP = 0x0800
# linux/filter.h: where a filter finds how the frame was addressed; 0 is PACKET_HOST, "to us".
SKF_AD_PKTTYPE = 0xFFFFF000 + 4
IP_DESTINATION = 16
LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06


class FrameCounter:
    """IPv4 packets to `ip` in frames to this host's own hardware address, in the namespace of the calling thread."""

    def __init__(self, ip):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(ETH_P_IP))
        target = int.from_bytes(socket.inet_aton(ip), "big")
        self._attach(
            (LOAD, 0, 0, SKF_AD_PKTTYPE),
            (JUMP_EQUAL, 0, 3, 0),
            (LOAD, 0, 0, IP_DESTINATION),
            (JUMP_EQUAL, 0, 1, target),
            (RETURN, 0, 0, 1),
            (RETURN, 0, 0, 0),
        )
        self.take()  # what came before the filter

    def _attach(self, *instructions):
        program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
        header = struct.pack("HL", len(instructions), ctypes.addressof(program))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, header)

    def take(self):
        """How many since the last call. The kernel counts what its full buffer drops, too."""
        packets, _dropped = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        return packets

    def close(self):
        self.socket.close()
