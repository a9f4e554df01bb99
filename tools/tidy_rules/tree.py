"""The files of a tree, read once, and what a rule says of them."""

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

CPP_SUFFIXES = {".cc", ".h"}
SKIPPED_FOLDERS = {"build", ".git", "__pycache__", ".cache"}


class Finding(NamedTuple):
    """One thing to mend. `path` is relative to the tree's root."""

    path: str
    line: int
    rule: str
    what: str
    todo: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.what}; {self.todo}"


class File:
    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.folder = path.parent.relative_to(root).as_posix()
        self._full = path

    @cached_property
    def text(self):
        return self._full.read_bytes().decode("utf-8", errors="replace")

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def is_binary(self):
        return "\0" in self.text

    @cached_property
    def is_cpp(self):
        return self._full.suffix in CPP_SUFFIXES

    @cached_property
    def is_python(self):
        if self._full.suffix:
            return self._full.suffix == ".py"
        return self.text.startswith("#!") and "python" in self.lines[0]


class Tree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        self.files = [File(self.root, path) for path in sorted(_walk(self.root))]
        self.by_path = {file.path: file for file in self.files}

    def under(self, *folders):
        """The files in these folders, at any depth."""
        return [file for file in self.files if any(file.path.startswith(folder + "/") for folder in folders)]


def _walk(folder):
    for entry in folder.iterdir():
        if entry.is_symlink():
            continue
        if entry.is_dir():
            if entry.name not in SKIPPED_FOLDERS:
                yield from _walk(entry)
        elif entry.is_file():
            yield entry


def line_of(text, position):
    """The number, from 1, of the line that holds `position`."""
    return text.count("\n", 0, position) + 1
