"""Who may see whom. The one table is LAYERS; the rules on includes and on CMake's links both come from it."""

import posixpath
import re
from fnmatch import fnmatch
from typing import NamedTuple

from .tree import Finding, line_of


class Layer(NamedTuple):
    folder: str  # a * is one folder; the first row that fits a file is its layer
    sees: tuple  # besides itself


LAYERS = (
    Layer("src/base", ()),
    Layer("src/model", ("src/base",)),
    Layer("src/core", ("src/base", "src/model")),
    Layer("src/codec", ("src/base", "src/model")),
    Layer("src/io/async", ("src/base", "src/model", "src/codec")),
    Layer("src/io/*", ("src/base", "src/model", "src/codec", "src/io/async")),
    Layer("src/runtime", ("src/base", "src/model", "src/core", "src/codec", "src/io/*")),
    Layer("src/apps", ("src/base", "src/model", "src/core", "src/codec", "src/io/*", "src/runtime")),
    Layer("sim", ("src/base", "src/model", "src/core", "src/codec")),
)
SRC_FOLDERS = tuple(dict.fromkeys("/".join(layer.folder.split("/")[:2]) for layer in LAYERS if layer.folder != "sim"))

# Where a quoted name is looked for, after the file's own folder; "." is the top of the tree.
INCLUDE_ROOTS = ("src", ".", "sim", "tests", "tests/unit", "lab", "bench")

_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
_MODULE = re.compile(r"\bmmm_module\s*\(([^)]*)\)")
_KEYWORDS = {"SOURCES", "USES", "LIBRARIES"}


def layer_of(path):
    """(layer, the folder of it that holds `path`), or (None, None) where everything may be seen: tests, benchmarks."""
    parts = path.split("/")
    for layer in LAYERS:
        depth = layer.folder.count("/") + 1
        folder = "/".join(parts[:depth])
        if len(parts) > depth and fnmatch(folder, layer.folder):
            return layer, folder
    return None, None


def _finding(rule, path, line, verb, target):
    """A finding when the file at `path` may not see `target`, else None."""
    layer, folder = layer_of(path)
    _, seen = layer_of(target)
    if seen is None:
        seen = posixpath.dirname(target) or "the top folder"
        if not path.startswith("src/"):
            return None
    if seen == folder or any(fnmatch(seen, allowed) for allowed in layer.sees):
        return None
    may = ", ".join(layer.sees) or "nothing else"
    todo = f"it may see {may}: move the code, or hand a value in"
    return Finding(path, line, rule, f"{folder} {verb} {target}, which is in {seen}", todo)


def _resolve(tree, file, name):
    for folder in (file.folder, *INCLUDE_ROOTS):
        path = posixpath.normpath(posixpath.join(folder, name))
        if path in tree.by_path:
            return path
    return None


def includes(tree):
    for file in tree.files:
        if not file.is_cpp or layer_of(file.path)[0] is None:
            continue
        for number, line in enumerate(file.lines, 1):
            match = _INCLUDE.match(line)
            target = match and _resolve(tree, file, match.group(1))
            found = target and _finding("include", file.path, number, "includes", target)
            if found:
                yield found


def module_folder(name):
    """The folder of a CMake module: `io_mysql` is src/io/mysql, `codec_json` is src/codec/json."""
    first, _, rest = name.partition("_")
    top = first if first == "sim" else "src/" + first
    return f"{top}/{rest}" if rest else top


def links(tree):
    for file in tree.files:
        if posixpath.basename(file.path) != "CMakeLists.txt" or layer_of(file.path)[0] is None:
            continue
        code = re.sub(r"#[^\n]*", lambda m: " " * len(m.group()), file.text)
        for module in _MODULE.finditer(code):
            keyword = ""
            for word in re.finditer(r"\S+", module.group(1)):
                if word.group() in _KEYWORDS:
                    keyword = word.group()
                elif keyword == "USES":
                    line = line_of(code, module.start(1) + word.start())
                    target = module_folder(word.group()) + "/CMakeLists.txt"
                    found = _finding("link", file.path, line, "links", target)
                    if found:
                        yield found
