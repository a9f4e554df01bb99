"""From a fresh lab to a cluster that serves, and what it takes to call it that. For demo, benchmarks and soak."""

from .errors import LabError
from .layout import DATABASES, READER_IPS, VIRTUAL_IPS, WRITER_IP
from .waiting import wait_until

MONITOR_TIMEOUT_S = 15.0
ONLINE_TIMEOUT_S = 15.0
CONTROL_PERIOD_S = 0.05  # each look starts a process


def wait_for_monitor(lab):
    """Waits until the monitor answers mmm_control and leads."""
    wait_until(lambda: len(lab.show()) == len(DATABASES), MONITOR_TIMEOUT_S, "the monitor answers", CONTROL_PERIOD_S)


def set_online(lab, name):
    """Sets a host ONLINE, again while it is refused: its checks may not be good yet. Returns mmm_control's answer."""

    def answer():
        code, text = lab.control("set_online", name)
        if code != 0:
            raise LabError(text.strip())
        return text.strip()

    return wait_until(answer, ONLINE_TIMEOUT_S, f"mmm_control set_online {name}", CONTROL_PERIOD_S)


def serving(lab, writer):
    """True when every host is ONLINE, `writer` alone holds the writer IP and takes writes, every reader IP is up."""
    shown = lab.show()
    return (
        all(shown.get(name, {}).get("state") == "ONLINE" for name in DATABASES)
        and lab.holders() == [writer]
        and lab.is_writable(writer)
        and all(len(lab.holders(ip)) == 1 for ip in READER_IPS)
    )


def wait_until_serving(lab, writer, deadline_s=ONLINE_TIMEOUT_S):
    what = f"all hosts are ONLINE, {writer} is the writer, every address is up"
    wait_until(lambda: serving(lab, writer), deadline_s, what, CONTROL_PERIOD_S)


def bring_online(lab, on_answer=lambda name, answer: None):
    """Sets all hosts ONLINE, one by one as a DBA does it; the first becomes the writer."""
    wait_for_monitor(lab)
    for name in DATABASES:
        on_answer(name, set_online(lab, name))
    wait_until_serving(lab, DATABASES[0])


def writer_of(lab):
    """The host that holds the writer IP, None when none or several do."""
    holders = lab.holders(WRITER_IP)
    return holders[0] if len(holders) == 1 else None


def gtids(lab, name):
    """{(domain, server): highest sequence number} of everything in the server's binary log."""
    state = lab.scalar(name, "SELECT @@global.gtid_binlog_state") or ""
    parts = (gtid.strip().split("-") for gtid in state.split(",") if gtid.strip())
    return {(int(domain), int(server)): int(number) for domain, server, number in parts}


def extra_gtids(lab, name, writer):
    """What `name` has in its binary log and the writer has not, as text; [] when nothing.

    Requires: the writer has applied everything it had received (it is the writer), `name` takes no writes.
    """
    mine, theirs = gtids(lab, name), gtids(lab, writer)
    found = []
    for (domain, server), number in sorted(mine.items()):
        known = theirs.get((domain, server), 0)
        found += [f"{domain}-{server}-{number}"] if number > known else []
    return found


def unrest(lab, hosts=DATABASES, ips=VIRTUAL_IPS):
    """What is not as it shall be: they are ONLINE, addresses are where `show` says, all follow the one writer."""
    shown, found = lab.show(), []
    if len(shown) != len(DATABASES):
        return ["the monitor does not answer"]
    found += [f"{name} is {shown[name]['state']}" for name in hosts if shown[name]["state"] != "ONLINE"]
    for ip in ips:
        named = [name for name, facts in shown.items() if any(f"({ip})" in role for role in facts["roles"])]
        holders = lab.holders(ip)
        if len(named) != 1 or holders != named:
            found.append(f"{ip} is shown on {named}, held by {holders}")
    writers = lab.holders()
    writable = [name for name in hosts if lab.is_writable(name)]
    if writable != writers:
        found.append(f"{WRITER_IP} is on {writers}, writable: {writable}")
    for name in hosts:
        if name not in writers and not (writers and lab.replicates(name, writers[0])):
            found.append(f"{name} does not replicate from {writers[0] if writers else 'anybody'}")
    return found
