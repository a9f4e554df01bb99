"""Counts MMM's messages on the lab's switch."""

import json
import time
from contextlib import contextmanager

from mmmlab import netns
from mmmlab.layout import AGENT_PORT, SWITCH

# A message is short and pushed: one packet. The rest are acknowledgements.
RULES = """
table bridge mmm_count {
  counter by_monitor {}
  counter by_agents {}
  counter every {}
  chain counts {
    type filter hook forward priority -10; policy accept;
    tcp dport PORT jump those
    tcp sport PORT jump those
  }
  chain those {
    counter name every
    tcp flags & psh != psh return
    iifname "monitor" counter name by_monitor return
    oifname "monitor" counter name by_monitor return
    counter name by_agents
  }
}
""".replace("PORT", str(AGENT_PORT))


@contextmanager
def counted(lab):
    """Yields a dict that holds rates at the end: messages a second `monitor` (with agents), `agents` (among them), and
    of all packets `bytes` a second."""
    switch, rates = lab.layout.namespace(SWITCH), {}
    netns.run(switch, ["nft", "-f", "-"], RULES)
    begin = time.monotonic()
    try:
        yield rates
        took = time.monotonic() - begin
        listing = json.loads(netns.run(switch, ["nft", "-j", "list", "counters", "table", "bridge", "mmm_count"]))
    finally:
        netns.run(switch, ["nft", "delete", "table", "bridge", "mmm_count"])
    found = {entry["counter"]["name"]: entry["counter"] for entry in listing["nftables"] if "counter" in entry}
    rates |= {name: found[f"by_{name}"]["packets"] / took for name in ("monitor", "agents")}
    rates["bytes"] = found["every"]["bytes"] / took
