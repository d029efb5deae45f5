"""From a Python function and the types of its arguments to a typed program."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adtrans.analysis.inference import (  # noqa: F401  (they register how callables are applied)
    algebra,
    attributes,
    builtin_functions,
    containers,
    copying,
    implicit,
    interpolators,
    logic,
    promotion,
    stores,
)
from adtrans.analysis.inference.calls import _cells, enter
from adtrans.analysis.inference.engine import UNROLL, Engine, Restart
from adtrans.analysis.inference.special_containers import check_result
from adtrans.errors import UnsupportedError
from adtrans.frontend.lower import lower
from adtrans.ir import types as ty
from adtrans.ir.program import Block, Const, Function, Value
from adtrans.rules import load


@dataclass
class Specialized:
    """A typed program, the engine that wrote it, and what each parameter of it stands for.

    params: the value of every parameter of the Python function, in order: a parameter of the
    program, or a constant.
    """

    function: Function
    engine: Engine
    params: list[Value]
    needs_static: list[Value] = field(default_factory=list)


_RESTARTS = 100  # each learns the type of one more container, or that it changes


def specialize(
    fn: Any, types: tuple[ty.Type, ...], flags: frozenset[Any] = frozenset(), splice: Any = None
) -> Specialized:
    """Write the typed program of a Python function. Raises AdtransError, or NeedStatic.

    What is refused is tried once more with its short loops unrolled: objects that are made in them, or
    that they go through, are then known one by one.
    """
    load.core()
    try:
        return _settled(fn, types, set(flags), splice)
    except UnsupportedError as refused:
        if UNROLL in flags:
            raise
        try:
            return _settled(fn, types, {*flags, UNROLL}, splice)
        except UnsupportedError:
            raise refused from None


def _settled(fn: Any, types: tuple[ty.Type, ...], known: set[Any], splice: Any) -> Specialized:
    function = lower(fn)
    for _ in range(_RESTARTS):
        engine = Engine()
        engine.flags = known
        engine.splice = splice or engine.splice
        try:
            return _write(engine, fn, function, types)
        except Restart as again:
            known = again.flags
    raise engine.refuse("this program does not settle")


def _write(engine: Engine, fn: Any, function: Function, types: tuple[ty.Type, ...]) -> Specialized:
    engine.sources[fn] = None
    body = Block()
    values: list[Value] = []
    for p, t in zip(function.params, types):
        if isinstance(t, ty.Known):
            values.append(Const(t.value))
            continue
        if engine.run_time_lists:
            t = _loosened(t)
        if ("lengths",) in engine.flags:
            t = ty.unsized(t)
        value = Value(t, p.name, p.span)
        engine.arguments[value] = len(values)
        values.append(value)
        body.params.append(value)
    with engine.inside(body), engine.at(function.span):
        given = [engine.heap.adopt(v) if _changes(engine, k, v.type) else v for k, v in enumerate(values)]
        result = engine.heap.value(enter(engine, function, [*given, *_cells(engine, fn, function)]))
    check_result(engine, result.type)
    body.yields = [result]
    typed = Function(
        function.name,
        body,
        function.source,
        namespace=function.namespace,
        span=function.span,
        doc=function.doc,
    )
    told = promotion.seen(typed, engine.asked)
    if told:
        raise Restart({*engine.flags, *(("number", site) for site in told)})
    return Specialized(typed, engine, values)


def _changes(engine: Engine, k: int, t: ty.Type) -> bool:
    """Whether something that argument `k` is made of changes, as far as is known by now."""
    if ("adopt", k) in engine.flags:
        return True
    work = [t]
    while work:
        t = work.pop()
        if isinstance(t, ty.Record):
            if ("objects", t.cls) in engine.flags:
                return True
            work += [item for _, item in t.fields]
        elif isinstance(t, ty.Tuple):
            work += t.items
    return False


def _loosened(t: ty.Type) -> ty.Type:
    """Argument types of a program that changes lists or dicts: those are not known item by item."""
    if isinstance(t, ty.Tuple) and t.cls is list:
        inner = ty.as_list(t)
        return ty.List(_loosened(inner.item), None)
    if isinstance(t, ty.Tuple):
        return ty.Tuple(tuple(_loosened(i) for i in t.items), t.cls)
    if isinstance(t, ty.Record):
        return ty.Record(tuple((key, _loosened(item)) for key, item in t.fields), t.cls)
    return t
