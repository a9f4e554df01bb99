"""A write fence of the whole host has to know the monitor, whose checks it would reject."""

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
