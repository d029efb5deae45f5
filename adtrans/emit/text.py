"""Syntax nodes to text, statement by statement, in lines of at most 88 columns."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from functools import lru_cache
from typing import Any

from adtrans.ir.program import Span

LIMIT = 88
_LOOSEST_FIRST = ("if else for", "or", "and", "in not is < > <= >= == !=", "| ^ &", "+ -", "* / // % @")
_OPERATORS = {word: level for level, words in enumerate(_LOOSEST_FIRST) for word in words.split()}
_ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "//=", "%=", "**=", "@=", "&=", "|=", "^=", "<<=", ">>="}


class Placed(str):
    """A line of generated text that knows the user's text it comes from."""

    def __new__(cls, text: str, span: Span) -> Placed:
        made = super().__new__(cls, text)
        made.span = span
        return made

    span: Span


@lru_cache(maxsize=1)
def _generator() -> Any:
    """astor's source generator, with its own line breaking taken out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from astor.code_gen import Precedence, SourceGenerator, set_precedence

    class Generator(SourceGenerator):
        def visit_Lambda(self, node: Any) -> None:
            with self.delimit(node) as delimiters:
                set_precedence(delimiters.p, node.body)
                self.write("lambda")
                if any(
                    (
                        node.args.args,
                        node.args.posonlyargs,
                        node.args.kwonlyargs,
                        node.args.vararg,
                        node.args.kwarg,
                    )
                ):
                    self.write(" ")
                self.visit_arguments(node.args)
                self.write(": ", node.body)

        def visit_Tuple(self, node: Any) -> None:
            if len(node.elts) == 1 and isinstance(node.elts[0], ast.Slice):
                self.write(node.elts[0], ",")  # in an index, which takes no parentheses around a slice
            elif len(node.elts) == 1:
                set_precedence(Precedence.Comma, node.elts[0])
                self.write("(", node.elts[0], ",)")
            else:
                super().visit_Tuple(node)

        def visit_JoinedStr(self, node: Any) -> None:
            raise NotImplementedError("f-strings are left to ast.unparse")

        def visit_ListComp(self, node: Any) -> None:
            set_precedence(Precedence.Comma, node.elt)
            super().visit_ListComp(node)

        def visit_SetComp(self, node: Any) -> None:
            set_precedence(Precedence.Comma, node.elt)
            super().visit_SetComp(node)

        def visit_DictComp(self, node: Any) -> None:
            set_precedence(Precedence.Comma, node.key, node.value)
            super().visit_DictComp(node)

    return Generator


def statement_text(node: Any) -> str:
    """The text of one statement (of a compound one: its header), on one line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            generator = _generator()("    ", False, lambda text, *_, **__: repr(text))
            generator.visit(node)
            return "".join(map(str, generator.result)).strip("\n")
    except Exception:  # a node that astor does not know
        return ast.unparse(ast.fix_missing_locations(node))


def lines_of(text: str, indent: int) -> list[str]:
    """A statement, indented and broken where it is too long."""
    margin = " " * indent
    if indent + len(text) <= max(LIMIT, indent + 40) or "\n" in text:
        return [margin + line for line in text.split("\n")]
    added = _bracketed(text)
    rows = _Breaker(added, indent)
    lines = rows.lines()
    if added != text:
        plain = _Breaker(text, indent).lines()
        if len(plain) <= len(lines) and max(map(len, plain)) <= rows.limit and not rows.broke_loosely:
            return plain
    elif max(map(len, lines)) > rows.limit or lines[0].rstrip().endswith("["):
        hanging = _hanging(text, indent)
        if hanging and max(map(len, hanging)) <= rows.limit:
            return hanging
    return lines


def _hanging(text: str, indent: int) -> list[str]:
    """An assignment whose right side stands on lines of its own."""
    for word in (" = ", " += ", " -= ", " *= ", " /= "):
        left, found, right = text.partition(word)
        if found and left.count("[") == left.count("]") and left.count("(") == left.count(")"):
            margin = " " * indent
            return [margin + left + word + "(", *lines_of(right, indent + 4), margin + ")"]
    return []


class _Breaker:
    """Breaks one logical line inside brackets, at the loosest operator or comma that fits."""

    def __init__(self, text: str, indent: int) -> None:
        self.indent = indent
        self.limit = max(LIMIT, indent + 40)  # where nesting leaves no room
        self.text = text
        self.broke_loosely = False  # at an operator outside all but one bracket
        self.breaks: dict[int, int] = {}  # offset -> how tightly it binds: brackets, then precedence
        self.openings: dict[int, tuple[int, ...]] = {}  # offset -> offsets of the open brackets
        self._scan()

    def lines(self) -> list[str]:
        rows: list[str] = []
        start, margin = 0, self.indent
        while start < len(self.text):
            room = self.limit - margin
            if len(self.text) - start <= room:
                rows.append(" " * margin + self.text[start:])
                break
            cut = self._choose(start, start + room, margin)
            if cut is None:
                rows.append(" " * margin + self.text[start:])
                break
            rows.append((" " * margin + self.text[start:cut]).rstrip())
            self.broke_loosely = self.broke_loosely or len(self.openings[cut]) == 1
            self._place(cut, start, margin)
            margin = self._margin(cut)
            start = cut
        return rows

    def _choose(self, start: int, end: int, margin: int) -> int | None:
        fitting = [o for o in self.breaks if start < o <= end]
        if not fitting:
            return next((o for o in self.breaks if o > start), None)
        loosest: dict[int, int] = {}
        for o in fitting:
            loosest[self.breaks[o]] = o  # the rightmost of its kind
        first = start + (24 if start == 0 else 12)
        for looseness in sorted(loosest):
            o = loosest[looseness]
            if o > first or o > start + 10 and len(self.text) - o <= self.limit - self.indent - 12:
                return o
        return max(fitting)

    def _place(self, cut: int, start: int, margin: int) -> None:
        """Remember in which column the brackets of the finished row stand."""
        for offset in range(start, cut):
            if offset in self.column_of:
                self.column_of[offset] = margin + offset - start

    def _margin(self, cut: int) -> int:
        opening = self.openings[cut]
        column = self.column_of[opening[-1]] + 1 if opening else self.indent + 4
        following = min((o for o in self.breaks if o > cut), default=len(self.text))
        width = len(self.text[cut:following].rstrip())
        for margin in (column if column <= 44 else self.indent + 8, self.indent + 8):
            if margin + width <= self.limit:
                return margin
        return self.indent + 4

    def _scan(self) -> None:
        self.column_of: dict[int, int] = {}
        open_: list[int] = []
        previous: tokenize.TokenInfo | None = None
        for t in _tokens(self.text):
            offset = t.start[1]
            if t.type == tokenize.OP and t.string in "([{":
                self.column_of[offset] = 0
                open_.append(offset)
            elif t.type == tokenize.OP and t.string in ")]}":
                open_.pop()
            elif open_ and t.string == ",":
                self._may_break(t.end[1] + 1, len(open_) * 10, open_)
            elif open_ and t.string in _OPERATORS and previous is not None and previous.string not in "([{,":
                if self.text[offset - 1] == " " and self.text[t.end[1] : t.end[1] + 1] == " ":
                    self._may_break(offset, len(open_) * 10 + _OPERATORS[t.string], open_)
            previous = t

    def _may_break(self, offset: int, looseness: int, open_: list[int]) -> None:
        if offset < len(self.text) and self.text[offset - 1] == " ":
            self.breaks[offset] = looseness
            self.openings[offset] = tuple(open_)


def _bracketed(text: str) -> str:
    """The statement with its expression in parentheses, where it has operators outside brackets."""
    tokens = _tokens(text)
    depth, begin, loose = 0, 0, False
    if tokens[0].string in ("return", "if", "elif", "while", "assert", "raise"):
        begin = len(tokens[0].string) + 1
    for t in tokens:
        depth += (t.string in "([{") - (t.string in ")]}") if t.type == tokenize.OP else 0
        if depth == 0 and t.string in _ASSIGNMENTS:
            begin, loose = t.end[1] + 1, False
        elif depth == 0 and t.start[1] > begin and (t.string in _OPERATORS or t.string == ","):
            loose = True
    if tokens[0].string in ("for", "with", "def", "import", "from", "del"):
        return text
    end = len(text) - 1 if text.endswith(":") else len(text)
    left, right = text[:begin], f"({text[begin:end]})" if loose else text[begin:end]
    if len(left) > LIMIT // 2 and left.endswith(" = ") and _has_comma(left):
        left = f"({left[:-3]}) = "
    return f"{left}{right}{text[end:]}"


def _has_comma(text: str) -> bool:
    """Whether there is a comma outside of brackets."""
    depth = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            return True
    return False


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    found: list[tokenize.TokenInfo] = []
    try:
        for t in tokenize.generate_tokens(io.StringIO(text).readline):
            found.append(t)
    except (tokenize.TokenError, IndentationError):
        pass
    skipped = (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER, tokenize.INDENT, tokenize.DEDENT)
    return [t for t in found if t.type not in skipped]
