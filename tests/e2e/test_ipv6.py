"""Virtual IPs of version 6."""

from .support import ALL_ONLINE, DATABASES, HOSTS, VIRTUAL_IPS, LabTest

IP6 = "fd00:4d4d::90"


class ReaderOverIPv6(LabTest):
    config = {"role reader6/mode": "balanced", "role reader6/hosts": "db1, db2, db3", "role reader6/ips": IP6}
    status_file = ALL_ONLINE.replace("reader(10.0.0.100)", f"reader(10.0.0.100),reader6({IP6})")

    def setUp(self):
        super().setUp()
        self.wait_for_peace(ips=(*VIRTUAL_IPS, IP6))

    def client_reaches(self, host):
        return self.lab.ping("client", IP6) is not None and self.lab.resolves(IP6) == HOSTS[host].mac

    def test_it_is_up_with_a_lifetime_and_no_preference_and_the_client_reaches_it(self):
        self.assertEqual(self.lab.holders(IP6), ["db3"])
        self.wait(lambda: self.client_reaches("db3"), "the client reaches it")
        facts = self.lab.run("db3", ["ip", "-6", "addr", "show", "dev", "eth0", "to", IP6]).stdout
        self.assertIn(f"{IP6}/128", facts)
        self.assertIn("preferred_lft 0sec", facts)
        self.assertNotIn("valid_lft forever", facts)
        self.assertNotIn("tentative", facts)

    def test_it_moves_with_its_role_and_the_client_follows(self):
        self.wait(lambda: self.client_reaches("db3"), "the client reaches it")
        with self.under_load() as load:
            self.lab.kill("db3", "mysqld")
            self.wait(lambda: self.lab.holders(IP6) not in ([], ["db3"]), "another host has it")
            heir = self.lab.holders(IP6)[0]
            self.assertIn(heir, DATABASES)
            self.wait(lambda: self.client_reaches(heir), "the client follows")
            load.wait_for_writes()
            self.lab.start("db3", "mysqld")
            self.wait_for_peace(ips=(*VIRTUAL_IPS, IP6))
