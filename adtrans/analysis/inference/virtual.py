"""Values that exist while a program is written only: iterators and bound methods."""

from __future__ import annotations

from typing import Any

from adtrans.ir.program import Const, Value


class Lazy(Const):
    """An iterator (enumerate, zip, …) that exists while the program is written only."""

    __slots__ = ("kind", "parts", "is_exhausted")

    def __init__(self, kind: str, parts: list[Any]):
        super().__init__(kind)
        self.kind = kind
        self.parts = parts
        self.is_exhausted = False


class Bound(Const):
    """A bound method: `function` is a Python function or an attribute name of the owner's type."""

    __slots__ = ("owner", "function")

    def __init__(self, owner: Value, function: Any):
        super().__init__(function)
        self.owner = owner
        self.function = function
