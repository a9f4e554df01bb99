"""The lab's wires: a bridge in its own namespace, a cable to each host, and what cuts or loses packets on them.

NETWORK RULE: 10.x addresses exist only inside the namespaces of the lab. The cables are made by a tool that
runs inside the switch namespace, so that not even their ends pass through the machine's own network.
"""

from dataclasses import dataclass, field

from . import netns
from .errors import LabError
from .layout import HOSTS, NETWORK4, NETWORK6, SWITCH
from .netlink import addresses_in

BRIDGE = "br0"


def build(layout):
    """Creates namespaces, bridge and cables. Requires: remove() was called, or nothing of this lab exists."""
    netns.create(layout.namespaces())
    switch = layout.namespace(SWITCH)
    lines = [f"link add {BRIDGE} type bridge mcast_snooping 0", f"link set {BRIDGE} up", "link set lo up"]
    for host in HOSTS.values():
        lines.append(
            f"link add dev {host.name} type veth peer name eth0 address {host.mac} netns {layout.namespace(host.name)}"
        )
        lines.append(f"link set dev {host.name} master {BRIDGE} up")
    netns.run(switch, ["ip", "-batch", "-"], "\n".join(lines) + "\n")
    for host in HOSTS.values():
        plug_in(layout, host)
    apply(layout, Wires())


def plug_in(layout, host):
    """Gives a fresh host its interface and own addresses. The virtual ones are MMM's business."""
    lines = [
        "link set lo up",
        "link set eth0 up",
        f"addr add {NETWORK4.format(host.number)} dev eth0",
        f"addr add {NETWORK6.format(host.number)} dev eth0 nodad",
    ]
    netns.run(layout.namespace(host.name), ["ip", "-batch", "-"], "\n".join(lines) + "\n")


def remove(layout):
    """Removes the namespaces, and with them bridge, cables and rules. Idempotent."""
    netns.remove(layout.namespaces())


@dataclass
class Wires:
    """What is wrong with the wires at the moment. `cut` and the keys of `delay` are directed (from, to) pairs."""

    cut: set = field(default_factory=set)
    off: set = field(default_factory=set)
    loss: dict = field(default_factory=dict)  # host -> percent of packets lost, each way
    delay: dict = field(default_factory=dict)  # (from, to) -> (ms, jitter ms)

    def blocked(self, source, target):
        return (source, target) in self.cut or source in self.off or target in self.off

    def delayed(self):
        """The pairs that the relay (relay.py) has to serve, because the bridge no longer does."""
        return {pair: how for pair, how in self.delay.items() if not self.blocked(*pair)}

    def as_json(self):
        return {
            "cut": sorted(map(list, self.cut)),
            "off": sorted(self.off),
            "loss": self.loss,
            "delay": [[*pair, *how] for pair, how in sorted(self.delay.items())],
        }


def ruleset(wires):
    """The bridge's whole rule set as nft text. Replaces what was there in one transaction."""
    rules = [f'iifname "{host}" drop; oifname "{host}" drop;' for host in sorted(wires.off)]
    pairs = wires.cut | set(wires.delay)
    rules += [f'iifname "{source}" oifname "{target}" drop;' for source, target in sorted(pairs)]
    for host, percent in sorted(wires.loss.items()):
        chance = f"numgen random mod 10000 < {round(percent * 100)} drop;"
        rules += [f'iifname "{host}" {chance}', f'oifname "{host}" {chance}']
    body = "\n".join("    " + rule for rule in rules)
    return (
        "table bridge lab {}\ndelete table bridge lab\ntable bridge lab {\n  chain wires {\n"
        f"    type filter hook forward priority 0; policy accept;\n{body}\n  }}\n}}\n"
    )


def apply(layout, wires):
    """Makes the bridge do what `wires` says. Idempotent."""
    netns.run(layout.namespace(SWITCH), ["nft", "-f", "-"], ruleset(wires))


def virtual_addresses(layout, name):
    """{ip: Held} of what is on the host and was not put there by the lab."""
    host = HOSTS[name]
    held = addresses_in(layout.namespace(name))
    return {ip: how for ip, how in held.items() if ip not in (host.ip, host.ip6)}


def forget(layout, name):
    """What a loss of power does to a host's network: virtual addresses, neighbours and packet filter are gone."""
    space = layout.namespace(name)
    lines = [f"addr del {ip}/{how.prefix_length} dev eth0" for ip, how in virtual_addresses(layout, name).items()]
    lines.append("neigh flush dev eth0")
    # An address may reach the end of its lifetime just now; hence no check of this, but of the result.
    netns.run(space, ["ip", "-force", "-batch", "-"], "\n".join(lines) + "\n", check=False)
    netns.run(space, ["nft", "flush", "ruleset"])
    left = virtual_addresses(layout, name)
    if left:
        raise LabError(f"{name} still holds {', '.join(left)}")


def forget_all(layout):
    for name in HOSTS:
        forget(layout, name)
