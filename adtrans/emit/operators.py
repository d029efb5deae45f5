"""Functions of `operator` and the Python syntax they stand for."""

from __future__ import annotations

import ast
import operator
from typing import Any

BINARY: dict[Any, Any] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow,
    operator.matmul: ast.MatMult, operator.and_: ast.BitAnd, operator.or_: ast.BitOr,
    operator.xor: ast.BitXor, operator.lshift: ast.LShift, operator.rshift: ast.RShift,
}  # fmt: skip

UNARY: dict[Any, Any] = {
    operator.neg: ast.USub, operator.pos: ast.UAdd, operator.invert: ast.Invert, operator.not_: ast.Not,
}  # fmt: skip

COMPARE: dict[Any, Any] = {
    operator.lt: ast.Lt, operator.le: ast.LtE, operator.gt: ast.Gt, operator.ge: ast.GtE,
    operator.eq: ast.Eq, operator.ne: ast.NotEq, operator.is_: ast.Is, operator.is_not: ast.IsNot,
}  # fmt: skip

AUGMENTED = {operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.matmul}
