"""Words that tie the tree to one machine, one mirror or one way of writing. The ~ keeps this file clean of them itself."""

import re

from .tree import Finding

_MACHINE_PATHS = r"(?<![\w.~}/$-])/(?:w~ork|r~oot|f~arm|old_r~oot|h~ome|U~sers)/[\w.]"

_REGISTRIES = (
    "py~pi.org", "python~hosted.org", "npm~js.org", "npm~js.com", "crates~.io", "ruby~gems.org", "proxy.go~lang.org",
    "maven~.org", "docker~.io", "ghcr~.io", "quay~.io", "conan~.io", "ana~conda.org", "deb.debian~.org",
    "ftp.debian~.org", "snapshot.debian~.org", "security.debian~.org", "archive.ubuntu~.com",
)

_WRITING_TOOLS = (
    "cla~ude", "anth~ropic", "open~ai", "chat~gpt", "gpt~-4", "gpt~-5", "cop~ilot", "cod~ex", "gem~ini", "deep~seek",
    "mis~tral", "lla~ma", "large lang~uage model", "language mo~del", "ai ass~istant", "ai-gen~erated",
)


def _plain(word):
    return word.replace("~", "")


def _any_of(words):
    return re.compile("|".join(rf"\b{re.escape(_plain(word))}\b" for word in words), re.IGNORECASE)


def _search(tree, rule, pattern, what, todo):
    for file in tree.files:
        if file.is_binary:
            continue
        for number, line in enumerate(file.lines, 1):
            match = pattern.search(line)
            if match:
                yield Finding(file.path, number, rule, what.format(match.group()), todo)


def machine_paths(tree):
    pattern = re.compile(_plain(_MACHINE_PATHS))
    return _search(tree, "path", pattern, "a path of one machine ({}…)", "make it relative, or an option")


def registries(tree):
    todo = "leave the choice to the machine's own settings"
    return _search(tree, "registry", _any_of(_REGISTRIES), "names a package registry ({})", todo)


def writing_tools(tree):
    todo = "say what the thing is, not how it was written"
    return _search(tree, "authorship", _any_of(_WRITING_TOOLS), "names a writing tool ({})", todo)
