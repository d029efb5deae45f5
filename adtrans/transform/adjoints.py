"""Adjoints as they grow: a value an entry, contributions summed, containers kept in parts."""

from __future__ import annotations

import operator
from typing import Any

from adtrans.analysis.inference.algebra import Zero, expanded, zero_of
from adtrans.analysis.inference.engine import Engine
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value


class Parts(dict):
    """The adjoint of a container, by constant key; keys without an entry are zero."""


Entry = Value | Parts


class Scope:
    """Adjoints seen from one block of the reverse sweep; inner blocks see the outer ones."""

    def __init__(self, parent: Scope | None = None):
        self.parent = parent
        self.own: dict[Value, Entry | None] = {}

    def get(self, v: Value) -> Entry | None:
        scope: Scope | None = self
        while scope is not None:
            if v in scope.own:
                return scope.own[v]
            scope = scope.parent
        return None

    def set(self, v: Value, entry: Entry | None) -> None:
        self.own[v] = entry

    def pop(self, v: Value) -> Entry | None:
        found = self.get(v)
        self.own.pop(v, None)
        return found


def accumulate(engine: Engine, scope: Scope, v: Value, b: Entry) -> None:
    """Add a contribution to the adjoint of `v`."""
    if isinstance(v, Const) or isinstance(b, Zero):
        return
    before = scope.get(v)
    if isinstance(b, Value) and not isinstance(b, Const) and b.name is None:
        b.name = adjoint_name(v)
    scope.set(v, b if before is None else merged(engine, v, before, b))


def adjoint_name(v: Value) -> str | None:
    """The name of an adjoint: b and the user's name."""
    return f"b{v.name}" if v.name is not None and not v.name.startswith("b_") else None


def merged(engine: Engine, v: Value, a: Entry, b: Entry) -> Entry:
    """The sum of two adjoints of `v`."""
    if isinstance(a, Value) and _comes_apart(v.type):
        a = parts_of(engine, a, v.type)
    if isinstance(b, Value) and _comes_apart(v.type):
        b = parts_of(engine, b, v.type)
    if isinstance(a, Parts) and isinstance(b, Parts):
        out = Parts(a)
        for key, entry in b.items():
            out[key] = entry if key not in out else _merged_items(engine, v, key, out[key], entry)
        return out
    if isinstance(a, Parts):
        a, b = b, a
    if isinstance(b, Parts):
        assert isinstance(a, Value)
        for key, entry in b.items():
            a = add_item(engine, a, v, Const(key), entry)
        return a
    assert isinstance(a, Value)
    return _sum(engine, v, a, b)


def _merged_items(engine: Engine, v: Value, key: Any, a: Entry, b: Entry) -> Entry:
    """The sum of two adjoints of `v[key]`."""
    t = item_type(v.type, Const(key))
    item = _read(engine, v, Const(key)) if _comes_apart(t) or isinstance(a, Parts) else Value(t)
    return merged(engine, item, a, b)


def _read(engine: Engine, v: Value, key: Value) -> Value:
    """One item of a container."""
    return engine.emit(reader_of(v.type), [v, key], [item_type(v.type, key)])[0]


def _present(t: ty.Type) -> ty.Type:
    """The type of what is there, of something that may be None: only that has an adjoint with parts."""
    return t.item if isinstance(t, ty.Optional) else t


def _comes_apart(t: ty.Type) -> bool:
    """Whether adjoints of a type are summed item by item: tuples are not added to in place."""
    t = _present(t)
    return isinstance(t, ty.Closure) or isinstance(t, ty.Tuple) and t.cls is not list


def parts_of(engine: Engine, b: Value, t: ty.Type) -> Parts:
    """An adjoint of a tuple as the adjoints of its items."""
    t = _present(t)
    inner = t.captures if isinstance(t, ty.Closure) else t.items  # type: ignore[union-attr]
    made = engine.definition(b)
    if made is not None and made.fn is prims.tuple_:
        return Parts(enumerate(made.operands))
    out = Parts()
    for k, item in enumerate(inner):
        if ty.can_carry(item):
            out[k] = engine.emit(operator.getitem, [b, Const(k)], [ty.widen(item)])[0]
    return out


def _sum(engine: Engine, v: Value, a: Value, b: Value) -> Value:
    p, q = ty.widen(a.type), ty.widen(b.type)
    if isinstance(p, (ty.List, ty.Tuple, ty.Record, ty.Mapping, ty.Closure)) or isinstance(
        q, (ty.List, ty.Tuple, ty.Record, ty.Mapping)
    ):
        from adtrans.runtime import add_trees

        made = engine.emit(add_trees, [a, b], [a.type])[0]
    elif isinstance(p, ty.Scalar) and isinstance(q, ty.Array):
        made = engine.apply(operator.add, [b, a])  # the larger one first: it can be added to in place
    else:
        made = engine.apply(operator.add, [a, b])
    if not isinstance(made, Const) and made.name is None:
        made.name = adjoint_name(v)
    return made


def accumulate_item(engine: Engine, scope: Scope, v: Value, key: Value, b: Entry) -> None:
    """Add a contribution to one item of the container `v`."""
    before = scope.get(v)
    known = isinstance(v.type, (ty.Tuple, ty.Record, ty.Closure))
    if isinstance(v.type, ty.Tuple) and isinstance(key, Const) and isinstance(key.value, int):
        key = Const(key.value % len(v.type.items))
    if (
        known
        and isinstance(key, Const)
        and (before is None or isinstance(before, Parts) or _comes_apart(v.type))
        and not isinstance(key.value, slice)
        and ty.is_hashable(key.value)
    ):
        accumulate(engine, scope, v, Parts({key.value: b}))
        return
    base = whole(engine, v, before)
    scope.set(v, add_item(engine, base, v, key, b))


def add_item(engine: Engine, base: Value, v: Value, key: Value, b: Entry) -> Value:
    """`base` with `b` added to the item at `key`."""
    if isinstance(b, Parts):
        b = whole(engine, _read(engine, v, key), b)
    if isinstance(b, Zero):
        return base
    t = base.type
    held = v.type.item if isinstance(v.type, ty.Optional) else v.type
    fixed = isinstance(held, ty.Tuple) and held.cls is not list or reader_of(v.type) is getattr
    if fixed or not isinstance(ty.widen(b.type), (ty.Scalar, ty.Array, ty.Any, ty.Numeric)):
        from adtrans.runtime import add_item as add_tree

        return engine.emit(add_tree, [base, key, b], [t], name=adjoint_name(v))[0]
    made = engine.emit(prims.add_at, [base, key, b], [t], name=adjoint_name(v))[0]
    return made


def reader_of(t: ty.Type) -> Any:
    """How parts of a value of this type are read: getattr for objects, getitem for containers."""
    t = t.item if isinstance(t, ty.Optional) else t
    return getattr if isinstance(t, ty.Record) and t.cls is not dict else operator.getitem


def item_type(t: ty.Type, key: Value) -> ty.Type:
    """The type of an item of a container."""
    t = _present(t)
    if isinstance(t, ty.Closure):
        t = ty.Tuple(t.captures)
    if isinstance(t, ty.Tuple):
        if isinstance(key, Const) and isinstance(key.value, int):
            return t.items[key.value]
        return ty.as_list(t).item
    if isinstance(t, ty.Record):
        return (t.get(key.value) if isinstance(key, Const) else None) or ty.ANY
    if isinstance(t, (ty.List, ty.Mapping)):
        return t.item
    return ty.ANY


def whole(engine: Engine, v: Value, entry: Entry | None) -> Value:
    """An adjoint as one value, in the structure of `v`; zeros where it has no part."""
    if entry is None or isinstance(entry, Zero):
        return zero_of(engine, v)
    if isinstance(entry, Value):
        return expanded(engine, entry, v)
    t = _present(v.type)
    if isinstance(t, ty.Closure):
        t = ty.Tuple(t.captures)
    if isinstance(t, ty.Tuple):
        items = []
        for k, inner in enumerate(t.items):
            part = entry.get(k, entry.get(k - len(t.items)))
            items.append(_part(engine, v, Const(k), inner, part))
        made = engine.emit(prims.list_ if t.cls is list else prims.tuple_, items, [ty.Tuple(tuple(i.type for i in items), t.cls)],
                           attrs={"cls": t.cls} if t.cls not in (tuple, list) else None)[0]  # fmt: skip
        return made
    if isinstance(t, ty.Record):
        values = [(name, _part(engine, v, Const(name), inner, entry.get(name))) for name, inner in t.fields]
        type_ = ty.Record(tuple((k, x.type) for k, x in values), t.cls)
        if t.cls is dict:
            return engine.emit(prims.dict_, [x for k, p in values for x in (Const(k), p)], [type_])[0]
        from adtrans.runtime import rebuild

        names = tuple(str(k) for k, _ in values)
        return engine.emit(rebuild, [v, *(x for _, x in values)], [type_], names)[0]
    base = zero_of(engine, v)
    for key, part in entry.items():
        base = add_item(engine, base, v, Const(key), part)
    return base


def _part(engine: Engine, v: Value, key: Value, t: ty.Type, part: Entry | None) -> Value:
    if isinstance(t, ty.Known):
        return Const(0.0 if isinstance(t.value, (int, float, complex)) else t.value)
    if isinstance(t, ty.Text):
        return Const(0.0)
    if isinstance(part, Value) and isinstance(ty.widen(t), ty.Scalar) and not isinstance(part, Zero):
        return part
    if v.type is ty.ANY or not hasattr(v, "type"):
        return zero_of(engine, Value(t))
    like: Value
    if part is None or isinstance(part, (Parts, Zero)) or part.type != t:
        if isinstance(ty.widen(t), ty.Scalar):
            like = Value(t)
        else:
            like = engine.emit(reader_of(v.type), [v, key], [t])[0]
    else:
        like = part
    return whole(engine, like, part)
