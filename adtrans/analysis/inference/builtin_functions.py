"""Python's builtins and NumPy's constructors on typed values."""

from __future__ import annotations

import bisect
import itertools
import operator
from enum import EnumMeta
from typing import Any

import numpy as np

from adtrans.analysis.inference import arrays
from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.calls import call_user
from adtrans.analysis.inference.engine import UNROLL_AT_MOST, Engine
from adtrans.analysis.inference.heap import Object
from adtrans.analysis.inference.sequences import counted, iterated, sequence
from adtrans.analysis.inference.virtual import Lazy
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Op, Value, is_const
from adtrans.rules import stand_ins
from adtrans.rules.stand_ins import extreme_or, largest, largest_by, ordered, smallest, smallest_by
from adtrans.runtime import order_of, place_of_largest, place_of_smallest

Keywords = dict[str, Value]

# ----- iterators -----


@handles(range)
def _range(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if all(type(v) is Const for v in operands):
        return None
    length = ty.length_of(operands[0].type) if len(operands) == 1 else None
    return engine.emit(range, operands, [ty.Range(length)])[0]


@handles(enumerate)
def _enumerate(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    start = keywords.get("start", operands[1] if len(operands) > 1 else Const(0))
    return Lazy("enumerate", [operands[0], start])


@handles(zip)
def _zip(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Lazy("zip", operands)


@handles(reversed)
def _reversed(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    if isinstance(operands[0].type, ty.List):  # it starts at the end that the list has now
        return Lazy("reversed", [operands[0], counted(engine, operands[0])])
    return Lazy("reversed", operands)


@handles(map)
def _map(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Lazy("map", operands)


@handles(itertools.count)
def _count(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    given = {**dict(zip(("start", "step"), operands)), **keywords}
    return Lazy("count", [given.get("start", Const(0)), given.get("step", Const(1))])


@handles(itertools.repeat)
def _repeat(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Lazy("repeat", [*operands, *keywords.values()])


@handles(itertools.cycle)
def _cycle(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Lazy("cycle", operands)


@handles(filter)
def _filter(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return Lazy("filter", operands)


@handles(next)
def _next(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if not isinstance(operands[0].type, (ty.List, ty.Tuple)) or isinstance(operands[0], Lazy):
        raise engine.refuse(
            f"next() of a {_kind_of(operands[0])} is not supported", "make it a list, and index that"
        )
    return call_user(engine, stand_ins.first, operands, keywords)  # type: ignore[arg-type]


def _kind_of(v: Value) -> str:
    return v.kind if isinstance(v, Lazy) else str(v.type)


@handles(iter)
def _iter(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if len(operands) == 1 and not keywords and not isinstance(operands[0].type, ty.Any):
        return Lazy("iter", operands)
    return None


_CHOICES: dict[Any, dict[int, Any]] = {
    itertools.combinations: {2: stand_ins.combinations_of_2, 3: stand_ins.combinations_of_3},
    itertools.permutations: {2: stand_ins.permutations_of_2, 3: stand_ins.permutations_of_3},
    itertools.combinations_with_replacement: {
        2: stand_ins.combinations_of_2,
        3: stand_ins.combinations_of_3,
    },
    itertools.product: {2: stand_ins.product_of_2, 3: stand_ins.product_of_3},
}


@handles(*_CHOICES)
def _choices(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    """The tuples that itertools.product and its siblings give, as a list."""
    is_product = fn is itertools.product
    given = {**dict(zip(("iterable", "r"), operands)), **keywords} if not is_product else keywords
    count = given.get("repeat", Const(1)) if is_product else given.get("r")
    sources = [_listed(engine, v) for v in (operands if is_product else [given["iterable"]])]
    known = [_items_at_hand(engine, v) for v in sources]
    if fn is itertools.permutations and (count is None or is_const(count, None)):
        count = Const(len(known[0])) if known[0] is not None else None
    if type(count) is not Const:
        raise engine.refuse(f"{fn.__name__} of a computed length is not supported", "give it as a number")
    if all(items is not None for items in known):
        option = {"repeat": count.value} if is_product else {"r": count.value}
        rows = list(fn(*known, **option))
        if len(rows) <= UNROLL_AT_MOST:
            return engine.apply(prims.list_, [engine.apply(prims.tuple_, list(row)) for row in rows])
    sources = sources * count.value if is_product else sources
    stand_in = _CHOICES[fn].get(len(sources) if is_product else count.value)
    if stand_in is None:
        raise engine.refuse(f"{fn.__name__} of this many is not supported", "write the loops")
    options = {"repeated": Const(1)} if fn is itertools.combinations_with_replacement else {}
    return call_user(engine, stand_in, sources, options)  # type: ignore[arg-type]


def _listed(engine: Engine, v: Value) -> Value:
    v = collect(engine, v)
    return v if isinstance(v.type, (ty.List, ty.Tuple)) else engine.apply(list, [v])


def _items_at_hand(engine: Engine, v: Value) -> list[Value] | None:
    """The items of a list whose length is known."""
    if type(v) is Const:
        return [Const(item) for item in v.value]
    return engine.take_apart(v) if isinstance(v.type, ty.Tuple) else None


@handles(bisect.bisect, bisect.bisect_left, bisect.bisect_right)
def _bisected(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return engine.emit(fn, [*operands, *keywords.values()], [ty.INT], tuple(keywords))[0]


@handles(order_of, place_of_largest, place_of_smallest)
def _places(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    keys = operands[0].type
    if fn is not order_of:
        return engine.emit(fn, operands, [ty.INT])[0]
    length = ty.as_list(keys).length if isinstance(keys, (ty.Tuple, ty.List)) else None
    return engine.emit(fn, operands, [engine.fresh(ty.List(ty.INT, length))])[0]


def collect(engine: Engine, value: Value) -> Value:
    """An iterator, or the keys of a dict, as a list."""
    t = value.type
    of_class = iterated(engine, value)
    if of_class is not None:
        return collect(engine, of_class)
    if isinstance(value, Object) or isinstance(t, ty.Mapping) or isinstance(t, ty.Record) and t.cls is dict:
        return engine.apply(list, [value])
    if not isinstance(value, Lazy):
        return value
    found = sequence(engine, value)
    if found.items is not None:
        return engine.apply(prims.list_, found.items)
    if found.length is None:
        raise engine.refuse(f"{value.kind} never ends", "zip it with something that does")
    values = engine.apply(range, [found.length])
    start = engine.emit(prims.list_, [], [engine.fresh(ty.List(ty.NEVER))])[0]
    site = start.type.site  # type: ignore[union-attr]
    index = Value(ty.INT, "i", engine.span)
    slot = Value(ty.List(ty.NEVER), None, engine.span)
    body = Block([index, slot])
    with engine.inside(body):
        item = found.at(index)
        item_type = ty.join(ty.widen(item.type), engine.known_items(site))
        type_ = ty.List(item_type, ty.length_of(found.length.type), list, site)
        longer = engine.emit(prims.append, [slot, item], [type_])[0]
    for v in (start, slot):
        v.type = type_
    body.yields = [longer]
    result = Value(type_, None, engine.span)
    engine.append(Op("for", [values, start], [result], [body], dict(engine.marks), engine.span))
    return result


@handles(list, tuple)
def _list(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if not operands:
        return Const(()) if fn is tuple else engine.apply(prims.list_, [])
    source = iterated(engine, operands[0]) or operands[0]
    if isinstance(source, Lazy):
        source = collect(engine, source)
    t = source.type
    if type(source) is Const and isinstance(source.value, EnumMeta):
        source = Const(tuple(source.value))
    if isinstance(t, ty.Tuple):
        items = engine.take_apart(source)
        return engine.make_tuple(items) if fn is tuple else engine.apply(prims.list_, items)
    if type(source) is Const and isinstance(source.value, (tuple, list, range, str, frozenset)):
        if fn is tuple:
            return Const(tuple(source.value))
        if len(source.value) <= 64:
            return engine.apply(prims.list_, [Const(v) for v in source.value])
    if isinstance(t, ty.List):
        return engine.emit(fn, [source], [engine.fresh(ty.List(t.item, t.length, fn))])[0]
    if isinstance(t, ty.Array) and t.dims is not None:
        if len(t.dims) == 1:
            return engine.emit(
                fn, [source], [engine.fresh(ty.List(ty.Scalar(t.dtype, False), t.dims[0], fn))]
            )[0]
        return engine.emit(
            fn, [source], [engine.fresh(ty.List(ty.Array(t.dtype, t.dims[1:]), t.dims[0], fn))]
        )[0]
    if isinstance(t, ty.Record) and t.cls is dict:
        return engine.apply(prims.list_ if fn is list else prims.tuple_, [Const(k) for k, _ in t.fields])
    if isinstance(t, ty.Mapping):
        return engine.emit(fn, [source], [engine.fresh(ty.List(t.key, None, fn))])[0]
    if isinstance(t, ty.Range):
        return engine.emit(fn, [source], [engine.fresh(ty.List(ty.INT, t.length, fn))])[0]
    return engine.emit(fn, [source], [ty.ANY])[0]


# ----- sums and extremes -----


@handles(sum)
def _sum(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    source = collect(engine, operands[0])
    start = keywords.get("start", operands[1] if len(operands) > 1 else None)
    t = source.type
    if isinstance(t, ty.Tuple):
        total = start
        for part in engine.take_apart(source):
            total = part if total is None else engine.apply(operator.add, [total, part])
        return total if total is not None else Const(0)
    given = [source] if start is None else [source, start]
    if isinstance(t, (ty.List, ty.Range)):
        item = ty.INT if isinstance(t, ty.Range) else ty.widen(t.item)
        if isinstance(item, ty.Scalar) and item.dtype == "bool":
            item = ty.INT
        site = engine.site()
        if isinstance(item, ty.Never):  # of a list that is empty in some iteration
            engine.flags.add(("empty", site))
            return engine.emit(sum, given, [ty.INT if start is None else ty.widen(start.type)])[0]
        if start is None and isinstance(item, ty.Array) and ("empty", site) in engine.flags:
            item = ty.NUMERIC if ty.is_inexact(item.dtype) else ty.ANY
        if start is not None:
            first = Value(item)
            made = arrays.elementwise(operator.add, [start, first], site)
            return engine.emit(sum, given, [made])[0]
        return engine.emit(sum, given, [item])[0]
    if isinstance(t, ty.Array) and t.dims is not None:
        rest = t.dims[1:]
        return engine.emit(
            sum,
            given,
            [
                ty.Array(t.dtype, rest)
                if rest
                else ty.Scalar(t.dtype if t.dtype != "bool" else "int64", False)
            ],
        )[0]
    return engine.emit(sum, given, [ty.NUMERIC if isinstance(t, ty.Numeric) else ty.ANY])[0]


@handles(min, max)
def _extreme(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if "default" in keywords:
        source = collect(engine, operands[0])
        if not isinstance(source.type, ty.Tuple):
            return call_user(engine, extreme_or, [Const(fn), source], keywords)  # type: ignore[arg-type]
        if not source.type.items:
            return keywords["default"]
        keywords = {name: v for name, v in keywords.items() if name != "default"}
        return engine.apply(fn, [source, *keywords.values()], tuple(keywords))
    if "key" in keywords:
        source = collect(engine, operands[0]) if len(operands) == 1 else engine.apply(prims.tuple_, operands)
        return call_user(engine, largest_by if fn is max else smallest_by, [source], keywords)  # type: ignore[arg-type]
    items = operands
    if len(operands) == 1:
        source = collect(engine, operands[0])
        t = source.type
        if isinstance(t, (ty.Tuple, ty.List)) and not _are_numbers(ty.as_list(t).item):
            return call_user(engine, largest_by if fn is max else smallest_by, [source], {})  # type: ignore[arg-type]
        if isinstance(t, ty.Tuple) and t.items:
            items = engine.take_apart(source)
        elif isinstance(t, ty.List) and ty.can_carry(t.item):
            stand_in: Any = largest if fn is max else smallest
            return call_user(engine, stand_in, [source], {})
        elif isinstance(t, ty.List):
            return engine.emit(fn, [source], [t.item])[0]
        elif isinstance(t, ty.Array) and t.dims is not None and len(t.dims) == 1:
            return engine.apply(np.max if fn is max else np.min, [source])
        elif type(source) is Const:
            return None
        else:
            return engine.emit(fn, [source], [ty.ANY])[0]
    if all(type(v) is Const for v in items):
        return None
    best = items[0]
    for item in items[1:]:
        type_ = ty.join(ty.widen(best.type), ty.widen(item.type))
        if isinstance(type_, ty.Scalar):
            type_ = ty.Scalar(type_.dtype, type_.python)
        best = engine.emit(fn, [best, item], [type_])[0]
    return best


def _are_numbers(t: ty.Type) -> bool:
    return not isinstance(ty.widen(t), (ty.Tuple, ty.List, ty.Record))


@handles(any, all)
def _any(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    return engine.emit(fn, [collect(engine, operands[0])], [ty.BOOL])[0]


@handles(sorted)
def _sorted(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    source = collect(engine, operands[0])
    if type(source) is Const and "key" not in keywords:
        return None
    if "key" in keywords:
        return call_user(engine, ordered, [source], keywords)  # type: ignore[arg-type]
    t = source.type
    type_: ty.Type = ty.ANY
    if isinstance(t, (ty.Tuple, ty.List)):
        in_order = _in_known_order(engine, source, keywords.get("reverse", Const(False)))
        if in_order is not None:
            return in_order
        listed = ty.as_list(t)
        if ty.can_carry(listed.item) and not isinstance(ty.widen(listed.item), ty.Scalar):
            return call_user(engine, ordered, [source], keywords)  # type: ignore[arg-type]
        type_ = (
            ty.Tuple((ty.widen(listed.item),) * len(t.items), list)
            if isinstance(t, ty.Tuple)
            else ty.List(listed.item, listed.length)
        )
    elif isinstance(t, ty.Array) and t.dims is not None and len(t.dims) == 1:
        type_ = ty.List(ty.Scalar(t.dtype, False), t.dims[0])
    return engine.emit(sorted, [source, *keywords.values()], [engine.fresh(type_)], tuple(keywords))[0]


def _in_known_order(engine: Engine, source: Value, reverse: Value) -> Value | None:
    """Items in the order of what is known when this is written: texts, or tuples that begin with texts."""
    if not isinstance(source.type, ty.Tuple) or type(reverse) is not Const:
        return None
    items = engine.take_apart(source)
    firsts = [
        (engine.parts(v) or [v])[0] if isinstance(v.type, ty.Tuple) and v.type.items else v for v in items
    ]
    keys = [v.value for v in firsts if type(v) is Const and isinstance(v.value, str)]
    if len(keys) != len(items) or len(set(keys)) != len(keys):
        return None
    places = sorted(range(len(keys)), key=keys.__getitem__, reverse=bool(reverse.value))
    return engine.apply(prims.list_, [items[k] for k in places])


# ----- conversions -----


@handles(float, int)
def _number(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if all(type(v) is Const for v in operands):
        return None
    t, made = operands[0].type, ty.FLOAT if fn is float else ty.INT
    if isinstance(t, ty.Scalar) and t.dtype == made.dtype and t.python:
        return operands[0]
    return engine.emit(fn, operands, [made])[0]


@handles(np.float64, np.float32, np.complex128, np.complex64)
def _numpy_number(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    if len(operands) != 1 or keywords:
        return None
    if isinstance(operands[0].type, (ty.Array, ty.Tuple, ty.List)):
        return engine.apply(np.array, [*operands, Const(fn)], ("dtype",))
    if not isinstance(ty.widen(operands[0].type), ty.Scalar):
        return None
    return engine.emit(fn, operands, [ty.Scalar(np.dtype(fn).name, False)])[0]


@handles(complex)
def _complex(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    return engine.emit(complex, [*operands, *keywords.values()], [ty.COMPLEX], tuple(keywords))[0]


@handles(print)
def _print(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    engine.emit(print, [collect(engine, v) for v in [*operands, *keywords.values()]], [], tuple(keywords))
    return Const(None)


@handles(str, repr, format, ascii)
def _text(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if all(type(v) is Const and isinstance(v.value, (str, int)) for v in operands):
        try:
            return Const(fn(*(v.value for v in operands)))  # type: ignore[attr-defined]
        except ValueError:
            return None
    return engine.emit(fn, operands, [ty.TEXT])[0]


@handles(prims.text)
def _fstring(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    if all(type(v) is Const for v in operands):
        return Const("".join(v.value for v in operands))  # type: ignore[attr-defined]
    return engine.emit(prims.text, operands, [ty.TEXT])[0]


@handles(slice)
def _slice(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    parts = {1: [Const(None), *operands, Const(None)], 2: [*operands, Const(None)]}.get(
        len(operands), operands
    )
    if all(type(v) is Const for v in parts):
        return Const(slice(*(v.value for v in parts)))  # type: ignore[attr-defined]
    return engine.emit(slice, parts, [ty.SLICE])[0]


# ----- NumPy constructors -----


def _dtype_of(value: Value | None, default: str) -> str | None:
    if value is None:
        return default
    if isinstance(value, Const):
        try:
            found = np.dtype(value.value)
            return str(found.name) if found.kind in "biufc" else None
        except TypeError:
            return None
    return None


@handles(np.zeros, np.ones, np.empty)
def _zeros(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    dtype = _dtype_of(keywords.get("dtype", operands[1] if len(operands) > 1 else None), "float64")
    shape = operands[0] if operands else keywords.get("shape")
    dims = arrays.shape_of_constructor(shape, engine.definition, engine.site()) if shape is not None else None
    if dtype is None and isinstance(keywords.get("dtype", operands[1] if len(operands) > 1 else None), Const):
        return engine.emit(fn, [*operands, *keywords.values()], [ty.ANY], tuple(keywords))[
            0
        ]  # objects, strings, records
    if dims is None or dtype is None:
        return None
    return engine.emit(fn, [*operands, *keywords.values()], [ty.Array(dtype, dims)], tuple(keywords))[0]


@handles(np.full)
def _full(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if len(operands) < 2:
        return None
    fill = ty.widen(operands[1].type)
    dims = arrays.shape_of_constructor(operands[0], engine.definition, engine.site())
    default = fill.dtype if isinstance(fill, (ty.Scalar, ty.Array)) else None
    dtype = _dtype_of(keywords.get("dtype", operands[2] if len(operands) > 2 else None), default or "float64")
    if dims is None or dtype is None:
        return None
    return engine.emit(fn, [*operands, *keywords.values()], [ty.Array(dtype, dims)], tuple(keywords))[0]


@handles(np.zeros_like, np.ones_like, np.empty_like)
def _zeros_like(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    t = operands[0].type
    if keywords or len(operands) > 1 or not isinstance(t, (ty.Array, ty.Numeric)):
        return None
    return engine.emit(fn, operands, [t])[0]


@handles(np.copy)
def _copy(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    if isinstance(operands[0].type, (ty.Array, ty.Numeric)) and len(operands) == 1 and not keywords:
        return engine.emit(fn, operands, [operands[0].type], (), attrs)[0]
    return None


@handles(np.array, np.asarray, np.asanyarray, np.ascontiguousarray)
def _array(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    t = operands[0].type
    dtype = keywords.get("dtype", operands[1] if len(operands) > 1 else None)
    if "ndmin" in keywords:
        raise engine.refuse("ndmin= is not supported", "add axes by x[None], or np.reshape")
    if fn is np.array and not is_const(keywords.get("copy", Const(True)), True):
        raise engine.refuse(
            "np.array without a sure copy gives the argument itself or a copy, by its dtype and layout",
            "leave copy= out, or use np.asarray",
        )
    if isinstance(t, ty.List) and isinstance(t.item, ty.Never):  # a list that is empty so far
        empty = ty.Array(_dtype_of(dtype, "float64"), (ty.known_dim(0),))
        return engine.emit(fn, [*operands, *keywords.values()], [empty], tuple(keywords))[0]
    if isinstance(t, ty.Array) and t.dims != () or isinstance(t, ty.Numeric):
        if dtype is None:
            return engine.emit(fn, [*operands, *keywords.values()], [t], tuple(keywords))[0]
        name = _dtype_of(dtype, "float64")
        if name is not None and isinstance(t, ty.Array):
            return engine.emit(
                fn, [*operands, *keywords.values()], [ty.Array(name, t.dims)], tuple(keywords)
            )[0]
    return None


@handles(np.nditer)
def _nditer(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value:
    raise engine.refuse(
        "np.nditer hands out windows on its arrays, through which they may be written",
        "loop over the array, over np.ndindex(x.shape) or np.ndenumerate(x)",
    )


@handles(np.reshape)
def _reshape(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    shape = operands[1] if len(operands) > 1 else keywords.get("shape", keywords.get("newshape"))
    t = operands[0].type
    if shape is None or not isinstance(t, ty.Array):
        return None
    dims = arrays.shape_of_constructor(_positive(engine, shape), engine.definition, engine.site())
    if dims is None:
        return None
    if is_const(shape, -1) and t.dims is not None and len(t.dims) == 1:
        dims = t.dims
    if type(shape) is Const and t.dims is not None and all(d.literal is not None for d in t.dims):
        try:
            known = [d.literal for d in t.dims if d.literal is not None]
            sizes = np.empty(known, dtype=np.bool_).reshape(shape.value).shape
            dims = tuple(ty.known_dim(n) for n in sizes)
        except ValueError:
            return None
    return engine.emit(
        fn, [*operands, *keywords.values()], [ty.Array(t.dtype, dims)], tuple(keywords), attrs
    )[0]


@handles(np.squeeze)
def _squeeze(engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any) -> Value | None:
    t = operands[0].type
    if len(operands) == 1 and not keywords and isinstance(t, ty.Array) and t.dims is not None:
        if any(d.may_be_one and d.literal is None for d in t.dims):
            return engine.emit(fn, operands, [ty.Array(t.dtype, None)], (), attrs)[
                0
            ]  # which axes go is seen when it runs
    return None


@handles(np.broadcast_to)
def _broadcast_to(
    engine: Engine, fn: Any, operands: list[Value], keywords: Keywords, attrs: Any
) -> Value | None:
    t, shape = operands[0].type, operands[1] if len(operands) > 1 else keywords.get("shape")
    dims = None if shape is None else arrays.shape_of_constructor(shape, engine.definition, engine.site())
    if dims is None or not isinstance(t, (ty.Array, ty.Scalar)) or t.dtype is None:
        return None
    made: list[ty.Type] = [ty.Array(t.dtype, dims)]
    return engine.emit(fn, [*operands, *keywords.values()], made, tuple(keywords), attrs)[0]


def _positive(engine: Engine, shape: Value) -> Value:
    """The shape with its -1 replaced by a length of no name."""
    if type(shape) is Const:
        parts = shape.value if isinstance(shape.value, (tuple, list)) else (shape.value,)
        if -1 in parts:
            return engine_tuple([Const(p) if p != -1 else Value(ty.INT) for p in parts], engine)
    return shape


def engine_tuple(parts: list[Value], engine: Engine) -> Value:
    """A tuple value for asking about its items; it is not written into the program."""
    value = Value(
        ty.Tuple(
            tuple(
                p.type if not isinstance(p, Const) else ty.Scalar("int64", True, ty.known_dim(p.value))
                for p in parts
            )
        )
    )
    return value
