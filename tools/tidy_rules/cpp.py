"""C++ by eye: comments and literals blanked, functions found by their braces. Good enough for a ratchet; no compiler."""

import re
from typing import NamedTuple

from .tree import line_of

# Numbers come first: the ' in 10'000 opens no character.
_LEXEMES = re.compile(
    r"""(?P<number>(?<![\w.])\.?\d(?:'?[\w.])*)
      | //(?:\\\n|[^\n])*
      | /\*.*?\*/
      | R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE,
)
_DIRECTIVES = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\[\[.*?\]\]", re.DOTALL)
_ACCESS = re.compile(r"\s*(?:public|private|protected)\s*:(?!:)")
_CONTAINER = re.compile(
    r"(?:^|@)\s*(?:inline\s+|typedef\s+|static\s+|const\s+|constexpr\s+)*(?:(?:namespace|class|struct|union|enum)\b|extern\s*$)"
)
_CONSTRUCTOR = re.compile(r"@[\w\s@]*:(?!:)")
_LAMBDA_TAIL = re.compile(r"(?:\s*->[\w:<>,&*\s@]+)?(?:\s*\b(?:mutable|noexcept|constexpr|static)\b)*\s*$")


class Function(NamedTuple):
    name: str
    first: int  # lines, from 1
    last: int


def _spaces(match):
    return re.sub(r"[^\n]", " ", match.group())


def blank(text):
    """The same text with comments, strings and characters as spaces; lines and columns stay."""
    return _LEXEMES.sub(lambda m: m.group() if m.group("number") else _spaces(m), text)


def _collapse(head):
    """Balanced braces go, balanced parentheses become @, operators lose their signs."""
    head = re.sub(r"\boperator\s*(?:\(\s*\)|[^\s\w(]+)", "operator_", _ATTRIBUTES.sub(_spaces, head))
    for opening, closing, mark in ((r"\{", r"\}", "}"), (r"\(", r"\)", "@")):
        before = None
        while before != head:
            before, head = head, re.sub(rf"{opening}[^{opening}{closing}]*{closing}", mark, head)
    return head


def _without_template(head):
    head = head.lstrip()
    while re.match(r"template\s*<", head):
        depth, position = 0, head.index("<")
        while position < len(head):
            depth += {"<": 1, ">": -1}.get(head[position], 0)
            position += 1
            if depth == 0:
                break
        head = head[position:].lstrip()
    return head


def _is_lambda(head):
    head = _LAMBDA_TAIL.sub("", head)
    if head.endswith("@"):
        head = head[:-1].rstrip()
    if head.endswith(">"):
        head = re.sub(r"<[^\[\]]*>$", "", head)
    captures = re.search(r"(.?)\s*\[[^\[\]]*\]$", head, re.DOTALL)
    return bool(captures) and not re.match(r"[\w\])]", captures.group(1))


def _kind(head, in_parentheses):
    """What the brace after `head` opens: function, container (namespace, class), values, or part of the head itself."""
    shape = _without_template(_collapse(head))
    if _is_lambda(shape):
        return "function"
    if in_parentheses:
        return "part"
    if _CONTAINER.search(shape):
        return "container"
    if "=" in shape or "@" not in shape:
        return "values"
    if _CONSTRUCTOR.search(shape) and not shape.rstrip().endswith(("@", "}")):
        return "part"  # a member's initialiser: a_{1}
    return "function"


def _name(head):
    head = _without_template(_ATTRIBUTES.sub(_spaces, head))
    test = re.search(r"\b[A-Z_]*TEST\w*\s*\(([^()]*)\)", head)
    if test:
        return re.sub(r"\s*,\s*", ".", test.group(1))
    called = re.search(r"([\w:~]*\boperator\s*[^\s\w(]+|[\w:~]+)\s*\(", head)
    return called.group(1) if called and not _is_lambda(_collapse(head)) else "lambda"


class _Scan:
    """One walk over the braces of a file."""

    def __init__(self, code):
        self.code = code
        self.found = []
        self.open = []  # (kind, parentheses outside)
        self.head_from = 0
        self.parentheses = 0
        self.function = None  # (name, first line), while in one
        self.depth = 0

    def run(self):
        for match in re.finditer(r"[{}();]", self.code):
            sign = match.group()
            if self.function:
                self.inside_function(sign, match)
            elif sign == "{":
                self.opened(match)
            elif sign == "}":
                self.closed(match)
            elif sign == ";":
                if self.parentheses == 0:
                    self.head_from = match.end()
            else:
                self.parentheses += 1 if sign == "(" else -1
        return self.found

    def inside_function(self, sign, match):
        self.depth += {"{": 1, "}": -1}.get(sign, 0)
        if self.depth == 0:
            self.found.append(Function(*self.function, line_of(self.code, match.start())))
            self.function = None
            if self.parentheses == 0:
                self.head_from = match.end()

    def opened(self, match):
        head = self.code[self.head_from : match.start()]
        kind = _kind(_ACCESS.sub(_spaces, head), self.parentheses > 0)
        if kind == "function":
            begin = match.start() - len(_ACCESS.sub(_spaces, head).lstrip())
            if _is_lambda(_without_template(_collapse(head))):
                begin = match.start()
            self.function, self.depth = (_name(head), line_of(self.code, begin)), 1
            return
        self.open.append((kind, self.parentheses))
        self.parentheses = 0
        if kind != "part":
            self.head_from = match.end()

    def closed(self, match):
        kind, self.parentheses = self.open.pop() if self.open else ("container", 0)
        if kind != "part":
            self.head_from = match.end()


def functions(text):
    """Functions and tests with their lines, signature to closing brace; a lambda counts into the function around it."""
    return _Scan(_DIRECTIVES.sub(_spaces, blank(text))).run()
