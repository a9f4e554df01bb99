"""Late packets. Not every kernel has netem, so a delayed pair of hosts is cut on the bridge and served from here:
frames that enter the switch at one host's port leave it at the other's, a while later.

Runs as a process inside the switch namespace:  python3 -m mmmlab.relay '[["db1", "db2", 50, 10], …]'
"""

import heapq
import json
import random
import selectors
import socket
import sys
import time

from .layout import HOSTS

SOL_PACKET, PACKET_VNET_HDR = 263, 15
ETH_P_ALL = 3
# Frames carry the kernel's offload header (10 bytes) through, so that checksums not yet computed and segments not
# yet cut stay as the sender's kernel meant them.
VNET_BYTES = 10
FRAME_BYTES_MAX = VNET_BYTES + 65536 + 18
# Beyond this many frames in flight the oldest rule of networks applies: drop.
IN_FLIGHT_MAX = 20000


def open_port(name):
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    channel.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    channel.bind((name, ETH_P_ALL))
    channel.setblocking(False)
    return channel


def addressed_to(frame, mac):
    """True for frames to `mac`, and for broadcast and multicast."""
    target = frame[VNET_BYTES : VNET_BYTES + 6]
    return target == mac or bool(target and target[0] & 1)


class Relay:
    def __init__(self, pairs):
        names = {name for source, target, _, _ in pairs for name in (source, target)}
        self.ports = {name: open_port(name) for name in names}
        self.macs = {name: bytes.fromhex(HOSTS[name].mac.replace(":", "")) for name in names}
        self.routes = {}
        for source, target, delay_ms, jitter_ms in pairs:
            self.routes.setdefault(source, []).append((target, delay_ms / 1000, jitter_ms / 1000))
        self.waiting = []
        self.count = 0

    def take(self, source):
        """Puts everything that waits at a port into the queue."""
        while True:
            try:
                frame, origin = self.ports[source].recvfrom(FRAME_BYTES_MAX)
            except BlockingIOError:
                return
            if origin[2] == socket.PACKET_OUTGOING:
                continue
            now = time.monotonic()
            for target, delay, jitter in self.routes[source]:
                if addressed_to(frame, self.macs[target]) and len(self.waiting) < IN_FLIGHT_MAX:
                    self.count += 1
                    due = now + max(0.0, delay + random.uniform(-jitter, jitter))
                    heapq.heappush(self.waiting, (due, self.count, target, frame))

    def send_due(self):
        """Sends what is due. Returns the seconds to the next frame, None when there is none."""
        while self.waiting:
            left = self.waiting[0][0] - time.monotonic()
            if left > 0:
                return left
            _, _, target, frame = heapq.heappop(self.waiting)
            try:
                self.ports[target].send(frame)
            except OSError:
                pass  # a full queue or a port that is down loses frames; so does a wire
        return None

    def run(self):
        selector = selectors.DefaultSelector()
        for source in self.routes:
            selector.register(self.ports[source], selectors.EVENT_READ, source)
        print("relaying", flush=True)
        while True:
            for key, _ in selector.select(self.send_due()):
                self.take(key.data)


if __name__ == "__main__":
    Relay(json.loads(sys.argv[1])).run()
