"""How long a file and a function may be: what fits a screen, and a reader's head."""

import ast

from . import cpp
from .tree import Finding

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70


def files(tree):
    for file in tree.files:
        if (file.is_cpp or file.is_python) and len(file.lines) > FILE_LINES_MAX:
            what = f"{len(file.lines)} lines, at most {FILE_LINES_MAX}"
            yield Finding(file.path, FILE_LINES_MAX + 1, "file", what, "split it by subject")


def python_functions(text):
    """Outermost functions and methods; a nested one counts into the one around it."""

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield cpp.Function(child.name, child.lineno, child.end_lineno)
            else:
                yield from walk(child)

    return list(walk(ast.parse(text)))


def functions(tree):
    for file in tree.files:
        try:
            found = cpp.functions(file.text) if file.is_cpp else python_functions(file.text) if file.is_python else []
        except SyntaxError as error:
            yield Finding(file.path, error.lineno or 1, "function", f"Python cannot read it: {error.msg}", "mend it")
            continue
        for function in found:
            length = function.last - function.first + 1
            if length > FUNCTION_LINES_MAX:
                what = f"{function.name} has {length} lines, at most {FUNCTION_LINES_MAX}"
                yield Finding(file.path, function.first, "function", what, "take a part with a name of its own out")
