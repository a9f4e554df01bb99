"""Documents: every folder of src/ has its README, links lead somewhere, and what the code quotes exists."""

import posixpath
import re

from .layers import SRC_FOLDERS
from .tree import Finding, line_of

_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_LINK_TARGET = re.compile(r"^ {0,3}\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_QUOTE = re.compile(r"(?<![\w/.*-])((?:[\w-]+/)*[\w-]+\.md)\b`?(?:,? §(\d+))?")
# Where a quoted document is looked for, after the quoting file's own folder.
_SHELVES = ("", "docs")
_BROKEN_ON_PURPOSE = "tests/tidy/"
_QUOTING = (".md", ".txt", ".cmake", ".service", ".conf")


def readmes(tree):
    present = {"/".join(file.path.split("/")[:2]) for file in tree.under("src") if file.path.count("/") > 1}
    for folder in sorted(present | ({*SRC_FOLDERS} if present else set())):
        path = f"{folder}/README.md"
        file = tree.by_path.get(path)
        todo = "say its purpose, where to start reading, what it must not do"
        if file is None:
            yield Finding(path, 1, "readme", "is not there", todo)
        elif not file.text.startswith("# ") or len(file.text.split()) < 12:
            yield Finding(path, 1, "readme", "says nothing", todo)


def _spaces(match):
    return re.sub(r"[^\n]", " ", match.group())


def _anchors(text):
    """The names under which a document's headings can be linked to, as the usual viewers make them."""
    found, seen = set(), {}
    for title in _HEADING.findall(_FENCE.sub(_spaces, text)):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        found.add(f"{name}-{count}" if count else name)
    return found


def _broken(tree, file, target):
    """What is wrong with a link from `file`, or None."""
    path, _, anchor = target.partition("#")
    whole = posixpath.normpath(posixpath.join(file.folder, path)) if path else file.path
    if whole.startswith("../") or path.startswith("/"):
        return f"links out of the tree: {target}"
    document = tree.by_path.get(whole)
    if document is None:
        folder = tree.root / whole
        return None if folder.exists() and not anchor else f"links to {target}, which is not there"
    if anchor and anchor not in _anchors(document.text):
        return f"links to {target}, and {whole} has no such heading"
    return None


def links(tree):
    for file in tree.files:
        if not file.path.endswith(".md"):
            continue
        text = _CODE.sub(_spaces, _FENCE.sub(_spaces, file.text))
        for match in [*_LINK.finditer(text), *_LINK_TARGET.finditer(text)]:
            target = match.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            what = _broken(tree, file, target)
            if what:
                yield Finding(file.path, line_of(text, match.start()), "markdown", what, "mend the link")


def _quoted(tree, file, name):
    for folder in (file.folder, *_SHELVES):
        document = tree.by_path.get(posixpath.normpath(posixpath.join(folder, name)))
        if document is not None:
            return document
    return None


def quotes(tree):
    for file in tree.files:
        quoting = file.is_cpp or file.is_python or file.path.endswith(_QUOTING)
        if not quoting or file.path.startswith(_BROKEN_ON_PURPOSE):
            continue
        for match in _QUOTE.finditer(_FENCE.sub(_spaces, file.text)):
            name, section = match.groups()
            document = _quoted(tree, file, name)
            if document is None:
                what = f"quotes {name}, which is not there"
            elif section and not re.search(rf"^#+ {section}\.", document.text, re.MULTILINE):
                what = f"quotes {name} §{section}, and it has no section {section}"
            else:
                continue
            line = line_of(file.text, match.start())
            yield Finding(file.path, line, "quote", what, "mend the quotation, or write the document")
