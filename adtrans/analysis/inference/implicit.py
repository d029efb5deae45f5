"""Results of solvers: calls that stay as they are, and how often a program is differentiated around them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.recursion import as_value
from adtrans.analysis.inference.virtual import Bound, Lazy
from adtrans.errors import AdtransError
from adtrans.ir import prims
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value, is_const
from adtrans.markers import stop_gradient
from adtrans.runtime import at_solution

_order: ContextVar[int] = ContextVar("order", default=0)


@contextmanager
def one_order_more() -> Iterator[None]:
    """What is written inside is differentiated once more than what is written around it."""
    before = _order.set(_order.get() + 1)
    try:
        yield
    finally:
        _order.reset(before)


@handles(prims.order)
def _the_order(engine: Engine, fn: Any, operands: list[Value], keywords: Any, attrs: Any) -> Value:
    return Const(max(1, _order.get()))


@handles(prims.outside)
def _outside(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    return engine.apply(stop_gradient, [call_outside(engine, operands[0].value, operands[1:], keywords)])  # type: ignore[attr-defined]


def call_outside(
    engine: Engine,
    fn: Any,
    args: list[Value],
    keywords: dict[str, Value],
    refusal: AdtransError | None = None,
) -> Value:
    """What a library function returns that calls functions it is given; `refusal` says why it has no derivative."""
    args, named = _said(fn, args, keywords)
    values = [_as_function(engine, v) for v in [*args, *named.values()]]
    made = _called(engine, fn, values, tuple(named))
    engine.definitions[made].attrs["refusal"] = refusal
    return made


def _said(fn: Any, args: list[Value], keywords: dict[str, Value]) -> tuple[list[Value], dict[str, Value]]:
    """The arguments of a call without those that the function would assume anyway."""
    known = inspect.signature(fn).parameters
    names = list(known)

    def is_assumed(name: str, v: Value) -> bool:
        return isinstance(v, Const) and name in known and is_const(v, known[name].default)

    named = {name: v for name, v in keywords.items() if not is_assumed(name, v)}
    while len(args) <= len(names) and args and is_assumed(names[len(args) - 1], args[-1]):
        args = args[:-1]
    return args, named


def _called(engine: Engine, fn: Any, args: list[Value], keywords: tuple[str, ...]) -> Value:
    return engine.emit(fn, args, [ty.ANY], keywords, {"outside call": True})[0]


def _as_function(engine: Engine, v: Value) -> Value:
    """An argument of a solver as it is when the program runs: a function for what is a function here only."""
    if isinstance(v, Lazy) and v.kind == "partial":
        (inner, *first), options = v.parts
        args = [_as_function(engine, part) for part in [inner, *first, *options.values()]]
        return _called(engine, functools.partial, args, tuple(options))
    if isinstance(v, Bound) and callable(v.function):
        return _called(engine, functools.partial, [Const(v.function), as_value(engine, v.owner)], ())
    if isinstance(v, (Lazy, Bound)):
        raise engine.refuse("this cannot be given to a solver", "wrap it in a lambda")
    return as_value(engine, v)


@handles(prims.typed_as)
def _typed_as(engine: Engine, fn: Any, operands: list[Value], keywords: Any, attrs: Any) -> Value:
    return engine.emit(prims.narrow, operands[:1], [ty.widen(operands[1].type)])[0]


@handles(prims.attached)
def _attached(engine: Engine, fn: Any, operands: list[Value], keywords: Any, attrs: Any) -> Value:
    return engine.emit(prims.attached, operands, [operands[0].type])[0]


@handles(at_solution)
def _at_solution(engine: Engine, fn: Any, operands: list[Value], keywords: Any, attrs: Any) -> Value:
    made = engine.emit(fn, operands, [operands[0].type])[0]
    return engine.apply(stop_gradient, [made])


@handles(prims.refused)
def _refused(engine: Engine, fn: Any, operands: list[Value], keywords: Any, attrs: Any) -> Value:
    raise engine.refuse(operands[0].value)  # type: ignore[attr-defined]
