"""tools/tidy can fail: for every rule a small tree that breaks it, and the line that tidy prints."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS))

from tidy_rules import RULES, check  # noqa: E402
from tidy_rules.tree import Tree  # noqa: E402

EXCEPTIONS = "tools/tidy_exceptions.txt"
README = "# folder\n\nPurpose: to be there. Start reading nowhere. It must not do anything at all.\n"

# A tree that keeps every rule.
GOOD = {
    **{f"src/{folder}/README.md": README for folder in ("base", "model", "core", "codec", "io", "runtime", "apps")},
    "src/base/result.h": "#pragma once\n",
    "src/model/role.h": '#pragma once\n#include "base/result.h"\n',
    "src/core/monitor/brain.h": '#pragma once\n#include "model/role.h"\n',
    "src/codec/json/text.h": '#pragma once\n#include "model/role.h"\n',
    "src/io/async/task.h": '#pragma once\n#include "base/result.h"\n',
    "src/io/mysql/server.h": '#pragma once\n#include "codec/json/text.h"\n#include "io/async/task.h"\n',
    "src/io/store/file.h": "#pragma once\n",
    "src/runtime/loop.h": '#pragma once\n#include "core/monitor/brain.h"\n#include "io/mysql/server.h"\n',
    "src/apps/mond/main.cc": '#include "runtime/loop.h"\nint main() {}\n',
    "sim/world.h": '#pragma once\n#include "core/monitor/brain.h"\n',
    "docs/lease.md": "# The lease\n\n## 1. Terms\n",
    EXCEPTIONS: "# exceptions\nlimit 0\n",
}


def lines(count, line="  ++i;"):
    return f"{line}\n" * count


# rule: (what is changed in the good tree, where tidy must point, a part of what it says)
BAD = {
    "include": [
        ({"src/base/x.h": '#include "model/role.h"\n'}, "src/base/x.h:1", "src/base includes src/model/role.h"),
        ({"src/model/x.h": '\n#include "core/monitor/brain.h"\n'}, "src/model/x.h:2", "src/core"),
        ({"src/core/x.cc": '#include "codec/json/text.h"\n'}, "src/core/x.cc:1", "src/codec"),
        ({"src/core/x.cc": '#include "../io/store/file.h"\n'}, "src/core/x.cc:1", "src/io/store"),
        ({"src/core/x.cc": "#include <io/store/file.h>\n"}, "src/core/x.cc:1", "src/io/store"),
        ({"src/codec/x.cc": '#include "core/monitor/brain.h"\n'}, "src/codec/x.cc:1", "src/core"),
        ({"src/io/store/x.cc": '#include "io/mysql/server.h"\n'}, "src/io/store/x.cc:1", "src/io/mysql"),
        ({"src/io/store/x.cc": '#include "core/monitor/brain.h"\n'}, "src/io/store/x.cc:1", "src/core"),
        ({"src/io/async/x.cc": '#include "io/store/file.h"\n'}, "src/io/async/x.cc:1", "src/io/store"),
        ({"src/runtime/x.cc": '#include "apps/mond/x.h"\n', "src/apps/mond/x.h": "\n"}, "src/runtime/x.cc:1", "src/apps"),
        ({"sim/x.cc": '#include "io/mysql/server.h"\n'}, "sim/x.cc:1", "src/io/mysql"),
        ({"sim/x.cc": '#include "runtime/loop.h"\n'}, "sim/x.cc:1", "src/runtime"),
        ({"src/apps/x.cc": '#include "world.h"\n'}, "src/apps/x.cc:1", "sim/world.h"),
        ({"src/apps/x.cc": '#include "lab.h"\n', "tests/lab.h": "\n"}, "src/apps/x.cc:1", "tests/lab.h"),
    ],
    "link": [
        ({"src/core/CMakeLists.txt": "mmm_module(core_x SOURCES x.cc\n  USES model io_store)\n"},
         "src/core/CMakeLists.txt:2", "links src/io/store"),
        ({"src/io/mysql/CMakeLists.txt": "mmm_module(io_mysql USES io_store LIBRARIES core)\n"},
         "src/io/mysql/CMakeLists.txt:1", "src/io/store"),
    ],
    "core": [
        ({"src/core/x.cc": f"\n{code}\n"}, "src/core/x.cc:2", says)
        for code, says in (
            ("auto t = std::chrono::steady_clock::now();", "reads a clock: steady_clock"),
            ("#include <random>", "draws at random"),
            ("int f() { return rand(); }", "draws at random"),
            ("#include <mutex>", "knows threads"),
            ("std::atomic<int> hits;", "knows threads"),
            ("#include <boost/asio/io_context.hpp>", "does I/O"),
            ("#include <spdlog/spdlog.h>", "logs"),
            ("void f() { std::cerr << 1; }", "logs"),
            ("#include <fstream>", "touches files"),
            ("#include <sys/socket.h>", "touches sockets"),
            ("int f() { return ::socket(1, 2, 3); }", "touches sockets"),
            ("void f() { std::this_thread::sleep_for(1s); }", "sleeps"),
            ("int f() { static int calls = 0; return ++calls; }", "mutable static"),
            ("static std::map<int, int> kept;", "mutable static"),
            ("void f() { static std::function<void(int)> kept; }", "mutable static"),
        )
    ],
    "function": [
        ({"src/io/x.cc": "int f() {\n" + lines(69) + "}\n"}, "src/io/x.cc:1", "f has 71 lines"),
        ({"src/io/x.cc": "namespace a {\nclass B {\n public:\n  B(int i) : i_{i}, j_(i) {\n" + lines(69) + "  }\n};\n}\n"},
         "src/io/x.cc:4", "B has 71 lines"),
        ({"tests/unit/x.cc": "TEST(Suite, Says) {\n  auto f = [] {\n" + lines(68) + "  };\n}\n"},
         "tests/unit/x.cc:1", "Suite.Says has 72 lines"),
        ({"src/io/x.cc": "const Row kRows[] = {\n  {1, [](int i) -> int {\n" + lines(70) + "  }},\n};\n"},
         "src/io/x.cc:2", "lambda has 72 lines"),
        ({"src/io/x.cc": 'auto g(char c, B b = {}) -> R<int> {\n  // }\n  s("}"); c = \'}\'; r = R"(})"; n = 1\'000;\n' + lines(68) + "}\n"},
         "src/io/x.cc:1", "g has 72 lines"),
        ({"src/io/x.cc": "template <class T = int>\nbool A<T>::operator==(const A& o) const {\n" + lines(69) + "}\n"},
         "src/io/x.cc:1", "operator== has 72 lines"),
        ({"src/io/x.cc": 'extern "C" int f() {\n' + lines(69) + "}\n"}, "src/io/x.cc:1", "f has 71 lines"),
        ({"tools/x.py": "class A:\n  def f(self):\n    def g():\n" + lines(69, "      i = 1") + "\n"},
         "tools/x.py:2", "f has 71 lines"),
        ({"demo": "#!/usr/bin/python3\ndef f():\n" + lines(70, "  i = 1")}, "demo:2", "f has 71 lines"),
        ({"lab/x.py": "\ndef f(:\n"}, "lab/x.py:2", "Python cannot read it"),
    ],
    "file": [
        ({"src/io/x.h": lines(501, "//")}, "src/io/x.h:501", "501 lines"),
        ({"sim/x.cc": lines(501, "//")}, "sim/x.cc:501", "501 lines"),
        ({"lab/x.py": lines(501, "#")}, "lab/x.py:501", "501 lines"),
        ({"demo": "#!/usr/bin/env python3\n" + lines(500, "#")}, "demo:501", "501 lines"),
    ],
    "path": [
        ({"docs/x.md": "See\n/ro" + "ot/notes.txt\n"}, "docs/x.md:2", "a path of one machine"),
        ({"lab/x.py": "F = '/ho" + "me/somebody/x'\n"}, "lab/x.py:1", "a path of one machine"),
    ],
    "registry": [({"tools/x.sh": "curl https://py" + "pi.org/simple\n"}, "tools/x.sh:1", "names a package registry")],
    "authorship": [({"docs/x.md": "\nWritten with Cop" + "ilot.\n"}, "docs/x.md:2", "names a writing tool")],
    "sleep": [
        ({"tests/unit/x.cc": "TEST(A, B) {\n  ::usleep(10);\n}\n"}, "tests/unit/x.cc:2", "A.B sleeps"),
        ({"tests/unit/x.cc": "void settle() { std::this_thread::sleep_for(1s); }\n"}, "tests/unit/x.cc:1", "settle sleeps"),
        ({"tests/e2e/x.py": "def test_a():\n  time.sleep(1)\n"}, "tests/e2e/x.py:2", "test_a sleeps"),
        ({"lab/tests/x.py": "time.sleep(1)\n"}, "lab/tests/x.py:1", "the file sleeps"),
    ],
    "readme": [
        ({"src/core/README.md": None}, "src/core/README.md:1", "is not there"),
        ({"src/core/README.md": "# core\n"}, "src/core/README.md:1", "says nothing"),
        ({"src/web/x.cc": "\n"}, "src/web/README.md:1", "is not there"),
    ],
    "markdown": [
        ({"README.md": "# a\n\n[x](docs/absent.md)\n"}, "README.md:3", "docs/absent.md, which is not there"),
        ({"README.md": "[x](docs/lease.md#2-other)\n"}, "README.md:1", "has no such heading"),
        ({"docs/x.md": "[x](#nothing)\n"}, "docs/x.md:1", "has no such heading"),
        ({"docs/x.md": "[x](../../other/y.md)\n"}, "docs/x.md:1", "out of the tree"),
        ({"docs/x.md": "[x][1]\n\n[1]: absent.md\n"}, "docs/x.md:3", "absent.md"),
    ],
    "quote": [
        ({"src/core/x.h": "// as docs/absent.md says\n"}, "src/core/x.h:1", "docs/absent.md, which is not there"),
        ({"src/core/x.h": "\n// (docs/lease.md §7)\n"}, "src/core/x.h:2", "no section 7"),
    ],
    "exceptions": [
        ({EXCEPTIONS: "# e\nlimit 1\nfile src/io/x.cc\n"}, f"{EXCEPTIONS}:3", "excuses nothing"),
        ({EXCEPTIONS: "# e\nlimit 0\nfile src/io/x.cc\n", "src/io/x.cc": lines(501, "//")},
         f"{EXCEPTIONS}:1", "1 exceptions, limit 0"),
        ({EXCEPTIONS: "# e\nlimit 2\nfile src/io/x.cc\n", "src/io/x.cc": lines(501, "//")},
         f"{EXCEPTIONS}:1", "set `limit 1`"),
        ({EXCEPTIONS: "# e\nlimit 0\nfile\n"}, f"{EXCEPTIONS}:3", "is not `rule path`"),
        ({EXCEPTIONS: "# e\nlimit 1\nfile src/io/x.cc\nfile src/io/x.cc\n", "src/io/x.cc": lines(501, "//")},
         f"{EXCEPTIONS}:4", "twice"),
    ],
}

# What looks like a break and is none.
FINE = {
    "comments and strings": {"src/core/x.cc": '// std::mutex, rand()\nconst auto kText = "std::thread";\n'},
    "constants and static functions": {
        "src/core/x.cc": "static constexpr int kA = 1;\nstatic const std::map<int, int> kB{{1, 2}};\nstatic bool f(int i);\n"
    },
    "seventy lines": {"src/io/x.cc": "int f() {\n" + lines(68) + "}\n"},
    "a long namespace, class and table": {
        "src/io/x.cc": "namespace {\nstruct A : B<int> {\n" + lines(80, "  int a;") + "};\n"
        "const Row kRows[] = {\n" + lines(80, "  {1, 2},") + "};\n" + lines(80, "int f() { return 1; }") + "}\n"
    },
    "five hundred lines": {"src/io/x.h": lines(500, "//")},
    "a helper that polls": {
        "tests/unit/x.cc": "bool wait_until_up() { usleep(1); }\nTask<void> poll_once() {\n  co_await sleep_for(1ms);\n}\n"
        "void kill_soon() { usleep(1); }\n",
        "tests/e2e/x.py": "def wait_for(condition):\n  def look():\n    time.sleep(0.1)\n",
    },
    "tests see everything": {"tests/unit/x.cc": '#include "runtime/loop.h"\n#include "core/monitor/brain.h"\n'},
    "links that lead somewhere": {
        "README.md": "# A\n\n[a](docs/lease.md#1-terms) [b](src/) [c](https://example.org/x) [d](#a)\n\n"
        "```\n[x](absent.md)\n```\n`[y](absent.txt)`\n"
    },
    "quotations that hold": {"src/core/x.h": "// docs/lease.md §1, docs/lease.md\n"},
    "an exception in use": {
        EXCEPTIONS: "limit 1\nfile src/io/x.cc\n",
        "src/io/x.cc": lines(501, "//"),
    },
    "what a build leaves": {"build/x.cc": lines(501, "//"), "lab/__pycache__/x.py": "def f(:\n"},
}


def write(folder, changes):
    """The good tree with `changes`; None takes a file away."""
    for path, text in {**GOOD, **changes}.items():
        if text is not None:
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def tidy(changes):
    """What is found in the good tree with `changes`."""
    with tempfile.TemporaryDirectory(prefix="mmm-tidy-") as folder:
        write(folder, changes)
        return [str(finding) for finding in check(Tree(folder))]


class Rules(unittest.TestCase):
    def test_a_good_tree_passes(self):
        self.assertEqual(tidy({}), [])

    def test_every_rule_has_a_tree_that_breaks_it(self):
        self.assertEqual([rule.name for rule in RULES], list(BAD))

    def test_each_break_is_found(self):
        for rule, cases in BAD.items():
            for changes, place, says in cases:
                with self.subTest(rule=rule, place=place, says=says):
                    every = tidy(changes)
                    found = [line for line in every if line.startswith(f"{place}: {rule}: ")]
                    self.assertEqual(len(found), 1, every)
                    self.assertIn(says, found[0])
                    self.assertIn("; ", found[0], "says what to do")

    def test_what_only_looks_like_a_break_passes(self):
        for name, changes in FINE.items():
            with self.subTest(name):
                self.assertEqual(tidy(changes), [])


class Program(unittest.TestCase):
    def run_tidy(self, *arguments):
        command = [sys.executable, "-B", TOOLS / "tidy", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def test_its_exit_code_says_whether_the_tree_is_tidy(self):
        with tempfile.TemporaryDirectory(prefix="mmm-tidy-") as folder:
            write(folder, {})
            good = self.run_tidy("--root", folder)
            write(folder, {"src/io/x.h": lines(501, "//")})
            bad = self.run_tidy("--root", folder)
        self.assertEqual((good.returncode, good.stdout), (0, f"tidy: {len(GOOD)} files, nothing to mend\n"))
        self.assertEqual(bad.returncode, 1)
        self.assertTrue(bad.stdout.startswith("src/io/x.h:501: file: 501 lines, at most 500; "), bad.stdout)

    def test_a_wrong_use_is_2(self):
        self.assertEqual(self.run_tidy("--root", "/absent").returncode, 2)
        self.assertEqual(self.run_tidy("--speed").returncode, 2)


if __name__ == "__main__":
    unittest.main()
