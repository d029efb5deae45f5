"""How many bytes the tapes of a generated gradient hold at most."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np


class Meter:
    """Bytes held by all tapes of one call: an object, or the memory that a view is of, counts once."""

    def __init__(self) -> None:
        self.bytes = self.peak = 0
        self.holders: Counter[int] = Counter()

    def hold(self, item: Any) -> None:
        for key, size in pieces(item):
            self.bytes += 0 if self.holders[key] else size
            self.holders[key] += 1
        self.peak = max(self.peak, self.bytes)

    def release(self, item: Any) -> None:
        for key, size in pieces(item):
            self.holders[key] -= 1
            self.bytes -= 0 if self.holders[key] else size


class Tape(list):
    """A list that reports what it holds."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def append(self, item: Any) -> None:
        self.meter.hold(item)
        super().append(item)

    def pop(self, *position: int) -> Any:
        item = super().pop(*position)
        self.meter.release(item)
        return item


def pieces(item: Any) -> Iterator[tuple[int, int]]:
    """Identity and size of each object that an item of a tape keeps alive."""
    if isinstance(item, np.ndarray):
        while isinstance(item.base, np.ndarray):
            item = item.base
        yield id(item), item.nbytes
        return
    yield id(item), sys.getsizeof(item)
    if isinstance(item, (tuple, list)):
        for each in item:
            yield from pieces(each)


class _Metered(ast.NodeTransformer):
    """`tape = []` becomes `tape = Tape(meter)`."""

    count = 0

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        target = node.targets[0]
        if isinstance(target, ast.Name) and re.fullmatch(r"tape\d*", target.id):
            self.count += 1
            node.value = ast.parse("Tape(meter)", mode="eval").body
        return node


def peak_bytes(source: str, name: str, args: Sequence[Any]) -> int | None:
    """The most that all tapes of a call of the function `name` hold at a time; None if it has no tape."""
    metered = _Metered()
    tree = ast.fix_missing_locations(metered.visit(ast.parse(source)))
    if not metered.count:
        return None
    meter = Meter()
    namespace: dict[str, Any] = {"Tape": Tape, "meter": meter}
    exec(compile(tree, f"<{name} with metered tapes>", "exec"), namespace)
    namespace[name](*args)
    return meter.peak
