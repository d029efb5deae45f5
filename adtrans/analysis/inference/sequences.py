"""What is iterated over: known items, or a length and the item at an index; iterators of Python and itertools."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from enum import EnumMeta
from typing import Any

import numpy as np

from adtrans.analysis.inference.engine import UNROLL_AT_MOST, Engine, _same
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.virtual import Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const
from adtrans.rules import stand_ins


@dataclass
class Sequence:
    """Something to iterate over: known items, or a length and the item at an index."""

    items: list[Value] | None = None
    length: Value | None = None
    at: Any = None  # index value -> item value, writing ops where it is called
    range: Value | None = None  # a range value to iterate over directly


def sequence(engine: Engine, value: Value) -> Sequence:
    """Describe an iterable. Raises UnsupportedError for one whose items cannot be indexed."""
    if isinstance(value, Lazy):
        return _lazy(engine, value)
    value = engine.present(value)
    of_class = iterated(engine, value)
    if of_class is not None:
        return sequence(engine, of_class)
    if isinstance(value, Object):
        if value.cls is not dict:
            raise engine.refuse(
                f"iteration over a {value.cls.__name__} is not supported", "iterate over a list"
            )
        return Sequence(items=[Const(key) for key in engine.heap.of(value)])
    if isinstance(value, Const):
        return _constant(engine, value)
    t = value.type
    if isinstance(t, ty.Range):
        return Sequence(
            range=value,
            length=engine.apply(len, [value]),
            at=lambda i: engine.apply(operator.getitem, [value, i]),
        )
    if isinstance(t, ty.Tuple):
        return Sequence(
            items=engine.take_apart(value), length=Const(len(t.items)), at=_indexed(engine, value)
        )
    if isinstance(t, ty.Record) and t.cls is dict:
        return Sequence(items=[Const(key) for key, _ in t.fields])
    if isinstance(t, ty.Mapping):
        return sequence(engine, engine.emit(list, [value], [ty.List(t.key)])[0])
    if isinstance(t, (ty.List, ty.Array, ty.Numeric, ty.Any, ty.Text)):
        if isinstance(t, ty.Any):
            value = engine.emit(list, [value], [ty.List(ty.ANY)])[0]
        return Sequence(length=counted(engine, value), at=_indexed(engine, value))
    raise engine.refuse(f"iteration over {t} is not supported")


def iterated(engine: Engine, value: Value) -> Value | None:
    """What the `__iter__` of an object of the user gives; None for other values."""
    from adtrans.analysis.inference.instances import own_method

    method = own_method(engine, value, "__iter__")
    return None if method is None else engine.apply(prims.call, [Const(method), value])


def counted(engine: Engine, value: Value) -> Value:
    """How many items there are; of a list that is marked, see analysis/iterations."""
    length = engine.apply(len, [value])
    made = engine.definition(length)
    if made is not None and isinstance(value.type, ty.List):
        made.attrs["iterates"] = True
    return length


def _indexed(engine: Engine, value: Value) -> Any:
    return lambda i: engine.apply(operator.getitem, [value, i])


def _constant(engine: Engine, value: Const) -> Sequence:
    found = value.value
    if isinstance(found, range):
        return Sequence(range=value, items=[Const(i) for i in found] if len(found) <= UNROLL_AT_MOST else None,
                        length=Const(len(found)), at=_indexed(engine, value))  # fmt: skip
    if isinstance(found, np.ndarray):
        return Sequence(length=Const(len(found)), at=_indexed(engine, value))
    if isinstance(found, (tuple, list, str)):
        return Sequence(
            items=[Const(item) for item in found], length=Const(len(found)), at=_indexed(engine, value)
        )
    if isinstance(found, (dict, frozenset, EnumMeta)):
        return Sequence(items=[Const(item) for item in found])
    raise engine.refuse(f"iteration over a {type(found).__name__} is not supported")


def _lazy(engine: Engine, value: Lazy) -> Sequence:
    kind = value.kind
    if value.is_exhausted:
        raise engine.refuse(
            f"a {kind} object may be iterated over a second time here, when nothing is left of it",
            f"call {kind} where it is used, or make it a list first",
        )
    value.is_exhausted = kind in (
        "reversed",
        "enumerate",
        "zip",
        "map",
        "filter",
        "iter",
        "count",
        "repeat",
        "cycle",
    )
    if kind in ("count", "repeat", "cycle"):
        return _endless(engine, value)
    if kind == "reversed":
        inner = sequence(engine, value.parts[0])
        if inner.range is not None and not isinstance(inner.range, Const):
            turned = engine.emit(
                reversed, [inner.range], [ty.Range(getattr(inner.range.type, "length", None))]
            )[0]
            return Sequence(range=turned, length=inner.length, at=None)
        items = None if inner.items is None else inner.items[::-1]
        length, at = value.parts[1] if len(value.parts) > 1 else inner.length, inner.at

        def from_end(i: Value) -> Value:
            assert length is not None
            last = engine.apply(operator.sub, [length, Const(1)])
            return at(engine.apply(operator.sub, [last, i]))

        ranged = Const(inner.range.value[::-1]) if isinstance(inner.range, Const) else None
        return Sequence(items=items, length=length, at=None if at is None else from_end, range=ranged)
    if kind == "enumerate":
        inner = sequence(engine, value.parts[0])
        start = value.parts[1]
        items = None
        if inner.items is not None:
            items = [
                engine.make_tuple([engine.apply(operator.add, [start, Const(k)]), x])
                for k, x in enumerate(inner.items)
            ]

        def numbered(i: Value) -> Value:
            number = i if is_const(start, 0) else engine.apply(operator.add, [i, start])
            return engine.make_tuple([number, inner.at(i)])

        return Sequence(items=items, length=inner.length, at=None if inner.at is None else numbered)
    if kind == "zip":
        inners = [sequence(engine, part) for part in value.parts]
        items = None
        known = [s.items for s in inners if s.items is not None]
        endless = [s for s in inners if s.items is None and s.length is None and s.at is not None]
        if known and len(known) + len(endless) == len(inners):
            for s in endless:
                s.items = [s.at(Const(k)) for k in range(min(map(len, known)))]
            items = [engine.make_tuple(list(row)) for row in zip(*(s.items or [] for s in inners))]
        if any(s.at is None for s in inners):
            if items is None:
                raise engine.refuse("zip over this iterable is not supported")
            return Sequence(items=items)

        def row_at(i: Value) -> Value:
            return engine.make_tuple([s.at(i) for s in inners])

        return Sequence(
            items=items,
            length=_shortest(engine, [s.length for s in inners if s.length is not None]),
            at=row_at,
        )
    if kind == "map":
        function, inners = value.parts[0], [sequence(engine, part) for part in value.parts[1:]]

        def mapped(i: Value) -> Value:
            return engine.apply(prims.call, [function, *(s.at(i) for s in inners)])

        items = None
        if all(s.items is not None for s in inners):
            items = [
                engine.apply(prims.call, [function, *row]) for row in zip(*(s.items or [] for s in inners))
            ]
            return Sequence(items=items)
        return Sequence(
            length=_shortest(engine, [s.length for s in inners if s.length is not None]), at=mapped
        )
    if kind in ("keys", "iter"):
        return sequence(engine, value.parts[0])
    if kind == "filter":
        from adtrans.analysis.inference.calls import call_user

        return sequence(engine, call_user(engine, stand_ins.chosen, value.parts, {}))  # type: ignore[arg-type]
    if kind in ("items", "values"):
        owner = value.parts[0]
        if isinstance(owner, Object):
            pairs = engine.heap.of(owner).items()
            made = [v if kind == "values" else engine.make_tuple([Const(k), v]) for k, v in pairs]
            return Sequence(items=made)
        if isinstance(owner.type, ty.Record) or isinstance(owner, Const):
            keys = (
                [k for k, _ in owner.type.fields] if isinstance(owner.type, ty.Record) else list(owner.value)
            )
            found = [engine.apply(operator.getitem, [owner, Const(k)]) for k in keys]
            if kind == "values":
                return Sequence(items=found)
            return Sequence(items=[engine.make_tuple([Const(k), x]) for k, x in zip(keys, found)])
        from adtrans.analysis.inference.special_containers import item_of

        keys_value = engine.emit(list, [owner], [ty.List(getattr(owner.type, "key", ty.ANY))])[0]

        def entry(i: Value) -> Value:
            key = engine.apply(operator.getitem, [keys_value, i])
            item = item_of(engine, owner, key)
            return item if kind == "values" else engine.make_tuple([key, item])

        return Sequence(length=engine.apply(len, [keys_value]), at=entry)
    raise engine.refuse(f"iteration over {kind} is not supported")


def _endless(engine: Engine, value: Lazy) -> Sequence:
    """An iterator of itertools that has an item at every index; it has no length."""
    first = value.parts[0]
    if value.kind == "count":
        step = value.parts[1]

        def counted(i: Value) -> Value:
            steps = i if is_const(step, 1) else engine.apply(operator.mul, [i, step])
            return steps if is_const(first, 0) else engine.apply(operator.add, [first, steps])

        return Sequence(at=counted)
    if value.kind == "repeat":
        return Sequence(length=value.parts[1] if len(value.parts) > 1 else None, at=lambda i: first)
    inner = sequence(engine, first)
    if inner.length is None or inner.at is None:
        raise engine.refuse("cycle over this iterable is not supported", "make it a list first: list(...)")
    return Sequence(at=lambda i: inner.at(engine.apply(operator.mod, [i, inner.length])))


def _shortest(engine: Engine, lengths: list[Value]) -> Value:
    distinct: list[Value] = []
    for n in lengths:
        dim = getattr(n.type, "dim", None)
        if not any(
            _same(n, m) or (dim is not None and getattr(m.type, "dim", None) == dim) for m in distinct
        ):
            distinct.append(n)
    if len(distinct) == 1:
        return distinct[0]
    if all(isinstance(n, Const) for n in distinct):
        return Const(min(n.value for n in distinct))  # type: ignore[attr-defined]
    return engine.emit(min, distinct, [ty.INT])[0]
