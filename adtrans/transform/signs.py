"""What is known of signs while an adjoint is written: roots of positive numbers have no poles."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adtrans.ir import types as ty
from adtrans.ir.program import Const, Op, Value

Definition = Callable[[Value], Op | None]

_POSITIVE = frozenset([np.exp, np.exp2, np.cosh, math.exp, math.cosh])
_NOT_NEGATIVE = frozenset([abs, operator.abs, np.abs, np.square, np.var, np.std, np.sqrt, math.sqrt, np.fabs, math.fabs])  # fmt: skip
_KEEPS_SIGN = frozenset([np.sum, np.mean, np.max, np.min, np.sqrt, math.sqrt, np.median, sum, float, operator.pos, np.copy,
                         operator.getitem, np.reshape, np.ravel, np.transpose, np.expand_dims, np.squeeze])  # fmt: skip
_OF_BOTH = frozenset([operator.mul, operator.truediv, np.multiply, np.divide, operator.add, np.add])
_ADD = frozenset([operator.add, np.add])
_POWER = frozenset([operator.pow, np.power, pow])
_MAX = frozenset([max, np.maximum])
_DEPTH = 12


def is_positive(v: Value, definition: Definition, depth: int = _DEPTH) -> bool:
    """Whether a number, or every element of an array, is surely greater than 0."""
    if isinstance(v, Const):
        return isinstance(v.value, (int, float)) and v.value > 0
    made = definition(v)
    if made is None or made.kind != "apply" or depth == 0 or may_be_complex(v):
        return False
    fn: Any = made.fn
    parts = made.positional()
    if fn in _POSITIVE:
        return True
    if fn in _MAX:
        return any(is_positive(p, definition, depth - 1) for p in parts)
    if fn in _ADD:
        signs = [is_positive(p, definition, depth - 1) for p in parts]
        return any(signs) and all(
            s or is_not_negative(p, definition, depth - 1) for s, p in zip(signs, parts)
        )
    if fn in _POWER or fn in _KEEPS_SIGN:
        return is_positive(parts[0], definition, depth - 1)
    return fn in _OF_BOTH and all(is_positive(p, definition, depth - 1) for p in parts)


def is_not_negative(v: Value, definition: Definition, depth: int = _DEPTH) -> bool:
    """Whether a number, or every element of an array, is surely 0 or more."""
    if isinstance(v, Const):
        return isinstance(v.value, (int, float)) and v.value >= 0
    made = definition(v)
    if made is None or made.kind != "apply" or depth == 0 or may_be_complex(v):
        return False
    fn: Any = made.fn
    parts = made.positional()
    if fn in _NOT_NEGATIVE or fn in _POSITIVE:
        return True
    if fn in _OF_BOTH and fn not in _ADD and len(parts) == 2 and parts[0] is parts[1]:
        return True
    if fn in (operator.matmul, np.dot, np.vdot) and parts[0] is parts[1] and _rank(parts[0]) == 1:
        return True
    if fn in _POWER and isinstance(parts[1], Const):
        if isinstance(parts[1].value, (int, float)) and parts[1].value % 2 == 0:
            return True
    if fn in _MAX:
        return any(is_not_negative(p, definition, depth - 1) for p in parts)
    if fn in _POWER or fn in _KEEPS_SIGN:
        return is_not_negative(parts[0], definition, depth - 1)
    return fn in _OF_BOTH and all(is_not_negative(p, definition, depth - 1) for p in parts)


def may_be_complex(v: Value) -> bool:
    """Whether a number or an array is not known to be real."""
    dtype = getattr(ty.widen(v.type), "dtype", None)
    return dtype is None or np.dtype(dtype).kind == "c"


def _rank(v: Value) -> int | None:
    t = v.type
    return len(t.dims) if isinstance(t, ty.Array) and t.dims is not None else None
