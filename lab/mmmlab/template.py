"""The data directory that every server of every lab starts from: made once per server version, then copied.

It holds the accounts with the least rights that their work needs, the database `app`, and an empty GTID state:
it is written by `mariadbd --bootstrap`, which has no binary log.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .errors import LabError
from .layout import PASSWORDS, labs_dir

LOG_FILE_SIZE = "16M"  # small, to be copied quickly; my.cnf says the same or the server would resize it
RIGHTS = {
    "mmm_monitor": ("SLAVE MONITOR, BINLOG MONITOR", "*.*"),
    "mmm_agent": (
        "READ_ONLY ADMIN, REPLICATION SLAVE ADMIN, REPLICATION MASTER ADMIN, CONNECTION ADMIN, PROCESS, RELOAD,"
        " BINLOG ADMIN, BINLOG MONITOR, SLAVE MONITOR",
        "*.*",
    ),
    "replication": ("REPLICATION SLAVE, REPLICA MONITOR", "*.*"),
    # No administrative right: read_only has to stop it.
    "app": ("ALL PRIVILEGES", "app.*"),
}
SCHEMA = """
CREATE DATABASE app;
CREATE TABLE app.probe (
  id BIGINT PRIMARY KEY,
  thread INT NOT NULL,
  sent DOUBLE NOT NULL
) ENGINE=InnoDB;
"""


def bootstrap_sql():
    lines = ["FLUSH PRIVILEGES;"]  # bootstrap starts without grant tables; this loads them
    for user, (rights, scope) in RIGHTS.items():
        lines.append(f"CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORDS[user]}';")
        lines.append(f"GRANT {rights} ON {scope} TO '{user}'@'%';")
    return "\n".join(lines) + SCHEMA


def _tool(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise LabError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def server_version():
    if not shutil.which("mariadbd"):
        raise LabError("mariadbd is not installed: apt-get install mariadb-server-core mariadb-client-core")
    return _tool(["mariadbd", "--version"]).strip()


def cache_dir():
    """Where templates are kept between labs; beside the labs when the system's cache can't be written."""
    if os.environ.get("MMM_LAB_DIR") or not os.access("/var/cache", os.W_OK):
        return labs_dir() / ".template"
    return Path("/var/cache/mmm-lab")


def ensure():
    """The path of the template for the installed server, made when there is none.

    Made in a private folder and renamed when complete: two labs at once may both make it, and one copy wins.
    """
    recipe = bootstrap_sql() + LOG_FILE_SIZE + server_version()
    cache = cache_dir()
    final = cache / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if final.is_dir():
        return final
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = tempfile.mkdtemp(prefix="making-", dir=cache)
    try:
        _fill(f"{work}/data")
        try:
            os.rename(f"{work}/data", final)
        except OSError:
            if not final.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return final


def _fill(data):
    common = ["--no-defaults", "--user=root", f"--datadir={data}", f"--innodb-log-file-size={LOG_FILE_SIZE}"]
    accounts = ["--auth-root-authentication-method=socket", "--auth-root-socket-user=root", "--skip-test-db"]
    _tool(["mariadb-install-db", *common, *accounts])
    _tool(["mariadbd", *common, "--bootstrap", "--skip-networking"], bootstrap_sql())


def copy_to(template, data):
    """Replaces `data` by a fresh copy. Requires: no server runs on it."""
    shutil.rmtree(data, ignore_errors=True)
    _tool(["cp", "-a", "--reflink=auto", str(template), str(data)])


def purge():
    """Removes the cache; the next `up` makes it again."""
    shutil.rmtree(cache_dir(), ignore_errors=True)
