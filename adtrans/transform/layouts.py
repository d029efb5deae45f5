"""Where memory layout decides what a write changes, it is looked at when the program runs.

np.ravel and its like give a view or a copy by the layout of their operand. Derivatives are written
for the one that is expected, and refuse the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adtrans.analysis.aliases import Aliases
from adtrans.analysis.views import depends_on_layout, is_view, may_be_view, option, viewed
from adtrans.ir import types as ty
from adtrans.ir.program import Function, Op, Value, blocks_of, walk
from adtrans.runtime import check_compact, check_copy, check_view

_CONTIGUOUS: frozenset[Any] = frozenset(
    [np.zeros, np.ones, np.empty, np.full, np.arange, np.linspace, np.eye, np.copy]
)


def check_layouts(function: Function, aliases: Aliases) -> list[Value]:
    """Write the checks behind what they are of; the parameters that have to be compact."""
    definitions: dict[Value, Op | None] = dict.fromkeys(function.params)
    definitions.update((r, op) for op in walk(function.body) for r in op.results)
    compact: dict[Value, None] = {}
    for block in blocks_of(function.body):
        ops: list[Op] = []
        for op in block.ops:
            ops.append(op)
            if depends_on_layout(op) and aliases.is_written(op.result):
                compact.update((p, None) for p in function.params if aliases.same(p, op.result))
                if not _is_surely_view(op, definitions):
                    ops.append(_check(check_view, op, op.operands[viewed(op)]))
            elif may_be_view(op):
                ops += [
                    _check(check_copy, op, v)
                    for v in op.operands
                    if isinstance(v.type, ty.Array) and any(map(aliases.is_touched, (op.result, v)))
                ]
        block.ops = ops
    return list(compact)


def compactness(p: Value) -> Op:
    """A check that an argument is compact, so that its copy has its layout."""
    return Op("apply", [p], [], [], {"fn": check_compact}, p.span)


def _check(fn: Any, op: Op, base: Value) -> Op:
    return Op("apply", [op.result, base], [], [], {"fn": fn}, op.span)


def _is_surely_view(op: Op, definitions: dict[Value, Op | None]) -> bool:
    """Whether an array is known to lie in memory as a reshape or a conversion of it needs."""
    base = op.operands[0]
    if op.fn not in (np.reshape, np.ravel) or not isinstance(base.type, ty.Array):
        return False
    one_axis = base.type.dims is not None and len(base.type.dims) == 1
    if one_axis and op.fn is np.reshape or base in definitions and one_axis and definitions[base] is None:
        return True  # a view for any stride; or a parameter, which is compact
    made = definitions.get(base)
    if made is None or made.kind != "apply" or is_view(made):
        return False
    if one_axis:
        return not may_be_view(made)
    ordered = option(made, "order") is not None or option(op, "order") is not None
    return not ordered and _makes_contiguous(made)


def _makes_contiguous(made: Op) -> bool:
    return made.fn in _CONTIGUOUS and (made.fn is not np.copy or made.attrs.get("style") == "method")
