"""The list of what is excused for now. It only shrinks: an excuse without use is an error, and so is room for more."""

from typing import NamedTuple

from .tree import Finding

PATH = "tools/tidy_exceptions.txt"


class Exceptions(NamedTuple):
    limit: int
    lines: dict  # (rule, path) -> line number
    problems: list


def read(tree):
    file = tree.by_path.get(PATH)
    excused = Exceptions(_limit(file), {}, [])
    for number, line in enumerate(file.lines if file else (), 1):
        words = line.split()
        if not words or line.startswith("#") or words[0] == "limit":
            continue
        if len(words) != 2:
            excused.problems.append(_finding(number, f"'{line}' is not `rule path`", "write it so, or take it out"))
        elif tuple(words) in excused.lines:
            excused.problems.append(_finding(number, f"'{line}' stands here twice", "take one out"))
        else:
            excused.lines[tuple(words)] = number
    return excused


def _limit(file):
    """The N of the line `limit N`; 0 when there is none."""
    for line in file.lines if file else ():
        words = line.split()
        if len(words) == 2 and words[0] == "limit" and words[1].isdigit():
            return int(words[1])
    return 0


def _finding(line, what, todo):
    return Finding(PATH, line, "exceptions", what, todo)


def unused(tree, excused, found):
    """What is wrong with the list itself, given all that the other rules found."""
    problems = list(excused.problems)
    used = {(finding.rule, finding.path) for finding in found}
    for (rule, path), number in excused.lines.items():
        if (rule, path) not in used:
            problems.append(_finding(number, f"'{rule} {path}' excuses nothing", "take it out and lower the limit"))
    count = len(excused.lines)
    if count > excused.limit:
        problems.append(_finding(1, f"{count} exceptions, limit {excused.limit}", "mend the code; the list only shrinks"))
    elif count < excused.limit:
        problems.append(_finding(1, f"{count} exceptions, limit {excused.limit}", f"set `limit {count}`"))
    return problems
