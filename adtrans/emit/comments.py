"""Comments: the two sweeps, and the user's statement above its derivative."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from adtrans.emit.text import LIMIT
from adtrans.ir import prims
from adtrans.ir.program import Function, Op, walk

_HEADERS = (
    "def ",
    "lambda ",
    "@",
    "class ",
    "for ",
    "while ",
    "if ",
    "elif ",
    "with ",
    "try",
    "match ",
    "case ",
)
_SILENT = {prims.pull, prims.push, prims.tape}


class Comments:
    """Says which comments go before a statement."""

    def __init__(self, function: Function) -> None:
        self.has_reverse = any(op.attrs.get("reverse") for op in walk(function.body))
        self.has_tangent = any(op.attrs.get("tangent") for op in walk(function.body))
        self.started: set[str] = set()
        self.current: Any = None

    def sweep(self, op: Op, depth: int) -> str | None:
        """`forward sweep` or `reverse sweep`, at the first statement of each."""
        if not self.has_reverse or depth != 0 or "reverse" in self.started:
            return None
        word = "reverse" if is_reverse(op) else "forward"
        if word in self.started:
            return None
        self.started.add(word)
        return f"# {word} sweep"

    def statement(self, op: Op, indent: int, following: Sequence[Op] = ()) -> str | None:
        """The user's statement, where it changes; a primal statement that comes first speaks for itself."""
        key = _key(op)
        if key is None or key == self.current:
            return None
        if not is_derived(op):
            if not self.has_tangent or op.kind != "apply":
                return None
            group = list(itertools.takewhile(lambda o: _key(o) == key, following))
            if not any(map(is_derived, group)):
                return None
            self.current = key
            whole = not op.results or op.result.name is not None
            return None if whole else shortened(op.span.statement_text, indent)  # type: ignore[union-attr]
        if op.kind != "apply" or op.fn in _SILENT or op.span is None:
            return None
        if op.span.statement_text.lstrip().startswith(_HEADERS):
            return None
        self.current = key
        return shortened(op.span.statement_text, indent)

    def reset(self) -> None:
        """Forget the last statement: the block changes."""
        self.current = None


def is_derived(op: Op) -> bool:
    """Whether an op computes a derivative, so that its spelling is ours."""
    return bool(op.attrs.get("reverse") or op.attrs.get("tangent"))


def _key(op: Op) -> Any:
    """The statement that an op comes from."""
    if op.span is None:
        return None
    return id(op.span.source), op.span.statement or (op.span.line, op.span.column)


def is_reverse(op: Op) -> bool:
    """Whether an op belongs to the reverse sweep, by its own mark or by what is inside."""
    if op.attrs.get("reverse"):
        return True
    return bool(op.blocks) and any(inner.attrs.get("reverse") for b in op.blocks for inner in walk(b))


def shortened(text: str, indent: int) -> str:
    """A statement as a comment of one line."""
    rows = text.strip().split("\n")
    first = rows[0].rstrip()
    line = first if first.endswith(":") else " ".join(" ".join(rows).split()) if len(rows) > 1 else first
    room = LIMIT - indent - 2
    if len(line) > room:
        line = line[: room - 4].rstrip() + " ..."
    return f"# {line}"
