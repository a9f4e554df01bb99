"""Is an address found where it was moved to, and only there? Another host is asked."""

import json

from .support import ALL_ONLINE, DATABASES, HOSTS, READER_IPS, VIRTUAL_IPS, WRITER_IP, LabTest

IP6 = "fd00:4d4d::90"


class ClosedLoop(LabTest):
    def facts(self, ip=WRITER_IP):
        """What `show --json` says of an address."""
        return next(role for role in json.loads(self.control("show", "--json"))["roles"] if role["ip"] == ip)

    def wait_until_verified(self, host, ip=WRITER_IP):
        def verified():
            facts = self.facts(ip)
            return facts["host"] == host and facts["verified"]

        self.wait(verified, f"{ip} is verified on {host}")

    def wait_until_show_is_content(self):
        def content():
            shown = self.control("show")
            return "unverified" not in shown and "a second host" not in shown

        self.wait(content, "show warns of no address")

    def test_every_address_is_verified_and_so_is_a_moved_one(self):
        with self.under_load() as load:
            for ip in VIRTUAL_IPS:
                self.wait_until_verified(self.lab.holders(ip)[0], ip)
            self.control("move_role", "writer", "db2")
            self.wait_until_verified("db2")
            load.wait_for_writes()
            self.wait_until_show_is_content()
        self.assertRegex(self.log("monitor"), f"db2: {WRITER_IP} is verified: db[13] resolves it to {HOSTS['db2'].mac}")

    def test_a_second_answerer_is_named_by_its_mac_until_it_is_gone(self):
        self.wait_until_verified("db1")
        self.lab.run("client", ["ip", "addr", "add", f"{WRITER_IP}/32", "dev", "eth0"])
        try:
            named = f"a second host answers for {WRITER_IP}, which db1 has: {HOSTS['client'].mac}"
            self.wait(lambda: named in self.control("show"), "show names it")
            self.assertEqual(self.facts()["second_answerers"], [HOSTS["client"].mac])
            self.assertTrue(self.serves("db1"))
        finally:
            self.lab.drop_ip("client", WRITER_IP)
        self.wait(lambda: "a second host" not in self.control("show"), "it is gone")
        self.assertEqual(self.log("monitor").count("a second host answers"), 1)

    def take_the_monitor_off_the_segment(self):
        """It reaches the hosts, but has no address in their subnet, as behind a router."""
        ip = HOSTS["monitor"].ip
        on_segment, alone = f"addr {{}} {ip}/24 dev eth0", f"addr {{}} {ip}/32 dev eth0"
        route = f"route {{}} 10.0.0.0/24 dev eth0 src {ip} metric 5"
        steps = ((alone, "add"), (route, "add"), (on_segment, "del"))
        for command, verb in steps:
            self.lab.run("monitor", ["ip", *command.format(verb).split()])
            undo = command.format("add" if verb == "del" else "del")
            self.addCleanup(self.lab.run, "monitor", ["ip", *undo.split()])

    def leave_db2_alone(self):
        """db2 is the writer; no other host has an agent."""
        self.control("set_offline", "db3")
        self.lab.kill("db3", "agent", hold=True)
        self.lab.kill("db1", "mysqld")
        self.lab.kill("db1", "agent", hold=True)
        self.wait(lambda: self.serves("db2"), "db2 is the writer")

    def test_the_monitor_verifies_a_moved_address_when_no_other_agent_is_left(self):
        self.leave_db2_alone()
        self.wait_until_verified("db2")
        self.assertIn(f"{WRITER_IP} is verified: the monitor resolves it to {HOSTS['db2'].mac}", self.log("monitor"))
        self.lab.run("client", ["ip", "addr", "add", f"{WRITER_IP}/32", "dev", "eth0"])
        try:
            self.wait(lambda: self.facts()["second_answerers"] == [HOSTS["client"].mac], "the monitor hears it, too")
        finally:
            self.lab.drop_ip("client", WRITER_IP)
        self.lab.start("db3", "agent")
        self.wait_until_show_is_content()

    def test_with_nobody_to_ask_an_address_is_unverified_and_the_move_is_done(self):
        self.take_the_monitor_off_the_segment()
        self.leave_db2_alone()
        reason = f"{WRITER_IP} on host db2 is unverified: there is no other host whose agent could ask"
        self.wait(lambda: reason in self.control("show"), "show says that it is unverified, and why")
        self.assertIs(self.facts()["verified"], False)
        told = f"the monitor has no interface in the subnet of {WRITER_IP}"
        self.assertEqual(self.log("monitor").count(told), 1)
        self.lab.start("db3", "agent")
        self.wait_until_verified("db2")
        self.wait_until_show_is_content()

    def test_an_owner_that_nobody_hears_is_unverified(self):
        self.wait_until_verified("db1")
        chain = "add table arp mute; add chain arp mute out { type filter hook output priority 0; }"
        self.lab.run("db1", ["nft", f"{chain}; add rule arp mute out arp saddr ip {WRITER_IP} drop"])
        self.wait(lambda: f"{WRITER_IP} on host db1 is unverified: " in self.control("show"), "it is unverified")
        self.lab.run("db1", ["nft", "delete table arp mute"])
        self.wait_until_verified("db1")
        self.wait_until_show_is_content()


class ReadersOutOfTouch(LabTest):
    """A reader address of a host that does not hear the monitor. No clock of reader_ttl runs out in here."""

    config = {"reader_ttl": 45}

    def reader_of_db3(self):
        (ip,) = [ip for ip in READER_IPS if self.lab.holders(ip) == ["db3"]]
        return ip

    def test_a_holder_that_hears_another_mac_lets_go_what_was_moved_while_it_heard_nobody(self):
        ip = self.reader_of_db3()
        others = ("monitor", "db1", "db2")
        for other in others:
            self.lab.cut("db3", other)
        # The monitor would wait for reader_ttl; an administrator need not.
        self.wait_for_state("db3", "HARD_OFFLINE")
        self.control("set_passive")
        self.control("set_ip", ip, "db2")
        self.control("set_active")
        self.wait(lambda: len(self.lab.holders(ip)) == 2, "db2 has the reader address, too")
        for other in others[1:]:
            self.lab.join("db3", other)
        self.wait(lambda: "db3" not in self.lab.holders(ip), "db3 lets it go")
        log = self.log("db3")
        self.assertIn(f"another host answers for {ip}, too: {HOSTS['db2'].mac}", log)
        self.assertIn(f"lets {ip} go: db2 serves it", log)

    def test_it_takes_an_address_back_only_when_nobody_answers_for_it(self):
        ip = self.reader_of_db3()
        self.lab.cut("db3", "monitor")
        self.wait(lambda: "the monitor's connection is gone" in self.log("db3"), "db3 has lost the monitor")
        self.lab.kill("db3", "mysqld")
        self.wait(lambda: self.lab.holders(ip) == [], "db3 drops its reader address")
        self.lab.run("client", ["ip", "addr", "add", f"{ip}/32", "dev", "eth0"])
        try:
            self.lab.start("db3", "mysqld")
            refusal = f"does not take {ip} back: {HOSTS['client'].mac} answers for it"
            self.wait(lambda: refusal in self.log("db3"), "db3 finds that another host has it")
            self.assertEqual(self.lab.holders(ip), [])
        finally:
            self.lab.drop_ip("client", ip)
        self.wait(lambda: self.lab.holders(ip) == ["db3"], "db3 has it again, without the monitor")


class ClosedLoopOverIPv6(LabTest):
    config = {"role reader6/mode": "balanced", "role reader6/hosts": "db1, db2, db3", "role reader6/ips": IP6}
    status_file = ALL_ONLINE.replace("reader(10.0.0.100)", f"reader(10.0.0.100),reader6({IP6})")

    def test_an_address_is_verified_and_a_second_answerer_is_named(self):
        self.wait_for_peace(DATABASES, (*VIRTUAL_IPS, IP6))
        facts = ClosedLoop.facts
        self.wait(lambda: facts(self, IP6)["verified"], f"{IP6} is verified")
        self.lab.run("client", ["ip", "addr", "add", f"{IP6}/128", "dev", "eth0", "nodad"])
        try:
            self.wait(lambda: facts(self, IP6)["second_answerers"] == [HOSTS["client"].mac], "show names it")
            self.assertTrue(facts(self, IP6)["verified"])
        finally:
            self.lab.drop_ip("client", IP6)
        self.wait(lambda: facts(self, IP6)["second_answerers"] == [], "it is gone")
