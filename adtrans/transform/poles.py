"""Infinite derivatives: a 0 that meets one stays 0, and what is not chosen stays out.

y = np.sqrt(x[1:])                 bx[1:] = 0.5 * quotient(by, y)        (by may be 0 where y is)
y = np.sqrt(np.maximum(x, 0.0))    bx = np.where(share, bt * share, 0.0)     (bt is infinite at y = 0)
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from adtrans.analysis.inference.algebra import Zero
from adtrans.analysis.inference.apply import handles
from adtrans.ir import types as ty
from adtrans.ir.program import Const, Value
from adtrans.rules import static
from adtrans.runtime import quotient
from adtrans.transform.signs import is_positive

if TYPE_CHECKING:
    from adtrans.analysis.inference.engine import Engine

_ROOTS = frozenset([np.sqrt, math.sqrt, np.cbrt, operator.pow, np.power, pow])
_QUOTIENTS = frozenset([operator.truediv, np.divide, quotient])
_POWERS = frozenset([operator.pow, np.power, pow])
_ARITHMETIC = frozenset(
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, np.conjugate]
)


class Transform(Protocol):
    """What both modes have: `seeds` are the cotangents or tangents that the caller gives."""

    engine: Engine
    seeds: set[Value]


def meets_zero(transform: Transform, fn: Any, inputs: list[Value], b: Value) -> bool:
    """Whether an infinite derivative may meet a cotangent or a tangent that is 0."""
    if isinstance(b, Zero) or not all(_is_fraction(v) for v in inputs[1:]):
        return False
    if fn in _ROOTS and is_positive(inputs[0], transform.engine.definition):
        return False
    return may_vanish(transform.engine, transform.seeds, b)


def _is_fraction(v: Value) -> bool:
    return isinstance(v, Const) and isinstance(v.value, float) and 0.0 < v.value < 1.0


def may_vanish(engine: Engine, seeds: set[Value], b: Value) -> bool:
    """Whether a cotangent may be 0 by the structure of the program: what it is of is not used everywhere."""
    if not isinstance(b, Const) and not isinstance(ty.widen(b.type), ty.Scalar):
        return True
    work, seen = [b], set()
    while work:
        v = work.pop()
        if isinstance(v, Const) or v in seen or v in seeds:
            continue
        seen.add(v)
        made = engine.definition(v)
        if made is None or made.kind != "apply":
            return True
        if not made.attrs.get("derived"):
            continue
        if made.fn is operator.getitem:
            return True
        if made.fn in _ARITHMETIC:
            work += made.operands
    return False


@handles(static.may_be_infinite)
def _may_be_infinite(
    engine: Engine, fn: Any, operands: list[Value], keywords: dict[str, Value], attrs: Any
) -> Value:
    work, seen = list(operands), set()
    while work:
        v = work.pop()
        made = engine.definition(v)
        if v in seen or made is None or not made.attrs.get("derived"):
            continue
        seen.add(v)
        if made.kind == "if":  # a quotient that is written out
            work += [block.yields[made.results.index(v)] for block in made.blocks]
        if made.fn in _QUOTIENTS and not _is_safe(engine, made.operands[1]) or made.fn in _POWERS:
            return Const(True)
        if made.fn in _ARITHMETIC or made.fn in _QUOTIENTS:
            work += made.operands
    return Const(False)


def _is_safe(engine: Engine, divisor: Value) -> bool:
    """Whether a divisor is a number of things, or surely not 0."""
    t = ty.widen(divisor.type)
    if isinstance(divisor, Const) or isinstance(t, ty.Scalar) and t.dtype == "int64":
        return True
    return is_positive(divisor, engine.definition)
