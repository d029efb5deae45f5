"""Derivatives of NumPy's elementwise functions (partials serve both modes).

In an adjoint, np.conj is there for complex operands; of a real one it is nothing.
"""

from __future__ import annotations

import math

import numpy as np

from adtrans.rules.registry import adjoint, facts, nondifferentiable, partials, poles, tangent, undefined
from adtrans.rules.static import is_python, is_real, is_static
from adtrans.runtime import quotient

# ----- arithmetic -----

partials(np.add, lambda a, b, y: (1.0, 1.0))
partials(np.subtract, lambda a, b, y: (1.0, -1.0))
partials(np.negative, lambda x, y: -1.0)
partials(np.positive, lambda x, y: 1.0)
facts(np.negative, np.positive, linear=(0,))


@adjoint(np.multiply)
def _(a, b, y, by):
    return by * np.conj(b), by * np.conj(a)


facts(np.multiply, elementwise=True, linear=(0, 1))


@tangent(np.divide)
def _(a, b, y, da, db):
    return (da - y * db) / b


@adjoint(np.divide)
def _(a, b, y, by):
    return by / np.conj(b), -by * np.conj(y) / np.conj(b)  # by y / b: a / b**2 would overflow


facts(np.divide, elementwise=True, linear=(0,))
undefined(np.divide, where=lambda a, b, y: b == 0.0, what="where the divisor is 0", value="inf or nan")
partials(np.square, lambda x, y: 2.0 * x)
partials(np.reciprocal, lambda x, y: -(y * y))
undefined(np.reciprocal, where=lambda x, y: x == 0.0, what="at 0", value="-inf")
partials(np.remainder, lambda a, b, y: (1.0, -(a // b)))
partials(np.fmod, lambda a, b, y: (1.0, -np.trunc(a / b)))
undefined(
    np.remainder,
    where=lambda a, b, y: y == 0.0,
    what="where it jumps, at multiples of the divisor",
    value="the slope between the jumps",
)
undefined(
    np.fmod,
    where=lambda a, b, y: (y == 0.0) & (a != 0.0),
    what="where it jumps, at multiples of the divisor",
    value="the slope between the jumps",
)
nondifferentiable(np.floor_divide)


@tangent(np.divmod)
def _(a, b, y, da, db):
    return None, da - y[0] * db


@adjoint(np.divmod)
def _(a, b, y, by):
    return by[1], -by[1] * y[0]


facts(np.divmod, elementwise=True)
undefined(
    np.divmod,
    where=lambda a, b, y: y[1] == 0.0,
    what="where it jumps, at multiples of the divisor",
    value="the slope between the jumps",
    results=(1,),
)

# ----- powers and roots -----


def base_partial(x, p):
    """The derivative of x ** p in x."""
    if is_static(p):
        if p == 0:
            return 0.0
        if p == 1:
            return 1.0
        if p == 2:
            return 2.0 * x
        if is_python(x) and not isinstance(p, complex) and 0 < p < 1:
            return p * x ** (p - 1) if x else math.inf
        return p * x ** (p - 1)
    if is_python(x) and is_python(p):
        return p * x ** (p - 1) if x or p >= 1 else (math.inf if p else 0.0)
    return p * np.where((x == 0.0) & (p == 0.0), 1.0, x) ** (p - 1)  # 0 * 0 ** -1 is 0


def exponent_partial(x, y):
    """The derivative of y = x ** p in p; 0 at x = 0."""
    if is_static(x) and not isinstance(x, complex) and x > 0:
        return y * math.log(x)
    if is_python(x):
        return y * np.log(x) if x else 0.0
    return y * np.log(np.where(x == 0.0, 1.0, x))


partials(np.power, lambda x, p, y: (base_partial(x, p), exponent_partial(x, y)))
partials(np.float_power, lambda x, p, y: (base_partial(x, p), exponent_partial(x, y)))
partials(np.sqrt, lambda x, y: 0.5 / y)  # +inf at 0
partials(np.cbrt, lambda x, y: 1.0 / (3.0 * y * y))
undefined(np.sqrt, np.cbrt, where=lambda x, y: x == 0.0, what="at 0", value="inf")


def has_no_slope(x, p):
    """Where x ** p has no derivative in x."""
    if is_static(p) and not isinstance(p, complex):
        return (x == 0.0) if p < 1 and p != 0 else None
    return (x == 0.0) & (np.real(p) < 1.0) & (p != 0.0)


def has_no_logarithm(x, p):
    """Where x ** p has no derivative in p."""
    if is_real(x):
        return (x < 0.0) | (x == 0.0) & (np.real(p) <= 0.0)
    return (x == 0.0) & (np.real(p) <= 0.0)


undefined(
    np.power,
    np.float_power,
    where=lambda x, p, y: (has_no_slope(x, p), has_no_logarithm(x, p)),
    what="at this base and exponent",
    value="in the base 0, inf, 1, 0 at x = 0 for p = 0, 0.5, 1, 2; in the exponent 0 at x = 0 and nan below",
)


def fractional_power(x, p, y, by):
    """The adjoints of y = x ** p for 0 < p < 1."""
    return p * quotient(by, np.conj(x ** (1.0 - p))), by * exponent_partial(x, y)


poles(np.power, fractional_power)
poles(np.sqrt, lambda x, y, by: 0.5 * quotient(by, np.conj(y)))
poles(np.cbrt, lambda x, y, by: quotient(by, 3.0 * y * y))

# ----- exponentials and logarithms -----


def inverse(x):
    """1 / x, which is inf at 0 for Python's numbers too."""
    if is_python(x):
        return 1.0 / x if x else math.inf
    return 1.0 / x


def log_share(a, b, y):
    """exp(a - y), what `a` has in y = logaddexp(a, b): 0 where y is -inf, halves where both are +inf."""
    infinite = np.where(a == b, 0.5, np.heaviside(a - b, 0.5))
    return np.where(np.isinf(y), np.heaviside(y, 0.0) * infinite, np.exp(a - y))


def log2_share(a, b, y):
    """exp2(a - y), what `a` has in y = logaddexp2(a, b)."""
    infinite = np.where(a == b, 0.5, np.heaviside(a - b, 0.5))
    return np.where(np.isinf(y), np.heaviside(y, 0.0) * infinite, np.exp2(a - y))


partials(np.exp, lambda x, y: y)
partials(np.exp2, lambda x, y: y * math.log(2.0))
partials(np.expm1, lambda x, y: y + 1.0)
partials(np.log, lambda x, y: inverse(x))
partials(np.log2, lambda x, y: inverse(x * math.log(2.0)))
partials(np.log10, lambda x, y: inverse(x * math.log(10.0)))
partials(np.log1p, lambda x, y: inverse(1.0 + x))
undefined(np.log, np.log2, np.log10, where=lambda x, y: x == 0.0, what="at 0", value="inf")
undefined(np.log1p, where=lambda x, y: x == -1.0, what="at -1", value="inf")
partials(np.logaddexp, lambda a, b, y: (log_share(a, b, y), log_share(b, a, y)))
partials(np.logaddexp2, lambda a, b, y: (log2_share(a, b, y), log2_share(b, a, y)))

# ----- trigonometric functions -----

partials(np.sin, lambda x, y: np.cos(x))
partials(np.cos, lambda x, y: -np.sin(x))
partials(np.tan, lambda x, y: 1.0 + y * y)
partials(np.arcsin, lambda x, y: 1.0 / np.sqrt((1.0 - x) * (1.0 + x)))
partials(np.arccos, lambda x, y: -1.0 / np.sqrt((1.0 - x) * (1.0 + x)))
poles(np.arcsin, lambda x, y, by: quotient(by, np.conj(np.sqrt((1.0 - x) * (1.0 + x)))))
poles(np.arccos, lambda x, y, by: -quotient(by, np.conj(np.sqrt((1.0 - x) * (1.0 + x)))))
undefined(
    np.arcsin,
    np.arccos,
    where=lambda x, y: (x == 1.0) | (x == -1.0),
    what="at -1 and 1",
    value="inf, with the sign of the slope",
)
partials(np.arctan, lambda x, y: 1.0 / (1.0 + x * x))
partials(np.deg2rad, lambda x, y: math.pi / 180.0)
partials(np.radians, lambda x, y: math.pi / 180.0)
partials(np.rad2deg, lambda x, y: 180.0 / math.pi)
partials(np.degrees, lambda x, y: 180.0 / math.pi)
facts(np.deg2rad, np.radians, np.rad2deg, np.degrees, linear=(0,))


def radius(a, b):
    """hypot(a, b), but 1 at the origin."""
    h = np.hypot(a, b)
    return np.where(h == 0.0, 1.0, h)


def angle_partials(a, b, y):
    h = radius(a, b)
    return b / h / h, -a / h / h  # 0 at the origin; h * h would underflow


partials(np.arctan2, angle_partials)
partials(np.hypot, lambda a, b, y: (a / np.where(y == 0.0, 1.0, y), b / np.where(y == 0.0, 1.0, y)))
undefined(
    np.arctan2,
    where=lambda a, b, y: (a == 0.0) & (b <= 0.0),
    what="at the origin, and where it jumps left of it",
    value="0 at the origin, else the slope between the jumps",
)
undefined(np.hypot, where=lambda a, b, y: y == 0.0, what="at the origin", value="0")

# ----- hyperbolic functions -----

partials(np.sinh, lambda x, y: np.cosh(x))
partials(np.cosh, lambda x, y: np.sinh(x))
partials(np.tanh, lambda x, y: 1.0 - y * y)
partials(np.arcsinh, lambda x, y: 1.0 / np.sqrt(1.0 + x * x))
partials(np.arccosh, lambda x, y: 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
poles(np.arccosh, lambda x, y, by: quotient(by, np.conj(np.sqrt(x - 1.0) * np.sqrt(x + 1.0))))
partials(np.arctanh, lambda x, y: inverse((1.0 - x) * (1.0 + x)))
undefined(np.arccosh, where=lambda x, y: x == 1.0, what="at 1", value="inf")
undefined(np.arctanh, where=lambda x, y: (x == 1.0) | (x == -1.0), what="at -1 and 1", value="inf")

# ----- sinc -----

SINC_TERMS = tuple((-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(10, 0, -1))


def sinc_partial(x, y):
    """(cos(pi x) - y) / x, near 0 by its series, which stays exact in further derivatives."""
    near = np.abs(x) < 0.3
    u = math.pi * np.where(near, x, 0.0)
    series = 0.0
    for term in SINC_TERMS:
        series = series * (u * u) + term
    return np.where(near, math.pi * u * series, (np.cos(math.pi * x) - y) / np.where(near, 1.0, x))


partials(np.sinc, lambda x, y: sinc_partial(x, y))

# ----- signs -----


@tangent(np.absolute)
def _(x, y, dx):
    if is_real(x):
        return np.sign(x) * dx
    return np.real(np.conj(np.sign(x)) * dx)


@adjoint(np.absolute)
def _(x, y, by):
    return by * np.sign(x)  # x / abs(x) where x is complex; 0 at 0


def turned(x, y, d):
    """What of `d` turns the sign of a complex `x`."""
    return 1j * y * np.imag(np.conj(y) * d) / np.where(x == 0.0, 1.0, np.abs(x))


@tangent(np.sign)
def _(x, y, dx):
    return None if is_real(x) else turned(x, y, dx)


@adjoint(np.sign)
def _(x, y, by):
    return None if is_real(x) else turned(x, y, by)


facts(np.absolute, np.sign, elementwise=True)
partials(np.fabs, lambda x, y: np.sign(x))
partials(np.copysign, lambda a, b, y: (np.sign(a) * np.copysign(1.0, b), None))
undefined(np.absolute, np.sign, np.fabs, where=lambda x, y: x == 0.0, what="at 0", value="0")
undefined(np.copysign, where=lambda a, b, y: (a == 0.0, b == 0.0), what="at 0", value="0")
partials(np.heaviside, lambda x, h, y: (None, np.where(x == 0.0, 1.0, 0.0 * x)))
undefined(np.heaviside, where=lambda x, h, y: (x == 0.0, None), what="at 0", value="0")
partials(np.nextafter, lambda a, b, y: (1.0, None))
nondifferentiable(np.signbit, np.spacing)

# ----- complex numbers -----


@adjoint(np.real)
def _(val, y, by):
    return by


@adjoint(np.imag)
def _(val, y, by):
    return None if is_real(val) else 1j * by


@adjoint(np.conjugate)
def _(x, y, by):
    return np.conj(by)


facts(np.real, np.imag, np.conjugate, elementwise=True, linear=(0,))


@tangent(np.angle)
def _(z, y, dz, deg=False):
    if is_real(z):
        return None
    if deg:
        return np.imag(dz / z) * (180.0 / math.pi)
    return np.imag(dz / z)


@adjoint(np.angle)
def _(z, y, by, deg=False):
    if is_real(z):
        return None
    if deg:
        return 1j * by * (180.0 / math.pi) / np.conj(z)
    return 1j * by / np.conj(z)


@tangent(np.real_if_close)
def _(a, y, da, tol=100):
    return np.real(da) if is_real(y) else da


@adjoint(np.real_if_close)
def _(a, y, by, tol=100):
    return by


facts(np.angle, np.real_if_close, elementwise=True)
undefined(
    np.angle,
    where=lambda z, y: (np.imag(z) == 0.0) & (np.real(z) <= 0.0),
    what="at the origin, and where it jumps left of it",
)

# ----- floating point parts -----


@tangent(np.modf)
def _(x, y, dx):
    return dx, None


@adjoint(np.modf)
def _(x, y, by):
    return by[0]


@tangent(np.frexp)
def _(x, y, dx):
    return np.ldexp(dx, -y[1]), None


@adjoint(np.frexp)
def _(x, y, by):
    return np.ldexp(by[0], -y[1])


@adjoint(np.ldexp)
def _(x, exponent, y, by):
    return np.ldexp(by, exponent), None


facts(np.modf, np.frexp, np.ldexp, elementwise=True)
undefined(
    np.modf,
    where=lambda x, y: (y[0] == 0.0) & (x != 0.0),
    what="where it jumps, at integers",
    value="the slope between the jumps",
    results=(0,),
)
undefined(
    np.frexp,
    where=lambda x, y: np.abs(y[0]) == 0.5,
    what="where it jumps, at powers of 2",
    value="the slope between the jumps",
    results=(0,),
)
facts(np.ldexp, linear=(0,))


@tangent(np.unwrap)
def _(p, y, dp, discont=None, axis=-1, period=2.0 * math.pi):
    return dp


@adjoint(np.unwrap)
def _(p, y, by, discont=None, axis=-1, period=2.0 * math.pi):
    return by


# ----- rounding, predicates, comparisons -----

nondifferentiable(np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.around)
nondifferentiable(np.isfinite, np.isinf, np.isnan, np.isneginf, np.isposinf, np.isreal, np.iscomplex)
nondifferentiable(
    np.iscomplexobj, np.isrealobj, np.isscalar, np.isclose, np.allclose, np.array_equal, np.array_equiv
)
nondifferentiable(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)
nondifferentiable(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.all, np.any)
nondifferentiable(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift)
nondifferentiable(np.gcd, np.lcm, np.isin, np.ndim, np.shape, np.size, is_python, is_static)
facts(np.ndim, np.shape, np.size, np.iscomplexobj, np.isrealobj, is_python, shape_only=(0,))

# ----- what users should know -----

facts(np.divide, note="-by * y / b: no overflow for a small divisor")
facts(
    np.logaddexp, np.logaddexp2, note="no overflow; 0 where both are -inf, half for each where both are inf"
)
facts(np.sinc, note="by its series near 0, exact in every order")
facts(np.absolute, note="x / abs(x) for a complex x")
facts(np.arctan2, np.hypot, note="without overflow and underflow")
