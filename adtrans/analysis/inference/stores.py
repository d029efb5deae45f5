"""Stores: items assigned and deleted, and `x += v` on names, items and attributes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.aliases import changed_by_call
from adtrans.analysis.inference import arrays, changing
from adtrans.analysis.inference.apply import IN_PLACE, handles
from adtrans.analysis.inference.containers import check_special, merged_dicts, storable
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.instances import becomes_object
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.analysis.rebinding import REBINDS
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, walk


@handles(operator.setitem)
def _setitem(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    base, index, value = operands
    pending = engine.definition(value)
    if pending is not None and pending.attrs.get("augments") == (base, index):
        return Const(None)  # the value was changed where it lies
    t = base.type
    if isinstance(base, Const) and not isinstance(base, (Lazy, Bound)):
        raise engine.refuse(
            "an object that lives outside of this function is changed",
            "change a copy of it, and return what is needed",
        )
    made = engine.definition(base)
    if made is not None and made.attrs.get("flat"):
        raise engine.refuse(
            "assignment through .flat is not supported", "assign through a reshaped view, or by a full index"
        )
    if isinstance(t, ty.Array):
        if isinstance(value.type, (ty.Tuple, ty.List)):
            value = engine.apply(np.array, [value])
        op_value = engine.definition(value)
        if (
            op_value is not None
            and op_value.attrs.get("part_of") == (base, index)
            and op_value is engine.block.ops[-1]
        ):
            engine.block.ops.remove(op_value)
            operation = op_value.attrs["augment"]
            engine.emit(prims.augment_at, [base, index, Const(operation), op_value.operands[1]], [])
            return Const(None)
        engine.emit(operator.setitem, [base, index, value], [])
        return Const(None)
    if isinstance(t, ty.Record) and t.cls is dict and type(index) is Const and not engine.run_time_dicts:
        becomes_object(engine, dict)
    changing.mutate(engine, t)
    if isinstance(t, ty.Numeric):
        raise engine.refuse(
            "an item is assigned, and it is not known whether the target is an array", _TYPES_HINT
        )
    if arrays.is_slice(index, engine.definition) and isinstance(t, ty.List):
        changing.resize(engine, base)
        value = changing.listed(engine, value)
        changing.grow(engine, base, Value(ty.as_list(value.type).item))  # type: ignore[arg-type]
    else:
        value = storable(engine, value)
        changing.grow(engine, base, value, index if isinstance(t, ty.Mapping) else None)
    engine.emit(operator.setitem, [base, index, value], [])
    return Const(None)


_TYPES_HINT = (
    "call the derivative (its source is then written for these arguments), or annotate the parameters"
)


@handles(operator.delitem)
def _delitem(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    base, key = operands
    t = base.type
    if isinstance(t, ty.Record) and t.cls is dict and type(key) is Const and not engine.run_time_dicts:
        becomes_object(engine, dict)
    changing.mutate(engine, t)
    changing.resize(engine, base)
    engine.emit(operator.delitem, operands, [])
    return Const(None)


_BY_STORE = frozenset([operator.imatmul, operator.ifloordiv, operator.imod])  # `a @= b` is `a[...] = a @ b`


def _augmented(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """`x += v`: in place on arrays and lists, a new value for numbers."""
    base, value = operands
    t = base.type
    if isinstance(base, Const) and isinstance(base.value, (np.ndarray, list, dict)):
        raise engine.refuse(
            "an object that lives outside of this function is changed",
            "change a copy of it, and return what is needed",
        )
    if isinstance(t, ty.Array) and isinstance(value.type, (ty.Tuple, ty.List)):
        value = engine.apply(np.array, [value])
    is_item = bool(attrs and attrs.get("item"))  # or an attribute: it is stored back
    item = _item_of_array(engine, base) if is_item else None
    if fn in _BY_STORE and isinstance(t, ty.Array):
        stored = engine.apply(IN_PLACE[fn], [base, value])
        if item is not None:
            return stored
        engine.apply(operator.setitem, [base, Const(Ellipsis), stored])
        return base
    if isinstance(t, (ty.Array, ty.Any, ty.Numeric)) and item is not None:
        if item.attrs.get("access") == "view" or not _written_since(engine, item):
            return _augmented_item(engine, fn, base, value)
        return engine.apply(IN_PLACE[fn], [base, value])
    if isinstance(t, ty.Array):
        engine.emit(fn, [base, value], [])
        held = engine.definition(base)
        if not is_item or held is None or held.fn is not operator.getitem or base.name is not None:
            return base
        done = Value(t)  # `rows[i] += v` puts the same array back
        engine.definitions[done] = _Pending((held.operands[0], held.operands[1]))  # type: ignore[assignment]
        return done
    if isinstance(t, (ty.Tuple, ty.List)) and t.cls is list:
        changing.mutate(engine, t)
        check_special(engine, t, "+=")
        changing.resize(engine, base)
        value = engine.apply(list, [value]) if fn is operator.iadd else value
        if isinstance(value.type, ty.List):
            changing.grow(engine, base, Value(value.type.item))
        engine.emit(fn, [base, value], [])
        return base
    if isinstance(t, ty.Numeric):
        if base in engine.arguments:
            raise engine.refuse(
                "it is not known whether this changes an array in place or makes a new number", _TYPES_HINT
            )
        result = engine.apply(IN_PLACE[fn], [base, value])
        made = engine.definition(result)
        if made is not None and made.operands and made.operands[0] is base:
            made.attrs[REBINDS] = True  # see analysis/rebinding
        return result
    if isinstance(t, ty.Any):
        raise engine.refuse(
            "it is not known whether this changes its target in place", "write x = x + v instead"
        )
    plain = IN_PLACE[fn]
    if item is not None and not _written_since(engine, item):
        result = engine.apply(plain, [base, value])
        made = engine.definition(result)
        if made is not None and made.fn is plain and engine.block.ops and engine.block.ops[-1] is made:
            made.attrs["part_of"] = tuple(item.operands)
            made.attrs["augment"] = fn
        return result
    return engine.apply(plain, [base, value])


def _written_since(engine: Engine, read: Op) -> bool:
    """Whether anything may have been written since an item was read: `u[0] += f(u)` reads u[0] first."""
    ops = engine.block.ops
    later = ops[ops.index(read) + 1 :] if read in ops else ops
    return any(
        not op.results or changed_by_call(op) for op in walk(Block([], later, [])) if op.kind == "apply"
    )


def _item_of_array(engine: Engine, v: Value) -> Op | None:
    """The op that read the item of an array that `x[i] += v` changes."""
    op = engine.definition(v)
    if op is None or op.fn is not operator.getitem or v.name is not None:
        return None
    return op if isinstance(op.operands[0].type, ty.Array) else None


def _augmented_item(engine: Engine, fn: Any, item: Value, value: Value) -> Value:
    """`x[i] += v`: one statement, whether the index gives a view or a copy."""
    op = engine.definition(item)
    assert op is not None
    if op in engine.block.ops:
        engine.block.ops.remove(op)
    x, index = op.operands
    engine.emit(prims.augment_at, [x, index, Const(fn), value], [])
    done = Value(item.type)
    engine.definitions[done] = _Pending((x, index))  # type: ignore[assignment]
    return done


class _Pending:
    """Stands for a value that `x[i] += v` has already written back."""

    kind = "apply"
    fn = None
    operands: list[Value] = []

    def __init__(self, target: tuple[Value, Value]):
        self.attrs = {"augments": target}


for _fn in IN_PLACE:
    if _fn is not operator.ior:
        handles(_fn)(_augmented)


@handles(operator.ior)
def _ior(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    return merged_dicts(engine, fn, operands, keywords, attrs) or _augmented(
        engine, fn, operands, keywords, attrs
    )
