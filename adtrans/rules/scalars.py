"""Derivatives of Python's math module. Where a function has a pole its derivative is inf, never an error."""

import math

import numpy as np

from adtrans.rules.registry import adjoint, facts, nondifferentiable, partials, poles, tangent, undefined
from adtrans.runtime import quotient

# ----- arithmetic -----

partials(math.fabs, lambda x, y: np.sign(x))
partials(math.fmod, lambda x, m, y: (1.0, -((x - y) / m)))
partials(math.remainder, lambda x, m, y: (1.0, -((x - y) / m)))
partials(math.copysign, lambda x, s, y: (np.sign(x) * math.copysign(1.0, s), None))
partials(math.degrees, lambda x, y: 180.0 / math.pi)
partials(math.radians, lambda x, y: math.pi / 180.0)
facts(math.degrees, math.radians, linear=(0,))
if hasattr(math, "fma"):  # Python 3.13
    partials(math.fma, lambda a, b, c, y: (b, a, 1.0))


@adjoint(math.ldexp)
def _(x, i, y, by):
    return math.ldexp(by, i), None


@tangent(math.frexp)
def _(x, y, dx):
    return math.ldexp(dx, -y[1]), None


@adjoint(math.frexp)
def _(x, y, by):
    return math.ldexp(by[0], -y[1])


@tangent(math.modf)
def _(x, y, dx):
    return dx, None


@adjoint(math.modf)
def _(x, y, by):
    return by[0]


facts(math.ldexp, math.frexp, math.modf, elementwise=True)
facts(math.ldexp, linear=(0,))


@tangent(math.fsum)
def _(seq, y, dseq):
    return math.fsum(dseq)


@adjoint(math.fsum)
def _(seq, y, by):
    return [by] * len(seq)


# ----- powers and roots -----


def base_partial(x, p):
    """The derivative of x ** p in x."""
    return p * x ** (p - 1.0) if x or p >= 1.0 else (math.inf if p else 0.0)


def exponent_partial(x, y):
    """The derivative of y = x ** p in p: 0 at x = 0, NaN below."""
    return y * math.log(x) if x > 0.0 else (math.nan if x else 0.0)


partials(math.pow, lambda x, p, y: (base_partial(x, p), exponent_partial(x, y)))
partials(math.sqrt, lambda x, y: 0.5 / y if y else math.inf)
poles(math.sqrt, lambda x, y, by: 0.5 * quotient(by, y))
if hasattr(math, "cbrt"):  # Python 3.11
    partials(math.cbrt, lambda x, y: 1.0 / (3.0 * y * y) if y else math.inf)
    poles(math.cbrt, lambda x, y, by: quotient(by, 3.0 * y * y))

# ----- exponentials and logarithms -----


def base_of_log_partial(base, y):
    """The derivative of y = log(x, base) in the base."""
    if base is None:
        return None
    return -y / (base * math.log(base))


def log_partial(x, base):
    if base is None:
        return 1.0 / x
    return 1.0 / (x * math.log(base))


partials(math.exp, lambda x, y: y)
partials(math.expm1, lambda x, y: y + 1.0)
partials(math.log, lambda x, base, y: (log_partial(x, base), base_of_log_partial(base, y)))
partials(math.log2, lambda x, y: 1.0 / (x * math.log(2.0)))
partials(math.log10, lambda x, y: 1.0 / (x * math.log(10.0)))
partials(math.log1p, lambda x, y: 1.0 / (1.0 + x))
if hasattr(math, "exp2"):  # Python 3.11
    partials(math.exp2, lambda x, y: y * math.log(2.0))

# ----- trigonometric and hyperbolic functions -----


def inverse_root(x):
    """1 / sqrt(x); inf at 0."""
    return 1.0 / math.sqrt(x) if x > 0.0 else math.inf


def part(x, y):
    """x / y, the derivative of y = hypot(x, …); 0 at the origin."""
    if x is None:
        return None
    return x / y if y else 0.0


def angle_partials(a, b, y):
    h = math.hypot(a, b)
    return b / h / h if h else 0.0, -a / h / h if h else 0.0


partials(math.sin, lambda x, y: math.cos(x))
partials(math.cos, lambda x, y: -math.sin(x))
partials(math.tan, lambda x, y: 1.0 + y * y)
partials(math.asin, lambda x, y: inverse_root((1.0 - x) * (1.0 + x)))
partials(math.acos, lambda x, y: -inverse_root((1.0 - x) * (1.0 + x)))
poles(math.asin, lambda x, y, by: quotient(by, math.sqrt((1.0 - x) * (1.0 + x))))
poles(math.acos, lambda x, y, by: -quotient(by, math.sqrt((1.0 - x) * (1.0 + x))))
partials(math.atan, lambda x, y: 1.0 / (1.0 + x * x))
partials(math.atan2, angle_partials)
partials(math.hypot, lambda a, b, c, y: (part(a, y), part(b, y), part(c, y)))
partials(math.sinh, lambda x, y: math.cosh(x))
partials(math.cosh, lambda x, y: math.sinh(x))
partials(math.tanh, lambda x, y: 1.0 - y * y)
partials(math.asinh, lambda x, y: 1.0 / math.sqrt(1.0 + x * x))
partials(math.acosh, lambda x, y: inverse_root((x - 1.0) * (x + 1.0)))
poles(math.acosh, lambda x, y, by: quotient(by, math.sqrt((x - 1.0) * (x + 1.0))))
partials(math.atanh, lambda x, y: 1.0 / ((1.0 - x) * (1.0 + x)))

# ----- error functions -----

partials(math.erf, lambda x, y: 2.0 / math.sqrt(math.pi) * math.exp(-(x * x)))
partials(math.erfc, lambda x, y: -2.0 / math.sqrt(math.pi) * math.exp(-(x * x)))

# ----- where there is no derivative -----

undefined(math.fabs, where=lambda x, y: x == 0.0, what="at 0", value="0")
undefined(math.sqrt, where=lambda x, y: x == 0.0, what="at 0", value="inf")
undefined(
    math.fmod,
    where=lambda x, m, y: y == 0.0 and x != 0.0,
    what="where it jumps, at multiples of the divisor",
    value="the slope between the jumps",
)
undefined(math.remainder, where=lambda x, m, y: abs(y) == abs(0.5 * m), what="where it jumps, halfway between multiples of the divisor", value="the slope between the jumps")  # fmt: skip
undefined(math.copysign, where=lambda x, s, y: (x == 0.0, s == 0.0), what="at 0", value="0")
undefined(
    math.modf,
    where=lambda x, y: y[0] == 0.0 and x != 0.0,
    what="where it jumps, at integers",
    value="the slope between the jumps",
    results=(0,),
)
undefined(
    math.frexp,
    where=lambda x, y: abs(y[0]) == 0.5,
    what="where it jumps, at powers of 2",
    value="the slope between the jumps",
    results=(0,),
)
undefined(math.pow, where=lambda x, p, y: (x == 0.0 and p < 1.0 and p != 0.0, x < 0.0 or x == 0.0 and p <= 0.0), what="at this base and exponent", value="as np.power")  # fmt: skip
undefined(
    math.asin,
    math.acos,
    where=lambda x, y: x == 1.0 or x == -1.0,
    what="at -1 and 1",
    value="inf, with the sign of the slope",
)
undefined(math.acosh, where=lambda x, y: x == 1.0, what="at 1", value="inf")
undefined(
    math.atan2,
    where=lambda a, b, y: a == 0.0 and b <= 0.0,
    what="at the origin, and where it jumps left of it",
    value="0 at the origin, else the slope between the jumps",
)
undefined(math.hypot, where=lambda a, b, c, y: y == 0.0, what="at the origin", value="0")
if hasattr(math, "cbrt"):  # Python 3.11
    undefined(math.cbrt, where=lambda x, y: x == 0.0, what="at 0", value="inf")

# ----- integers and predicates -----

nondifferentiable(math.floor, math.ceil, math.trunc, math.isfinite, math.isinf, math.isnan, math.isclose)
nondifferentiable(math.factorial, math.comb, math.perm, math.gcd, math.lcm, math.isqrt)
nondifferentiable(math.ulp, math.nextafter)
