"""Indices as expressions: two that are made of the same numbers in the same way name the same place."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value

Definition = Callable[[Value], Op | None]

_MADE_OF: frozenset[Any] = frozenset(
    [prims.tuple_, slice, operator.add, operator.sub, operator.mul, operator.neg, operator.floordiv]
)


def index_expression(v: Value, definition: Definition, leaves: set[Value] | None = None) -> Any:
    """An index as a tree that equals those of the same place; an array of numbers may change, and equals none.

    `leaves` takes the values that it is made of.
    """
    if isinstance(v, Const):
        return repr(v.value) if _is_basic(v.value) else object()
    op = definition(v)
    if op is not None and op.fn in _MADE_OF and "style" not in op.attrs:
        return (op.fn, *(index_expression(x, definition, leaves) for x in op.operands))
    if leaves is not None:
        leaves.add(v)
    return v if isinstance(v.type, ty.Scalar) else object()


def same_index(a: Value, b: Value, definition: Definition) -> bool:
    """Whether two indices name the same place."""
    return bool(index_expression(a, definition) == index_expression(b, definition))


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, slice)) for p in parts)
