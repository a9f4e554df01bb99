"""The rules of tools/tidy. Start here: RULES is the list, check() applies it."""

from typing import Callable, NamedTuple

from . import core_words, docs, exceptions, layers, sizes, test_sleep, words


class Rule(NamedTuple):
    name: str
    meaning: str
    find: Callable | None  # tree -> findings; None: check() itself does it, last


RULES = (
    Rule("include", "a folder includes only what the table in tidy_rules/layers.py lets it see", layers.includes),
    Rule("link", "a CMake module links only what the same table lets it see", layers.links),
    Rule("core", "src/core: no clock, chance, threads, Asio, logs, files, sockets, mutable statics", core_words.find),
    Rule("function", f"a function has at most {sizes.FUNCTION_LINES_MAX} lines (C++ and Python)", sizes.functions),
    Rule("file", f"a file has at most {sizes.FILE_LINES_MAX} lines (C++ and Python)", sizes.files),
    Rule("path", "no path of one particular machine", words.machine_paths),
    Rule("registry", "no host name of a package registry", words.registries),
    Rule("authorship", "no name of a writing tool", words.writing_tools),
    Rule("sleep", "a test sleeps only in a function that waits for a condition (wait_…, poll_…)", test_sleep.find),
    Rule("readme", "each folder of src/ opens with a README.md", docs.readmes),
    Rule("markdown", "links between documents resolve, headings included", docs.links),
    Rule("quote", "a document that a source file quotes exists, its section too", docs.quotes),
    Rule("exceptions", "tools/tidy_exceptions.txt only shrinks: each line has a use, their number is its limit", None),
)


def check(tree):
    """All findings that no exception excuses, by file and line."""
    found = [finding for rule in RULES if rule.find for finding in rule.find(tree)]
    excused = exceptions.read(tree)
    left = [finding for finding in found if (finding.rule, finding.path) not in excused.lines]
    return sorted(left + exceptions.unused(tree, excused, found))
