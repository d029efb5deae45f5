"""copy.copy and copy.deepcopy of arrays, lists and dicts."""

from __future__ import annotations

import copy
from typing import Any

from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.containers import check_special, entries
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value


@handles(copy.copy)
def _copy(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    t = operands[0].type
    if isinstance(t, ty.Array):
        return engine.copied(operands[0])
    if isinstance(ty.widen(t), (ty.Scalar, ty.Text, ty.Closure)):
        return operands[0]
    check_special(engine, t, "copy")
    if isinstance(t, (ty.Tuple, ty.List)) and t.cls in (list, tuple):
        return engine.apply(t.cls, operands)
    if isinstance(t, ty.Mapping) or isinstance(t, ty.Record) and t.cls is dict:
        return engine.apply(dict, operands)
    return None


@handles(copy.deepcopy)
def _deepcopy(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    v = operands[0]
    t = v.type
    if keywords or len(operands) > 1 or type(v) is Const:
        return None
    check_special(engine, t, "deepcopy")
    if isinstance(t, ty.Array) or isinstance(ty.widen(t), (ty.Scalar, ty.Text, ty.Closure)):
        return engine.apply(copy.copy, [v])
    if isinstance(t, (ty.List, ty.Mapping)) and isinstance(ty.widen(t.item), (ty.Scalar, ty.Text)):
        return engine.apply(copy.copy, [v])
    if isinstance(t, ty.Tuple) and t.cls in (list, tuple):
        parts = _deep_parts(engine, engine.take_apart(v))
        return engine.apply(prims.list_, parts) if t.cls is list else engine.make_tuple(parts)
    if isinstance(t, ty.Record) and t.cls is dict:
        pairs = entries(engine, v)
        parts = _deep_parts(engine, [item for _, item in pairs])
        return engine.apply(prims.dict_, [x for (key, _), part in zip(pairs, parts) for x in (key, part)])
    if isinstance(t, (ty.List, ty.Mapping)) and ty.can_carry(t):
        raise engine.refuse(
            "deepcopy of this list or dict is not supported", "copy its items: [v.copy() for v in y]"
        )
    return None


def _deep_parts(engine: Engine, parts: list[Value]) -> list[Value]:
    """Deep copies of what a container holds; what it holds twice is copied once."""
    made = {part: engine.apply(copy.deepcopy, [part]) for part in dict.fromkeys(parts)}
    return [made[part] for part in parts]
