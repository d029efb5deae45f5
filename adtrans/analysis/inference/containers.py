"""Displays, indexing and unpacking."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.engine import UNROLL, Engine, Restart
from adtrans.analysis.inference.grids import INDEX_TRICKS, index_trick
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.sequences import iterated, sequence
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value

# ----- displays -----


def spread(
    engine: Engine, operands: list[Value], room: int | None = None, before_rest: int | None = None
) -> list[Value]:
    """Operands with every `*items` put in its place; `room` is how many items a single one must have.

    `before_rest` is how many arguments come before those of a `*args`, where lengths may be unknown.
    Raises for a length that is not known elsewhere.
    """
    out: list[Value] = []
    starred = sum(isinstance(v, Lazy) and v.kind == "*" for v in operands)
    for v in operands:
        op = engine.definition(v)
        if isinstance(v, Lazy) and v.kind == "*":
            inner = v.parts[0]
            if before_rest is not None and len(out) >= before_rest and _has_no_length(engine, v):
                item = ty.widen(getattr(inner.type, "item", ty.ANY))
                if UNROLL not in engine.flags and not isinstance(item, (ty.Scalar, ty.Array)):
                    engine.restart(UNROLL)  # functions and objects are known one by one then
                out.append(v)
                continue
            if (
                starred == 1
                and room is not None
                and room >= 0
                and isinstance(inner.type, (ty.List, ty.Array))
            ):
                out += [engine.apply(operator.getitem, [inner, Const(i)]) for i in range(room)]
                continue
            out += items_of(engine, inner)
        elif op is not None and op.fn is prims.starred:
            out += items_of(engine, op.operands[0])
        else:
            out.append(v)
    return out


def items_of(engine: Engine, value: Value) -> list[Value]:
    """The items of an iterable whose length is known."""
    found = sequence(engine, value)
    if found.items is not None:
        return found.items
    if isinstance(found.length, Const) and found.at is not None:
        return [found.at(Const(i)) for i in range(found.length.value)]
    dim = getattr(getattr(value, "type", None), "dims", None)
    if dim and dim[0].literal is not None and found.at is not None:
        return [found.at(Const(i)) for i in range(dim[0].literal)]
    if UNROLL not in engine.flags:
        engine.flags.add(UNROLL)
        raise Restart(engine.flags)
    raise engine.refuse(
        f"the number of items of this iterable ({value.type}) is not known here",
        "unpack a tuple, or index it",
    )


@handles(prims.starred)
def _starred(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    return Lazy("*", [operands[0]])


@handles(prims.double_starred)
def _double_starred(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    return Lazy("**", [operands[0]])


@handles(prims.tuple_)
def _tuple(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    if any(_has_no_length(engine, v) for v in operands) and not attrs:
        return engine.apply(tuple, [_joined_list(engine, operands)])
    items = spread(engine, operands)
    if (
        all(
            type(v) is Const and not isinstance(v.value, (float, complex, np.ndarray, list, dict))
            for v in items
        )
        and not attrs
    ):
        return Const(tuple(v.value for v in items))  # type: ignore[attr-defined]
    return engine.make_tuple(items, (attrs or {}).get("cls", tuple))


@handles(prims.list_)
def _list(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    if any(_has_no_length(engine, v) for v in operands):
        return _joined_list(engine, operands)
    items = [v if isinstance(v, Object) else storable(engine, v) for v in spread(engine, operands)]
    if engine.run_time_lists or (attrs or {}).get("comprehension"):
        items = [storable(engine, v) for v in items]
        item: ty.Type = ty.NEVER
        for v in items:
            item = ty.join(item, ty.widen(v.type), engine.site())
        type_ = engine.fresh(ty.List(item))
    else:
        type_ = ty.Tuple(tuple(v.type for v in items), list)
    return engine.emit(prims.list_, items, [type_])[0]


def check_special(engine: Engine, t: ty.Type, what: str) -> None:
    """Refuse an operation that a deque, defaultdict or Counter has in its own way."""
    from adtrans.analysis.inference.special_containers import check_plain

    check_plain(engine, t, what)


def _has_no_length(engine: Engine, v: Value) -> bool:
    """Whether an operand of a display is `*items` of a list or an array whose length is not known."""
    if not (isinstance(v, Lazy) and v.kind == "*") or isinstance(v.parts[0], (Lazy, Object)):
        return False
    t = v.parts[0].type
    if isinstance(t, ty.Array):
        return bool(t.dims) and t.dims[0].literal is None  # type: ignore[index]
    return isinstance(t, ty.List) and t.cls is list and (t.length is None or t.length.literal is None)


def _joined_list(engine: Engine, operands: list[Value]) -> Value:
    """`[*y, v]` as `y + [v]`."""
    runs: list[Value] = []
    single: list[Value] = []
    for v in [*operands, None]:
        starred = isinstance(v, Lazy) and v.kind == "*"
        if single and (starred or v is None):
            runs.append(engine.apply(prims.list_, single))
            single = []
        if starred:
            runs.append(engine.apply(list, [v.parts[0]]))  # type: ignore[union-attr]
        elif v is not None:
            single.append(v)
    total = runs[0]
    for run in runs[1:]:
        total = engine.apply(operator.add, [total, run])
    return total


def storable(engine: Engine, v: Value) -> Value:
    """A value that may stand in a container."""
    if v in engine.changing:
        raise engine.refuse(
            "a nested function whose captured variables are assigned later is kept in a container",
            "bind them as defaults: lambda t, i=i: ...",
        )
    if isinstance(v, Object):
        return engine.heap.written_out(v)
    if isinstance(v, Lazy):
        raise engine.refuse(
            f"an iterator ({v.kind}) cannot be kept in a container", "make it a list first: list(...)"
        )
    return v


@handles(prims.set_)
def _set(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    items = spread(engine, operands)
    if all(type(v) is Const for v in items):
        try:
            return Const(frozenset(v.value for v in items))  # type: ignore[attr-defined]
        except TypeError:
            pass
    return engine.emit(prims.set_, items, [ty.ANY])[0]


@handles(prims.dict_)
def _dict(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    pairs: list[tuple[Value, Value]] = []
    for key, value in zip(operands[::2], operands[1::2]):
        inner = value.parts[0] if isinstance(value, Lazy) and value.kind == "**" else None
        if inner is None:
            pairs.append((key, value if isinstance(value, Object) else storable(engine, value)))
        elif isinstance(inner.type, ty.Mapping):
            return _filled(engine, operands)
        else:
            pairs += entries(engine, inner)
    known = all(type(k) is Const for k, _ in pairs) and not engine.run_time_dicts
    if known:
        unique = {k.value: v for k, v in pairs}  # type: ignore[attr-defined]
        if ("objects", dict) in engine.flags:
            return engine.heap.make(dict, unique)
        flat = [x for k, v in unique.items() for x in (Const(k), v)]
        return engine.emit(prims.dict_, flat, [ty.Record(tuple((k, v.type) for k, v in unique.items()))])[0]
    if all(type(k) is Const for k, _ in pairs):
        pairs = [(Const(k), v) for k, v in {k.value: v for k, v in pairs}.items()]  # type: ignore[attr-defined]
    elif len(pairs) > 1:  # two of the keys may be one
        return _filled(engine, [x for pair in pairs for x in pair])
    key_type: ty.Type = ty.NEVER
    item_type: ty.Type = ty.NEVER
    for k, v in pairs:
        v = engine.heap.written_out(v) if isinstance(v, Object) else v
        key_type, item_type = (
            ty.join(key_type, ty.widen(k.type)),
            ty.join(item_type, ty.widen(v.type), engine.site()),
        )
    operands = [x for pair in pairs for x in pair]
    return engine.emit(prims.dict_, operands, [engine.fresh(ty.Mapping(key_type, item_type))])[0]


def _filled(engine: Engine, operands: list[Value]) -> Value:
    """A dict display whose keys are known at run time only, as what it does."""
    from adtrans.analysis.inference.changing import dict_method

    made = engine.apply(prims.dict_, [])
    for key, value in zip(operands[::2], operands[1::2]):
        if isinstance(value, Lazy) and value.kind == "**":
            dict_method(engine, made, "update", [value.parts[0]], {})
        else:
            engine.apply(operator.setitem, [made, key, value])
    return made


def entries(engine: Engine, value: Value) -> list[tuple[Value, Value]]:
    """The (key, value) pairs of a dict whose keys are known."""
    if isinstance(value, Object):
        return [(Const(key), item) for key, item in engine.heap.of(value).items()]
    op = engine.definition(value)
    if op is not None and op.fn is prims.dict_ and isinstance(value.type, ty.Record):
        return list(zip(op.operands[::2], op.operands[1::2]))
    if op is not None and op.fn is prims.dict_ and _keeps_its_keys(engine, value.type):
        return [(key, engine.apply(operator.getitem, [value, key])) for key in op.operands[::2]]
    if isinstance(value.type, ty.Record) and value.type.cls is dict:
        return [(Const(k), engine.apply(operator.getitem, [value, Const(k)])) for k, _ in value.type.fields]
    if isinstance(value, Const) and isinstance(value.value, dict):
        return [(Const(k), Const(v)) for k, v in value.value.items()]
    raise engine.refuse("the keys of this dict are not known here")


def _keeps_its_keys(engine: Engine, t: ty.Type) -> bool:
    """Whether nothing is ever stored into, or taken from, the dicts of a type."""
    if not isinstance(t, ty.Mapping):
        return False
    sites = t.site.split("|")
    engine.spread.update(sites)
    return not any(("changed", site) in engine.flags for site in sites)


@handles(operator.or_)
def merged_dicts(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """`d | e` makes a new dict, `d |= e` changes d."""
    d = operands[0]
    check_special(engine, d.type, "|")
    if not isinstance(d.type, ty.Mapping) and not (isinstance(d.type, ty.Record) and d.type.cls is dict):
        return None
    from adtrans.analysis.inference.attributes import call_method

    target = engine.apply(dict, [d]) if fn is operator.or_ else d
    call_method(engine, Bound(target, "update"), [operands[1]], ())
    return target


@handles(dict)
def _dict_call(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    pairs: list[Value] = []
    if operands:
        source = operands[0]
        if isinstance(source.type, ty.Record) or type(source) is Const:
            for k, v in entries(engine, source):
                pairs += [k, v]
        elif isinstance(source.type, ty.Mapping) and not keywords:
            return engine.emit(dict, [source], [engine.fresh(source.type)])[0]
        else:
            items = pairs_of(engine, source)
            if items is None:
                return _dict_of_pairs(engine, source, keywords)
            for item in items:
                k, v = unpack(engine, [item, Const(2), Const(False), Const(0)])
                pairs += [k, v]
    for name, value in keywords.items():
        pairs += [Const(name), value]
    return engine.apply(prims.dict_, pairs)


def pairs_of(engine: Engine, source: Value) -> list[Value] | None:
    """The pairs that a dict is made of; None where their number is not known."""
    found = sequence(engine, source)
    if found.items is not None:
        return found.items
    if isinstance(found.length, Const) and found.at is not None:
        return [found.at(Const(i)) for i in range(found.length.value)]
    if isinstance(source, Lazy):
        source.is_exhausted = False
    return None


def _dict_of_pairs(engine: Engine, source: Value, keywords: dict[str, Value]) -> Value:
    from adtrans.analysis.inference.changing import dict_method

    if not engine.run_time_dicts:
        engine.restart(("dicts",))
    made = engine.apply(prims.dict_, [])
    dict_method(engine, made, "update", [source], keywords)
    return made


@handles(operator.add, operator.mul)
def _concatenated(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    """`+` and `*` of lists and tuples."""
    if not any(isinstance(v.type, (ty.Tuple, ty.List)) for v in operands) or all(
        type(v) is Const for v in operands
    ):
        return None
    a, b = operands
    for v in operands:
        check_special(engine, v.type, "+ or *")
    if fn is operator.mul:
        items, count = (a, b) if isinstance(a.type, (ty.Tuple, ty.List)) else (b, a)
        if isinstance(ty.widen(count.type), ty.Array):
            return None
        known = items.type
        factor = ty.widen(count.type)
        if isinstance(factor, ty.Scalar) and factor.python and factor.dtype in ("float64", "complex128"):
            cls = known.cls.__name__  # type: ignore[union-attr]
            raise engine.refuse(
                f"a {cls} is multiplied by a {factor}, which Python refuses", "use an array: np.array(...)"
            )
        if isinstance(known, ty.Tuple) and type(count) is Const and len(known.items) * count.value <= 64:
            repeated = engine.take_apart(items) * count.value
            return engine.apply(prims.list_, repeated) if known.cls is list else engine.make_tuple(repeated)
        inner = ty.as_list(known)  # type: ignore[arg-type]
        length = ty.length_of(count.type) if isinstance(known, ty.Tuple) and len(known.items) == 1 else None
        made = engine.fresh(ty.List(ty.widen(inner.item), length, inner.cls))
        return engine.emit(operator.mul, operands, [made])[0]
    left, right = (ty.widen(v.type) for v in operands)
    if isinstance(left, ty.Tuple) and isinstance(right, ty.Tuple) and not engine.run_time_lists:
        items_of_both = engine.take_apart(a) + engine.take_apart(b)
        return (
            engine.apply(prims.list_, items_of_both) if left.cls is list else engine.make_tuple(items_of_both)
        )
    if isinstance(left, (ty.Tuple, ty.List)) and isinstance(right, (ty.Tuple, ty.List)):
        p, q = ty.as_list(left), ty.as_list(right)
        return engine.emit(
            operator.add, operands, [engine.fresh(ty.List(ty.join(p.item, q.item), None, p.cls))]
        )[0]
    return None


# ----- comprehensions: lists as values -----


@handles(prims.append)
def _append(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    items, item = operands
    op = engine.definition(items)
    if (
        op is not None
        and op.fn is prims.list_
        and isinstance(items.type, (ty.Tuple, ty.List))
        and op in engine.block.ops
    ):
        kept = item if isinstance(item, Object) and not engine.run_time_lists else storable(engine, item)
        parts = [*op.operands, kept]
        return engine.emit(prims.list_, parts, [ty.Tuple(tuple(v.type for v in parts), list)])[0]
    before = ty.as_list(items.type) if isinstance(items.type, (ty.Tuple, ty.List)) else ty.List(ty.NEVER)
    length = before.length + 1 if before.length is not None else None
    item_type = ty.join(
        ty.join(before.item, ty.widen(item.type), engine.site()), engine.known_items(before.site)
    )
    type_ = ty.List(item_type, length, list, before.site)
    return engine.emit(prims.append, [items, storable(engine, item)], [type_])[0]


@handles(prims.insert)
def _insert(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    items, key, item = operands
    op = engine.definition(items)
    if isinstance(items, Object):
        engine.apply(operator.setitem, operands)
        return items
    displayed = op is not None and op.fn is prims.dict_ and op in engine.block.ops
    if op is not None and displayed and isinstance(items.type, ty.Mapping):
        if all(type(k) is Const for k in (*op.operands[::2], key)):
            return engine.apply(prims.dict_, [*op.operands, key, item])
        engine.apply(operator.setitem, operands)
        return items
    if op is not None and displayed and isinstance(items.type, ty.Record) and type(key) is Const:
        unique = dict(zip([k.value for k in op.operands[::2]], op.operands[1::2]))  # type: ignore[attr-defined]
        unique[key.value] = item
        flat = [x for k, v in unique.items() for x in (Const(k), v)]
        return engine.emit(prims.dict_, flat, [ty.Record(tuple((k, v.type) for k, v in unique.items()))])[0]
    before = (
        ty.as_mapping(items.type)
        if isinstance(items.type, (ty.Record, ty.Mapping))
        else ty.Mapping(ty.NEVER, ty.NEVER)
    )
    site = before.site
    key_type = ty.join(ty.join(before.key, ty.widen(key.type)), engine.known_items(site + "k"))
    item_type = ty.join(before.item, ty.widen(item.type), site or engine.site())
    type_ = ty.Mapping(key_type, ty.join(item_type, engine.known_items(site), site), site)
    return engine.emit(prims.insert, [items, key, item], [type_])[0]


# ----- reading -----


@handles(operator.getitem)
def _getitem(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value | None:
    base, index = operands
    if isinstance(base, Lazy):
        raise engine.refuse(f"an iterator ({base.kind}) cannot be indexed", "make it a list first: list(...)")
    t: ty.Type = base.type
    if isinstance(t, ty.Optional):
        return engine.apply(fn, [engine.present(base), index], (), attrs)
    if isinstance(base, Const) and any(base.value is each for each in INDEX_TRICKS):
        return index_trick(engine, base.value, index)
    if isinstance(base, Const):
        if isinstance(index, Const):
            try:
                found = base.value[index.value]
            except Exception:
                return None
            if isinstance(found, (int, str, tuple, type(None))) or not isinstance(base.value, np.ndarray):
                return Const(found)
        t = ty.widen(t) if isinstance(base.value, (tuple, list)) else t
        if (
            isinstance(base.value, dict)
            or isinstance(base.value, (tuple, list))
            and not isinstance(t, ty.Tuple)
        ):
            from adtrans.analysis.inference.objects import type_of_object

            t = type_of_object(base.value)
        if isinstance(base.value, range):
            t = ty.Range()
        if isinstance(base.value, str):
            return engine.emit(operator.getitem, operands, [ty.TEXT])[0]
    op = engine.definition(base)
    if isinstance(t, ty.Tuple):
        return _item_of_tuple(engine, base, t, index, op)
    if isinstance(t, ty.Record) and t.cls is dict:
        return _item_of_record(engine, base, t, index, op)
    if isinstance(t, ty.List):
        if _is_slice_value(engine, index):
            return engine.emit(operator.getitem, operands, [engine.fresh(ty.List(t.item, None, t.cls))])[0]
        return engine.emit(operator.getitem, operands, [item_read(engine, t.item, index)])[0]
    if isinstance(t, ty.Mapping):
        from adtrans.analysis.inference.special_containers import read

        found = read(engine, base, index)
        return found or engine.emit(operator.getitem, operands, [item_read(engine, t.item, index)])[0]
    if isinstance(t, ty.Range):
        return engine.emit(
            operator.getitem, operands, [ty.Range() if _is_slice_value(engine, index) else ty.INT]
        )[0]
    if isinstance(t, ty.Text):
        return engine.emit(operator.getitem, operands, [ty.TEXT])[0]
    if isinstance(t, ty.Array):
        parts = list(arrays.index_parts(index, engine.definition))
        type_, kind = arrays.getitem(t, parts, engine.definition, engine.site())
        return engine.emit(operator.getitem, operands, [type_], attrs={"access": kind})[0]
    if isinstance(t, ty.Numeric):
        return engine.emit(operator.getitem, operands, [ty.NUMERIC], attrs={"access": "unknown"})[0]
    if isinstance(t, ty.Any):
        return engine.emit(operator.getitem, operands, [ty.ANY], attrs={"access": "unknown"})[0]
    raise engine.refuse(f"indexing of {t} is not supported")


def item_read(engine: Engine, item: ty.Type, index: Value | None = None) -> ty.Type:
    """The type of an item of a container that knows only one type: two items may have different lengths."""
    place = f"_{index.value}" if isinstance(index, Const) else ""
    return ty.renamed(item, lambda dim: not dim.varies, engine.site() + place)


def _is_slice_value(engine: Engine, index: Value) -> bool:
    return arrays.is_slice(index, engine.definition)


def _item_of_tuple(engine: Engine, base: Value, t: ty.Tuple, index: Value, op: Any) -> Value:
    parts = list(op.operands) if op is not None and op.fn in (prims.tuple_, prims.list_) else None
    if isinstance(base, Const):
        parts = [Const(item) for item in base.value]
    if (
        type(index) is Const
        and isinstance(index.value, (int, np.integer))
        and -len(t.items) <= index.value < len(t.items)
    ):
        k = int(index.value) % len(t.items)
        if parts is not None:
            return parts[k]
        if isinstance(t.items[k], ty.Known):
            return Const(t.items[k].value)  # type: ignore[union-attr]
        return engine.emit(operator.getitem, [base, Const(k)], [t.items[k]])[0]
    if type(index) is Const and isinstance(index.value, slice):
        if parts is not None:
            chosen = parts[index.value]
            return (
                engine.make_tuple(chosen, tuple) if t.cls is not list else engine.apply(prims.list_, chosen)
            )
        cls = list if t.cls is list else tuple
        return engine.emit(operator.getitem, [base, index], [ty.Tuple(t.items[index.value], cls)])[0]
    listed_type = ty.as_list(ty.Tuple(t.items, list if t.cls is list else tuple))
    if _is_slice_value(engine, index):
        return engine.emit(
            operator.getitem, [base, index], [engine.fresh(ty.List(listed_type.item, None, listed_type.cls))]
        )[0]
    return engine.emit(
        operator.getitem, [base, index], [item_read(engine, ty.widen(listed_type.item), index)]
    )[0]


def _item_of_record(engine: Engine, base: Value, t: ty.Record, index: Value, op: Any) -> Value:
    if type(index) is Const:
        found = t.get(index.value)
        if found is None:
            return engine.emit(operator.getitem, [base, index], [ty.ANY])[0]
        if op is not None and op.fn is prims.dict_:
            return dict(zip([k.value for k in op.operands[::2]], op.operands[1::2]))[index.value]
        if isinstance(found, ty.Known):
            return Const(found.value)
        return engine.emit(operator.getitem, [base, index], [found])[0]
    return engine.emit(operator.getitem, [base, index], [item_read(engine, ty.as_mapping(t).item, index)])[0]


def unpack(engine: Engine, operands: list[Value]) -> list[Value]:
    """One value a target of an unpacking assignment."""
    value, before, star, after = operands[0], operands[1].value, operands[2].value, operands[3].value  # type: ignore[attr-defined]
    total = before + after + (1 if star else 0)
    value = engine.present(value)
    value = iterated(engine, value) or value
    items: list[Value] | None = None
    if isinstance(value.type, ty.Tuple) or isinstance(value, (Const, Lazy)):
        items = items_of(engine, value)
    elif isinstance(value.type, ty.Array) and value.type.dims and value.type.dims[0].literal is not None:
        items = items_of(engine, value)
    if items is not None:
        if len(items) < before + after or (not star and len(items) != before):
            raise engine.refuse(f"{len(items)} values cannot be unpacked into {total} targets")
        if not star:
            return items
        middle = engine.apply(prims.list_, items[before : len(items) - after])
        return [*items[:before], middle, *items[len(items) - after :]]
    read = [engine.apply(operator.getitem, [value, Const(i)]) for i in range(before)]
    if not star:
        return read
    stop = Const(-after) if after else Const(None)
    cut = engine.apply(operator.getitem, [value, Const(slice(before, stop.value))])
    tail = [engine.apply(operator.getitem, [value, Const(i - after)]) for i in range(after)]
    return [*read, engine.apply(list, [cut]), *tail]


@handles(prims.add_at)
def _add_at(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    base, index, value = operands
    given = dict(attrs or {})
    if isinstance(base.type, (ty.Array, ty.Any, ty.Numeric)) and "repeats" not in given:
        kinds = [
            arrays._rank_of_index(p)[0]
            for p in arrays.index_parts(index, engine.definition)
            if not arrays.is_slice(p, engine.definition)
        ]
        if set(kinds) & {"array", "unknown"}:
            given["repeats"] = True
    return engine.emit(prims.add_at, operands, [base.type], attrs=given)[0]
