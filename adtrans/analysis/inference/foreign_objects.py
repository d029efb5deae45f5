"""Objects of libraries that are known by their class alone: random generators and loggers."""

from __future__ import annotations

import functools
import logging
from typing import Any

import numpy as np

from adtrans.analysis.inference.apply import handles
from adtrans.analysis.inference.engine import Engine
from adtrans.analysis.inference.probe import CannotProbe, probe_shapes
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value
from adtrans.rules.registry import lookup

_SAYS = frozenset("debug info warning error critical exception log".split())


@handles(np.random.default_rng, np.random.RandomState, np.random.Generator)
def _generator(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    cls = np.random.RandomState if fn is np.random.RandomState else np.random.Generator
    made = [*operands, *keywords.values()]
    return engine.emit(fn, made, [ty.Instance(cls)], tuple(keywords), {"impure": True})[0]


@handles(logging.getLogger)
def _logger(engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any) -> Value:
    made = [*operands, *keywords.values()]
    return engine.emit(fn, made, [ty.Instance(logging.Logger)], tuple(keywords))[0]


def call_of_instance(
    engine: Engine, owner: Value, name: str, args: list[Value], keywords: tuple[str, ...]
) -> Value | None:
    """The value of owner.name(*args) where the class says enough; None where it does not."""
    assert isinstance(owner.type, ty.Instance)
    cls = owner.type.cls
    method, style = getattr(cls, name, None), {"style": "method", "spelling": name}
    if cls is logging.Logger and name in _SAYS:
        engine.emit(method, [owner, *args], [], keywords, style)
        return Const(None)
    if method is not None and lookup(method) is not None:
        return engine.apply(method, [owner, *args], keywords, style)
    if method is None or not is_draw(method):
        return None
    type_ = drawn(method, args, keywords, engine.site())
    return engine.emit(method, [owner, *args], [type_], keywords, {**style, "impure": True})[0]


def is_draw(fn: Any) -> bool:
    """Whether a function draws random numbers, and changes nothing but the state of its generator."""
    cls = type(getattr(fn, "__self__", None))
    if cls not in (np.random.RandomState, np.random.Generator):
        cls = getattr(np.random, getattr(fn, "__qualname__", "").partition(".")[0], None)  # type: ignore[assignment]
    name = getattr(fn, "__name__", "")
    return (
        cls in (np.random.RandomState, np.random.Generator)
        and name != "shuffle"
        and not name.startswith("_")
        and getattr(cls, name, None) is not None
    )


def drawn(fn: Any, operands: list[Value], keywords: tuple[str, ...], site: str) -> ty.Type:
    """The type of what a method of a generator gives: that of another generator gives the same."""
    in_class = fn.__qualname__.startswith("RandomState") or isinstance(
        getattr(fn, "__self__", None), np.random.RandomState
    )
    other: Any = np.random.RandomState(0) if in_class else np.random.default_rng(0)
    try:
        return probe_shapes(functools.partial(getattr(other, fn.__name__)), operands, keywords, site)
    except CannotProbe:
        return ty.ANY
