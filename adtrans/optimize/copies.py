"""Snapshots of a shadow that need no copy: nothing is written there before their last use.

def f(%bu: float64[n0]):             before
  %part: float64[n0-2] = getitem(%bu, 1:-1) {access='view'}
  %b: float64[n0-2] = np.copy(%part) {snapshot}
  setitem(%bu, 1:-1, 0.0)
  %t: float64[n0-2] = truediv(%b, 3.0)
  return %t
----
def f(%bu: float64[n0]):             after
  %part: float64[n0-2] = getitem(%bu, 1:-1) {access='view'}
  %t: float64[n0-2] = truediv(%part, 3.0)
  setitem(%bu, 1:-1, 0.0)
  return %t
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.views import is_view, views_from
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Op, Value, blocks_of, walk
from adtrans.ir.uses import readers
from adtrans.optimize.dce import is_pure


def elide_copies(function: Function) -> Function:
    """Turn snapshots into views where that makes no difference."""
    definitions = {r: op for op in walk(function.body) for r in op.results}
    uses = readers(function.body)
    for block in list(blocks_of(function.body)):
        for op in list(block.ops):
            if op.attrs.get("snapshot") and op in block.ops:
                _elide(block, op, definitions, uses)
    return function


def root_of(v: Value, definitions: dict[Value, Op]) -> Value:
    """The array that a value is a view of."""
    return list(views_from(v, definitions.get))[-1]


def _elide(block: Block, copy: Op, definitions: dict[Value, Op], uses: dict[Value, list[Any]]) -> None:
    readers = uses.get(copy.result, [])
    if not readers or any(not isinstance(r, Op) or r not in block.ops for r in readers):
        return
    if any(is_view(r) or not (_makes_new(r) or not r.results) for r in readers):
        return
    root = root_of(copy.operands[0], definitions)
    start = block.ops.index(copy)
    last = max(block.ops.index(r) for r in readers)
    between = block.ops[start + 1 : last]
    clearing = [op for op in between if _may_write(op, root, definitions)]
    if clearing:
        # only the clearing of the very part stands in between, and what follows it is pure
        if len(clearing) != 1 or not _is_clearing(clearing[0]) or block.ops[last] in clearing:
            return
        at = block.ops.index(clearing[0])
        moved_over = block.ops[at + 1 : last + 1]
        if any(not is_pure(op) or _touches(op, root, definitions, copy.result) for op in moved_over):
            return
        block.ops.remove(clearing[0])
        block.ops.insert(last, clearing[0])
    if not block.ops[last - 1 if clearing else last].results and _writes_root(
        block.ops[last], root, definitions
    ):
        return
    view = copy.operands[0]
    for r in readers:
        r.operands = [view if v is copy.result else v for v in r.operands]
    view.name = view.name or copy.result.name
    block.ops.remove(copy)


def _makes_new(op: Op) -> bool:
    return is_pure(op) and all(isinstance(ty.widen(r.type), (ty.Scalar, ty.Array)) for r in op.results)


def _is_clearing(op: Op) -> bool:
    return op.fn is operator.setitem and isinstance(op.operands[2], Const)


def _writes_root(op: Op, root: Value, definitions: dict[Value, Op]) -> bool:
    """Whether an effect writes into the same array by a part that may overlap what it reads."""
    return bool(op.operands) and root_of(op.operands[0], definitions) is root


def _may_write(op: Op, root: Value, definitions: dict[Value, Op]) -> bool:
    if op.kind == "apply":
        if op.results or not op.operands:
            return False
        target = root_of(op.operands[0], definitions)
        return target is root or not (
            _is_allocation(target, definitions) and _is_allocation(root, definitions)
        )
    return any(not is_pure(inner) for b in op.blocks for inner in walk(b) if inner.kind == "apply")


def _is_allocation(v: Value, definitions: dict[Value, Op]) -> bool:
    op = definitions.get(v)
    return op is not None and op.fn in (np.zeros_like, np.copy, np.zeros, np.empty, np.full_like)


def _touches(op: Op, root: Value, definitions: dict[Value, Op], snapshot: Value) -> bool:
    """Whether an op reads the array other than by the snapshot."""
    return any(
        v is not snapshot and not isinstance(v, Const) and root_of(v, definitions) is root
        for v in op.operands
    ) and not is_view(op)
