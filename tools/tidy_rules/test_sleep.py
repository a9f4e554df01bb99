"""A test that sleeps a fixed time is slow on a good day and wrong on a bad one: it waits for a condition instead."""

import ast
import re

from . import cpp
from .tree import Finding, line_of

TEST_FOLDERS = ("tests", "lab/tests")
# A function of such a name may sleep. It looks at a condition again and again until a deadline (wait, poll, until),
# or it is an actor whose deed comes a little later by design (kill_soon, close_after).
_HELPER = re.compile(r"(?:^|::|_)(?:wait|poll|eventually|until|soon|after)(?:_|$)")
_CPP_SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep|sleep)\s*\(")

TODO = "wait for a condition with a deadline, in a function named wait_…, poll_… or …_until"


def _cpp(file):
    code = cpp.blank(file.text)
    functions = cpp.functions(file.text)
    for match in _CPP_SLEEP.finditer(code):
        line = line_of(code, match.start())
        around = next((f.name for f in functions if f.first <= line <= f.last), "")
        if not _HELPER.search(around):
            yield line, around


def _python(node, around=""):
    for child in ast.iter_child_nodes(node):
        name = around
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = around if _HELPER.search(around) else child.name
        if isinstance(child, ast.Call) and not _HELPER.search(around):
            called = getattr(child.func, "attr", getattr(child.func, "id", ""))
            if called == "sleep":
                yield child.lineno, around
        yield from _python(child, name)


def _sleeps(file):
    if file.is_cpp:
        return _cpp(file)
    if file.is_python:
        try:
            return _python(ast.parse(file.text))
        except SyntaxError:
            return ()  # the rule `function` says so
    return ()


def find(tree):
    for file in tree.under(*TEST_FOLDERS):
        for line, around in _sleeps(file):
            yield Finding(file.path, line, "sleep", f"{around or 'the file'} sleeps", TODO)
