"""Parts of arguments are read once, on entry: their adjoints are then values of their own.

def f(%p: (float, float), %n: int):  before
  %0: range = range(%n)
  %s: float = for %0, 0.0
  do(%i: int, %s_1: float):
    %w: float = getitem(%p, 0)
    %s_2: float = add(%s_1, %w)
    yield %s_2
  return %s
----
def f(%p: (float, float), %n: int):  after
  %w: float = getitem(%p, 0)
  %0: range = range(%n)
  %s: float = for %0, 0.0
  do(%i: int, %s_1: float):
    %s_2: float = add(%s_1, %w)
    yield %s_2
  return %s
"""

from __future__ import annotations

import operator

from adtrans.analysis.aliases import Aliases
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Function, Op, Value, blocks_of
from adtrans.ir.uses import resolved, substitute


def hoist_reads(function: Function) -> Function:
    """Move reads of arguments' items at constant keys to the entry, one of each."""
    aliases = Aliases(function)
    opening: dict[tuple[Value, str], Op] = {}
    known = set(function.params)
    mapping: dict[Value, Value] = {}
    for block in blocks_of(function.body):
        kept = []
        for op in block.ops:
            op.operands = [resolved(v, mapping) for v in op.operands]
            if not _is_read(op) or op.operands[0] not in known or aliases.is_touched(op.operands[0]):
                kept.append(op)
                continue
            at = op.operands[1]
            assert isinstance(at, Const)
            key = (op.operands[0], repr(at.value))
            found = opening.get(key)
            if found is None:
                opening[key] = op
                known.add(op.result)
                if op.result.name is None and isinstance(name := at.value, str) and name.isidentifier():
                    op.result.name = name
            else:
                mapping[op.result] = found.result
        block.ops = kept
    substitute(function.body, mapping)
    function.body.ops[:0] = opening.values()
    return function


def _is_read(op: Op) -> bool:
    if (
        op.fn not in (getattr, operator.getitem)
        or not isinstance(op.operands[1], Const)
        or not ty.can_carry(op.result.type)
    ):
        return False
    base, key = op.operands[0], op.operands[1].value
    if isinstance(base, Const) or isinstance(key, slice):
        return False
    if isinstance(base.type, ty.Record):
        return any(key == field for field, _ in base.type.fields)  # an absent one raises where it stands
    return isinstance(base.type, ty.Tuple) and -len(base.type.items) <= key < len(base.type.items)
