"""Tests of what soak does in an administrator's place. As root; no MMM program."""

import unittest

from . import support
from mmmlab import administrator, mysql, template
from mmmlab.api import WRITER_IP


class Administrator(support.ServersTest):
    def setUp(self):
        self.lab.reset()
        self.lab.sql("db1", "SET GLOBAL read_only=0")
        self.lab.put_ip("db1", WRITER_IP)

    def test_an_empty_server_is_filled_while_clients_write_and_goes_on_from_there(self):
        with self.lab.probe() as probe:
            probe.wait_for_acks(50)
            self.lab.stop("db3", "mysqld")
            template.copy_to(template.ensure(), self.lab.layout.data("db3"))
            self.lab.start("db3", "mysqld")
            administrator.fill(self.lab.layout, "db3", "db1")
            mysql.replicate(self.lab.layout, "db3", "db1")
            probe.wait_for_acks(20)
        report = self.lab.check_data(probe)
        self.assertTrue(report.ok, report.problems)

    def test_rows_are_forgotten_everywhere_and_their_binary_logs_with_them(self):
        with self.lab.probe() as probe:
            probe.wait_for_acks(20)
            self.lab.sql("db1", "FLUSH BINARY LOGS")
            probe.wait_for_acks(20)
        last = sorted(probe.acknowledged())[20]
        administrator.forget_rows(self.lab, "db1", last)
        for name in ("db1", "db2", "db3"):
            self.assertEqual(self.lab.scalar(name, "SELECT MIN(id) > %s FROM app.probe", last), 1)
        self.lab.wait(self.logs_are_gone, 10, "each server has one binary log")
        self.assertTrue(self.lab.check_data().ok)

    def logs_are_gone(self):
        administrator.purge_logs(self.lab)
        return all(len(self.lab.sql(name, "SHOW BINARY LOGS")) == 1 for name in ("db1", "db2", "db3"))


if __name__ == "__main__":
    unittest.main()
