"""How wide an expression will print, before it is printed."""

from __future__ import annotations

import builtins
import operator
from typing import TYPE_CHECKING

from adtrans.emit.effects import IN_PLACE
from adtrans.emit.operators import BINARY, COMPARE, UNARY
from adtrans.ir import prims
from adtrans.ir.program import Const, Op, Value

if TYPE_CHECKING:
    from adtrans.emit.placement import Placement


def width_of_value(value: Value, placed: Placement) -> int:
    """Columns of an operand: its name, its literal, or the expression in its place."""
    inner = placed.inlined.get(value)
    if inner is not None:
        return placed.widths.get(inner, 8)
    if isinstance(value, Const):
        known = value.value
        name = getattr(known, "__name__", None)
        if isinstance(known, slice):
            return sum(len(str(x)) for x in (known.start, known.stop) if x is not None) + 1
        return len(name) + 3 if isinstance(name, str) else min(len(repr(known)), 30)
    return len(value.name) if value.name else 2


def width_of(op: Op, placed: Placement, candidate: bool) -> int:
    """Columns of an op as an expression, or as a statement with its targets."""
    parts = [width_of_value(v, placed) for v in op.operands]
    width = _expression(op, parts, placed)
    if candidate or op.kind != "apply" or not op.results:
        return width
    return width + sum((len(r.name) if r.name else 2) + 2 for r in op.results) + 1


def _expression(op: Op, parts: list[int], placed: Placement) -> int:
    fn = op.fn
    if op.kind == "if":
        if op not in placed.expressions:
            return parts[0] + 4
        return parts[0] + 9 + sum(width_of_value(b.yields[0], placed) for b in op.blocks)
    if op.attrs.get("collects"):
        return parts[0] + 40
    if op.kind != "apply":
        return (parts[0] if parts else 0) + 12
    if fn in BINARY or fn in COMPARE or fn in IN_PLACE:
        nested = sum(
            2
            for v in op.operands
            if (i := placed.inlined.get(v)) is not None and i.fn in (operator.add, operator.sub)
        )
        return sum(parts) + 4 + nested * (fn not in (operator.add,))
    if fn in UNARY:
        return parts[0] + 2
    if fn in (operator.getitem, operator.setitem, prims.augment_at):
        return sum(parts) + 2 + 4 * (fn is not operator.getitem)
    style = op.attrs.get("style")
    if style == "attribute" or fn is builtins.getattr:
        return parts[0] + 1 + (len(op.attrs.get("spelling", "")) or parts[-1])
    commas = 2 * max(len(parts) - 1, 0)
    keywords = sum(len(k) + 1 for k in op.keywords)
    if fn in (prims.tuple_, prims.list_, prims.set_, builtins.slice):
        return sum(parts) + commas + 2
    if fn in (prims.global_, prims.starred, prims.double_starred):
        return parts[0] + 1
    if fn is prims.call:
        return sum(parts) + commas + keywords
    name = str(op.attrs.get("spelling") or getattr(fn, "__name__", "function_"))
    return len(name) + (3 if "." not in name else 0) + 2 + sum(parts) + commas + keywords
