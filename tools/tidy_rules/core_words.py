"""src/core decides and does nothing else: what would let it read the world is banned by name."""

import re

from .cpp import blank
from .tree import Finding, line_of

HINT_EVENT = "let it come in with the event"
HINT_EFFECT = "ask for it by an effect"

def _headers(*names):
    return r"#\s*include\s*<(?:" + "|".join(map(re.escape, names)) + ")>"


def _std(*names):
    return r"\bstd::(?:" + "|".join(names) + r")\b"


THREADS = ("thread", "mutex", "shared_mutex", "atomic", "future", "condition_variable", "semaphore", "latch", "barrier")
FILES = ("fstream", "filesystem", "fcntl.h", "unistd.h", "sys/stat.h", "dirent.h", "cstdlib")
SOCKETS = ("sys/socket.h", "netinet/in.h", "netinet/tcp.h", "arpa/inet.h", "sys/un.h", "netdb.h", "poll.h")
LOGS = ("iostream", "ostream", "cstdio", "stdio.h", "syslog.h")

# What it is; patterns; what to do. Looked for in code: comments and strings do not count.
BANNED = (
    ("reads a clock", (r"\b\w+_clock\b", r"\b(?:clock_gettime|gettimeofday)\b", r"\bstd::(?:time|clock)\s*\(",
                       _headers("ctime", "time.h", "sys/time.h")), "take `now` as an argument"),
    ("draws at random", (_headers("random"), r"\b(?:random_device|mt19937\w*|getrandom)\b", r"\bs?rand\s*\("), HINT_EVENT),
    ("knows threads", (_headers(*THREADS), _std("jthread", "async", r"atomic\w*", *THREADS),
                       r"\b(?:thread_local|pthread_\w+)\b"), "the core runs on one; nothing is needed"),
    ("waits or does I/O", (r"\bboost/asio|\basio::", _headers("coroutine"), r"\bco_(?:await|yield|return)\b"), HINT_EFFECT),
    ("logs", (r"\b(?:spdlog|syslog)\b", _headers(*LOGS), _std("cout", "cerr", "clog", r"print\w*"), r"\bf?printf\s*\("),
     "return the reason as a value"),
    ("touches files or the environment", (_headers(*FILES), _std("[io]?fstream", "filesystem"), r"\b(?:fopen|getenv)\s*\("),
     HINT_EFFECT),
    ("touches sockets", (_headers(*SOCKETS), r"(?<!\w)::(?:socket|connect|bind|listen)\s*\("), HINT_EFFECT),
    ("sleeps", (r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b", r"\bsleep\s*\("), "set a timer by an effect"),
)

_STATIC = re.compile(r"\bstatic\b(?!\s+(?:inline\s+)?(?:const|constexpr|consteval)\b)([^;{}=(]*)([;{=(])")


def _mutable_statics(code):
    """Positions of `static` that opens neither a constant nor a function."""
    code = re.sub(r"<[^<>;{}]*>", lambda m: re.sub(r"[^\n]", " ", m.group()), code)
    return [match.start() for match in _STATIC.finditer(code) if match.group(2) != "("]


def find(tree):
    for file in tree.under("src/core"):
        if not file.is_cpp:
            continue
        code = blank(file.text)
        for what, patterns, todo in BANNED:
            found = {line_of(code, match.start()): match.group() for match in re.finditer("|".join(patterns), code)}
            for line, word in found.items():
                yield Finding(file.path, line, "core", f"src/core {what}: {word.strip()}", todo)
        for position in _mutable_statics(code):
            what = "src/core keeps a mutable static"
            yield Finding(file.path, line_of(code, position), "core", what, "make it const, or a member of the state")
