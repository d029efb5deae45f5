"""A part of an array that is cleared and then added to is stored.

def f(%b: float64[n0,n0], %i: int, %x: float64[n0]):    before
  %t: float64[n0] = mul(2.0, %x) {reverse}
  setitem(%b, %i, 0.0) {reverse}
  augment_at(%b, %i, <iadd>, %t) {reverse}
  return %b
----
def f(%b: float64[n0,n0], %i: int, %x: float64[n0]):    after
  %t: float64[n0] = mul(2.0, %x) {reverse}
  setitem(%b, %i, %t) {reverse}
  return %b
"""

from __future__ import annotations

import operator

from adtrans.analysis.views import is_view
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.indices import same_index
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, is_const, walk
from adtrans.optimize.dce import eliminate_dead_code, is_pure
from adtrans.optimize.ownership import is_fresh


def store_what_is_added_to_zero(function: Function) -> Function:
    """Turn `b[i] = 0.0; b[i] += t` into `b[i] = t`, for a new array or a number t that is made before."""
    definitions = {r: op for op in walk(function.body) for r in op.results}
    for block in blocks_of(function.body):
        for clearing in [op for op in block.ops if _clears(op)]:
            _join(block, clearing, definitions)
    eliminate_dead_code(function)
    return function


def _clears(op: Op) -> bool:
    return op.fn is operator.setitem and bool(op.attrs.get("reverse")) and is_const(op.operands[2], 0.0)


def _join(block: Block, clearing: Op, definitions: dict[Value, Op]) -> None:
    """Only views and indices may stand between the two: nothing reads the part while it is cleared."""
    at = block.ops.index(clearing)
    between: list[Op] = []
    for op in block.ops[at + 1 :]:
        value = _added(op, clearing, definitions)
        if value is not None:
            source = definitions.get(value)
            if source is not None and is_fresh(source) and source not in between:
                op.attrs = {**op.attrs, "fn": operator.setitem}
                op.operands = [*clearing.operands[:2], value]
                block.ops.remove(clearing)
            return
        numbers = all(isinstance(v.type, (ty.Scalar, ty.Known)) for v in op.operands)
        if op.fn not in (prims.tuple_, slice) and not is_view(op) and not (numbers and is_pure(op)):
            return
        between.append(op)


def _added(op: Op, clearing: Op, definitions: dict[Value, Op]) -> Value | None:
    """What an op adds to the part that was cleared."""
    target, index = clearing.operands[:2]
    if op.results or not op.operands:
        return None
    if op.fn is prims.augment_at and is_const(op.operands[2], operator.iadd):
        same = op.operands[0] is target and same_index(index, op.operands[1], definitions.get)
        return op.operands[3] if same else None
    if op.fn is not operator.iadd:
        return None
    if op.operands[0] is target:
        whole = isinstance(index, Const) and index.value in (Ellipsis, slice(None))
        return op.operands[1] if whole else None
    part = definitions.get(op.operands[0])
    if part is None or part.fn is not operator.getitem or part.attrs.get("access") != "view":
        return None
    same = part.operands[0] is target and same_index(index, part.operands[1], definitions.get)
    return op.operands[1] if same else None
