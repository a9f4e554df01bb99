"""What an administrator does on purpose: the writer moves, hosts go offline and come back, and what is refused."""

from .support import LabTest

MOVED = "OK: Role 'writer' has been moved from '{}' to '{}'. Now you can wait some time and check new roles info!\n"
REMOVED = (
    "OK: Balanced role reader has been removed from host '{}'. Now you can wait some time and check new roles info!\n"
)
OFFLINE = "OK: State of '{}' changed to ADMIN_OFFLINE. Now you can wait some time and check all roles!\n"
ONLINE = "OK: State of '{}' changed to ONLINE. Now you can wait some time and check its new roles!\n"
# Command -> what MMM 2 answered, word by word. All hosts are ONLINE, db1 is the writer.
ANSWERS = {
    "move_role writer db1": (0, "OK: Role is on 'db1' already. Skipping command."),
    "move_role writer db3": (1, "ERROR: Host 'db3' can't handle role 'writer'. Only following hosts could: db1, db2"),
    "move_role nosuch db1": (1, "ERROR: Unknown role name 'nosuch'!"),
    "move_role writer nosuch": (1, "ERROR: Unknown host name 'nosuch'!"),
    "move_role --force writer db2": (1, "ERROR: Can't force move of role to host with state ONLINE."),
    "move_role --force reader db2": (1, "ERROR: move_role --forced may be used for the active master role only!"),
    "move_role --force nosuch db2": (1, "ERROR: Unknown role name 'nosuch'!"),
    "set_online nosuch": (1, "ERROR: Unknown host name 'nosuch'!"),
    "set_offline nosuch": (1, "ERROR: Unknown host name 'nosuch'!"),
    "checks nosuch": (1, "ERROR: Unknown host name 'nosuch'!"),
    "checks db1 nosuch": (1, "ERROR: Unknown check 'nosuch'!"),
    "set_ip 10.0.0.80 db2": (1, "ERROR: This command is only allowed in passive mode"),
    "set_active": (0, "OK: Already in active mode."),
    "set_online db1": (0, "OK: This host is already ONLINE. Skipping command."),
}


class PlannedMove(LabTest):
    def move(self, source, target):
        self.assertEqual(self.control("move_role", "writer", target), MOVED.format(source, target))
        self.assertTrue(self.serves(target))

    def test_there_and_back_under_load(self):
        with self.under_load() as load:
            self.move("db1", "db2")
            load.wait_for_writes()
            self.wait_for_peace()
            self.move("db2", "db1")
            load.wait_for_writes()
            self.wait_for_peace()
        self.assert_within(load.longest_ms(), 3000)  # MMM 2: 470 ms, 10.7 s for new connections; idle: some 50 ms

    def test_many_moves_in_a_row(self):
        with self.under_load() as load:
            for _ in range(5):
                self.move("db1", "db2")
                self.move("db2", "db1")
            load.wait_for_writes()
        self.assert_within(load.longest_ms(), 5000)

    def test_a_balanced_role_leaves_and_is_spread_again(self):
        self.assertEqual(self.control("move_role", "reader", "db2"), REMOVED.format("db2"))
        self.wait_for_peace()

    def test_refusals_say_what_mmm_2_said_and_change_nothing(self):
        before = self.control("show")
        for words, (code, text) in ANSWERS.items():
            with self.subTest(words):
                self.assertEqual(self.lab.control(*words.split()), (code, text + "\n"))
        self.assertEqual(self.control("show"), before)

    def test_a_role_with_a_preferred_host_goes_home_and_stays(self):
        self.renew(config={"role writer/prefer": "db2"})
        self.wait_for_writer("db2")
        self.wait_for_peace()
        self.assertIn("# Role writer is assigned to it's preferred host db2.\n", self.control("show"))
        text = "ERROR: Role 'writer' is assigned to preferred host db2. Can't move it.\n"
        self.assertEqual(self.refused("move_role", "writer", "db1"), text)


class OfflineAndOnline(LabTest):
    def go_offline(self, host):
        self.assertEqual(self.control("set_offline", host), OFFLINE.format(host))
        self.wait(lambda: not self.lab.virtual_addresses(host), f"{host} has no address left")
        self.wait(lambda: not self.lab.replicates(host), f"{host} does not replicate")
        self.assertEqual((self.state(host), self.roles(host)), ("ADMIN_OFFLINE", set()))
        text = "OK: This host is already ADMIN_OFFLINE. Skipping command.\n"
        self.assertEqual(self.control("set_offline", host), text)

    def go_online(self, host):
        self.wait(lambda: self.lab.control("set_online", host) == (0, ONLINE.format(host)), f"{host} may go online")
        self.wait_for_peace()

    def test_the_writer(self):
        with self.under_load() as load:
            self.go_offline("db1")
            self.wait_for_writer("db2")
            load.wait_for_writes()
            text = "ERROR: Can't move role to host with state ADMIN_OFFLINE.\n"
            self.assertEqual(self.refused("move_role", "writer", "db1"), text)
            self.go_online("db1")
        self.assertEqual(self.lab.holders(), ["db2"])
        self.assert_within(load.longest_ms(), 3000)

    def test_the_other_master(self):
        with self.under_load() as load:
            self.go_offline("db2")
            load.wait_for_writes()
            self.go_online("db2")
        self.assertEqual(self.lab.holders(), ["db1"])
        self.assertEqual(load.errors(), {})

    def test_the_slave(self):
        with self.under_load() as load:
            self.go_offline("db3")
            load.wait_for_writes()
            self.go_online("db3")
        self.assertEqual(self.lab.holders(), ["db1"])
        self.assertEqual(load.errors(), {})

    def test_with_only_the_writer_left_the_next_fault_is_survived_by_waiting(self):
        with self.observed():
            self.go_offline("db2")
            self.lab.kill("db1", "mysqld")
            self.wait(lambda: self.state("db1") == "HARD_OFFLINE", "db1 is down")
            self.assertEqual(self.state("db2"), "ADMIN_OFFLINE")
            self.assertFalse(self.lab.is_writable("db2"))
            self.lab.start("db1", "mysqld")
            self.wait_for_writer("db1")
            self.go_online("db2")
