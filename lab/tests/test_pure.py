"""Tests of the lab's pure parts: no root, no server, no namespace.

    /usr/bin/python3 -m unittest lab.tests.test_pure        (from the top of the tree)
"""

import unittest
from types import SimpleNamespace

from . import support  # noqa: F401  (puts the package on the path)
from mmmlab import analysis, conditions, config, network, report, watch
from mmmlab.errors import LabError
from mmmlab.layout import HOSTS, Layout

IP = "10.0.0.80"


def track(host, addresses, server, fence=()):
    """`addresses`: [(t, held)], `server`: [(t, flag)], `fence`: [(t, state)]."""
    lines = [f'{{"host": "{host}", "ips": ["{IP}"]}}\n']
    lines += [f"a {t} {int(held)}\n" for t, held in addresses]
    lines += [f"s {t} {t} {flag}\n" for t, flag in server]
    lines += [f"f {t} {state}\n" for t, state in fence]
    return analysis.parse(lines)


def steady(host, begin, end, held=True, flag="w"):
    """A sample every 20 ms; held and writable from `begin` to `end`, neither before nor after."""
    times = [round(i * 0.02, 3) for i in range(100)]
    inside = [(t, begin <= t <= end) for t in times]
    return track(host, [(t, held and yes) for t, yes in inside], [(t, flag if yes else "r") for t, yes in inside])


class Analysis(unittest.TestCase):
    def test_two_writable_holders_at_once_are_a_violation(self):
        found = analysis.violations([steady("db1", 0.1, 0.6), steady("db2", 0.5, 1.0)], IP)
        self.assertEqual(found, [("db1", "db2", 0.5, 0.6)])

    def test_a_clean_handover_is_none(self):
        self.assertEqual(analysis.violations([steady("db1", 0.1, 0.5), steady("db2", 0.52, 1.0)], IP), [])

    def test_a_read_only_holder_violates_nothing(self):
        self.assertEqual(analysis.violations([steady("db1", 0.1, 0.9, flag="r"), steady("db2", 0.2, 1.0)], IP), [])

    def test_a_writable_host_without_the_address_violates_nothing(self):
        self.assertEqual(analysis.violations([steady("db1", 0.1, 0.9, held=False), steady("db2", 0.2, 1.0)], IP), [])

    def test_a_holder_whose_fence_is_closed_violates_nothing_until_it_opens(self):
        times = [round(i * 0.02, 3) for i in range(100)]
        for shut, found in (("c", [("db1", "db2", 0.52, 0.9)]), ("-", [("db1", "db2", 0.1, 0.9)])):
            fence = [(t, "o" if t > 0.5 else shut) for t in times]
            fenced = track("db1", [(t, True) for t in times], [(t, "w") for t in times], fence)
            self.assertEqual(analysis.violations([fenced, steady("db2", 0.1, 0.9)], IP), found)

    def test_a_single_sample_counts(self):
        point = track("db1", [(0.3, False), (0.4, True), (0.5, False)], [(0.3, "w"), (0.4, "w"), (0.5, "w")])
        self.assertEqual(analysis.violations([point, steady("db2", 0.2, 1.0)], IP), [("db1", "db2", 0.4, 0.4)])

    def test_a_silent_server_is_not_writable(self):
        silent = track("db1", [(0.0, True), (1.0, True)], [(0.0, "w"), (0.2, "-"), (0.9, "-")])
        self.assertEqual(silent.accepting(IP), [(0.0, 0.0)])

    def test_a_slow_answer_proves_only_the_time_between_answers(self):
        self.assertEqual(analysis.runs([(0.0, 0.3, True), (0.5, 0.9, True)]), [(0.3, 0.5)])
        self.assertEqual(analysis.runs([(0.0, 0.4, True)]), [(0.2, 0.2)])

    def test_an_agent_that_writes_down_what_is_older_is_named(self):
        lines = ['{"host": "db1", "ips": []}\n', "m 1.0 3 3 7 2 6\n", "m 2.0 4 4 7 1 6\n"]
        self.assertEqual(analysis.steps_back(analysis.parse(lines)), [])
        older = [("m 3.0 3 4 7 1 6", "leadership 3"), ("m 3.0 4 4 6 9 6", "generation 6"), ("m 3.0 4 4 7 1 5", "released 5")]
        for line, what in older:
            found = analysis.steps_back(analysis.parse([*lines, line + "\n"]))
            self.assertTrue(any(text.startswith(what) for text in found), found)

    def test_gaps_in_sampling_are_named(self):
        holes = track("db1", [(0.0, True), (0.02, True), (0.3, True)], [])
        self.assertEqual(holes.sampling_gaps(), [(0.02, 0.3)])

    def test_an_observer_that_died_is_blind_until_the_end_and_one_that_never_looked_all_the_time(self):
        times = [round(i * 0.02, 3) for i in range(50)]
        held, server, fence = ([(t, what) for t in times] for what in (True, "w", "o"))
        whole = track("db1", held, server, fence)
        self.assertEqual(whole.sampling_gaps(0.0, 1.0), [])
        self.assertEqual(whole.sampling_gaps(0.0, 5.0), [(0.98, 5.0)])
        self.assertEqual(track("db1", held, server[:20], fence).sampling_gaps(0.0, 1.0), [(0.38, 1.0)])
        self.assertEqual(track("db1", held, server, fence[:20]).sampling_gaps(0.0, 1.0), [(0.38, 1.0)])
        self.assertEqual(track("db1", held[30:], server).sampling_gaps(0.0, 1.0), [(0.0, 0.6)])
        self.assertEqual(track("db1", [], []).sampling_gaps(0.0, 1.0), [(0.0, 1.0)])
        self.assertEqual(track("client", [], []).sampling_gaps(0.0, 1.0), [(0.0, 1.0)])

    def test_a_piece_of_the_watch_that_sees_no_writer_at_its_end_is_known(self):
        whole, short, empty = steady("db1", 0.1, 2.0), steady("db1", 0.1, 1.0), track("db1", [], [])
        for seen, yes in ((whole, True), (short, False), (empty, False)):
            piece = SimpleNamespace(ended=2.0, tracks=lambda seen=seen: {"db1": seen})
            self.assertEqual(watch.sees_a_writer(piece), yes)

    def test_timeline_tells_each_change(self):
        story = analysis.timeline([steady("db1", 0.1, 0.5), steady("db2", 0.6, 1.0)], IP)
        self.assertEqual([hosts for _, hosts in story], [("db1",), (), ("db2",), ()])

    def test_the_client_that_falls_back_is_found(self):
        one, two = HOSTS["db1"].mac, HOSTS["db2"].mac
        macs = ["-", one, one, two, "-", two, one, two]
        lines = [f'{{"host": "client", "ips": ["{IP}"]}}\n'] + [f"n {i}.0 {mac}\n" for i, mac in enumerate(macs)]
        client = analysis.parse(lines)
        self.assertEqual(analysis.returns_to(client, IP, "db1"), [6.0])
        self.assertEqual(analysis.returns_to(analysis.parse(lines[:7]), IP, "db1"), [])
        self.assertEqual(analysis.owner_at(analysis.resolved(client, IP), 3.5), "db2")

    def test_a_torn_last_line_is_ignored(self):
        torn = analysis.parse([f'{{"host": "db1", "ips": ["{IP}"]}}\n', "a 1.0 1\n", "a 2."])
        self.assertEqual(torn.addresses, [(1.0, 1)])


class Report(unittest.TestCase):
    def events(self, acks, stop):
        rows = [{"t": 0.0, "w": "", "e": "start"}]
        rows += [{"t": t, "w": "keep", "e": "ack", "id": int(t * 1000)} for t in acks]
        return rows + [{"t": stop, "w": "", "e": "stop"}]

    def test_the_longest_gap_is_found_with_its_ends(self):
        summary = report.summarize(self.events([0.005, 0.01, 0.31, 0.315], 0.32))
        worst = summary["workers"]["keep"]["longest"][0]
        self.assertEqual((worst["start"], worst["end"], worst["ms"], worst["open"]), (0.01, 0.31, 300.0, False))
        self.assertEqual(summary["longest_ms"], 300.0)
        self.assertEqual(len(summary["workers"]["keep"]["outages"]), 1)

    def test_an_outage_that_never_ended_is_open(self):
        summary = report.summarize(self.events([0.005, 0.01], 2.0))
        worst = summary["workers"]["keep"]["longest"][0]
        self.assertEqual((worst["ms"], worst["open"]), (1990.0, True))

    def test_a_late_start_counts(self):
        self.assertEqual(report.summarize(self.events([0.8], 0.801))["longest_ms"], 800.0)

    def test_unknown_outcomes_are_kept_apart(self):
        events = self.events([0.005], 0.1)
        events.insert(2, {"t": 0.05, "w": "keep", "e": "unknown", "id": 9, "text": "lost"})
        events.insert(3, {"t": 0.06, "w": "keep", "e": "refused", "id": 10, "text": "read-only"})
        self.assertEqual((report.acknowledged(events), report.unknown(events)), ({5}, {9}))
        errors = report.summarize(events)["workers"]["keep"]["errors"]
        self.assertEqual(errors, {"unknown: lost": 1, "refused: read-only": 1})


class Files(unittest.TestCase):
    def text(self, name, overrides=None):
        return config.Configuration(Layout("pure"), overrides).text(name)

    def test_an_agents_own_entry_goes_into_its_own_file_alone(self):
        made = config.Configuration(Layout("pure"), {"agent db2/write_fence": "off"})
        self.assertIn("\nthis db2\nwrite_fence             off\n", made.agent_text("db2"))
        self.assertNotIn("write_fence", made.agent_text("db1") + made.text("mmm3.conf"))
        self.assertEqual(config.split_option("agent db2/write_fence off"), ("agent db2/write_fence", "off"))
        self.assertRaises(LabError, config.Configuration, Layout("pure"), {"agent client/write_fence": "off"})

    def test_an_override_replaces_the_entry_where_it_stands(self):
        text = self.text("mmm_mon.conf", {"check default/trap_period": 0.5})
        self.assertIn("trap_period             0.5", text)
        self.assertNotIn("trap_period             2", text)

    def test_a_new_entry_of_mmm_2_goes_into_its_files_and_ours_into_ours(self):
        overrides = {"role writer/prefer": "db1", "monitor/auto_set_online": 1, "allow_from": ["a", "b"], "lease_ttl": 1}
        self.assertRegex(self.text("mmm_common.conf", overrides), r"(?s)<role writer>.*prefer +db1\n</role>")
        self.assertIn("auto_set_online         1", self.text("mmm_mon.conf", overrides))
        own = self.text("mmm3.conf", overrides)
        self.assertIn("allow_from              a, b", own)
        self.assertRegex(own, r"lease_ttl +1\n")

    def test_an_entry_can_be_removed_and_raw_lines_added(self):
        self.assertNotIn("ping_ips", self.text("mmm_mon.conf", {"monitor/ping_ips": None}))
        self.assertTrue(self.text("mmm3.conf", {"mmm3.conf": "<host db1>\n</host>"}).endswith("<host db1>\n</host>\n"))

    def test_options_of_the_command_line(self):
        self.assertEqual(config.split_option("lease_ttl 1"), ("lease_ttl", "1"))
        self.assertEqual(config.split_option("check mysql/trap_period 0.5"), ("check mysql/trap_period", "0.5"))
        self.assertEqual(config.split_option("log_file /tmp/x"), ("log_file", "/tmp/x"))
        self.assertRaises(LabError, config.split_option, "lease_ttl")


class Words(unittest.TestCase):
    SHOW = (
        "  db1(10.0.0.4) master/ONLINE. Roles: reader(10.0.0.90), writer(10.0.0.80)\n"
        "  db3(10.0.0.7) slave/AWAITING_RECOVERY. Roles: \n\n"
    )

    def test_show_is_read(self):
        hosts = conditions.parse_show(self.SHOW)
        self.assertEqual(hosts["db1"]["roles"], {"reader(10.0.0.90)", "writer(10.0.0.80)"})
        self.assertEqual((hosts["db3"]["state"], hosts["db3"]["roles"]), ("AWAITING_RECOVERY", set()))

    def test_bad_conditions_are_refused_with_their_usage(self):
        for words in (["nothing"], ["state", "db1"], ["holds", "db9", IP], ["server", "db1", "x"]):
            self.assertRaises(LabError, conditions.condition, words)

    def test_bad_prefixes_are_refused(self):
        for prefix in ("", "A", "../x", "x" * 25):
            self.assertRaises(LabError, Layout, prefix)

    def test_rules_of_the_bridge(self):
        wires = network.Wires(cut={("db1", "db2")}, off={"db3"}, loss={"client": 5}, delay={("db2", "db3"): (9, 0)})
        text = network.ruleset(wires)
        self.assertIn('iifname "db1" oifname "db2" drop', text)
        self.assertNotIn('iifname "db2" oifname "db1" drop', text)
        self.assertIn("mod 10000 < 500 drop", text)
        self.assertEqual(wires.delayed(), {}, "a pair that is cut is not served late")


if __name__ == "__main__":
    unittest.main()
