"""The write fence, seen from outside: who has none says so, what it leaves in the kernel, whom it has to know."""

from .support import ALL_ONLINE, DATABASES, LabTest
from mmmlab.config import write_fence


class FenceOfTheWholeHost(LabTest):
    """The agents' own files name no monitor."""

    config = {"write_fence": "host"}
    status_file = None

    def warned(self):
        """The hosts of which `show` says that their agents do not know the monitor."""
        shown = self.control("show")
        return [host for host in DATABASES if f"host {host}: write_fence is host, and this agent's configuration" in shown]

    def test_an_agent_that_does_not_know_the_monitor_says_so_at_start_and_in_show(self):
        self.wait(lambda: self.warned() == list(DATABASES), "show warns of every host")
        for host in DATABASES:
            self.assertIn("Add <monitor> with the monitor's ip to mmm_agent.conf", self.log(host))

    def test_where_it_is_named_its_checks_pass_and_nothing_is_said(self):
        self.renew(config=write_fence("host"), status_file=ALL_ONLINE)
        self.wait_for_peace()
        self.assertEqual(self.warned(), [])


class NoWriteFence(LabTest):
    config = {"write_fence": "off"}
    told = "write_fence is off: a lost writer's address ends up to 2 s after its lease, and others wait for that"

    def test_it_is_said_at_start_and_in_show(self):
        lines = [f"# Warning: host {host}: {self.told}\n" for host in DATABASES]
        self.wait(lambda: all(line in self.control("show") for line in lines), "show warns of every host")
        for host in DATABASES:
            self.assertIn(f"[error] {self.told}", self.log(host))
            self.assertNotIn("mmm3_fence", self.lab.run(host, ["nft", "list", "tables"]).stdout)


class TablesOfTheKernel(LabTest):
    """The table is the agent's alone, and no other is touched."""

    site = (
        "table inet site {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n"
        "\t\ttcp dport 3307 drop\n\t}\n}\n"
    )
    fence = "table inet mmm3_fence_9989"

    def tables(self, host):
        return self.lab.run(host, ["nft", "list", "tables"]).stdout.splitlines()

    def test_who_had_the_role_leaves_no_table_when_it_is_stopped_and_the_rules_of_the_site_stay(self):
        self.lab.run("db1", ["nft", self.site])
        with self.under_load() as load:
            self.assertIn(self.fence, self.tables("db1"))
            self.control("move_role", "writer", "db2")
            load.wait_for_writes()
            self.wait_for_peace()
            self.lab.stop("db1", "agent")
            self.assertEqual(self.tables("db1"), ["table inet site"])
            self.assertEqual(self.lab.run("db1", ["nft", "list", "ruleset"]).stdout, self.site)
            self.lab.start("db1", "agent")
            self.wait(lambda: self.fence in self.tables("db1"), "it is back with its agent")
            self.wait_for_peace()
            self.assertEqual(self.lab.run("db1", ["nft", "list", "table", "inet", "site"]).stdout, self.site)
