"""Python's operators and numeric builtins: other spellings of NumPy's functions, or rules of their own."""

from __future__ import annotations

import bisect
import builtins
import operator

import numpy as np

from adtrans.rules import ufuncs  # noqa: F401  (the primitives that are given spellings here)
from adtrans.rules.registry import adjoint, alias, facts, nondifferentiable, partials, tangent
from adtrans.runtime import expand

# ----- arithmetic -----

alias(np.add, operator.add, operator.iadd)
alias(np.subtract, operator.sub, operator.isub)
alias(np.multiply, operator.mul, operator.imul)
alias(np.divide, operator.truediv, operator.itruediv)
alias(np.power, operator.pow, operator.ipow, builtins.pow)
alias(np.remainder, operator.mod, operator.imod)
alias(np.floor_divide, operator.floordiv, operator.ifloordiv)
alias(np.negative, operator.neg)
alias(np.positive, operator.pos)
alias(np.absolute, operator.abs, builtins.abs)
alias(np.divmod, builtins.divmod)

# ----- comparisons and logic -----

nondifferentiable(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
nondifferentiable(operator.not_, operator.truth, operator.is_, operator.is_not, operator.contains)
nondifferentiable(
    operator.and_, operator.or_, operator.xor, operator.invert, operator.lshift, operator.rshift
)
nondifferentiable(operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift)
nondifferentiable(
    operator.index, builtins.len, builtins.isinstance, builtins.callable, builtins.hash, builtins.id
)

nondifferentiable(bisect.bisect, bisect.bisect_left, bisect.bisect_right)

# ----- conversions -----

for _number in (builtins.float, np.float64, np.float32, np.complex128, np.complex64):
    partials(_number, lambda x, y: 1.0)
nondifferentiable(builtins.int, builtins.bool, builtins.round)


@tangent(builtins.complex)
def _(real, imag, y, dreal, dimag):
    if imag is None:
        return dreal
    return dreal + 1j * dimag


@adjoint(builtins.complex)
def _(real, imag, y, by):
    return by, -1j * by


facts(builtins.complex, elementwise=True)

# ----- sums -----


@tangent(builtins.sum)
def _(iterable, start, y, diterable, dstart):
    if start is None:
        return sum(diterable)
    return sum(diterable, dstart)


@adjoint(builtins.sum)
def _(iterable, start, y, by):
    if isinstance(iterable, np.ndarray):
        return expand(by, iterable, 0), by
    return [by] * len(iterable), by
