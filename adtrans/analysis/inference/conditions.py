"""Conditions: what types decide of them, and what a branch may take for granted."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine, Env


def truth(engine: Engine, value: Value) -> bool | None:
    """The truth value of a condition, where types decide it."""
    if isinstance(value, (Lazy, Bound)):
        return True
    if isinstance(value, Object):
        return bool(engine.heap.of(value)) if value.cls is dict else True
    if isinstance(value, Const):
        try:
            return bool(value.value)
        except Exception:
            return None
    t = value.type
    if isinstance(t, ty.Known):
        return bool(t.value)
    if isinstance(t, ty.Tuple):
        return len(t.items) > 0 if t.cls is not list or not engine.run_time_lists else None
    if isinstance(t, ty.Closure):
        return True
    return None


def narrow(engine: Engine, condition: Value, taken: bool, env: Env) -> Env:
    """The environment of a branch: what was tested for None is known there."""
    scope = dict(env)
    for tested in dict.fromkeys(_tested_for_none(engine, condition, taken)):
        if not isinstance(tested.type, ty.Optional):
            continue
        places = [key for key, value in env.items() if value is tested]
        cells = [cell for cell in engine.heap.cells() if engine.heap.of(cell[0])[cell[1]] is tested]
        if places or cells:
            known = engine.emit(prims.narrow, [tested], [tested.type.item], name=tested.name)[0]
            scope.update(dict.fromkeys(places, known))
            for cell in cells:
                engine.heap.set(cell, known)
    return scope


def _tested_for_none(engine: Engine, condition: Value, taken: bool) -> list[Value]:
    """The values that are not None in a branch, as its condition says."""
    if isinstance(condition.type, ty.Optional):
        return [condition] if taken else []
    op = engine.definition(condition)
    if op is None:
        return []
    if op.fn is operator.not_:
        return _tested_for_none(engine, op.operands[0], not taken)
    if op.fn in (operator.is_, operator.is_not) and is_const(op.operands[1], None):
        return [op.operands[0]] if taken == (op.fn is operator.is_not) else []
    if op.kind == "if":  # `a and b` that holds, `a or b` that does not
        first, k = op.operands[0], op.results.index(condition)
        then, other = (b.yields[k] for b in op.blocks)
        short, rest = (other, then) if taken else (then, other)
        if short is first or is_const(short, not taken):
            return _tested_for_none(engine, first, taken) + _tested_for_none(engine, rest, taken)
    return []
