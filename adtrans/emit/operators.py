"""Functions of `operator` and the Python syntax they stand for."""

from __future__ import annotations

import operator
from typing import Any

import gast

BINARY: dict[Any, Any] = {
    operator.add: gast.Add, operator.sub: gast.Sub, operator.mul: gast.Mult, operator.truediv: gast.Div,
    operator.floordiv: gast.FloorDiv, operator.mod: gast.Mod, operator.pow: gast.Pow,
    operator.matmul: gast.MatMult, operator.and_: gast.BitAnd, operator.or_: gast.BitOr,
    operator.xor: gast.BitXor, operator.lshift: gast.LShift, operator.rshift: gast.RShift,
}  # fmt: skip

UNARY: dict[Any, Any] = {
    operator.neg: gast.USub, operator.pos: gast.UAdd, operator.invert: gast.Invert, operator.not_: gast.Not,
}  # fmt: skip

COMPARE: dict[Any, Any] = {
    operator.lt: gast.Lt, operator.le: gast.LtE, operator.gt: gast.Gt, operator.ge: gast.GtE,
    operator.eq: gast.Eq, operator.ne: gast.NotEq, operator.is_: gast.Is, operator.is_not: gast.IsNot,
}  # fmt: skip

AUGMENTED = {operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.matmul}
