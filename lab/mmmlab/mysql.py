"""The lab's MariaDB servers: their my.cnf, connections to them, replication between them."""

import pymysql
import pymysql.cursors

from .errors import LabError
from .layout import HOSTS, MYSQL_PORT, PASSWORDS, SOURCES
from .layout import database as database_host
from .template import LOG_FILE_SIZE

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 30
LOOK_TIMEOUT_S = 5  # a server that tells its state no sooner does not answer; whoever waits for it looks again

# With semi-sync a commit is acknowledged only when another server has it: the time-out after which a server would
# go on alone is a year, and a server without replicas waits, too.
SEMI_SYNC_SLAVE = {
    "rpl_semi_sync_slave_enabled": 1,
    "rpl_semi_sync_slave_kill_conn_timeout": 1,
}
# Only on hosts that may be written to. In MariaDB 10.11 the *applier* of a server waits for acknowledgements as
# well: a replica that nobody replicates from would wait at its first transaction for ever (seen; STOP SLAVE hangs
# with it). The passive master's applier waits for its peer in the same way.
SEMI_SYNC_MASTER = {
    "rpl_semi_sync_master_enabled": 1,
    "rpl_semi_sync_master_wait_point": "AFTER_SYNC",
    "rpl_semi_sync_master_timeout": 31536000000,
    "rpl_semi_sync_master_wait_no_slave": 1,
}


def my_cnf(layout, name, semi_sync=True, overrides=None):
    """The server's option file. `overrides`: "option" or "host/option" -> value, None to leave an option out."""
    host = HOSTS[name]
    options = {
        "user": "root",
        "datadir": layout.data(name),
        "socket": layout.mysql_socket(name),
        "pid_file": layout.run(name) / "mysqld.pid",
        "tmpdir": layout.run(name),  # a server that starts removes the temporary tables of others from a shared one
        "log_error": layout.log(name) / "mysqld.log",
        "log_warnings": 2,
        "bind_address": "*",
        "port": MYSQL_PORT,
        "skip_name_resolve": 1,
        "max_connections": 200,
        "performance_schema": "off",
        "innodb_buffer_pool_size": "32M",
        "innodb_log_file_size": LOG_FILE_SIZE,
        "innodb_flush_log_at_trx_commit": 2,
        "server_id": host.server_id,
        "read_only": 1,
        "log_bin": "binlog",
        "relay_log": "relaylog",
        "binlog_format": "ROW",
        "sync_binlog": 1,
        "log_slave_updates": 1,
        "gtid_strict_mode": 1,
        "relay_log_recovery": 1,
        "slave_net_timeout": 4,
    }
    if host.is_master:
        options |= {"auto_increment_increment": 2, "auto_increment_offset": host.server_id}
    if semi_sync:
        options |= SEMI_SYNC_SLAVE | (SEMI_SYNC_MASTER if host.is_master else {})
    for key, value in (overrides or {}).items():
        where, _, option = key.rpartition("/")
        if where in ("", name):
            options[option] = value
    lines = [f"{key:38} = {value}" for key, value in options.items() if value is not None]
    return f"# {name}: made by mmm-lab\n[mysqld]\n" + "\n".join(lines) + "\n"


def connect(layout, name, read_timeout_s=READ_TIMEOUT_S, database=None):
    """A connection as root over the server's unix socket: needs no network, works on a host that is cut off."""
    return pymysql.connect(
        unix_socket=str(layout.mysql_socket(database_host(name).name)),
        user="root",
        database=database,
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        cursorclass=pymysql.cursors.DictCursor,
    )


def query(layout, name, statement, arguments=None, read_timeout_s=READ_TIMEOUT_S):
    """Runs a statement as root. Returns its rows as a list of dicts. Errors: pymysql's, with the host and the statement as a note."""
    connection = connect(layout, name, read_timeout_s)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return list(cursor.fetchall())
    except pymysql.MySQLError as error:
        error.add_note(f"{name}: {statement}")
        raise
    finally:
        connection.close()


def scalar(layout, name, statement, arguments=None, read_timeout_s=READ_TIMEOUT_S):
    """The first column of the first row; None when there is none."""
    rows = query(layout, name, statement, arguments, read_timeout_s)
    return next(iter(rows[0].values())) if rows else None


def answers(layout, name):
    """True when the server takes connections."""
    try:
        return scalar(layout, name, "SELECT 1", read_timeout_s=LOOK_TIMEOUT_S) == 1
    except (pymysql.MySQLError, OSError):
        return False


def is_writable(layout, name):
    """True when the server runs and an ordinary account may write."""
    try:
        return scalar(layout, name, "SELECT @@global.read_only", read_timeout_s=LOOK_TIMEOUT_S) == 0
    except (pymysql.MySQLError, OSError):
        return False


def replicate(layout, name, source):
    """Makes `name` a replica of `source`, from its own GTID position, and starts it."""
    connection = connect(layout, name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%s, MASTER_USER='replication', MASTER_PASSWORD=%s,"
                " MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=1",
                (HOSTS[source].ip, MYSQL_PORT, PASSWORDS["replication"]),
            )
            cursor.execute("START SLAVE")
    finally:
        connection.close()


def replica_status(layout, name):
    """The row of SHOW SLAVE STATUS, {} when it replicates from nobody."""
    rows = query(layout, name, "SHOW SLAVE STATUS", None, LOOK_TIMEOUT_S)
    return rows[0] if rows else {}


def replicates(layout, name, source=None):
    """True when both replication threads run, from `source` (a host name) if one is given."""
    row = replica_status(layout, name)
    running = row.get("Slave_IO_Running") == "Yes" and row.get("Slave_SQL_Running") == "Yes"
    return running and (source is None or row["Master_Host"] == HOSTS[source].ip)


def semi_sync_clients(layout, name):
    """How many replicas acknowledge this server's commits."""
    rows = query(layout, name, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'")
    return int(rows[0]["Value"])


def binlog_position(layout, name):
    """The GTIDs in the server's binary log."""
    return scalar(layout, name, "SELECT @@global.gtid_binlog_pos")


def caught_up(layout, name, position, timeout_s):
    """Waits until the replica has applied `position`. Returns False when the time is over."""
    if not position:
        return True
    read_timeout = timeout_s + CONNECT_TIMEOUT_S
    rows = query(layout, name, "SELECT MASTER_GTID_WAIT(%s, %s) AS w", (position, timeout_s), read_timeout)
    return rows[0]["w"] == 0


def start_replication(layout, sources=None):
    """Wires up the fresh servers as layout.SOURCES says. Requires: all of them answer."""
    for name, source in (sources or SOURCES).items():
        replicate(layout, name, source)


def replication_ready(layout, semi_sync=True):
    """True when every replica runs and, with semi-sync, acknowledges."""
    if not all(replicates(layout, name, source) for name, source in SOURCES.items()):
        return False
    expected = {name: list(SOURCES.values()).count(name) for name in set(SOURCES.values())}
    return not semi_sync or all(semi_sync_clients(layout, name) == count for name, count in expected.items())


def require_running(layout, name):
    """Errors: LabError when the server does not answer."""
    if not answers(layout, name):
        raise LabError(f"mysqld on {name} does not answer; see 'mmm-lab status' and 'mmm-lab logs {name}'")
