"""A lab that grows old while other tests run.

MMM judges a slave's replication only once the active master has been ONLINE for 60 s. The first module of the suite
begins this lab, test_replication uses it, and it is gone when the process ends.
"""

import atexit
import os

from .support import ALL_ONLINE, BIN_DIR, QUICK_CHECKS, Lab

SETTLED_S = 60.0
_lab = None


def begin():
    """Starts it, once. Returns the lab."""
    global _lab
    if _lab is None:
        config = {**QUICK_CHECKS, "check rep_backlog/max_backlog": 1}
        _lab = Lab(bin_dir=BIN_DIR, status_file=ALL_ONLINE, config=config)
        atexit.register(_lab.down)
        _lab.up(owner_pid=os.getpid())
    return _lab
