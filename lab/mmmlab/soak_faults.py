"""What soak breaks, and what it changes: drawn from a seed, as plain values. Pure.

A fault names its hosts by what they are at the moment when it happens (`writer`, `peer`: the other master, `slave`), so
the same seed draws the same faults whatever they lead to.
"""

import random
from dataclasses import dataclass

from .layout import DATABASES

PLACES = ("writer", "peer", "slave", "monitor", "client")
SERVERS = ("writer", "peer", "slave")
PROCESSES = tuple((place, unit) for place in SERVERS for unit in ("mysqld", "agent")) + (("monitor", "monitor"),)
# Longer than any lease and any check takes to notice; shorter than a person's patience.
HOLD_S = (0.2, 8.0)
ABSENCE_S = (30.0, 180.0)
# Longer than the lab's lease of 2 s; now and then longer than the 15 s of restart_grace, too.
AGENT_AWAY_S = (2.5, 20.0)
# Half of the lab's and twice that: what runs out has to fit into the bounds of L1.
LEASE_TTL_S = (1, 2, 4)
FENCES = ("on", "host", "off")
PAUSE_S = (0.0, 3.0)
CALM_SHARE = 0.5
DELAY_MS = (5, 300)
LOSS_PERCENT = (1, 25)


@dataclass(frozen=True)
class Step:
    """One act: the name of a method of Lab and its arguments, places in place of hosts; `after_s` the one before."""

    act: str
    words: tuple
    after_s: float = 0.0

    def __str__(self):
        words = " ".join(str(word) for word in self.words)
        return f"{self.act} {words}" + (f" ({self.after_s:.2f} s later)" if self.after_s else "")


@dataclass(frozen=True)
class Fault:
    """`kind` for the figures; `hold_s` from its last step until all is mended; then `calm`, or `pause_s` of nothing."""

    kind: str
    steps: tuple
    hold_s: float
    calm: bool
    pause_s: float

    def __str__(self):
        return f"{self.kind}: {'; '.join(map(str, self.steps))}; for {self.hold_s:.1f} s"


def fences(seed):
    """A write_fence for each host: {host: mode}."""
    dice = random.Random(f"fences {seed}")
    return {host: dice.choice(FENCES) for host in DATABASES}


def faults(seed):
    """The endless sequence of a seed."""
    dice = random.Random(seed)
    while True:
        yield draw(dice)


def draw(dice):
    kind, make = dice.choices([(kind, make) for kind, make, _ in KINDS], [weight for _, _, weight in KINDS])[0]
    steps = tuple(make(dice))
    hold_s = dice.uniform(*HOLDS_S.get(kind, HOLD_S))
    return Fault(kind, steps, hold_s, dice.random() < CALM_SHARE, dice.uniform(*PAUSE_S))


def cut_monitor_writer(dice):
    return [Step("cut", ("monitor", "writer"))]


def cut_writer(dice):
    return [Step("isolate", ("writer",))]


def cut_writer_client(dice):
    return [Step("cut", ("writer", "client"))]


def cut_one_way(dice):
    a, b = dice.sample(PLACES, 2)
    return [Step("cut_one_way", (a, b))]


def cut_all_one_way(dice):
    return [Step("cut_one_way", (dice.choice(SERVERS), "all"))]


def cut_any(dice):
    return [Step("cut", tuple(dice.sample(PLACES[:4], 2)))]


def isolate_any(dice):
    return [Step("isolate", (dice.choice(("peer", "slave", "monitor")),))]


def late(dice):
    return [Step("delay", (dice.choice(PLACES[:4]), "all", dice.randint(*DELAY_MS)))]


def lossy(dice):
    return [Step("loss", (dice.choice(PLACES[:4]), dice.randint(*LOSS_PERCENT)))]


def kill_one(dice):
    return [Step("kill", dice.choice(PROCESSES))]


def kill_and_hold(dice):
    return [Step("kill_and_hold", dice.choice([who for who in PROCESSES if who[1] != "mysqld"]))]


def freeze_one(dice):
    return [Step("freeze", dice.choice(PROCESSES))]


def frozen_agent_dead_server(dice):
    return [Step("freeze", ("writer", "agent")), Step("kill", ("writer", "mysqld"), dice.uniform(0, 0.5))]


def pair(dice):
    one, other = dice.sample(PROCESSES, 2)
    acts = [dice.choice(("kill", "freeze")) for _ in range(2)]
    return [Step(acts[0], one), Step(acts[1], other, dice.uniform(0, 1.5))]


def power(dice):
    return [Step("power_off", (dice.choice(SERVERS + ("writer", "monitor")),))]


def monitor_away(dice):
    return [Step("stop", ("monitor", "monitor"))]


def agent_away(dice):
    """A planned stop, sometimes with something else behind it."""
    who = (dice.choice(("writer",) + SERVERS), "agent")
    steps = [Step("stop", who)]
    if dice.random() < 0.4:
        other = dice.choice([process for process in PROCESSES if process != who])
        steps.append(Step(dice.choice(("kill", "freeze")), other, dice.uniform(0, 4)))
    return steps


def lease_ttl(dice):
    """Another lease_ttl, which stays; sometimes the old one is tried out while it still runs."""
    steps = [Step("lease_ttl", (dice.choice(LEASE_TTL_S),))]
    after_s = dice.uniform(0, 3)
    more = (("isolate", ("writer",)), ("freeze", ("writer", "agent")), ("stop", ("writer", "agent")),
            ("kill", ("monitor", "monitor")))  # fmt: skip
    if dice.random() < 0.5:
        steps.append(Step(*dice.choice(more), after_s))
    return steps


def write_fence(dice):
    """An agent is restarted with another write_fence, which stays."""
    return [Step("write_fence", (dice.choice(SERVERS), dice.choice(FENCES)))]


def move(dice):
    return [Step("move", ("peer",))]


def offline(dice):
    return [Step("set_offline", (dice.choice(SERVERS),))]


def restart(dice):
    return [Step("restart", dice.choice([who for who in PROCESSES if who[1] != "mysqld"]))]


# (kind, what draws its steps, weight)
KINDS = (
    ("cut monitor-writer", cut_monitor_writer, 2),
    ("cut writer from everyone", cut_writer, 3),
    ("cut writer-client", cut_writer_client, 2),
    ("cut one way", cut_one_way, 3),
    ("cut all that one says", cut_all_one_way, 2),
    ("cut any two", cut_any, 2),
    ("cut another from everyone", isolate_any, 2),
    ("late packets", late, 2),
    ("lost packets", lossy, 2),
    ("kill", kill_one, 4),
    ("kill and hold", kill_and_hold, 2),
    ("freeze", freeze_one, 4),
    ("frozen agent, dead mysqld", frozen_agent_dead_server, 2),
    ("pair", pair, 4),
    ("power off", power, 3),
    ("monitor away", monitor_away, 1),
    ("planned move", move, 3),
    ("set offline", offline, 2),
    ("clean restart", restart, 3),
    ("agent away", agent_away, 3),
    ("other lease_ttl", lease_ttl, 2),
    ("other write_fence", write_fence, 2),
)
# Of kinds that last longer than others.
HOLDS_S = {"monitor away": ABSENCE_S, "agent away": AGENT_AWAY_S}
